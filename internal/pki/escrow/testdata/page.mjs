// The page's modules, run by Node for tests: reads tasks as JSON from standard input and answers with
// JSON. Bytes travel in base64.
import { text } from "node:stream/consumers";
import { open, seal } from "./escrow-hpke.js";
import { deposit, rebuild, recoveryCode } from "./escrow-key.js";
import { agree, joined, pass, split, words } from "./keepers-key.js";
import { make } from "./regfile-pfx.js";

const pack = (bytes) => Buffer.from(bytes).toString("base64");
const unpack = (word) => new Uint8Array(Buffer.from(word ?? "", "base64"));
const word = (bytes) => Buffer.from(bytes).toString("base64url");
const few = 1000; // iterations
const { subtle } = globalThis.crypto;

/** A private key of its number and its point. */
const jwk = (d, point) => ({ kty: "EC", crv: "P-256", d: word(d), x: word(point.slice(1, 33)), y: word(point.slice(33)) });
const curve = (point) => (point.length === 32 ? { name: "X25519" } : { name: "ECDH", namedCurve: "P-256" });
const okp = (d, point) => ({ kty: "OKP", crv: "X25519", d: word(d), x: word(point) });
const ecdh = (d, point) => subtle.importKey("jwk", point.length === 32 ? okp(d, point) : jwk(d, point), curve(point), false, ["deriveBits"]);

/** The pair of ECDSA of a private key. */
async function signer(d, own) {
  const ecdsa = { name: "ECDSA", namedCurve: "P-256" }, key = jwk(d, own), { d: _, ...open } = key;
  return { privateKey: await subtle.importKey("jwk", key, ecdsa, true, ["sign"]), publicKey: await subtle.importKey("jwk", open, ecdsa, true, ["verify"]) };
}

/** What a promise is refused with, or that it is not. */
const refusal = (promise) => promise.then(() => "done", (error) => error.code || String(error));

const tasks = {
  async seal({ to, info, aad, plain, d, own }) {
    const point = unpack(own);
    const pair = d ? {
      privateKey: await ecdh(unpack(d), point),
      publicKey: await subtle.importKey("raw", point, curve(point), true, []),
    } : undefined;
    return { bytes: pack(await seal(unpack(to), unpack(info), unpack(aad), unpack(plain), pair)) };
  },
  async open({ d, own, message, info, aad }) {
    return { bytes: pack(await open(await ecdh(unpack(d), unpack(own)), unpack(own), unpack(message), unpack(info), unpack(aad))) };
  },
  /** Makes a file of a key, and leaves that key with the server. */
  async leave({ d, own, chain, password, kind, account, serial, to }) {
    const pair = await signer(unpack(d), unpack(own)), file = await make(pair, chain.map(unpack), password, undefined, few), code = kind === "code" ? recoveryCode() : "";
    const left = await deposit({ file, password, kind, code, account, serial, to: unpack(to), words: 1 });
    return { bytes: pack(left.deposit), signature: pack(left.signature), code };
  },
  async rebuild({ message, reset, d, own, password, code }) {
    return { bytes: pack(await rebuild({ message: unpack(message), reset, key: await ecdh(unpack(d), unpack(own)), own: unpack(own), password, code }, undefined, few)) };
  },
};

/** Three people keep the key of a fourth; then what each page does with what fits and what does not. */
tasks.keepers = async ({ people, to }) => {
  const set = "kps_1", owner = "acc_1", reset = "chl_1", password = "p";
  const all = await Promise.all(people.map(async ({ d, own, chain, serial }, i) => ({
    id: `kpr_${i}`, serial, chain: chain.map(unpack), file: await make(await signer(unpack(d), unpack(own)), chain.map(unpack), password, undefined, few),
  })));
  const [ana, ...keepers] = all, server = unpack(to), said = [];
  for (const k of keepers) Object.assign(k, await agree({ file: k.file, password, set, keeper: k.id, owner, serial: k.serial }));
  const splits = (them) => split({ file: ana.file, password, account: owner, serial: ana.serial, to: server, words: 1, set, need: 2, keepers: them });
  const [ben, eva, tim] = keepers;
  said.push(await refusal(splits([{ ...ben, point: eva.point }, eva, tim]))); // a public key that nobody signed
  said.push(await refusal(splits([{ ...ben, signature: eva.signature, point: eva.point }, eva, tim]))); // signed by another
  said.push(await refusal(splits([{ ...ben, chain: ben.chain.slice(0, 2) }, eva, tim]))); // no root
  said.push(await refusal(splits([{ ...ben, id: eva.id }, eva, tim]))); // agreed to another place
  const { deposit: sealed, shares, people: named } = await splits(keepers);
  const pair = await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]), own = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  const spoken = await words({ reset, own }), other = await words({ reset: "chl_2", own });
  const give = (k, also) => pass({
    file: k.file, password, said: spoken, share: unpack(shares.split(",").find((s) => s.startsWith(k.id)).split(":")[1].replaceAll("-", "+").replaceAll("_", "/")), set,
    keeper: k.id, owner, ownerSerial: ana.serial, serial: k.serial, reset, recipient: own, ...also,
  });
  said.push(await refusal(give(ben, { said: other }))); // words of another reset
  said.push(await refusal(give(ben, { file: eva.file }))); // another file
  said.push(await refusal(give(ben, { ownerSerial: eva.serial }))); // a share of another key
  const messages = await Promise.all([give(ben), give(eva), give(tim, { said: ` ${spoken.toUpperCase().replaceAll(" ", ", ")} ` })]);
  return { sealed: pack(sealed), said, named: named.map((n) => `${n.name} ${n.email}`), messages: messages.map(pack), key: pack(new Uint8Array(await subtle.exportKey("pkcs8", pair.privateKey))), own: pack(own), words: spoken };
};

/** The key, of what keepers gave: as many bundles as are named. */
tasks.joined = async ({ kept, given, serial, own, key, reset }) => {
  const privateKey = await subtle.importKey("pkcs8", unpack(key), { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  return { bytes: pack(await joined(unpack(kept), unpack(given), serial, reset, privateKey, unpack(own))) };
};

const answers = [];
for (const task of JSON.parse(await text(process.stdin))) {
  try {
    answers.push(await tasks[task.task](task));
  } catch (error) {
    answers.push({ error: error.code || error.name, message: String(error.stack) });
  }
}
console.log(JSON.stringify(answers));

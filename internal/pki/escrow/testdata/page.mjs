// The page's modules, run by Node for tests: reads tasks as JSON from standard input and answers with
// JSON. Bytes travel in base64.
import { text } from "node:stream/consumers";
import { open, seal } from "./escrow-hpke.js";
import { deposit, rebuild, recoveryCode } from "./escrow-key.js";
import { make } from "./regfile-pfx.js";

const pack = (bytes) => Buffer.from(bytes).toString("base64");
const unpack = (word) => new Uint8Array(Buffer.from(word ?? "", "base64"));
const word = (bytes) => Buffer.from(bytes).toString("base64url");
const few = 1000; // iterations
const { subtle } = globalThis.crypto;

/** A private key of its number and its point. */
const jwk = (d, point) => ({ kty: "EC", crv: "P-256", d: word(d), x: word(point.slice(1, 33)), y: word(point.slice(33)) });
const ecdh = (d, point) => subtle.importKey("jwk", jwk(d, point), { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);

const tasks = {
  async seal({ to, info, aad, plain, d, own }) {
    const point = unpack(own);
    const pair = d ? {
      privateKey: await ecdh(unpack(d), point),
      publicKey: await subtle.importKey("raw", point, { name: "ECDH", namedCurve: "P-256" }, true, []),
    } : undefined;
    return { bytes: pack(await seal(unpack(to), unpack(info), unpack(aad), unpack(plain), pair)) };
  },
  async open({ d, own, message, info, aad }) {
    return { bytes: pack(await open(await ecdh(unpack(d), unpack(own)), unpack(own), unpack(message), unpack(info), unpack(aad))) };
  },
  /** Makes a file of a key, and leaves that key with the server. */
  async leave({ d, own, chain, password, kind, account, serial, to }) {
    const ecdsa = { name: "ECDSA", namedCurve: "P-256" }, key = jwk(unpack(d), unpack(own)), { d: _, ...open } = key;
    const pair = { privateKey: await subtle.importKey("jwk", key, ecdsa, true, ["sign"]), publicKey: await subtle.importKey("jwk", open, ecdsa, true, ["verify"]) };
    const file = await make(pair, chain.map(unpack), password, undefined, few), code = kind === "code" ? recoveryCode() : "";
    const left = await deposit({ file, password, kind, code, account, serial, to: unpack(to), words: 1 });
    return { bytes: pack(left.deposit), signature: pack(left.signature), code };
  },
  async rebuild({ message, reset, d, own, password, code }) {
    return { bytes: pack(await rebuild({ message: unpack(message), reset, key: await ecdh(unpack(d), unpack(own)), own: unpack(own), password, code }, undefined, few)) };
  },
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

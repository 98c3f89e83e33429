// Private keys that key keepers give back: sharing, keeping and giving back. It runs in escrow-worker.js;
// the server's package account says the same texts.
import { concat, equal, text } from "./regfile-der.js";
import { Refused, open as openFile } from "./regfile-pfx.js";
import { ordered, review } from "./regfile-cert.js";
import { open, pairOf, point, seal } from "./escrow-hpke.js";
import { bound as escrowed, decode, encode, info as escrowInfo, parts, serialOf } from "./escrow-text.js";
import { combine, split as shares } from "./keepers-share.js";

const { subtle } = globalThis.crypto;
const protocol = "habeas keepers v1", info = text(protocol);
const bound = (...all) => text([protocol, ...all].join("\n"));
const signing = { name: "ECDSA", hash: "SHA-256" }, ecdsa = { name: "ECDSA", namedCurve: "P-256" };

/** Opens a registration file, which has to be that of a certificate. */
async function opened(file, password, serial, told) {
  const { key, chain } = await openFile(file, password, told, undefined, true);
  if (serialOf(chain[0]) !== serial) throw new Refused("serial");
  return { key, chain };
}

/**
 * The pair of keys that shares are sealed to. It grows from the private key of the registration file, so
 * that who has the file has it; that key itself only signs.
 */
async function sharesKey(key, serial) {
  const d = decode((await subtle.exportKey("jwk", key)).d), secret = await subtle.importKey("raw", d, "HKDF", false, ["deriveBits"]);
  const seed = new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bound("seed", serial) }, secret, 256));
  const pair = await pairOf(seed);
  for (const bytes of [d, seed]) bytes.fill(0);
  return { ...pair, own: await point(pair.publicKey) };
}

const agreed = (set, keeper, owner, serial, own) => bound("agree", set, keeper, owner, serial, encode(own));

/** What a keeper sends who agrees: the public key, signed by that of the certificate. */
export async function agree({ file, password, set, keeper, owner, serial }, told) {
  const { key } = await opened(file, password, serial, told), { own } = await sharesKey(key, serial);
  return { point: own, signature: new Uint8Array(await subtle.sign(signing, key, agreed(set, keeper, owner, serial, own))) };
}

/** Looks whether a public key is that of somebody with a certificate of the same root; and says whose. */
async function verified(keeper, set, owner, above) {
  const chain = await ordered(keeper.chain, (cert) => serialOf(cert) === keeper.serial), [cert] = chain, now = new Date();
  const own = await subtle.importKey("spki", cert.key, ecdsa, false, ["verify"]);
  const signed = await subtle.verify(signing, own, keeper.signature, agreed(set, keeper.id, owner, keeper.serial, keeper.point));
  const counts = chain.length === above.length && equal(chain.at(-1).raw, above.at(-1).raw) && cert.notBefore <= now && now < cert.notAfter;
  if (!signed || !counts) throw new Refused("keeper");
  const { subject: { name, email }, fingerprint } = await review(chain);
  return { name, email, fingerprint };
}

/**
 * Encrypts the private key under a random one, and shares that among keepers.
 * @param {{file: Uint8Array, password: string, account: string, serial: string, to: Uint8Array, words: number, set: string, need: number,
 *   keepers: {id: string, serial: string, point: Uint8Array, signature: Uint8Array, chain: Uint8Array[]}[]}} input
 */
export async function split({ file, password, account, serial, to, words, set, need, keepers }, told) {
  const { key, chain } = await opened(file, password, serial, told);
  const people = await Promise.all(keepers.map((k) => verified(k, set, account, chain).catch(() => { throw new Refused("keeper"); })));
  const plain = new Uint8Array(await subtle.exportKey("pkcs8", key)), secret = crypto.getRandomValues(new Uint8Array(32)), iv = crypto.getRandomValues(new Uint8Array(12));
  const cipher = await subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt"]);
  const shut = concat(iv, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound("key", set, account, serial, need) }, cipher, plain)));
  const deposit = await seal(to, escrowInfo, escrowed("deposit", account, serial, "keepers"), shut);
  const pieces = shares(secret, need, keepers.length);
  const sealed = await Promise.all(keepers.map((k, i) => seal(k.point, info, bound("share", set, k.id, account, serial), pieces[i])));
  for (const bytes of [plain, secret, ...pieces]) bytes.fill(0);
  const digest = new Uint8Array(await subtle.digest("SHA-256", concat(deposit, ...keepers.flatMap((k, i) => [text(k.id), sealed[i]]))));
  const signature = new Uint8Array(await subtle.sign(signing, key, escrowed("consent", words, encode(digest))));
  return { deposit, signature, shares: keepers.map((k, i) => `${k.id}:${encode(sealed[i])}`).join(","), people };
}

// Proquints (arXiv:0901.4016): sixteen bits as a word of five letters that can be said in any language.
const consonants = "bdfghjklmnprstvz", vowels = "aiou";
const word = (n) => consonants[n >> 12] + vowels[(n >> 10) & 3] + consonants[(n >> 6) & 15] + vowels[(n >> 4) & 3] + consonants[n & 15];

/** Five words for the key of a browser that asks: 80 bits, so that nobody makes another key of the same. */
export async function words({ reset, own }) {
  const sum = new Uint8Array(await subtle.digest("SHA-256", bound("words", reset, encode(own))));
  return Array.from({ length: 5 }, (_, i) => word(sum[2 * i] * 256 + sum[2 * i + 1])).join(" ");
}

/** Opens a keeper's share and seals it to the browser that asks, if that has said its words. */
export async function pass({ file, password, said, share, set, keeper, owner, ownerSerial, serial, reset, recipient }, told) {
  if (said.toLowerCase().split(/[^a-z]+/).filter(Boolean).join(" ") !== await words({ reset, own: recipient })) throw new Refused("words");
  const { key } = await opened(file, password, serial, told), { privateKey, own } = await sharesKey(key, serial);
  const piece = await open(privateKey, own, share, info, bound("share", set, keeper, owner, ownerSerial)).catch(() => { throw new Refused("share"); });
  const message = await seal(recipient, info, bound("pass", reset, keeper), piece);
  piece.fill(0);
  return message;
}

/** All ways to take some of a list. */
function* choices(list, some) {
  if (some === 0) yield [];
  for (let i = 0; i <= list.length - some && some > 0; i++) for (const rest of choices(list.slice(i + 1), some - 1)) yield [list[i], ...rest];
}

/**
 * Opens a private key with what keepers gave. One that gave something else does no harm if enough
 * others gave theirs.
 * @param {Uint8Array} given by the server: what the key is bound to, then who gave what
 */
export async function joined(kept, given, serial, reset, key, own) {
  const [set, owner, [need], ...rest] = parts(given), [setText, ownerText] = [set, owner].map((b) => new TextDecoder().decode(b));
  const pieces = [];
  for (let i = 0; i + 1 < rest.length; i += 2) {
    await open(key, own, rest[i + 1], info, bound("pass", reset, new TextDecoder().decode(rest[i]))).then((p) => pieces.push(p), () => {});
  }
  const additionalData = bound("key", setText, ownerText, serial, need);
  for (const some of choices(pieces, need)) {
    try {
      const secret = combine(some), cipher = await subtle.importKey("raw", secret, "AES-GCM", false, ["decrypt"]);
      secret.fill(0);
      return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv: kept.slice(0, 12), additionalData }, cipher, kept.slice(12)));
    } catch {
      // not all of these fit; others may
    }
  }
  throw new Refused("joined");
}

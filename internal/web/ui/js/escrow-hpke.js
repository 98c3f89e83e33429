// HPKE (RFC 9180), base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM,
// on WebCrypto alone. The server's package escrow does the same with crypto/hpke. Checked with
// the vectors of RFC 9180, A.3.
import { concat, text } from "./regfile-der.js";

const { subtle } = globalThis.crypto;
const curve = { name: "ECDH", namedCurve: "P-256" };
const none = new Uint8Array();
const two = (n) => new Uint8Array([n >> 8, n & 255]);

const kem = concat(text("KEM"), two(0x0010));
const suite = concat(text("HPKE"), two(0x0010), two(0x0001), two(0x0001));

/** How long an encapsulated key is: an uncompressed point. */
export const pointSize = 65;

/** A fresh pair of keys. The private half never leaves the browser's key store, unless it may. */
export const pair = (extractable = false) => subtle.generateKey(curve, extractable, ["deriveBits"]);

/** The public half as a point. @returns {Promise<Uint8Array>} */
export const point = async (key) => new Uint8Array(await subtle.exportKey("raw", key));

async function hmac(key, ...parts) {
  const k = await subtle.importKey("raw", key.length ? key : new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", k, concat(...parts)));
}

// LabeledExtract and LabeledExpand (section 4). Nothing here is longer than one hash, so
// HKDF-Expand is its first block.
const extract = (id, salt, label, secret) => hmac(salt, text("HPKE-v1"), id, text(label), secret);
const expand = async (id, secret, label, info, length) =>
  (await hmac(secret, two(length), text("HPKE-v1"), id, text(label), info, [1])).slice(0, length);

/** ExtractAndExpand of DHKEM (section 4.1). */
async function shared(privateKey, publicKey, context) {
  const dh = new Uint8Array(await subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256));
  const secret = await expand(kem, await extract(kem, none, "eae_prk", dh), "shared_secret", context, 32);
  dh.fill(0);
  return secret;
}

/** KeySchedule of the base mode (section 5.1): the cipher of the first message. */
async function schedule(secret, info, uses) {
  const hashes = await Promise.all([extract(suite, none, "psk_id_hash", none), extract(suite, none, "info_hash", info)]);
  const context = concat([0], ...hashes), prk = await extract(suite, secret, "secret", none);
  const key = await expand(suite, prk, "key", context, 16), iv = await expand(suite, prk, "base_nonce", context, 12);
  const cipher = await subtle.importKey("raw", key, "AES-GCM", false, uses);
  for (const bytes of [secret, prk, key]) bytes.fill(0);
  return { cipher, iv };
}

const take = (raw) => subtle.importKey("raw", raw, curve, true, []);

/**
 * Seals to a public key. @returns {Promise<Uint8Array>} encapsulated key, then ciphertext
 * @param {Uint8Array} to the recipient's point
 * @param {CryptoKeyPair} own of the sender; only tests give one
 */
export async function seal(to, info, aad, plain, own) {
  own ??= await pair();
  const enc = await point(own.publicKey), secret = await shared(own.privateKey, await take(to), concat(enc, to));
  const { cipher, iv } = await schedule(secret, info, ["encrypt"]);
  return concat(enc, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, cipher, plain)));
}

/** Opens what was sealed to a pair of keys; rejects whatever does not fit. */
export async function open(privateKey, own, message, info, aad) {
  const enc = message.slice(0, pointSize), secret = await shared(privateKey, await take(enc), concat(enc, own));
  const { cipher, iv } = await schedule(secret, info, ["decrypt"]);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad }, cipher, message.slice(pointSize)));
}

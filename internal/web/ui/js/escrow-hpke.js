// HPKE (RFC 9180), base mode, one message: DHKEM(P-256, HKDF-SHA256) or DHKEM(X25519, HKDF-SHA256),
// HKDF-SHA256, AES-128-GCM, on WebCrypto alone. The server's package escrow does the same with
// crypto/hpke. Checked with the vectors of RFC 9180, A.3 and A.1.
import { concat, text } from "./regfile-der.js";

const { subtle } = globalThis.crypto;
const none = new Uint8Array();
const two = (n) => new Uint8Array([n >> 8, n & 255]);

// The two ways to agree on a secret, told apart by how long a public key is.
const kem = (id, curve, size) => ({ curve, size, id: concat(text("KEM"), two(id)), suite: concat(text("HPKE"), two(id), two(0x0001), two(0x0001)) });
const p256 = kem(0x0010, { name: "ECDH", namedCurve: "P-256" }, 65), x25519 = kem(0x0020, { name: "X25519" }, 32);
const kemOf = (point) => (point.length === x25519.size ? x25519 : p256);

/** A fresh pair of keys on P-256. The private half never leaves the browser's key store, unless it may. */
export const pair = (extractable = false) => subtle.generateKey(p256.curve, extractable, ["deriveBits"]);

const pkcs8 = new Uint8Array([0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 34, 4, 32]); // RFC 8410, 7

/** The pair of keys on X25519 of 32 bytes that nobody guesses. */
export async function pairOf(seed) {
  const whole = concat(pkcs8, seed), { name } = x25519.curve, privateKey = await subtle.importKey("pkcs8", whole, name, true, ["deriveBits"]);
  whole.fill(0);
  const { x } = await subtle.exportKey("jwk", privateKey);
  return { privateKey, publicKey: await subtle.importKey("jwk", { kty: "OKP", crv: name, x }, name, true, []) };
}

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
async function shared({ id, curve }, privateKey, publicKey, context) {
  const dh = new Uint8Array(await subtle.deriveBits({ name: curve.name, public: publicKey }, privateKey, 256));
  const secret = await expand(id, await extract(id, none, "eae_prk", dh), "shared_secret", context, 32);
  dh.fill(0);
  return secret;
}

/** KeySchedule of the base mode (section 5.1): the cipher of the first message. */
async function schedule({ suite }, secret, info, uses) {
  const hashes = await Promise.all([extract(suite, none, "psk_id_hash", none), extract(suite, none, "info_hash", info)]);
  const context = concat([0], ...hashes), prk = await extract(suite, secret, "secret", none);
  const key = await expand(suite, prk, "key", context, 16), iv = await expand(suite, prk, "base_nonce", context, 12);
  const cipher = await subtle.importKey("raw", key, "AES-GCM", false, uses);
  for (const bytes of [secret, prk, key]) bytes.fill(0);
  return { cipher, iv };
}

const take = ({ curve }, raw) => subtle.importKey("raw", raw, curve, true, []);

/**
 * Seals to a public key. @returns {Promise<Uint8Array>} encapsulated key, then ciphertext
 * @param {Uint8Array} to the recipient's public key: a point of P-256, or one of X25519
 * @param {CryptoKeyPair} own of the sender; only tests give one
 */
export async function seal(to, info, aad, plain, own) {
  const how = kemOf(to);
  own ??= await subtle.generateKey(how.curve, false, ["deriveBits"]);
  const enc = await point(own.publicKey), secret = await shared(how, own.privateKey, await take(how, to), concat(enc, to));
  const { cipher, iv } = await schedule(how, secret, info, ["encrypt"]);
  return concat(enc, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, cipher, plain)));
}

/** Opens what was sealed to a pair of keys, own being its public half; rejects whatever does not fit. */
export async function open(privateKey, own, message, info, aad) {
  const how = kemOf(own), enc = message.slice(0, how.size), secret = await shared(how, privateKey, await take(how, enc), concat(enc, own));
  const { cipher, iv } = await schedule(how, secret, info, ["decrypt"]);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad }, cipher, message.slice(how.size)));
}

// What of a private key leaves the browser for who agreed to that, and how it comes back. It runs in
// escrow-worker.js; the server's packages escrow and account say the same texts.
import { concat, equal, text } from "./regfile-der.js";
import { Refused, make, open as openFile } from "./regfile-pfx.js";
import { certificate } from "./regfile-cert.js";
import { open, seal } from "./escrow-hpke.js";
import { bound, encode, info, parts, serialOf } from "./escrow-text.js";
import { joined } from "./keepers-key.js";

const { subtle } = globalThis.crypto;
const ecdsa = { name: "ECDSA", namedCurve: "P-256" }, signing = { name: "ECDSA", hash: "SHA-256" };
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford: no I, L, O, U

/** A recovery code: 130 random bits in 26 letters and digits. Nobody guesses it, so it needs no stretching. */
export function recoveryCode() {
  const random = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(random, (b) => digits[b & 31]).join("").replace(/(.{4})(?=.)/g, "$1-");
}

/** A code as it was typed: in whatever groups, O for 0, I and L for 1. */
const read = (code) => code.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");

/** The cipher of a recovery code, for the key of one certificate. */
async function coded(code, serial, uses) {
  const typed = read(code);
  if (typed.length !== 26 || [...typed].some((c) => !digits.includes(c))) throw new Refused("code");
  const secret = await subtle.importKey("raw", text(typed), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bound("code", serial) };
  return subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, uses);
}

/**
 * Opens a registration file and seals its private key to the server.
 * @param {{file: Uint8Array, password: string, kind: string, code: string, account: string, serial: string,
 *   to: Uint8Array, words: number}} input kind is "organisation", or "code": then the code encrypts first
 * @returns {Promise<{deposit: Uint8Array, signature: Uint8Array}>}
 */
export async function deposit({ file, password, kind, code, account, serial, to, words }, told) {
  const { key, chain } = await openFile(file, password, told, undefined, true);
  if (serialOf(chain[0]) !== serial) throw new Refused("serial");
  let plain = new Uint8Array(await subtle.exportKey("pkcs8", key));
  if (kind === "code") {
    const iv = crypto.getRandomValues(new Uint8Array(12)), cipher = await coded(code, serial, ["encrypt"]);
    const shut = concat(iv, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, cipher, plain)));
    plain.fill(0);
    plain = shut;
  }
  const sealed = await seal(to, info, bound("deposit", account, serial, kind), plain);
  plain.fill(0);
  const consent = bound("consent", words, encode(new Uint8Array(await subtle.digest("SHA-256", sealed))));
  return { deposit: sealed, signature: new Uint8Array(await subtle.sign(signing, key, consent)) };
}

/**
 * Makes the file anew with the key that came back: the same key and certificate, another password.
 * @param {{message: Uint8Array, reset: string, key: CryptoKey, own: Uint8Array, password: string, code: string}} input
 */
export async function rebuild({ message, reset, key, own, password, code }, told, times) {
  const bundle = await open(key, own, message, info, bound("reset", reset)).catch(() => { throw new Refused("reset"); });
  const [kind, kept, ...rest] = parts(bundle), given = equal(kind, text("keepers")) ? rest.shift() : null, chain = rest;
  bundle.fill(0);
  const cert = certificate(chain[0]);
  let plain = kept;
  if (given) plain = await joined(kept, given, serialOf(cert), reset, key, own);
  else if (equal(kind, text("code"))) {
    const cipher = await coded(code, serialOf(cert), ["decrypt"]);
    plain = await subtle.decrypt({ name: "AES-GCM", iv: kept.slice(0, 12) }, cipher, kept.slice(12))
      .then((b) => new Uint8Array(b), () => { throw new Refused("code"); });
  }
  const privateKey = await subtle.importKey("pkcs8", plain, ecdsa, true, ["sign"]);
  plain.fill(0);
  const publicKey = await subtle.importKey("spki", cert.key, ecdsa, true, ["verify"]);
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  if (!(await subtle.verify(signing, publicKey, await subtle.sign(signing, privateKey, challenge), challenge))) throw new Refused("reset");
  return make({ publicKey, privateKey }, chain, password, told, times);
}

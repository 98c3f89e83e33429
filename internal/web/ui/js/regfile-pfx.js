// The registration file: PKCS#12 (RFC 7292) with a private key, its certificate and the
// chain, encrypted by PBES2 (RFC 8018). It runs in regfile-worker.js; the server's package
// regfile says the form, makes the same bytes and opens them.
import { Malformed, Reader, bmp, concat, equal, explicit, implicit, integer, nothing, octets, oid, sequence, setOf, whole } from "./regfile-der.js";
import { Password, iterations } from "./regfile-kdf.js";
import { certificate, ordered, review } from "./regfile-cert.js";

const { subtle } = globalThis.crypto;
const random = () => globalThis.crypto.getRandomValues(new Uint8Array(16));

const mostIterations = 5_000_000, mostBytes = 65536, mostCertificates = 8;
const ecdsa = { name: "ECDSA", namedCurve: "P-256" };

const data = oid("1.2.840.113549.1.7.1"), encryptedData = oid("1.2.840.113549.1.7.6");
const shroudedKey = oid("1.2.840.113549.1.12.10.1.2"), certBag = oid("1.2.840.113549.1.12.10.1.3"), x509 = oid("1.2.840.113549.1.9.22.1");
const friendlyName = oid("1.2.840.113549.1.9.20"), localKeyID = oid("1.2.840.113549.1.9.21");
const pbes2 = oid("1.2.840.113549.1.5.13"), pbkdf2 = oid("1.2.840.113549.1.5.12"), hmacSHA256 = oid("1.2.840.113549.2.9");
const aes256 = oid("2.16.840.1.101.3.4.1.42"), sha256 = oid("2.16.840.1.101.3.4.2.1");
// What else integrity is protected with, and how long its sum is: SHA-1, SHA-384, SHA-512, PBMAC1.
const otherSums = [
  [oid("1.3.14.3.2.26"), 20], [oid("2.16.840.1.101.3.4.2.2"), 48], [oid("2.16.840.1.101.3.4.2.3"), 64], [oid("1.2.840.113549.1.5.14"), 32],
];

/** Why a file does not open or cannot be made: "integrity", "method", "lengths", "content", "size", "password" or "chain". */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Turns every failure of f but a refusal into one. */
async function orRefused(code, f) {
  try {
    return await f();
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(code);
  }
}

/** PBES2 of a fresh salt: the key, and the algorithm that says how it was made. */
async function encryption(password, times, uses) {
  const salt = random(), iv = random();
  const derivation = sequence(pbkdf2, sequence(octets(salt), integer(times), sequence(hmacSHA256, nothing())));
  return {
    key: await password.encryption(salt, times, uses), mode: { name: "AES-CBC", iv },
    algorithm: sequence(pbes2, sequence(derivation, sequence(aes256, octets(iv)))),
  };
}

/**
 * Makes the file. The private key goes from the browser's key store into its encrypted form
 * (wrapKey): no script sees it.
 * @param {{publicKey: CryptoKey, privateKey: CryptoKey}} pair
 * @param {Uint8Array[]} raws the certificate and its chain
 * @param {string} typed the password
 * @param {(done: number) => void} told of the part that is done
 */
export async function make(pair, raws, typed, told = () => {}, times = iterations) {
  const password = new Password(typed);
  if (!password.valid) throw new Refused("password");
  try {
    const spki = new Uint8Array(await subtle.exportKey("spki", pair.publicKey));
    const chain = await orRefused("chain", () => ordered(raws, async (cert) => equal(cert.key, spki)));
    const { subject } = await orRefused("chain", () => review(chain));
    const id = new Uint8Array(await subtle.digest("SHA-256", chain[0].raw));
    const names = setOf(
      sequence(friendlyName, setOf(bmp(subject.username))),
      sequence(localKeyID, setOf(octets(id))),
    );
    const bags = chain.map((cert, i) => sequence(certBag, explicit(0, sequence(x509, explicit(0, octets(cert.raw)))), ...(i ? [] : [names])));
    const forCerts = await encryption(password, times, ["encrypt"]);
    const hidden = new Uint8Array(await subtle.encrypt(forCerts.mode, forCerts.key, sequence(...bags)));
    told(0.2);
    const forKey = await encryption(password, times, ["wrapKey"]);
    const wrapped = new Uint8Array(await subtle.wrapKey("pkcs8", pair.privateKey, forKey.key, forKey.mode));
    told(0.4);
    const keyBag = sequence(shroudedKey, explicit(0, sequence(forKey.algorithm, octets(wrapped))), names);
    const content = sequence(
      sequence(encryptedData, explicit(0, sequence(integer(0), sequence(data, forCerts.algorithm, implicit(0, hidden))))),
      sequence(data, explicit(0, octets(sequence(keyBag)))),
    );
    const salt = random();
    const key = await password.integrity(salt, times, (done) => told(0.4 + 0.6 * done));
    const mac = new Uint8Array(await subtle.sign("HMAC", key, content));
    return sequence(
      integer(3), sequence(data, explicit(0, octets(content))),
      sequence(sequence(sequence(sha256, nothing()), octets(mac)), octets(salt), integer(times)),
    );
  } finally {
    password.wipe();
  }
}

/** Reads the outside of a file. */
function envelope(file) {
  const pfx = whole(file, 0x30);
  if (pfx.integer() !== 3) throw new Malformed();
  const safe = pfx.inside(0x30), mac = pfx.inside(0x30);
  pfx.end();
  const content = whole(safe.expect(data).element(0xa0), 0xa0).content(0x04);
  const info = mac.inside(0x30), algorithm = info.inside(0x30), type = algorithm.element(0x06), sum = info.content(0x04);
  const salt = mac.content(0x04), times = mac.empty ? 1 : mac.integer();
  for (const reader of [safe, info, mac]) reader.end();
  if (!salt.length || times < 1 || times > mostIterations) throw new Malformed();
  if (otherSums.some(([other, length]) => equal(type, other) && sum.length === length)) throw new Refused("method");
  if (!equal(type, sha256) || sum.length !== 32) throw new Malformed();
  if (!algorithm.empty) algorithm.expect(nothing()).end();
  return { content, sum, salt, times };
}

const nowhere = (times) => ({ content: new Uint8Array(), sum: new Uint8Array(32), salt: new Uint8Array(16), times });

/**
 * Opens a file: all of it or nothing. A wrong password and damage are one refusal, after the
 * same work; the others come when integrity is proved.
 * @param {boolean} extractable whether the key can be taken out, to leave it with the server
 * @returns {Promise<{key: CryptoKey, chain: object[]}>} the key can sign
 */
export async function open(file, typed, told = () => {}, times = iterations, extractable = false) {
  if (file.length > mostBytes) throw new Refused("size");
  if (file[0] === 0x30 && file[1] === 0x80 && file.at(-1) === 0 && file.at(-2) === 0) throw new Refused("lengths");
  const password = new Password(typed);
  try {
    let outside = null;
    try {
      outside = envelope(file);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    const { content, sum, salt, times: asked } = outside ?? nowhere(times);
    const key = await password.integrity(salt, asked, (done) => told(0.6 * done));
    const same = await subtle.verify("HMAC", key, sum, content);
    if (!same || !outside || !password.valid) throw new Refused("integrity");
    return await orRefused("content", () => contents(content, password, mostIterations - asked, told, extractable));
  } finally {
    password.wipe();
  }
}

/** Reads what is inside, and puts key and certificates together. */
async function contents(content, password, left, told, extractable) {
  const certs = [], keys = [], budget = { left };
  for (const infos = whole(content, 0x30); !infos.empty;) {
    const info = infos.inside(0x30), type = info.element(0x06), value = whole(info.element(0xa0), 0xa0);
    info.end();
    let bags;
    if (equal(type, data)) bags = value.content(0x04);
    else if (equal(type, encryptedData)) bags = await decrypted(value, password, budget);
    else throw new Malformed();
    value.end();
    collect(bags, certs, keys);
    if (certs.length > mostCertificates || keys.length > 1) throw new Malformed();
  }
  told(0.8);
  const info = whole(keys[0], 0x30), { key, mode } = await decryption(info.inside(0x30), password, budget, ["unwrapKey"]);
  const wrapped = info.content(0x04);
  info.end();
  const own = await subtle.unwrapKey("pkcs8", wrapped, key, mode, ecdsa, extractable, ["sign"]);
  const chain = await ordered(certs, (cert) => pairs(own, cert));
  told(1);
  return { key: own, chain };
}

/** The content of EncryptedData. */
async function decrypted(value, password, budget) {
  const body = value.inside(0x30);
  if (body.integer() !== 0) throw new Malformed();
  const part = body.inside(0x30).expect(data);
  body.end();
  const { key, mode } = await decryption(part.inside(0x30), password, budget, ["decrypt"]), hidden = part.content(0x80);
  part.end();
  return new Uint8Array(await subtle.decrypt(mode, key, hidden));
}

/** The key of a PBES2 algorithm. Another method is a refusal of its own. */
async function decryption(algorithm, password, budget, uses) {
  const ours = (reader, type) => { if (!equal(reader.element(0x06), type)) throw new Refused("method"); };
  ours(algorithm, pbes2);
  const both = algorithm.inside(0x30), kdf = both.inside(0x30), cipher = both.inside(0x30);
  ours(kdf, pbkdf2);
  const inside = kdf.inside(0x30), salt = inside.content(0x04), times = inside.integer();
  if (inside.tag === 0x02 && inside.integer() !== 32) throw new Malformed();
  if (inside.empty) throw new Refused("method"); // the default is SHA-1
  const prf = inside.inside(0x30);
  ours(prf, hmacSHA256);
  if (!prf.empty) prf.expect(nothing());
  ours(cipher, aes256);
  const iv = cipher.content(0x04);
  for (const reader of [algorithm, both, kdf, inside, prf, cipher]) reader.end();
  if (times < 1 || (budget.left -= times) < 0 || iv.length !== 16) throw new Malformed();
  return { key: await password.encryption(salt, times, uses), mode: { name: "AES-CBC", iv } };
}

/** Takes certificates and encrypted keys out of their bags. Bags of other kinds are refused. */
function collect(bags, certs, keys) {
  for (const list = whole(bags, 0x30); !list.empty;) {
    const bag = list.inside(0x30), type = bag.element(0x06), value = whole(bag.element(0xa0), 0xa0);
    if (!bag.empty) bag.content(0x31); // other programs add attributes of their own
    bag.end();
    if (equal(type, shroudedKey)) keys.push(value.element(0x30));
    else if (equal(type, certBag)) {
      const cert = value.inside(0x30).expect(x509), wrapped = whole(cert.element(0xa0), 0xa0);
      certs.push(wrapped.content(0x04));
      for (const reader of [wrapped, cert]) reader.end();
    } else throw new Malformed();
    value.end();
  }
}

/** Whether a certificate is the one of a key: it checks what the key signs. */
async function pairs(key, cert) {
  const how = { name: "ECDSA", hash: "SHA-256" }, challenge = random();
  const own = await subtle.importKey("spki", cert.key, ecdsa, false, ["verify"]).catch(() => null);
  return own !== null && subtle.verify(how, own, await subtle.sign(how, key, challenge), challenge);
}

/** What a user is shown of a file. */
export async function look(file, typed, told, times) {
  const { chain } = await open(file, typed, told, times);
  return orRefused("content", () => review(chain));
}

// The keys of a registration file: PBKDF2 by the browser, and the method of PKCS#12
// (RFC 7292, B.2), which browsers do not have. It hashes one block 600,000 times; asking
// the browser for each would take many seconds, so SHA-256 (FIPS 180-4) stands here.
import { concat, text, utf16 } from "./regfile-der.js";

const { subtle } = globalThis.crypto;

export const iterations = 600_000;
export const maxPassword = 256;

const K = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
  0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
  0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
  0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
  0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
  0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const start = new Uint32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** One round of SHA-256: mixes the 16 words at the front of w (64 words) into h. */
function compress(h, w) {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = h[0] | 0, b = h[1] | 0, c = h[2] | 0, d = h[3] | 0, e = h[4] | 0, f = h[5] | 0, g = h[6] | 0, last = h[7] | 0;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (last + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    last = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += last;
}

/**
 * Hashes a seed again and again, the given number of times in all.
 * @param {Uint8Array} seed whole blocks of 64 bytes
 * @param {(done: number) => void} told of the part that is done
 * @returns {Uint8Array} 32 bytes, which the caller wipes
 */
export function chain(seed, times, told) {
  const w = new Uint32Array(64), h = new Uint32Array(8), words = new DataView(seed.buffer, seed.byteOffset, seed.length);
  h.set(start);
  for (let at = 0; at < seed.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = words.getUint32(at + 4 * i);
    compress(h, w);
  }
  w.fill(0, 0, 16); // the block that ends a hash of whole blocks
  w[0] = 0x80000000;
  w[14] = Math.floor(seed.length / 2 ** 29);
  w[15] = 8 * seed.length;
  compress(h, w);
  for (let n = 1; n < times; n++) {
    w.fill(0, 8, 15);
    w.set(h);
    w[8] = 0x80000000;
    w[15] = 256;
    h.set(start);
    compress(h, w);
    if (n % 20_000 === 0) told(n / times);
  }
  const out = new Uint8Array(32), view = new DataView(out.buffer);
  h.forEach((word, i) => view.setUint32(4 * i, word));
  w.fill(0);
  h.fill(0);
  return out;
}

/** Repeats bytes up to whole blocks. */
const fill = (bytes) => Uint8Array.from({ length: 64 * Math.ceil(bytes.length / 64) }, (_, i) => bytes[i % bytes.length]);

/**
 * A password in its two forms, composed (NFC). wipe() clears both; the string itself is the
 * browser's, and goes when it likes.
 */
export class Password {
  constructor(typed) {
    const composed = typed.normalize("NFC");
    this.utf8 = text(composed);
    this.utf16 = concat(utf16(composed), [0, 0]);
    // A lone surrogate has no UTF-8, and nobody types a control character.
    this.valid = composed !== "" && text(typed).length <= maxPassword && !/\p{Cc}|\p{Cs}/u.test(composed);
  }

  wipe() {
    this.utf8.fill(0);
    this.utf16.fill(0);
  }

  /** The AES key of PBES2, which cannot be taken out of the browser again. */
  async encryption(salt, times, uses) {
    const base = await subtle.importKey("raw", this.utf8, "PBKDF2", false, ["deriveKey"]);
    return subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: times }, base, { name: "AES-CBC", length: 256 }, false, uses);
  }

  /** The HMAC key for integrity. */
  async integrity(salt, times, told) {
    const seed = concat(new Uint8Array(64).fill(3), fill(salt), fill(this.utf16));
    const raw = chain(seed, times, told);
    seed.fill(0);
    try {
      return await subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    } finally {
      raw.fill(0);
    }
  }
}

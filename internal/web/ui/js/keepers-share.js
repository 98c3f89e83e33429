// Shamir's scheme (1979), byte by byte over GF(2⁸) with the polynomial of AES: any k of n shares give
// a secret back, and fewer say nothing about it. No step depends on a secret: no tables, no branches.
// The server's package shamir does the same.
import { concat } from "./regfile-der.js";

function times(a, b) {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    product ^= -(b & 1) & a;
    a = (a << 1) ^ (-(a >> 7) & 0x11b);
    b >>= 1;
  }
  return product;
}

/** a to the power of 254, which is 1/a. */
function inverse(a) {
  let out = 1;
  for (let bit = 7; bit >= 0; bit--) {
    out = times(out, out);
    if ((254 >> bit) & 1) out = times(out, a);
  }
  return out;
}

/**
 * Splits a secret. @returns {Uint8Array[]} shares: the number of each, from 1 on, then as many bytes as
 * the secret has
 * @param {number} need how many give it back, at least 2
 */
export function split(secret, need, count) {
  if (!(need >= 2 && need <= count && count <= 255)) throw new RangeError("shares");
  const random = crypto.getRandomValues(new Uint8Array(secret.length * (need - 1)));
  const shares = Array.from({ length: count }, (_, i) => concat([i + 1], secret.map((byte, at) => {
    let y = 0;
    for (let c = need - 2; c >= 0; c--) y = times(y ^ random[at * (need - 1) + c], i + 1);
    return y ^ byte;
  })));
  random.fill(0);
  return shares;
}

/** Puts shares together: what the polynomial through them is at 0. */
export function combine(shares) {
  const xs = shares.map((s) => s[0]), length = shares[0].length;
  if (xs.some((x, i) => !x || xs.indexOf(x) !== i) || shares.some((s) => s.length !== length)) throw new RangeError("shares");
  const secret = new Uint8Array(length - 1);
  for (const share of shares) {
    const weight = xs.filter((x) => x !== share[0]).reduce((w, x) => times(w, times(x, inverse(x ^ share[0]))), 1);
    for (let at = 0; at < secret.length; at++) secret[at] ^= times(weight, share[at + 1]);
  }
  return secret;
}

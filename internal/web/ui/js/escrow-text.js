// What the modules of escrow and of key keepers have in common: texts that something is bound to, and
// bytes as words.
import { text } from "./regfile-der.js";
import { Refused } from "./regfile-pfx.js";

const protocol = "habeas escrow v1";

/** The info of HPKE to and from the server. */
export const info = text(protocol);

/** The text that something of escrow is bound to. */
export const bound = (...parts) => text([protocol, ...parts].join("\n"));

/** Bytes as base64url, and back. */
export const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
export const decode = (word) => Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** The number of a certificate, as the server writes it. */
export const serialOf = (cert) => hex(cert.serial).replace(/^(00)+(?=.)/, "").padStart(32, "0");

/** Parts, each after its length in two bytes. */
export function parts(bundle) {
  const out = [];
  for (let at = 0; at < bundle.length;) {
    const end = at + 2 + bundle[at] * 256 + bundle[at + 1];
    if (!(end <= bundle.length)) throw new Refused("reset");
    out.push(bundle.slice(at + 2, end));
    at = end;
  }
  return out;
}

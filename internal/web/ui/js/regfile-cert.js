// Names, certificate requests (PKCS#10, RFC 2986) and certificates (RFC 5280), as far as a
// registration file needs them. The server's package request says the form and makes and
// takes the same bytes.
import {
  Malformed, Reader, bits, concat, equal, explicit, ia5, implicit, integer, octets, oid, printable, sequence, setOf, text, utf8, whole,
} from "./regfile-der.js";

const { subtle } = globalThis.crypto;

// A mailbox of ASCII, as names in certificates hold it; its domain in A-labels.
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const mailbox = new RegExp(`^${atom}(\\.${atom})*@${label}(\\.${label})*$`);
// What can be seen, the space of the keyboard, and the two joiners of Persian and Indic names.
const visible = /^(?:(?![\p{DI}\ufffd])[ \p{L}\p{M}\p{N}\p{P}\p{S}]|[\u200c\u200d])+$/u;

// The distinguished name, in its order: field, identifier, most characters, what fits, string
// type. The server's package dn says the same.
const profile = [
  ["country", oid("2.5.4.6"), 2, /^[A-Z]{2}$/, printable],
  ["organisation", oid("2.5.4.10"), 64, visible, utf8],
  ["name", oid("2.5.4.3"), 64, visible, utf8],
  ["username", oid("0.9.2342.19200300.100.1.1"), 64, visible, utf8],
  ["email", oid("1.2.840.113549.1.9.1"), 254, mailbox, ia5],
];
const commonName = profile[2][1];

/** A field that cannot stand in a name. The message names the field and never its value. */
export class Unfit extends Error {
  constructor(field) {
    super(`${field} is not what is expected there`);
    this.code = "field";
    this.field = field;
  }
}

/** Checks the fields and composes them: NFC, one kind of space. Organisation may be missing. */
export function subject(fields) {
  const out = {};
  for (const [field, , most, fits] of profile) {
    const value = (fields[field] ?? "").normalize("NFC").replace(/\p{Zs}/gu, " ").trim();
    const absent = field === "organisation" && !value;
    if (!absent && ([...value].length > most || !fits.test(value))) throw new Unfit(field);
    out[field] = value;
  }
  return out;
}

function distinguishedName(who) {
  const names = profile.filter(([field]) => who[field]).map(([field, type, , , form]) => setOf(sequence(type, form(who[field]))));
  return sequence(...names);
}

/** Reads a name that is exactly one of ours. */
function parseName(raw) {
  const who = Object.fromEntries(profile.map(([field]) => [field, ""])), names = whole(raw, 0x30);
  while (!names.empty) {
    const name = names.inside(0x31).inside(0x30), type = name.element(0x06);
    const known = profile.find((p) => equal(p[1], type));
    if (known) who[known[0]] = string(name.content());
  }
  if (!equal(distinguishedName(subject(who)), raw)) throw new Malformed();
  return who;
}

const string = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

const ecdsaWithSHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/** A request for a certificate, signed by the pair of keys. @returns {Promise<Uint8Array>} */
export async function request({ publicKey, privateKey }, who) {
  const key = new Uint8Array(await subtle.exportKey("spki", publicKey));
  const extension = sequence(oid("2.5.29.17"), octets(sequence(implicit(1, text(who.email)))));
  const attribute = sequence(oid("1.2.840.113549.1.9.14"), setOf(sequence(extension)));
  const info = sequence(integer(0), distinguishedName(who), key, explicit(0, attribute));
  const signature = new Uint8Array(await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, info));
  return sequence(info, ecdsaWithSHA256, bits(sequence(number(signature.subarray(0, 32)), number(signature.subarray(32)))));
}

/** INTEGER of bytes that are a positive number. */
function number(bytes) {
  const first = bytes.findIndex((b) => b !== 0), shortest = bytes.subarray(first);
  return new Uint8Array([0x02, shortest.length + (shortest[0] >> 7), ...(shortest[0] & 128 ? [0] : []), ...shortest]);
}

/** Reads a certificate, its own parts without checking what they say. */
export function certificate(raw) {
  const outer = whole(raw, 0x30), signed = outer.element(0x30), algorithm = outer.element(0x30), signature = outer.content(0x03);
  outer.end();
  const body = whole(signed, 0x30);
  if (body.tag === 0xa0) body.content();
  const serial = body.content(0x02);
  body.element(0x30);
  const issuer = body.element(0x30), dates = body.inside(0x30), name = body.element(0x30), key = body.element(0x30);
  const validity = [time(dates), time(dates)];
  dates.end();
  return { raw, signed, algorithm, signature: signature.subarray(1), serial, issuer, notBefore: validity[0], notAfter: validity[1], name, key };
}

function time(dates) {
  const long = dates.tag === 0x18, digits = string(dates.content(long ? 0x18 : 0x17));
  if (!(long ? /^\d{14}Z$/ : /^\d{12}Z$/).test(digits)) throw new Malformed();
  const full = long ? digits : (digits < "5" ? "20" : "19") + digits; // RFC 5280, 4.1.2.5.1
  const [, y, month, d, h, m, s] = full.match(/^(\d{4})(..)(..)(..)(..)(..)Z$/).map(Number);
  return new Date(Date.UTC(y, month - 1, d, h, m, s));
}

// ECDSA as authorities sign with it: algorithm, hash, size of a number, curve.
const schemes = [
  [ecdsaWithSHA256, "SHA-256"], [sequence(oid("1.2.840.10045.4.3.3")), "SHA-384"], [sequence(oid("1.2.840.10045.4.3.4")), "SHA-512"],
];
const curves = [[oid("1.2.840.10045.3.1.7"), "P-256", 32], [oid("1.3.132.0.34"), "P-384", 48], [oid("1.3.132.0.35"), "P-521", 66]];

const curveOf = (key) => {
  const algorithm = new Reader(whole(key, 0x30).content(0x30));
  if (!equal(algorithm.element(0x06), oid("1.2.840.10045.2.1"))) throw new Malformed();
  const named = algorithm.element(0x06);
  return curves.find(([type]) => equal(type, named)) ?? (() => { throw new Malformed(); })();
};

/** Whether a certificate is signed by the key of another. */
async function signedBy(cert, above) {
  const [, curve, size] = curveOf(above.key), scheme = schemes.find(([type]) => equal(type, cert.algorithm));
  if (!scheme || !equal(cert.issuer, above.name)) return false;
  const key = await subtle.importKey("spki", above.key, { name: "ECDSA", namedCurve: curve }, false, ["verify"]);
  const pair = whole(cert.signature, 0x30), halves = [pair.content(0x02), pair.content(0x02)].map((n) => {
    const digits = n.subarray(Math.max(0, n.length - size));
    return concat(new Uint8Array(size - digits.length), digits);
  });
  return subtle.verify({ name: "ECDSA", hash: scheme[1] }, key, concat(...halves), cert.signed);
}

/**
 * Puts certificates in order: the one of the key, then each that has signed the one before,
 * up to a root that has signed itself. Fails unless that is all of them.
 * @param {(cert: object) => Promise<boolean>} own which is the key's
 */
export async function ordered(raws, own) {
  const rest = raws.map(certificate), chain = [];
  const next = async (fits) => {
    for (const cert of rest) if (await fits(cert)) return chain.push(...rest.splice(rest.indexOf(cert), 1));
    return 0;
  };
  for (let more = await next(own); more;) {
    const last = chain.at(-1);
    more = await next((cert) => signedBy(last, cert));
  }
  const twice = chain.some((cert, i) => i > 0 && equal(cert.raw, chain[i - 1].raw));
  if (twice || rest.length || chain.length < 2 || chain.length > 8 || !(await signedBy(chain.at(-1), chain.at(-1)))) throw new Malformed();
  return chain;
}

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
export const fingerprint = async (cert) => hex(new Uint8Array(await subtle.digest("SHA-256", cert.raw)));

/** What a user is shown of a chain that is in order. Nothing is asked of anybody. */
export async function review(chain) {
  const own = chain[0];
  return {
    subject: parseName(own.name), serial: hex(own.serial).replace(/^0+(?=.)/, ""), notBefore: own.notBefore, notAfter: own.notAfter,
    issuers: chain.slice(1).map((cert) => called(cert.name)), fingerprint: await fingerprint(own), root: await fingerprint(chain.at(-1)),
  };
}

/** The common name in the name of an authority, or nothing. */
function called(raw) {
  for (const names = whole(raw, 0x30); !names.empty;) {
    const name = names.inside(0x31).inside(0x30);
    if (equal(name.element(0x06), commonName)) return string(name.content());
  }
  return "";
}

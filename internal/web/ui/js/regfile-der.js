// DER (X.690): the few forms that requests and registration files are made of, and a
// reader that takes definite and shortest lengths only. The functions have the names of
// the server's package der, which writes the same bytes.

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export function tlv(tag, ...parts) {
  const content = concat(...parts), n = content.length;
  let length = [n];
  if (n >= 0x10000) length = [0x83, n >> 16, (n >> 8) & 255, n & 255];
  else if (n >= 0x100) length = [0x82, n >> 8, n & 255];
  else if (n >= 0x80) length = [0x81, n];
  return concat([tag], length, content);
}

export const sequence = (...parts) => tlv(0x30, ...parts);
export const explicit = (n, ...parts) => tlv(0xa0 | n, ...parts);
export const implicit = (n, content) => tlv(0x80 | n, content);
export const octets = (...parts) => tlv(0x04, ...parts);
export const bits = (content) => tlv(0x03, [0], content);
export const nothing = () => tlv(0x05);

function compare(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

export const setOf = (...parts) => tlv(0x31, ...parts.sort(compare)); // 11.6

/** INTEGER of a number that is not negative. */
export function integer(n) {
  const content = [n & 255];
  while ((n = Math.floor(n / 256)) > 0) content.unshift(n & 255);
  if (content[0] >= 0x80) content.unshift(0);
  return tlv(0x02, content);
}

/** OBJECT IDENTIFIER of "1.2.840". */
export function oid(text) {
  const [first, second, ...arcs] = text.split(".").map(Number);
  const content = [];
  for (let arc of [40 * first + second, ...arcs]) {
    const digits = [arc & 127];
    while ((arc = Math.floor(arc / 128)) > 0) digits.unshift((arc & 127) | 128);
    content.push(...digits);
  }
  return tlv(0x06, content);
}

export const text = (s) => new TextEncoder().encode(s);
export const utf8 = (s) => tlv(0x0c, text(s));
export const printable = (s) => tlv(0x13, text(s));
export const ia5 = (s) => tlv(0x16, text(s));
export const bmp = (s) => tlv(0x1e, utf16(s));

/** UTF-16, big end first. */
export function utf16(s) {
  const out = new Uint8Array(2 * s.length);
  for (let i = 0; i < s.length; i++) out.set([s.charCodeAt(i) >> 8, s.charCodeAt(i) & 255], 2 * i);
  return out;
}

/** What cannot be read. It says nothing: callers know what they were reading. */
export class Malformed extends Error {}

/** Reads elements one after another, without copying them. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get empty() { return this.at === this.bytes.length; }

  /** The tag that comes next, or undefined. */
  get tag() { return this.bytes[this.at]; }

  /** The whole next element, which must have the tag, where one is given. */
  element(tag) {
    const start = this.at;
    this.content(tag);
    return this.bytes.subarray(start, this.at);
  }

  /** The content of the next element. */
  content(tag) {
    const b = this.bytes, head = b[this.at], first = b[this.at + 1];
    let at = this.at + 2, length = first;
    if (head === undefined || first === undefined || (head & 31) === 31) throw new Malformed();
    if (tag !== undefined && head !== tag) throw new Malformed();
    if (first & 128) {
      const count = first & 127;
      if (count < 1 || count > 3 || at + count > b.length) throw new Malformed(); // 0 is an open length
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + b[at++];
      if (length < 128 || length < 256 ** (count - 1)) throw new Malformed();
    }
    if (at + length > b.length) throw new Malformed();
    this.at = at + length;
    return b.subarray(at, this.at);
  }

  /** A reader of the content of the next element. */
  inside(tag) { return new Reader(this.content(tag)); }

  /** A number from 0 to 2³¹. */
  integer() {
    const c = this.content(0x02);
    if (c.length < 1 || c.length > 4 || c[0] & 128 || (c.length > 1 && c[0] === 0 && !(c[1] & 128))) throw new Malformed();
    return c.reduce((n, byte) => n * 256 + byte, 0);
  }

  /** Fails unless the next element is the expected one. */
  expect(element) {
    if (!equal(this.element(), element)) throw new Malformed();
    return this;
  }

  /** Fails when something is left. */
  end() {
    if (!this.empty) throw new Malformed();
  }
}

/** A reader of the one element of this tag that the bytes are. */
export function whole(bytes, tag) {
  const outer = new Reader(bytes), inner = outer.inside(tag);
  outer.end();
  return inner;
}

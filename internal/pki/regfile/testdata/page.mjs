// The page's modules, run by Node for tests: reads one task as JSON from standard input and
// answers with JSON. Bytes travel in base64.
import { text } from "node:stream/consumers";
import { request, subject } from "./regfile-cert.js";
import { look, make, open } from "./regfile-pfx.js";

const pack = (bytes) => Buffer.from(bytes).toString("base64");
const unpack = (text) => new Uint8Array(Buffer.from(text, "base64"));
const { subtle } = globalThis.crypto;
const ecdsa = { name: "ECDSA", namedCurve: "P-256" };

const tasks = {
  async request({ fields }) {
    const pair = await subtle.generateKey(ecdsa, true, ["sign", "verify"]);
    const key = await subtle.exportKey("jwk", pair.privateKey);
    return { request: pack(await request(pair, subject(fields))), key };
  },
  async file({ key, chain, password, times }) {
    const { d, ...open } = key;
    const pair = {
      privateKey: await subtle.importKey("jwk", { ...key, ext: true, key_ops: ["sign"] }, ecdsa, true, ["sign"]),
      publicKey: await subtle.importKey("jwk", { ...open, key_ops: ["verify"] }, ecdsa, true, ["verify"]),
    };
    return { file: pack(await make(pair, chain.map(unpack), password, undefined, times)) };
  },
  async review({ file, password, times }) {
    return { review: await look(unpack(file), password, undefined, times) };
  },
  /** What comes of a file with a byte flipped or missing, for each byte: the codes, each once. */
  async damage({ file, password, times }) {
    const right = unpack(file), codes = new Set();
    const attempt = (bytes) => open(bytes, password, undefined, times).then(() => codes.add("opens"), (error) => codes.add(error.code));
    for (let at = 0; at < right.length; at++) {
      const bad = right.slice();
      bad[at] ^= 1 << at % 8;
      await attempt(bad);
      await attempt(right.slice(0, at));
    }
    return { code: [...codes].join(" ") };
  },
};

const answers = [];
for (const task of JSON.parse(await text(process.stdin))) {
  try {
    answers.push(await tasks[task.task](task));
  } catch (error) {
    answers.push({ code: error.field ?? error.code ?? "", message: String(error.stack) });
  }
}
process.stdout.write(JSON.stringify(answers));

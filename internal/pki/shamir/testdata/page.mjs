// The page's module, run by Node for tests: reads tasks as JSON from standard input and answers with
// JSON. Bytes travel in base64.
import { text } from "node:stream/consumers";
import { combine, split } from "./keepers-share.js";

const pack = (bytes) => Buffer.from(bytes).toString("base64"), unpack = (word) => new Uint8Array(Buffer.from(word, "base64"));
const answers = JSON.parse(await text(process.stdin)).map(({ secret, need, count, shares }) => (
  shares ? { secret: pack(combine(shares.map(unpack))) } : { shares: split(unpack(secret), need, count).map(pack) }));
console.log(JSON.stringify(answers));

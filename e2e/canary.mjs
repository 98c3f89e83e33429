// What must not be found: everything personal and every secret that a browser sends or is
// given, searched in all that a server writes, in every form that sealed/canary knows.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const personal = /^(again|address|called|email2?|q|t|(address|contact|identity|organisation|phone|profile)\..+|membership\.number)$/;
const proofs = /^(code|proof)$/; // wrong ones are anybody's: 0000 0000 stands everywhere
const keyed = /^[0-9a-f]{32}$/; // how a page names an address: its keyed hash, which is in the tables
const least = 6; // bytes that can be told from noise

const values = new Map(); // value → name
const pending = new Set(); // answers whose headers are still read

/** Adds a value under a name. Short ones cannot be searched for. */
export function plant(name, value) {
  for (const line of value.split(/[\r\n]+/)) if (Buffer.byteLength(line.trim()) >= least) values.set(line.trim(), name);
}

/** Adds the personal fields of a form. */
export function typed(entries) {
  for (const [name, value] of entries) if (personal.test(name) && !keyed.test(value)) plant(name, value);
}

/** Adds what the pages of a context send and are given. */
export function watch(context) {
  context.on("request", (request) => typed(fields(request)));
  context.on("response", (response) => {
    if (response.status() === 303) for (const [name, value] of fields(response.request())) if (proofs.test(name)) plant(name, value);
    const cookies = response.headersArray().then(
      (headers) => headers.filter((h) => h.name.toLowerCase() === "set-cookie").forEach((h) => cookie(h.value)),
      () => {}, // the page was closed: its cookies are the context's, which came before
    ).finally(() => pending.delete(cookies));
    pending.add(cookies);
  });
}

function cookie(header) {
  const [, name, value] = header.match(/^([^=]+)=([^;]*)/);
  if (name === "habeas_done") return; // words of a closed list: what a button has just done
  if (name === "habeas_purpose") return plant(`cookie ${name}`, value.split(".")[1]); // before it a word of a closed list
  if (value.length >= 22) plant(`cookie ${name}`, value); // 16 bytes in base64; the others are preferences
}

/** The fields of a request, in its address and its body. */
function fields(request) {
  const isForm = request.headers()["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return [...new URL(request.url()).searchParams, ...new URLSearchParams(isForm ? request.postData() ?? "" : "")];
}

/**
 * Fails when a value stands in a file below the directories. A planted one beside them
 * must be found, so that a blind search fails too.
 * @param {string} program the command of sealed/canary
 */
export async function nowhere(program, ...dirs) {
  await Promise.all(pending);
  const beside = await mkdtemp(join(tmpdir(), "habeas-e2e-control-"));
  const control = `quuxelberry-${process.pid}-${Date.now()}`;
  try {
    await writeFile(join(beside, "planted"), `found: ${control}\n`);
    const search = spawn(program, [beside, ...dirs], { stdio: ["pipe", "pipe", "inherit"] });
    search.stdin.end([...values, [control, "control"]].map(([value, name]) => `${name}\t${value}\n`).join(""));
    const ended = new Promise((resolve, reject) => search.once("error", reject).once("close", resolve));
    const lines = (await text(search.stdout)).trimEnd().split("\n");
    assert.equal(await ended, 1, "the search failed, or has not found what was planted");
    const found = lines.filter((line) => line.includes(" at byte "));
    assert.equal(found.filter((line) => line.startsWith(beside)).length, 1, "what was planted");
    assert.deepEqual(found.filter((line) => !line.startsWith(beside)), [], `of ${values.size} values`);
    console.log(`canary: ${lines.at(-1)} of ${values.size} values`);
  } finally {
    await rm(beside, { recursive: true });
  }
}

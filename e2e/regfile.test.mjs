// The registration file as a browser makes it, under the content policy of the real pages:
// key, request, certificate, file; read by OpenSSL, NSS, Java and the server's own reader.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { plant } from "./canary.mjs";
import { launch, open, program, quiet, serve } from "./lib.mjs";

const run = promisify(execFile);
const fields = { name: "Zoë O’Neill", country: "IE", organisation: "Harbour Arts Trust", email: "zoe@example.org", username: "zoe.oneill" };
const password = "quay, gull & eel 1894";
plant("password of a registration file", password);

let server, browser, dir;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "habeas-regfile-"));
  [server, browser] = await Promise.all([serve("./e2e/gallery"), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await rm(dir, { recursive: true });
});

/** A page with the module at hand, and the file that it makes. */
async function register(page) {
  await page.goto(`${server.url}/me/form`);
  return page.evaluate(async ({ fields, password }) => {
    const style = document.querySelector("link[rel=stylesheet]").href;
    const { Registration, review } = await import(new URL("js/regfile.js", style));
    const failed = (promise) => promise.then(() => "none", ({ code, field }) => field ?? code);
    const bytes = (encoded) => Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));

    const registration = new Registration(), parts = [];
    const wrongField = await failed(registration.request({ ...fields, country: "Ireland" }));
    const request = await registration.request(fields);
    const reply = await fetch("/registration/certificate", { method: "POST", body: request });
    const chain = (await reply.json()).map(bytes);
    const shortChain = await failed(registration.file(chain.slice(0, 1), password));
    const noPassword = await failed(registration.file(chain, ""));
    const file = await registration.file(chain, password, (done) => parts.push(done));
    registration.end();

    // Somebody else's certificate, and one who leaves in the middle.
    const other = new Registration();
    await other.request({ ...fields, username: "other" });
    const foreign = await failed(other.file(chain, password));
    const left = failed(other.file(chain, password));
    other.end();

    const seen = await review(file, password);
    const flipped = file.slice();
    flipped[file.length >> 1] ^= 1;
    return {
      file: btoa(String.fromCharCode(...file)), parts, seen, wrongField, shortChain, noPassword, foreign, left: await left,
      flipped: await failed(review(flipped, password)), wrong: await failed(review(file, `${password}!`)),
    };
  }, { fields, password });
}

test("a page makes key, request and file, and its password is never sent", async () => {
  const page = await open(browser), sent = [];
  page.context().on("request", (r) => sent.push(Buffer.concat([Buffer.from(r.url() + JSON.stringify(r.headers())), r.postDataBuffer() ?? Buffer.of()])));
  const made = await register(page);
  quiet(page);

  // AUTH-01, as far as a page goes: no form of it is in any request.
  assert.equal(sent.filter((r) => r.includes("/registration/certificate")).length, 1, "the request was recorded");
  const utf8 = Buffer.from(password), utf16 = Buffer.from(password, "utf16le");
  for (const form of [utf8, utf16, Buffer.from(utf16).swap16(), encodeURIComponent(password), utf8.toString("base64").slice(0, 20), utf8.toString("hex")]) {
    assert.ok(sent.every((r) => !r.includes(form)), "the password was sent");
  }
  assert.ok(sent.some((r) => r.includes(fields.username)), "the requests are looked at");

  assert.deepEqual(made.seen.subject, fields);
  assert.deepEqual(made.seen.issuers, ["Test Users", "Test Root"]);
  assert.equal(made.seen.notAfter.toISOString(), "2029-11-22T09:30:00.000Z");
  const { wrongField, shortChain, noPassword, foreign, left, flipped, wrong } = made;
  assert.deepEqual({ wrongField, shortChain, noPassword, foreign, left, flipped, wrong }, {
    wrongField: "country", shortChain: "chain", noPassword: "password", foreign: "chain", left: "ended", flipped: "integrity", wrong: "integrity",
  });
  assert.ok(made.parts.length > 10 && made.parts.every((done, i) => i === 0 || done >= made.parts[i - 1]), "its progress is told");

  const name = join(dir, "registration.p12"), word = join(dir, "word");
  await writeFile(name, Buffer.from(made.file, "base64"));
  await writeFile(word, password);
  const { stdout } = await run("openssl", ["pkcs12", "-in", name, "-passin", `file:${word}`, "-nodes"]);
  assert.equal(stdout.match(/friendlyName: zoe\.oneill/g).length, 2);
  assert.match(stdout, /BEGIN PRIVATE KEY/);
  assert.equal(stdout.match(/BEGIN CERTIFICATE/g).length, 3);
  await run("certutil", ["-N", "-d", `sql:${dir}`, "--empty-password"]);
  await run("pk12util", ["-i", name, "-d", `sql:${dir}`, "-w", word]);
  assert.match((await run("certutil", ["-L", "-d", `sql:${dir}`])).stdout, /^zoe\.oneill +u,u,u/m);
  const { stdout: listed } = await run("keytool", ["-list", "-v", "-keystore", name, "-storepass:file", word]);
  assert.match(listed, /Alias name: zoe\.oneill[^]+PrivateKeyEntry[^]+chain length: 3/);

  const own = JSON.parse(await read(name));
  assert.deepEqual(own.Issuers, made.seen.issuers);
  assert.equal(Buffer.from(own.Fingerprint).toString("hex"), made.seen.fingerprint);
  assert.equal((await readFile(name)).includes(password), false);
  await page.context().close();
});

/** What the server's own reader says of a file. */
async function read(name) {
  const child = spawn(await program("./e2e/gallery"), ["-review", name], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(password);
  return text(child.stdout);
}

// Lost registration files: somebody leaves their key, forgets the password, and gets the file anew with
// the same key; somebody who left none registers anew. No password, code or key leaves the browser.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { codeIn } from "./account-world.mjs";
import { plant } from "./canary.mjs";
import { authenticator, fits, launch, looks, open, serve, widths } from "./lib.mjs";

const run = promisify(execFile), look = looks("escrow");
const forgotten = "quay, gull & eel 1894", fresh = "mussel + tern 1921";
plant("password that was forgotten", forgotten);
plant("password that is new", fresh);

let server, browser, dir;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "habeas-escrow-"));
  const data = await mkdtemp(join(dir, "data-"));
  [server, browser] = await Promise.all([serve("./e2e/registrar", ["-dir", data], [data]), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await rm(dir, { recursive: true });
});

const to = (at) => server.url + at;
const door = (at) => fetch(to(at), { method: "POST", headers: { origin: server.url, "sec-fetch-site": "same-origin" } });
const mailed = async (address, kind) => (await fetch(to(`/e2e/mail?to=${address}&kind=${kind}`))).text();

/** Remembers everything that a page sends. */
function recorded(page, sent) {
  page.context().on("request", (r) => sent.push(Buffer.concat([Buffer.from(r.url() + JSON.stringify(r.headers())), r.postDataBuffer() ?? Buffer.of()])));
}

/** Fails if a secret was sent in any form that a page might send it in. */
function unsent(sent, secret) {
  const utf8 = Buffer.from(secret), utf16 = Buffer.from(secret, "utf16le");
  const forms = [utf8, utf16, Buffer.from(utf16).swap16(), encodeURIComponent(secret), new URLSearchParams({ x: secret }).toString().slice(2),
    utf8.toString("base64").slice(0, 20), utf8.toString("base64url").slice(0, 20), utf8.toString("hex")];
  for (const form of forms) assert.ok(sent.every((r) => !r.includes(form)), "a secret was sent");
}

async function joined(page, address) {
  await page.goto(to("/join"));
  for (const name of ["address", "again"]) await page.locator(`input[name=${name}]`).fill(address);
  await page.locator("main form button").first().click();
  await page.locator("input[name=code]").fill(codeIn(await mailed(address, "code")));
  await page.locator("main form button").first().click();
  await page.waitForURL(/\/me/);
}

/** Registers who is signed in on a page, and returns where their file lies. */
async function registered(page, address, { password = forgotten } = {}) {
  const file = await page.evaluate(async ({ address, password }) => {
    const { Registration } = await import(new URL("js/regfile.js", document.querySelector("link[rel=stylesheet]").href));
    const registration = new Registration();
    const request = await registration.request({ name: "Zoë O’Neill", country: "IE", organisation: "Harbour Arts Trust", email: address, username: "zoe" });
    const reply = await fetch("/e2e/register", { method: "POST", body: request });
    const chain = (await reply.json()).map((c) => Uint8Array.from(atob(c), (x) => x.charCodeAt(0)));
    const file = password ? await registration.file(chain, password) : new Uint8Array();
    registration.end();
    return btoa(String.fromCharCode(...file));
  }, { address, password });
  const name = join(dir, `${address}.p12`);
  await writeFile(name, Buffer.from(file, "base64"));
  return name;
}

/** What OpenSSL finds in a file: private key and certificates, as PEM without its remarks. */
async function inside(file, password) {
  const word = join(dir, "word");
  await writeFile(word, password);
  const { stdout } = await run("openssl", ["pkcs12", "-in", file, "-passin", `file:${word}`, "-nodes"]);
  return stdout.match(/-----BEGIN [^]+?-----END [^\n]+/g);
}

/** Asks for a code and types it. */
async function asks(page, what, address, { typed = true } = {}) {
  await page.goto(to("/recover-file"));
  await page.locator(`input[name=what][value=${what}]`).check();
  if (typed) await page.locator("input[name=address]").fill(address);
  await page.locator("main .form:not(.passkey) button").click();
  await page.locator("input[name=code]").fill(codeIn(await mailed(address, "code")));
  await page.locator("main form button").click();
  await page.waitForURL(/\/recover-file(\?done|\/reset)/);
}

/** Types new passwords, and saves the file that is made. */
async function rebuilt(page, name, code) {
  if (code) await page.locator("#f-code").fill(code);
  for (const id of ["f-password", "f-again"]) await page.locator(`#${id}`).fill(fresh);
  await page.getByRole("button", { name: "Make the file" }).click();
  const link = page.locator("a[download]");
  await link.waitFor();
  const saving = page.waitForEvent("download");
  await link.click();
  const file = join(dir, name);
  await (await saving).saveAs(file);
  return file;
}

test("a key that opens with a recovery code only comes back after the wait, in the browser that asked", async () => {
  const page = await open(browser), sent = [], address = "zoe@example.org";
  recorded(page, sent);
  await joined(page, address);
  const old = await registered(page, address);
  await page.goto(to("/me/registration/escrow"));
  await look(page, "leave");
  await page.setViewportSize(widths.phone);
  await look(page, "leave-phone");
  const go = page.getByRole("button", { name: "Go on" });
  await go.click();
  await page.getByText("Choose the file first.").waitFor();
  await page.locator("#f-file").setInputFiles(old);
  await go.click();
  await page.getByText("Tick that you agree").waitFor();
  await page.getByRole("checkbox", { name: /I agree/ }).check();
  await page.locator("#f-password").fill(fresh);
  await go.click();
  await page.getByText("The password is wrong, or the file is damaged.").waitFor();
  await page.locator("#f-password").fill(forgotten);
  await go.click();
  const place = page.locator("[data-code-place]");
  await place.waitFor();
  const code = await place.textContent();
  assert.match(code, /^([0-9A-Z]{4}-){6}[0-9A-Z]{2}$/);
  plant("recovery code", code);
  await look(page, "code");
  await page.getByRole("button", { name: "Leave the copy here" }).click();
  await page.getByText("Tick that you have kept the code.").waitFor();
  await page.getByLabel("I have kept the code.").check();
  await page.getByRole("button", { name: "Leave the copy here" }).click();
  await page.waitForURL(/done=kept/);
  await look(page, "kept");
  assert.match(await mailed(address, "escrow-kept"), /\/me\/registration\/escrow/);

  // The password is forgotten. Somebody who is not signed in asks.
  const other = await open(browser, { viewport: widths.phone, theme: "dark" });
  recorded(other, sent);
  await other.goto(to("/recover-file"));
  await look(other, "ask");
  await asks(other, "password", address);
  await look(other, "waiting");
  const at = new URL(other.url());
  assert.match(await mailed(address, "reset-waiting"), /24 hours/);
  await door("/e2e/later?by=24h");
  await page.goto(at.href); // another browser
  for (const id of ["f-password", "f-again"]) await page.locator(`#${id}`).fill(fresh);
  await page.locator("#f-code").fill(code);
  await page.getByRole("button", { name: "Make the file" }).click();
  await page.getByText("This is another browser").waitFor();

  await other.goto(at.href);
  await look(other, "rebuild");
  for (const id of ["f-password", "f-again"]) await other.locator(`#${id}`).fill(fresh);
  await other.locator("#f-code").fill("0000 0000 0000 0000 0000 0000 00");
  await other.getByRole("button", { name: "Make the file" }).click();
  await other.getByText("This is not the recovery code.").waitFor();
  const file = await rebuilt(other, "again.p12", code.toLowerCase().replaceAll("-", " "));
  await look(other, "done");
  assert.deepEqual(await inside(file, fresh), await inside(old, forgotten));
  await assert.rejects(inside(file, forgotten));
  assert.match(await mailed(address, "file-reset"), /new password/);
  assert.ok(sent.some((r) => r.includes("deposit=")), "the requests are looked at");
  for (const secret of [forgotten, fresh, code, code.replaceAll("-", "")]) unsent(sent, secret);
  const pkcs8 = Buffer.from((await inside(file, fresh)).find((p) => p.includes("PRIVATE")).replaceAll(/-----[^\n]+-----|\n/g, ""), "base64");
  assert.ok(sent.every((r) => !r.includes(pkcs8.subarray(36, 68))), "the private key was sent");
  await Promise.all([page.context().close(), other.context().close()]);
});

test("whoever shows a passkey gets the file at once, and withdraws the key, in Spanish", async () => {
  const page = await open(browser, { locale: "es-ES" }), address = "ana@example.org";
  await authenticator(page);
  await joined(page, address);
  const old = await registered(page, address);
  await page.goto(to("/me/credentials"));
  await page.getByRole("button", { name: "Añadir una llave" }).click();
  await page.waitForURL(/done=passkey/);
  await page.goto(to("/me/registration/escrow"));
  await page.locator("input[name=class][value=organisation]").check();
  await page.locator("#f-file").setInputFiles(old);
  await page.locator("#f-password").fill(forgotten);
  await page.locator("input[name=agree]").check();
  await look(page, "leave-es");
  await page.getByRole("button", { name: "Continuar" }).click();
  await page.waitForURL(/done=kept/);
  await door("/e2e/later?by=11m");
  await page.goto(to("/recover-file"));
  await look(page, "ask-es");
  await page.locator("form.passkey button").click();
  await page.waitForURL(/\/recover-file$/);
  await page.locator("form.passkey").waitFor({ state: "detached" });
  await asks(page, "password", address, { typed: false });
  await look(page, "rebuild-es");
  for (const id of ["f-password", "f-again"]) await page.locator(`#${id}`).fill(fresh);
  await page.getByRole("button", { name: "Crear el archivo" }).click();
  const saving = page.waitForEvent("download");
  await page.locator("a[download]").click();
  const file = join(dir, "ana-again.p12");
  await (await saving).saveAs(file);
  assert.deepEqual(await inside(file, fresh), await inside(old, forgotten));
  await page.goto(to("/me/registration/escrow"));
  await look(page, "kept-es");
  await page.getByRole("button", { name: "Destruir la copia" }).click();
  await page.waitForURL(/done=withdrawn/);
  await look(page, "withdrawn-es");
  await page.context().close();
});

test("a link stops a reset; without a key that was left the registration is made anew, without scripts too", async () => {
  const page = await open(browser), address = "ben@example.org";
  await joined(page, address);
  await registered(page, address, { password: "" });
  const plain = await open(browser, { javaScript: false, viewport: widths.phone });
  await asks(plain, "password", address);
  assert.match(await plain.locator("main").innerText(), /Your key was not left here/);
  await fits(plain);
  await asks(plain, "compromised", address);
  assert.match(await plain.locator("main").innerText(), /Your registration is reset/);
  assert.match(await mailed(address, "registration-reset"), /Register anew|register anew/);
  await page.goto(to("/me/registration/escrow"));
  assert.match(await page.locator("main").innerText(), /no certificate that counts/);
  await look(page, "none");

  const file = await registered(page, address);
  await page.goto(to("/me/registration/escrow"));
  await page.locator("input[name=class][value=organisation]").check();
  await page.locator("#f-file").setInputFiles(file);
  await page.locator("#f-password").fill(forgotten);
  await page.locator("input[name=agree]").check();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(/done=kept/);
  await asks(plain, "password", address);
  assert.match(await plain.locator("main").innerText(), /This needs JavaScript/);
  const thief = await open(browser);
  await asks(thief, "password", address);
  const [, link] = (await mailed(address, "reset-waiting")).match(/(\/reset-stop\?t=[\w-]+)/);
  await page.goto(to(link));
  await look(page, "stop");
  await page.getByRole("button", { name: "Stop the reset" }).click();
  await page.waitForURL(/done=stopped/);
  await door("/e2e/later?by=25h");
  const reply = await thief.goto(thief.url());
  assert.equal(reply.status(), 410);
  await Promise.all([page, plain, thief].map((p) => p.context().close()));
});

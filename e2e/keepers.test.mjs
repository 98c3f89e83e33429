// Key keepers: somebody lets three people keep her key together, forgets the password, and two of them
// give it back to the browser whose words she tells them. No password, share or key leaves a browser.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { codeIn } from "./account-world.mjs";
import { plant } from "./canary.mjs";
import { launch, looks, open, serve, widths } from "./lib.mjs";

const run = promisify(execFile), look = looks("keepers");
const forgotten = "heron, tide & oak 1907", fresh = "puffin + ferry 1933", theirs = "anchor, rope & bell 1911";
plant("password that was forgotten", forgotten);
plant("password that is new", fresh);
plant("password of a keeper", theirs);

let server, browser, dir;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "habeas-keepers-"));
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

async function joined(page, address) {
  await page.goto(to("/join"));
  for (const name of ["address", "again"]) await page.locator(`input[name=${name}]`).fill(address);
  await page.locator("main form button").first().click();
  await page.locator("input[name=code]").fill(codeIn(await mailed(address, "code")));
  await page.locator("main form button").first().click();
  await page.waitForURL(/\/me/);
}

/** Registers who is signed in on a page, and returns where their file lies; it is quick to open. */
async function registered(page, address, name, password) {
  const file = await page.evaluate(async ({ address, name, password }) => {
    const part = (of) => import(new URL(`js/regfile-${of}.js`, document.querySelector("link[rel=stylesheet]").href));
    const [{ request, subject }, { make }] = await Promise.all([part("cert"), part("pfx")]);
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const body = await request(pair, subject({ name, country: "IE", organisation: "", email: address, username: address.split("@")[0] }));
    const reply = await fetch("/e2e/register", { method: "POST", body });
    const chain = (await reply.json()).map((c) => Uint8Array.from(atob(c), (x) => x.charCodeAt(0)));
    const file = await make(pair, chain, password, undefined, 2000);
    return btoa(String.fromCharCode(...file));
  }, { address, name, password });
  const at = join(dir, `${address}.p12`);
  await writeFile(at, Buffer.from(file, "base64"));
  return at;
}

/** Somebody in a browser of their own, registered. */
async function person(name, password, options) {
  const page = await open(browser, options), address = `${name.split(" ")[0].toLowerCase()}@example.org`, sent = [];
  page.context().on("request", (r) => sent.push(Buffer.concat([Buffer.from(r.url() + JSON.stringify(r.headers())), r.postDataBuffer() ?? Buffer.of()])));
  await joined(page, address);
  return { page, address, sent, password, file: await registered(page, address, name, password) };
}

/** What OpenSSL finds in a file: private key and certificates, as PEM without its remarks. */
async function inside(file, password) {
  const word = join(dir, "word");
  await writeFile(word, password);
  const { stdout } = await run("openssl", ["pkcs12", "-in", file, "-passin", `file:${word}`, "-nodes"]);
  return stdout.match(/-----BEGIN [^]+?-----END [^\n]+/g);
}

async function opens({ page, file, password }) {
  await page.locator("#f-file").setInputFiles(file);
  await page.locator("#f-password").fill(password);
}

/** A keeper goes to the place from the list, as the mail says. */
async function place({ page }, verb) {
  await page.goto(to("/me/keeping"));
  await page.getByRole("link", { name: verb }).click();
  await page.waitForURL(/\/me\/keeping\/place/);
}

test("two of three key keepers give back the same key, to the browser whose words they were told", async () => {
  const [ana, ben, eva, tim] = await Promise.all([
    person("Ana López", forgotten), person("Ben Frost", theirs), person("Eva Novák", theirs, { viewport: widths.phone, theme: "dark" }), person("Tim Hale", theirs, { locale: "es-ES" }),
  ]);
  await ana.page.goto(to("/me/registration/keepers"));
  await look(ana.page, "ask");
  await ana.page.locator("textarea[name=addresses]").fill("ben@example.org\nnobody");
  await ana.page.getByRole("button", { name: "Ask them" }).click();
  await ana.page.getByText("One of the lines is no e-mail address.").first().waitFor();
  ana.page.faults.length = 0; // the form that was refused answered 400
  await ana.page.locator("textarea[name=addresses]").fill("ben@example.org\neva@example.org\ntim@example.org");
  await ana.page.getByRole("button", { name: "Ask them" }).click();
  await ana.page.waitForURL(/done=asked/);
  await look(ana.page, "asked");

  for (const [who, verb, button] of [[ben, "See who asks", "Agree"], [eva, "See who asks", "Agree"], [tim, "Ver quién lo pide", "Aceptar"]]) {
    assert.match(await mailed(who.address, "keeper-asked"), /\/me\/keeping/);
    await place(who, verb);
    await look(who.page, `agree-${who.address.split("@")[0]}`);
    await opens(who);
    await who.page.getByRole("button", { name: button, exact: true }).click();
    await who.page.waitForURL(/done=agreed/);
    await mailed(ana.address, "keeper-answered");
  }
  await look(eva.page, "agreed");

  await ana.page.goto(to("/me/registration/keepers"));
  await look(ana.page, "make");
  await opens(ana);
  await ana.page.locator("#f-agree").check();
  const make = ana.page.getByRole("button", { name: "Make the shares" });
  await make.click();
  await ana.page.getByText("Eva Novák · eva@example.org").waitFor();
  await look(ana.page, "sure");
  await make.click();
  await ana.page.getByText("Tick that these are the people whom you mean.").waitFor();
  await ana.page.locator("#f-sure").check();
  await make.click();
  await ana.page.waitForURL(/done=made/);
  await look(ana.page, "made");
  await mailed(ana.address, "escrow-kept");

  // The password is forgotten. Another browser asks.
  const lost = await open(browser, { viewport: widths.phone });
  await lost.goto(to("/recover-file"));
  await lost.locator("input[name=what][value=password]").check();
  await lost.locator("input[name=address]").fill(ana.address);
  await lost.locator("main .form button").click();
  await lost.locator("input[name=code]").fill(codeIn(await mailed(ana.address, "code")));
  await lost.locator("main form button").click();
  await lost.waitForURL(/\/recover-file\/reset/);
  await mailed(ana.address, "reset-waiting");
  const words = await lost.locator("[data-escrow=words]").filter({ hasText: /^([a-z]{5} ){4}[a-z]{5}$/ }).textContent();
  await look(lost, "words");
  await ana.page.goto(lost.url());
  await ana.page.getByText("This is another browser").waitFor();

  assert.match(await mailed(eva.address, "keeper-needed"), /\/me\/keeping/);
  for (const who of [ben, eva]) {
    await place(who, "Look at it");
    await opens(who);
    await who.page.locator("#f-asks").check();
    await who.page.locator("#f-words").fill("lusab lusab lusab lusab lusab");
    await who.page.getByRole("button", { name: "Give my share" }).click();
    await who.page.getByText("These are not the words").waitFor();
    await look(who.page, `give-${who.address.split("@")[0]}`);
    await who.page.locator("#f-words").fill(words.toUpperCase().replaceAll(" ", "-"));
    await who.page.getByRole("button", { name: "Give my share" }).click();
    await who.page.waitForURL(/done=passed/);
  }
  await look(eva.page, "given");
  await lost.reload();
  assert.match(await lost.locator("main").innerText(), /2 of the 2 shares/);
  assert.match(await lost.locator("main").innerText(), /It waits until/);
  await door("/e2e/later?by=24h");
  await lost.reload();
  await look(lost, "rebuild");
  for (const id of ["f-password", "f-again"]) await lost.locator(`#${id}`).fill(fresh);
  await lost.getByRole("button", { name: "Make the file" }).click();
  await lost.locator("a[download]").waitFor();
  const saving = lost.waitForEvent("download");
  await lost.locator("a[download]").click();
  const file = join(dir, "again.p12");
  await (await saving).saveAs(file);
  assert.deepEqual(await inside(file, fresh), await inside(ana.file, forgotten));
  await mailed(ana.address, "file-reset");

  const everything = [ana, ben, eva, tim].flatMap((p) => p.sent);
  assert.ok(everything.some((r) => r.includes("shares=")) && everything.some((r) => r.includes("message=")), "the requests are looked at");
  const pkcs8 = Buffer.from((await inside(file, fresh)).find((p) => p.includes("PRIVATE")).replaceAll(/-----[^\n]+-----|\n/g, ""), "base64");
  for (const secret of [forgotten, fresh, theirs]) for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64url").slice(0, 20)]) {
    assert.ok(everything.every((r) => !r.includes(form)), "a password was sent");
  }
  assert.ok(everything.every((r) => !r.includes(pkcs8.subarray(36, 68))), "the private key was sent");
  assert.ok(everything.every((r) => !r.includes(words.split(" ")[0])), "the words were sent");
  await Promise.all([ana.page, ben.page, eva.page, tim.page, lost].map((p) => p.context().close()));
});

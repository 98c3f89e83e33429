// Registering in the browser: the page makes key and file, the password goes nowhere, the file
// opens elsewhere, and a change and a revocation do what they say.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { codeIn, world } from "./account-world.mjs";
import { plant } from "./canary.mjs";
import { accessible, fits, launch, open, program, quiet, shot, themes, touchable, widths } from "./lib.mjs";

const run = promisify(execFile);
const password = "quay-eel-7741-gull-flint", fresh = "moss-8823-anvil-kettle-tern";
plant("password of the registration file", password);
plant("password of the file after a change", fresh);

let browser, here, dir;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "habeas-registration-"));
  [here, browser] = await Promise.all([world(), launch()]);
});
after(async () => {
  await browser?.close();
  await here?.stop(); // which searches all that the server has written, for the passwords too
  await rm(dir, { recursive: true });
});

async function good(page, name) {
  await accessible(page);
  await fits(page);
  await touchable(page);
  await shot(page, `registration-${name}`);
}

/** Everything that a context sends, its workers too. */
function recorded(page) {
  const sent = [];
  page.context().on("request", (r) => sent.push(Buffer.concat([Buffer.from(r.url() + JSON.stringify(r.headers())), r.postDataBuffer() ?? Buffer.of()])));
  return sent;
}

/** Fails when a form of a password is in what was sent. */
function nowhereIn(sent, secret) {
  const utf8 = Buffer.from(secret), utf16 = Buffer.from(secret, "utf16le");
  for (const form of [utf8, utf16, Buffer.from(utf16).swap16(), encodeURIComponent(secret), utf8.toString("base64").slice(0, 20), utf8.toString("hex")]) {
    assert.ok(sent.every((r) => !r.includes(form)), "the password was sent");
  }
}

const label = (page, name) => page.getByLabel(name, { exact: true });

async function fill(page, word, { name = "Zoë O’Neill", organisation = "Harbour Arts Trust" } = {}) {
  await page.locator("#f-name").fill(name);
  await page.locator("#f-country").selectOption("IE");
  await page.locator("#f-organisation").fill(organisation);
  await page.locator("#f-username").fill("zoe.oneill");
  await page.locator("#p-first").fill(word);
  await page.locator("#p-again").fill(word);
  await page.locator("#p-accept").check();
}

/** Saves the file that the page offers, and opens it there. */
async function save(page, name, word) {
  const link = page.locator('[data-role="save"]');
  await link.waitFor({ timeout: 60_000 });
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), "zoe.oneill.p12");
  const path = join(dir, name);
  await download.saveAs(path);
  await page.locator("#open-file").setInputFiles(path);
  await page.locator("#open-password").fill(word);
  await page.locator('[data-regfile="open"] button').click();
  await page.locator('[data-regfile="seen"]').waitFor({ timeout: 60_000 });
  return path;
}

// Proves AUTH-01, FILE-03, FILE-05 and FILE-06.
test("registers, opens the file everywhere, changes the name, revokes", { timeout: 240_000 }, async () => {
  const page = await open(browser), address = "zoe@example.org";
  await here.join(page, address);
  const sent = recorded(page);
  await page.goto(here.to("/me/registration"));
  await good(page, "none-desk-light");
  await page.getByRole("link", { name: "Register" }).click();

  // What is wrong is said beside the form, and nothing is sent.
  await page.getByRole("button", { name: "Register and make the file" }).click();
  await page.getByText("Fill this in").waitFor();
  await fill(page, "zoe1987");
  assert.match(await page.locator('[data-role="strength"]').textContent(), /^Weak/);
  await page.getByRole("button", { name: "Register and make the file" }).click();
  await page.getByText("A computer finds this password").waitFor();
  assert.ok(sent.every((r) => !r.includes("request=")), "something was handed in");
  assert.equal(await page.locator("#f-country option").count() > 240, true);
  assert.match(await page.locator("#f-country option:checked").textContent(), /Ireland/);
  await good(page, "wrong-desk-light");

  await fill(page, password);
  assert.match(await page.locator('[data-role="strength"]').textContent(), /^Strong/);
  await page.getByRole("button", { name: "Register and make the file" }).click();
  await page.getByText("Your file is being made").waitFor();
  const file = await save(page, "first.p12", password);
  for (const text of ["Zoë O’Neill", "Ireland", "Harbour Arts Trust", address]) await page.locator('[data-regfile="seen"]').getByText(text).waitFor();
  await good(page, "saved-desk-light");
  await page.getByRole("link", { name: "It opens. Go on" }).click();
  await page.waitForURL(/done=saved/);
  await good(page, "registered-desk-light");
  assert.match(await here.mail.next(address), /You have registered/);
  assert.equal(sent.filter((r) => r.includes("request=MII")).length, 1, "the request was recorded");
  nowhereIn(sent, password);

  // FILE-06: the file that was saved, elsewhere; and at a wrong password nothing of it.
  const word = join(dir, "word"), wrong = join(dir, "wrong"), bad = "another-word-9917";
  await writeFile(word, password);
  await writeFile(wrong, bad);
  const { stdout } = await run("openssl", ["pkcs12", "-in", file, "-passin", `file:${word}`, "-nodes"]);
  assert.match(stdout, /friendlyName: zoe\.oneill/);
  assert.equal(stdout.match(/BEGIN CERTIFICATE/g).length, 3);
  const nothing = await run("openssl", ["pkcs12", "-in", file, "-passin", `file:${wrong}`, "-nodes"]).catch((e) => e);
  assert.ok(nothing.code !== 0 && !nothing.stdout.includes("BEGIN"), "something was shown at a wrong password");
  await run("certutil", ["-N", "-d", `sql:${dir}`, "--empty-password"]);
  assert.ok((await run("pk12util", ["-i", file, "-d", `sql:${dir}`, "-w", wrong]).catch((e) => e)).code !== 0);
  await run("pk12util", ["-i", file, "-d", `sql:${dir}`, "-w", word]);
  assert.match((await run("certutil", ["-L", "-d", `sql:${dir}`])).stdout, /^zoe\.oneill +u,u,u/m);
  const { stdout: listed } = await run("keytool", ["-list", "-v", "-keystore", file, "-storepass:file", word]);
  assert.match(listed, /Alias name: zoe\.oneill[^]+PrivateKeyEntry[^]+chain length: 3/);
  const chain = await page.request.get(here.to("/me/registration/chain.pem"));
  assert.equal((await chain.text()).match(/BEGIN CERTIFICATE/g).length, 3);

  // What it says is changed by the mailed code, with a new key: the old file counts no more.
  await page.getByRole("link", { name: "Change it" }).click();
  assert.equal(await page.locator("#f-name").inputValue(), "Zoë O’Neill");
  await fill(page, fresh, { name: "Zoë Byrne", organisation: "" });
  await good(page, "change-desk-light");
  await page.getByRole("button", { name: "Mail me the code for the change" }).click();
  const code = codeIn(await here.mail.next(address));
  await label(page, "Code").fill(code === "00000000" ? "11111111" : "00000000");
  await page.getByRole("button", { name: "Confirm the change" }).click();
  await page.getByText("This code does not fit").waitFor();
  page.faults = []; // the refusal is an answer of status 400
  await good(page, "code-desk-light");
  await label(page, "Code").fill(code);
  await page.getByRole("button", { name: "Confirm the change" }).click();
  await save(page, "second.p12", fresh);
  assert.match(await here.mail.next(address), /has changed/);
  await page.getByRole("link", { name: "It opens. Go on" }).click();
  await page.getByText("Another certificate took its place.").waitFor();
  await page.getByText("Zoë Byrne").waitFor();

  await page.getByRole("link", { name: "Revoke my certificate" }).click();
  await good(page, "lost-desk-light");
  await page.getByRole("button", { name: "Revoke it now" }).click();
  await page.getByText("Nobody can use the file any more").waitFor();
  await page.getByText("The file or its password was lost").waitFor();
  await page.getByRole("link", { name: "Register again" }).waitFor();
  await good(page, "revoked-desk-light");
  assert.match(await here.mail.next(address), /was revoked/);
  nowhereIn(sent, password);
  nowhereIn(sent, fresh);
  quiet(page);

  // FILE-05: the viewer, without an account and without a connection.
  const alone = await open(browser);
  await alone.goto(here.to("/registration/view"));
  await alone.locator('[data-regfile="open"]').waitFor();
  const asked = recorded(alone);
  await alone.context().setOffline(true);
  await alone.locator("#open-file").setInputFiles(file);
  await alone.locator("#open-password").fill(bad);
  await alone.getByRole("button", { name: "Open the file" }).click();
  await alone.getByText("The password is wrong, or the file is damaged.").waitFor({ timeout: 60_000 });
  assert.equal(await alone.locator('[data-regfile="seen"]').isVisible(), false);
  await alone.locator("#open-password").fill(password);
  await alone.getByRole("button", { name: "Open the file" }).click();
  await alone.getByText("Harbour Arts Trust").waitFor({ timeout: 60_000 });
  await good(alone, "view-desk-light");
  assert.deepEqual(asked.map(String), [], "the viewer asked for something");
  quiet(alone);
  for (const p of [page, alone]) await p.context().close();
});

test("the meter guesses low", { timeout: 60_000 }, async () => {
  const page = await open(browser);
  await page.goto(here.to("/registration/view"));
  const levels = await page.evaluate(async () => {
    const { level, suggestion } = await import(new URL("js/regfile-password.js", document.querySelector("link[rel=stylesheet]").href));
    const said = ["Zoë O’Neill", "Harbour (Arts) Trust", "zoe@example.org"];
    const words = ["a", "Password1!", "zoe1987", "aaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnop", "Harbour-(Arts)-2024", `${"İ".repeat(40)}admin`, "correct horse battery staple", "k3!vQz8#pL2w"];
    return { levels: words.map((w) => level(w, said)), suggested: Array.from({ length: 50 }, suggestion), strong: Math.min(...Array.from({ length: 200 }, () => level(suggestion(), said))) };
  });
  assert.deepEqual(levels.levels.slice(0, 6), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(levels.levels.slice(7), [2, 3]);
  assert.equal(levels.strong, 3);
  assert.equal(new Set(levels.suggested).size, 50);
  assert.ok(levels.suggested.every((s) => /^[a-z]{4}([2-9][a-z]{4}){3}$/.test(s)));
  await page.context().close();
});

test("every width and theme, Spanish, and without JavaScript", { timeout: 120_000 }, async () => {
  const member = await open(browser, { viewport: widths.phone });
  await here.join(member, "ana@example.org");
  const state = await member.context().storageState();
  await member.context().close();
  for (const [name, viewport] of Object.entries(widths)) {
    for (const theme of themes) {
      const page = await open(browser, { viewport, theme, locale: "es-ES" });
      await page.context().addCookies(state.cookies);
      for (const [at, what] of [["/me/registration", "none"], ["/me/registration/new", "new"], ["/registration/view", "view"]]) {
        await page.goto(here.to(at));
        if (what === "new") {
          await page.getByRole("button", { name: "Proponer una" }).click();
          await page.locator("details.more summary").click();
          assert.match(await page.locator('option[value="DE"]').textContent(), /Alemania/);
        }
        await good(page, `es-${what}-${name}-${theme}`);
      }
      quiet(page);
      await page.context().close();
    }
  }

  // Without JavaScript: a request that OpenSSL made is handed in, and the chain comes back.
  const plain = await open(browser, { viewport: widths.phone, javaScript: false });
  await plain.context().addCookies(state.cookies);
  await plain.goto(here.to("/me/registration/new"));
  assert.equal(await plain.locator("#p-first").isVisible(), false, "a password could be typed into a form that would be sent");
  assert.equal(await plain.locator('input[type="password"][name]').count(), 0);
  await plain.locator("details.more summary").click();
  const key = join(dir, "own.pem"), csr = join(dir, "own.csr"), config = join(dir, "own.cnf");
  await writeFile(config, `[req]
prompt = no
utf8 = yes
string_mask = utf8only
distinguished_name = dn
req_extensions = ext
[dn]
C = ES
CN = Ana López
UID = ana
emailAddress = ana@example.org
[ext]
subjectAltName = email:ana@example.org
`);
  await run("openssl", ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", csr, "-config", config]);
  await plain.locator('form[enctype="multipart/form-data"] input[name=accept]').check();
  await plain.locator("#f-file").setInputFiles(csr);
  await plain.getByRole("button", { name: "Hand in the request" }).click();
  await plain.waitForURL(/done=registered/);
  await fits(plain);
  await shot(plain, "registration-uploaded-phone");
  const chain = await plain.request.get(here.to("/me/registration/certificate.pem"));
  await writeFile(join(dir, "own-cert.pem"), await chain.text());
  const { stdout: subject } = await run("openssl", ["x509", "-in", join(dir, "own-cert.pem"), "-noout", "-subject", "-nameopt", "utf8"]);
  assert.match(subject, /CN ?= ?Ana López/);
  await plain.context().close();
});

test("the command registers by the code of the page", { timeout: 120_000 }, async () => {
  const page = await open(browser), address = "tim@example.org", word = "harbour-tern-5521-flint";
  plant("password typed into the command", word);
  await here.join(page, address);
  await page.goto(here.to("/me/registration/new"));
  await page.locator("details.more summary").click();
  await page.locator('form[action$="/terminal"] input[name=accept]').check();
  await page.getByRole("button", { name: "Show me a code for the terminal" }).click();
  await good(page, "terminal-desk-light");
  const code = await page.locator("#handover").textContent();
  const file = join(dir, "tim.p12"), secret = join(dir, "tim.word");
  await writeFile(secret, word, { mode: 0o600 });
  const habeas = await program("./cmd/habeas");
  const child = run(habeas, ["account", "register", "--server", here.url, "--name", "Tim Tester", "--country", "ES", "--username", "tim", "--email", address,
    "--out", file, "--password-file", secret]);
  child.child.stdin.end(`${code}\n`);
  assert.match((await child).stdout, /tim\.p12/);
  const { stdout } = await run(habeas, ["account", "view", file, "--password-file", secret]);
  assert.match(stdout, /Tim Tester/);
  assert.equal((await readFile(file)).includes(word), false);
  await page.goto(here.to("/me/registration"));
  await page.getByText("Certificates that count").first().waitFor();
  quiet(page);
  await page.context().close();
});

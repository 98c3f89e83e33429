// Renewing and reactivating in the browser: the page makes a new key and a new file, which has to
// be opened before it goes on; no password leaves the page, and the old file counts no more.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { codeIn } from "./account-world.mjs";
import { plant } from "./canary.mjs";
import { launch, looks, open, serve, themes, widths } from "./lib.mjs";

const run = promisify(execFile), look = looks("renew");
const first = "lapwing-4471-oar-thistle", second = "curlew-9023-slate-bollard";
plant("password of the renewed file", first);
plant("password of the reactivated file", second);

let server, browser, dir;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "habeas-renew-"));
  const data = await mkdtemp(join(dir, "data-"));
  [server, browser] = await Promise.all([serve("./e2e/registrar", ["-dir", data], [data]), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await rm(dir, { recursive: true });
});

const to = (at) => server.url + at, address = "zoe@example.org";
const door = (at) => fetch(to(at), { method: "POST", headers: { origin: server.url, "sec-fetch-site": "same-origin" } });
const mailed = async (kind) => (await fetch(to(`/e2e/mail?to=${address}&kind=${kind}`))).text();

async function types(page, at) {
  await page.goto(to(at));
  for (const field of await page.locator("main input[name=address], main input[name=again]").all()) await field.fill(address);
  await page.locator("main form:has(input[name=address]) button").first().click();
  await page.locator("input[name=code]").fill(codeIn(await mailed("code")));
  await page.locator("main form:has(input[name=code]) button").first().click();
}

/** Looks at a page on a phone and on a desk, in both themes. */
async function looked(page, name) {
  for (const [size, viewport] of Object.entries(widths)) {
    for (const theme of themes) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: theme });
      await look(page, `${name}-${size}-${theme}`);
    }
  }
}

/** Fills the form, saves the file that the page offers, opens it there, and returns its serial number. */
async function makes(page, password, button) {
  await page.locator("#p-first").fill(password);
  await page.locator("#p-again").fill(password);
  await page.getByRole("button", { name: button }).click();
  await page.getByText("read the policy and accept it").first().waitFor();
  await page.locator("#p-accept").check();
  await page.getByRole("button", { name: button }).click();
  const link = page.locator('[data-role="save"]');
  await link.waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('[data-role="done"]').isVisible(), false, "it goes on without the file");
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const file = join(dir, `${button}.p12`), word = join(dir, "word");
  await download.saveAs(file);
  await page.locator("#open-file").setInputFiles(file);
  await page.locator("#open-password").fill(password);
  await page.locator('[data-regfile="open"] button').click();
  await page.locator('[data-role="done"]').waitFor({ timeout: 60_000 });
  await writeFile(word, password);
  const { stdout } = await run("openssl", ["pkcs12", "-in", file, "-passin", `file:${word}`, "-nodes"]);
  assert.match(stdout, /friendlyName: zoe/);
  assert.equal(stdout.match(/BEGIN CERTIFICATE/g).length, 3);
}

// Proves RET-02, RET-03 and AUTH-01.
test("the page makes the new file when a registration is renewed and when it is reactivated", { timeout: 180_000 }, async () => {
  const page = await open(browser), sent = [];
  page.context().on("request", (r) => sent.push(r.url() + (r.postData() ?? "")));
  await types(page, "/join");
  await page.waitForURL(/\/me/);
  await page.evaluate(async (email) => {
    const { Registration } = await import(new URL("js/regfile.js", document.querySelector("link[rel=stylesheet]").href));
    const registration = new Registration();
    const request = await registration.request({ name: "Zoë O’Neill", country: "IE", organisation: "Harbour Arts Trust", email, username: "zoe" });
    await fetch("/e2e/register", { method: "POST", body: request });
    registration.end();
  }, address);
  await door(`/e2e/later?by=${24 * (3 * 365 - 20)}h`);
  await types(page, "/sign-in");
  await page.waitForURL(/\/me/);
  await page.goto(to("/me/registration/renew"));
  await page.locator("#p-first").waitFor();
  await looked(page, "form");
  await makes(page, first, "Renew and make the file");
  await page.locator('[data-role="done"]').click();
  await page.waitForURL(/done=renewed/);
  await page.getByText("Renewed until").waitFor();

  await door(`/e2e/later?by=${24 * (3 * 365 + 20)}h`);
  await types(page, "/sign-in");
  await page.waitForURL(/\/reactivate/);
  await looked(page, "reactivate");
  await makes(page, second, "Reactivate and make the file");
  await page.locator('[data-role="done"]').click();
  await page.waitForURL(/\/sign-in/);
  await types(page, "/sign-in");
  await page.waitForURL(/\/me/);
  for (const secret of [first, second]) assert.ok(sent.every((r) => !r.includes(secret)), "a password was sent");
});

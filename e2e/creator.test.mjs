// The example site of a trusted entity creator, as its README tries it: an administrator makes
// somebody a creator and confirms the site, the site runs as a program of its own, and somebody
// registers on its page. What the page sends holds neither the password nor a key.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { after, before, test } from "node:test";
import { request } from "../internal/web/ui/js/regfile-cert.js";
import { make, open as unpack } from "../internal/web/ui/js/regfile-pfx.js";
import { codeIn, world } from "./account-world.mjs";
import { plant } from "./canary.mjs";
import { accessible, authenticator, fits, launch, open, serve, shot, touchable, widths } from "./lib.mjs";

const password = "acorn-velvet-harbour-moss-17";
let here, site, browser, dir, origin, port;

/** A port that is free now. */
const free = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Clara: registered, with the role and a confirmed site. Her registration file is written. */
async function creator(file) {
  const boss = await here.desk(browser), clara = await open(browser), address = "clara@museum.example";
  await authenticator(clara);
  await here.join(clara, address);
  await clara.goto(here.to("/me/credentials"));
  await clara.getByRole("button", { name: "Add a passkey" }).click();
  await clara.waitForURL(/done=passkey/);
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const asked = await request(keys, { name: "Clara Site", country: "ES", organisation: "Museo del Rio", username: "clara", email: address });
  const form = await (await clara.request.get(here.to("/me/registration/new"))).text();
  const reply = await clara.request.post(here.to("/me/registration/upload"), {
    multipart: { policy: form.match(/name="policy" value="(\d+)"/)[1], accept: "yes", file: { name: "request.der", mimeType: "application/octet-stream", buffer: Buffer.from(asked) } },
    maxRedirects: 0, headers: { origin: here.url, "sec-fetch-site": "same-origin" },
  });
  assert.equal(reply.status(), 303, await reply.text());
  const pem = await (await clara.request.get(here.to("/me/registration/chain.pem"))).text();
  const chain = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)].map((m) => new Uint8Array(Buffer.from(m[1], "base64")));
  await writeFile(file, await make(keys, chain, password));

  await here.post(boss, "/admin/roles", { address, again: address, role: "creator", checked: "Identity card seen at the desk." });
  await here.post(clara, "/me/creator", { origin, gathers: "Nothing.", why: "To register people.", logs: "0", contact: "office@museum.example", session: "yes" });
  const proof = await clara.goto(here.to("/me/creator")).then(() => clara.locator("code[id^=proof-]").textContent());
  const sites = await (await boss.request.get(here.to("/admin/creators"))).text();
  await here.post(boss, sites.match(/action="(\/admin\/creators\/[^"]+\/confirm)"/)[1], { shown: proof });
}

before(async () => {
  dir = await mkdtemp(path(tmpdir(), "habeas-creator-"));
  port = await free();
  const own = await free();
  origin = `https://museum.localhost:${own}`;
  here = await world({ more: `[certificate_port]\nlisten = "localhost:${port}"\nshow = "own"\n` });
  browser = await launch();
  plant("password of a registration file", password);
  await writeFile(path(dir, "password"), `${password}\n`, { mode: 0o600 });
  await creator(path(dir, "clara.p12"));
  site = await serve("./examples/creator", [
    "-listen", `localhost:${own}`, "-origin", origin, "-server", `https://localhost:${port}`, "-file", path(dir, "clara.p12"), "-password-file", path(dir, "password"),
  ]);
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await here?.stop();
  if (dir) await rm(dir, { recursive: true });
});

test("somebody registers on the site of a creator, and the password stays in the browser", { timeout: 60_000 }, async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: widths.phone, locale: "en-GB" });
  const page = await context.newPage(), sent = [];
  page.on("request", (r) => sent.push(`${r.method()} ${r.url()} ${r.postData() ?? ""}`));
  await page.goto(origin);
  await page.getByRole("link", { name: "Register" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Lea Mar");
  await page.getByLabel("Country").fill("es");
  await page.getByLabel("Username").fill("lea");
  await page.getByLabel("E-mail address").fill("lea@example.org");
  await page.getByLabel("Password of the file").fill(password);
  await page.getByLabel("The same password again").fill(password);
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await accessible(page);
  await fits(page);
  await touchable(page);
  await shot(page, "creator-register-phone");
  await page.getByRole("button", { name: "Mail me the code" }).click();
  await page.getByLabel("Code").fill(codeIn(await here.mail.next("lea@example.org")));
  await page.getByRole("button", { name: "Register me" }).click();
  const link = page.getByRole("link", { name: "Save the registration file" });
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  const opened = await unpack(new Uint8Array(await readFile(await download.path())), password);
  assert.ok(opened);
  const posted = sent.filter((s) => s.startsWith("POST"));
  assert.deepEqual(posted.map((s) => s.split(" ")[1].slice(origin.length)), ["/register", "/register/code"]);
  assert.deepEqual(Object.keys(JSON.parse(posted[0].split(" ")[2])), ["request", "agreed"]);
  assert.deepEqual(Object.keys(JSON.parse(posted[1].split(" ")[2])), ["code"]);
  for (const s of sent) assert.ok(!s.includes(password), "the password travels");
  await context.close();
});

// Signing in by the certificate of a registration file: the file is brought into the key
// database (NSS) of a real browser, which shows the certificate on the port for it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { looks, launch, open, quiet, serve, widths } from "./lib.mjs";

const run = promisify(execFile);
const good = looks("certificate");
const phrase = "acorn velvet harbour";

const holders = [];
let here, dir, stranger;
before(async () => {
  dir = await mkdtemp(path(tmpdir(), "habeas-certificate-"));
  await mkdir(path(dir, "data"), { mode: 0o700 });
  here = await serve("./e2e/bearer", ["-dir", path(dir, "data"), "-password", phrase]);
  stranger = await launch();
});
after(async () => {
  for (const context of holders) await context.close(); // those of tests that failed
  await stranger?.close();
  await here?.stop();
  if (dir) await rm(dir, { recursive: true });
});

const to = (at) => here.url + at;

/**
 * A browser with a key database of its own that trusts the root, and holds the registration
 * file when asked to. It shows the certificate without asking its user, whom there is none of.
 */
async function holder(name, { file = true, ...options } = {}) {
  const home = path(dir, name), database = `sql:${path(home, ".pki", "nssdb")}`, profile = path(home, "profile");
  await mkdir(path(home, ".pki", "nssdb"), { recursive: true });
  await mkdir(path(profile, "Default"), { recursive: true });
  await run("certutil", ["-N", "-d", database, "--empty-password"]);
  await run("certutil", ["-A", "-d", database, "-n", "root", "-t", "CT,,", "-a", "-i", path(dir, "data", "root.pem")]);
  if (file) await run("pk12util", ["-i", path(dir, "data", "file.p12"), "-d", database, "-W", phrase, "-K", ""]);
  await writeFile(path(profile, "Default", "Preferences"), JSON.stringify({
    profile: { managed_auto_select_certificate_for_urls: ['{"pattern":"https://localhost","filter":{}}'] },
  }));
  const args = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.HABEAS_CHROMIUM ?? "/usr/bin/chromium", args, env: { ...process.env, HOME: home },
    viewport: widths.desk, locale: "en-GB", reducedMotion: "reduce", ...options,
  });
  holders.push(context);
  const page = context.pages()[0] ?? await context.newPage();
  page.faults = [];
  page.on("console", (m) => { if (m.type() === "error") page.faults.push(m.text()); });
  return page;
}

test("the button stands on the sign-in page, on a phone and at a desk", { timeout: 60_000 }, async () => {
  for (const [name, viewport] of Object.entries(widths)) {
    for (const theme of ["light", "dark"]) {
      const page = await open(stranger, { viewport, theme });
      await page.goto(to("/sign-in"));
      await page.getByRole("button", { name: "Sign in with a certificate" }).waitFor();
      await good(page, `sign-in-${name}-${theme}`);
      quiet(page);
      await page.context().close();
    }
  }
});

test("a browser with the registration file signs in, until the certificate is revoked", { timeout: 60_000 }, async () => {
  const page = await holder("tim");
  let port;
  page.on("request", (r) => { if (r.url().startsWith("https:")) port = new URL(r.url()).origin; });
  await page.goto(to("/sign-in?to=/me/credentials"));
  await page.getByRole("button", { name: "Sign in with a certificate" }).click();
  await page.getByRole("button", { name: "Sign in as Tim Berger" }).waitFor();
  assert.equal(new URL(page.url()).origin, port);
  for (const [name, viewport] of Object.entries(widths)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await good(page, `port-${name}-${colorScheme}`);
    }
  }
  assert.deepEqual((await page.context().cookies(port)).filter((c) => c.secure), [], "the port sets cookies");
  await page.getByRole("button", { name: "Sign in as Tim Berger" }).click();
  await page.waitForURL(to("/me/credentials"));
  await page.getByText(/^By certificate, since/).waitFor();
  await good(page, "credentials");
  quiet(page);

  await page.goto(`${port}/api/v1/me`);
  assert.equal(JSON.parse(await page.locator("body").innerText()).username, "tim");

  page.faults = []; // a browser asks for an icon beside JSON, and what follows is refused
  await page.request.post(to("/test/revoke"));
  await page.goto(to("/me/credentials"));
  assert.equal(new URL(page.url()).pathname, "/sign-in", "signed in by a certificate that was revoked");
  const late = await page.goto(`${port}/sign-in`).catch(() => null); // by the connection that was open, or by none
  if (late) {
    assert.equal(late.status(), 401);
    page.faults = [];
    await page.getByText("This certificate has been revoked.").waitFor();
    await good(page, "revoked");
  }
  await page.context().close();
});

test("a browser without the file gets nowhere", { timeout: 60_000 }, async () => {
  const page = await holder("nobody", { file: false, viewport: widths.phone });
  await page.goto(to("/sign-in"));
  const refused = page.waitForEvent("requestfailed", (r) => r.url().startsWith("https:"));
  await page.getByRole("button", { name: "Sign in with a certificate" }).click();
  assert.match((await refused).failure().errorText, /ERR_/);
  await page.context().close();
});

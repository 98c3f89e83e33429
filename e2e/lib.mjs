// What every browser test needs: a server, a browser, contexts by width and theme, a
// virtual passkey device, and the checks that hold for every page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { nowhere, watch } from "./canary.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "out");

export const widths = { phone: { width: 375, height: 812 }, desk: { width: 1440, height: 900 } };
export const themes = ["light", "dark"];

/**
 * Starts a program of this repository and resolves with the first line it prints that
 * is an address. stop() ends it, and searches all that it has written, before and after: its
 * directory for temporary files, what it printed, its databases, and the directories named.
 * @param {string} pkg Go package, relative to the repository
 * @param {string[]} args
 * @param {string[]} writes directories that it writes to
 */
export async function serve(pkg, args = [], writes = []) {
  const binary = await program(pkg), search = await program("./sealed/canary/cmd/canary");
  if (args[0] === "demo") args = [...args, ...(await databases())];
  const temp = await mkdtemp(join(tmpdir(), "habeas-e2e-"));
  const child = spawn(binary, args, { cwd: join(here, ".."), env: { ...process.env, TMPDIR: temp }, stdio: ["ignore", "pipe", "pipe"] });
  for (const name of ["stdout", "stderr"]) child[name].pipe(createWriteStream(join(temp, name)));
  child.stderr.pipe(process.stderr, { end: false });
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/https?:\/\/\S+/);
      if (found) resolve(found[0]);
    });
    child.once("exit", (code) => reject(new Error(`${pkg} ended with ${code} before it printed its address`)));
    child.once("error", reject);
  });
  const stop = async () => {
    try {
      for (const name of made) await run("pg_dump", ["-f", join(temp, `${name}.sql`), name]);
      await nowhere(search, temp, ...writes);
    } finally {
      await new Promise((resolve) => { child.once("close", resolve); child.kill(); });
    }
    await nowhere(search, temp, ...writes);
    await rm(temp, { recursive: true });
  };
  return { url, stop };
}

/**
 * The path of a program of this repository, which is built, unless the programs were built
 * before for files of tests that run beside each other (scripts/browsertest).
 * @param {string} pkg Go package, relative to the repository
 */
export async function program(pkg) {
  const path = join(out, "programs", basename(pkg));
  if (process.env.HABEAS_E2E_BUILT !== "1") await run("go", ["build", "-o", path, pkg]);
  return path;
}

const made = []; // databases

/**
 * Two fresh databases for a server, where scripts/with-postgres has started PostgreSQL
 * and HABEAS_TEST_ENGINE asks for it; else none, and the server takes SQLite.
 */
export async function databases() {
  if (process.env.HABEAS_TEST_ENGINE !== "postgres") return [];
  const name = `e2e_${process.pid}_${Date.now()}`;
  for (const end of ["records", "keys"]) {
    await run("psql", ["-qd", "postgres", "-c", `CREATE DATABASE ${name}_${end}`]);
    made.push(`${name}_${end}`);
  }
  return ["--dsn", `postgres:///${name}_records`, "--keys-dsn", `postgres:///${name}_keys`];
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: join(here, ".."), stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${command} ${args.join(" ")} ended with ${code}`))));
  });
}

/** Launches the browser. HABEAS_CHROMIUM names another one than Debian's. */
export function launch() {
  const args = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  if (process.getuid?.() === 0) args.push("--no-sandbox"); // the sandbox refuses root
  return chromium.launch({ executablePath: process.env.HABEAS_CHROMIUM ?? "/usr/bin/chromium", args });
}

/**
 * Opens a page of its own context that remembers what went wrong on it.
 * @param {import("playwright-core").Browser} browser
 */
export async function open(browser, { viewport = widths.desk, theme = "light", locale = "en-GB", javaScript = true, reducedMotion = "reduce" } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, locale, reducedMotion, javaScriptEnabled: javaScript });
  watch(context);
  const page = await context.newPage();
  page.faults = [];
  page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") page.faults.push(m.text()); });
  page.on("pageerror", (e) => page.faults.push(String(e)));
  return page;
}

/**
 * A device that holds passkeys, as Chromium's virtual authenticator. A device that
 * refuses its user (verified: false) soon locks itself, as real ones do: remove it and
 * add another.
 */
export async function authenticator(page, { verified = true } = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true,
      hasUserVerification: true, hasPrf: true, isUserVerified: verified, automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    /** Whether somebody touches the device when it asks. */
    touch: (enabled) => cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    remove: () => cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId }),
  };
}

/** Fails on anything that axe finds against WCAG 2.2 AA or its best practices. */
export async function accessible(page) {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).analyze();
  const found = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`));
  assert.deepEqual(found, [], `accessibility of ${page.url()}`);
}

/** Fails when the page is wider than its window. */
export async function fits(page) {
  const { page: wide, window: room, culprit } = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const inside = (e) => !e.closest(".table-scroll, .vh");
    const culprit = [...document.querySelectorAll("body *")].find((e) => inside(e) && e.getBoundingClientRect().right > room + 1);
    return { page: document.documentElement.scrollWidth, window: room, culprit: culprit?.outerHTML.slice(0, 200) };
  });
  assert.ok(wide <= room, `${page.url()} is ${wide} px wide in ${room} px, because of ${culprit}`);
}

/** Fails when the console or the content policy complained. */
export function quiet(page) {
  assert.deepEqual(page.faults, [], `console of ${page.url()}`);
}

/** Fails when a stop of the Tab key cannot be seen, or lies under something else. */
export async function focusShows(page) {
  await page.evaluate(() => { document.activeElement?.blur(); window.scrollTo(0, 0); });
  const seen = new Set();
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      e.dataset.stop ??= String(document.querySelectorAll("[data-stop]").length);
      const style = getComputedStyle(e);
      const box = e.getBoundingClientRect();
      const over = document.elementFromPoint(box.x + Math.min(box.width / 2, 20), box.y + box.height / 2);
      return {
        key: e.dataset.stop, html: e.outerHTML.slice(0, 120),
        outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        clear: !over || e.contains(over) || over.contains(e) || over.closest("label")?.control === e,
      };
    });
    if (!stop || seen.has(stop.key)) break;
    seen.add(stop.key);
    assert.ok(stop.outline, `focus cannot be seen on ${stop.html}`);
    assert.ok(stop.clear, `focus lies under something: ${stop.html}`);
  }
  assert.ok(seen.size > 0, `${page.url()} has nothing that Tab reaches`);
  return seen.size;
}

/** Fails when a control of a page for people is smaller than a fingertip (44 px). */
export async function touchable(page) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, .button, summary, .field-links a, .door, input:not([type=hidden], [type=checkbox], [type=radio]), select, .control-check label")]
      .filter((e) => e.checkVisibility())
      .map((e) => ({ box: e.getBoundingClientRect(), html: e.outerHTML.slice(0, 100) }))
      .filter(({ box }) => box.height > 0 && (box.height < 43.5 || box.width < 43.5))
      .map(({ box, html }) => `${Math.round(box.width)}×${Math.round(box.height)} ${html}`));
  assert.deepEqual(small, [], `touch targets of ${page.url()}`);
}

/** Saves the whole page as e2e/out/<name>.png, to be looked at. */
export async function shot(page, name) {
  mkdirSync(out, { recursive: true });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
}

/** Searches people as staff do, from `to("/staff/people")`; the address of what was found does not tell what for. */
export async function find(page, people, text) {
  await page.goto(people);
  await page.getByLabel("Find people").fill(text);
  await page.getByRole("button", { name: "Find", exact: true }).click();
  await page.waitForURL(/\/staff\/people\?(kind=\w+&)?q=[\w-]+$/);
}

/** What holds for every page, which is also saved as <subject>-<name>. Desks may have small targets. */
export const looks = (subject) => async (page, name) => {
  await accessible(page);
  await fits(page);
  if (!/\/(staff|admin)(\/|$)/.test(new URL(page.url()).pathname)) await touchable(page);
  quiet(page);
  await shot(page, `${subject}-${name}`);
};

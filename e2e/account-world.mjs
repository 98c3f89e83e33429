// A server of its own with an empty data directory, the mails that it sends, and what most
// journeys begin with: somebody joins, somebody sits at the desk, staff enter somebody.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { promisify } from "node:util";
import { plant, typed } from "./canary.mjs";
import { request } from "../internal/web/ui/js/regfile-cert.js";
import { authenticator, databases, open, program, serve } from "./lib.mjs";

const run = promisify(execFile);

/** A mail server that keeps what it is given. next(to) resolves with the text of the next mail to an address. */
async function mailbox() {
  const mails = [], waiting = [];
  const take = (to) => {
    const i = mails.findIndex((m) => m.to === to);
    return i < 0 ? undefined : mails.splice(i, 1)[0].text;
  };
  const server = createServer((socket) => {
    let data = "", to = "", body = false;
    const say = (line) => socket.write(`${line}\r\n`);
    say("220 localhost");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      data += chunk;
      for (let end; (end = data.indexOf(body ? "\r\n.\r\n" : "\r\n")) >= 0;) {
        const line = data.slice(0, end);
        data = data.slice(end + (body ? 5 : 2));
        if (body) {
          body = false;
          mails.push({ to, text: line.replaceAll("=\r\n", "").replaceAll("=3D", "=") });
          say("250 taken");
          for (const w of waiting.splice(0)) w();
        } else if (/^(EHLO|HELO)/i.test(line)) say("250 localhost");
        else if (/^RCPT TO:/i.test(line)) { to = line.match(/<(.*)>/)[1]; say("250 ok"); }
        else if (/^DATA/i.test(line)) { body = true; say("354 go on"); }
        else if (/^QUIT/i.test(line)) { say("221 bye"); socket.end(); }
        else say("250 ok");
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    next: async (to) => {
      for (let found; ; await new Promise((resolve) => waiting.push(resolve))) if ((found = take(to))) return found;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** The eight digits that stand alone on a line of a mail. */
export const codeIn = (mail) => mail.match(/^ *(\d{4}) ?(\d{4}) *\r?$/m).slice(1).join("");

/** Makes a data directory, serves it, and gives it a mail server. more is added to its settings. */
export async function world({ more = "" } = {}) {
  const dir = await mkdtemp(path(tmpdir(), "habeas-e2e-"));
  const data = path(dir, "data"), password = path(dir, "password");
  const mail = await mailbox();
  plant("master password", "correct horse battery staple");
  await writeFile(password, "correct horse battery staple\n", { mode: 0o600 });
  const { stdout } = await run(await program("./cmd/habeas"), [
    "init", "--json", "--dir", data, "--master-password-file", password, "--organisation", "City Sports", ...(await databases()),
  ]);
  const settings = path(data, "habeas.toml");
  await writeFile(settings, `contact = "help@city.example"
${await readFile(settings, "utf8")}
[smtp]
host = "localhost"
port = ${mail.port}
tls = "none"
from = "records@city.example"
[log]
level = "debug"
${more}`);
  const server = await serve("./cmd/habeas", ["serve", "--dir", data, "--addr", "localhost:0", "--master-password-file", password], [data]);
  const to = (at) => server.url + at;
  const administratorLink = new URL(JSON.parse(stdout).administrator_link);

  /** Proves an address by a mailed code, in whatever language. */
  async function join(page, address, at = "/join") {
    await page.goto(to(at));
    await page.locator("input[name=address]").fill(address);
    await page.locator("input[name=again]").fill(address);
    await page.locator("main form button").first().click();
    await page.locator("input[name=code]").fill(codeIn(await mail.next(address)));
    await page.locator("main form button").first().click();
    await page.waitForURL((url) => !url.pathname.startsWith("/code"));
  }

  return {
    url: server.url, mail, to, join, administratorLink, post, enter, register,
    /** The browser of the first administrator, boss@example.org, who works at the desk as well. */
    async desk(browser, options) {
      const page = await open(browser, options);
      await authenticator(page);
      await join(page, "boss@example.org", administratorLink.pathname + administratorLink.search);
      await page.waitForURL(/\/me\/credentials/);
      await page.getByRole("button", { name: "Add a passkey" }).click();
      await page.waitForURL(/done=passkey/);
      assert.match(await mail.next("boss@example.org"), /passkey/);
      await register(page, "boss@example.org", 2);
      return page;
    },
    stop: async () => {
      try {
        await server.stop();
      } finally { // or what was found would be followed by a wait for ever
        await mail.close();
        await rm(dir, { recursive: true });
      }
    },
  };

  /**
   * Registers who is signed in on the page, with a key that is thrown away. roles is for how many roles
   * that waits; each comes by mail, with its certificate.
   */
  async function register(page, address, roles = 0) {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const asked = await request(keys, { name: "Berta Bossini", country: "ES", organisation: "", username: "berta", email: address });
    const form = await (await page.request.get(to("/me/registration/new"))).text();
    const reply = await page.request.post(to("/me/registration/upload"), {
      multipart: {
        policy: form.match(/name="policy" value="(\d+)"/)[1], accept: "yes",
        file: { name: "request.der", mimeType: "application/octet-stream", buffer: Buffer.from(asked) },
      },
      maxRedirects: 0, headers: { origin: server.url, "sec-fetch-site": "same-origin" },
    });
    assert.equal(reply.status(), 303, await reply.text());
    let attached = 0;
    for (let i = 0; i <= roles; i++) attached += /pkix-attr-cert/.test(await mail.next(address)) ? 1 : 0;
    assert.equal(attached, roles, "the certificates of roles that were mailed");
  }

  /** Posts a form past the pages, as who is signed in on the page; resolves with the path that is shown next. */
  async function post(page, at, form) {
    typed(Object.entries(form));
    const reply = await page.request.post(to(at), { form, maxRedirects: 0, headers: { origin: server.url, "sec-fetch-site": "same-origin" } });
    assert.equal(reply.status(), 303, `${at}: ${(await reply.text()).match(/form-errors[^]*?<\/ul>/)}`);
    return new URL(reply.headers().location, server.url).pathname;
  }

  /** Staff enter a person, without inviting them; resolves with the path of the record. */
  function enter(page, address, more = {}) {
    return post(page, "/staff/add", {
      kind: "person", email: address, email2: address, separate: "1", sure: address, "contact.language": "en",
      "identity.given_name": "Timotheus", "identity.family_name": "Bergersen", ...more,
    });
  }
}

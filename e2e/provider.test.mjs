// Signing in by an identity provider: the buttons, the way there and back, what is connected.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { after, before, test } from "node:test";
import { codeIn, world } from "./account-world.mjs";
import { accessible, fits, launch, open, shot, touchable, widths } from "./lib.mjs";

let browser, here, campus, dir;
before(async () => {
  campus = await provider();
  dir = await mkdtemp(path(tmpdir(), "habeas-provider-"));
  await writeFile(path(dir, "secret"), "secret\n", { mode: 0o600 });
  here = await world({ more: `[[provider]]
name = "campus"
label = "Campus login"
issuer = "${campus.issuer}"
client_id = "habeas"
secret_file = "${path(dir, "secret")}"
vouches_for = ["example.org"]
` });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await here?.stop();
  await campus?.close();
  if (dir) await rm(dir, { recursive: true });
});

/** A small OpenID provider that signs person in, whoever comes. */
async function provider() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const codes = new Map();
  const part = (o) => Buffer.from(JSON.stringify(o)).toString("base64url");
  const it = { person: {} };
  const server = createServer(async (req, res) => {
    const url = new URL(req.url, it.issuer);
    const json = (o) => res.setHeader("Content-Type", "application/json").end(JSON.stringify(o));
    if (url.pathname === "/authorize") {
      const q = url.searchParams, code = randomUUID(), back = new URL(q.get("redirect_uri"));
      codes.set(code, { nonce: q.get("nonce"), challenge: q.get("code_challenge") });
      back.search = new URLSearchParams({ code, state: q.get("state"), iss: it.issuer });
      return res.writeHead(303, { Location: back.href }).end();
    }
    if (url.pathname === "/token") {
      let body = "";
      for await (const chunk of req) body += chunk;
      const q = new URLSearchParams(body), open = codes.get(q.get("code"));
      assert.equal(createHash("sha256").update(q.get("code_verifier")).digest("base64url"), open.challenge);
      const now = Math.floor(Date.now() / 1000);
      const text = `${part({ alg: "ES256", kid: "1" })}.${part({ iss: it.issuer, aud: "habeas", iat: now, exp: now + 60, nonce: open.nonce, ...it.person })}`;
      const mark = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
      return json({ access_token: "a", token_type: "Bearer", id_token: `${text}.${mark}` });
    }
    if (url.pathname === "/keys") return json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1", alg: "ES256", use: "sig" }] });
    return json({
      issuer: it.issuer, authorization_endpoint: `${it.issuer}/authorize`, token_endpoint: `${it.issuer}/token`, jwks_uri: `${it.issuer}/keys`,
      response_types_supported: ["code"], subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["ES256"],
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  it.issuer = `http://localhost:${server.address().port}`;
  it.close = () => { server.closeAllConnections(); return new Promise((resolve) => server.close(resolve)); };
  return it;
}

const to = (p) => here.url + p;

async function good(page, name) {
  await accessible(page);
  await fits(page);
  await touchable(page);
  await shot(page, `provider-${name}`);
}

for (const [width, theme, locale] of [["phone", "light", "en-GB"], ["desk", "dark", "es-ES"]]) {
  const tag = `${width}-${theme}`, english = locale === "en-GB";
  const say = (en, es) => (english ? en : es);
  test(`not connected, an account on its word, disconnected and taken back: ${tag}`, { timeout: 60_000 }, async () => {
    const page = await open(browser, { viewport: widths[width], theme, locale });
    const button = () => page.getByRole("button", { name: say("Sign in with Campus login", "Entrar con Campus login") });
    campus.person = { sub: `${tag}-1`, email: `${tag}@example.net`, email_verified: true };
    await page.goto(to("/sign-in"));
    await good(page, `sign-in-${tag}`);
    await button().click();
    await page.waitForURL(/\/sign-in\/with\/campus\/new$/);
    await good(page, `new-${tag}`);

    campus.person = { sub: `${tag}-2`, email: `${tag}@example.org`, email_verified: true };
    await page.goto(to("/sign-in?to=/me/credentials"));
    await button().focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/me\/credentials$/);
    await page.getByRole("heading", { name: say("Accounts elsewhere", "Cuentas en otros sitios") }).waitFor();
    await good(page, `credentials-${tag}`);
    await page.goto(to("/me/addresses"));
    await good(page, `addresses-${tag}`);

    await page.goto(to("/me/credentials"));
    await page.getByRole("button", { name: say("Disconnect Campus login", "Desconectar Campus login") }).click();
    await page.waitForURL(/done=disconnected/);
    await page.getByRole("button", { name: say("Connect Campus login", "Conectar Campus login") }).waitFor();
    await good(page, `disconnected-${tag}`);
    await page.getByRole("button", { name: say("Undo", "Deshacer") }).click();
    await page.waitForURL(/done=reconnected/);

    campus.person = { sub: `${tag}-2`, email: "", aud: "another" };
    await page.context().clearCookies();
    await page.goto(to("/sign-in"));
    await button().click();
    await page.getByText(say("does not hold", "no es válida")).waitFor();
    await good(page, `wrong-${tag}`);
    page.faults = []; // the refusal is an answer of status 403

    // A code typed for the address recovers only, and says what ends.
    await page.goto(to("/sign-in"));
    await page.locator("input[name=address]").fill(`${tag}@example.org`);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/code\?c=/);
    await here.mail.next(`${tag}@example.org`); // it tells of the connection
    const mail = await here.mail.next(`${tag}@example.org`);
    await page.locator("input[name=code]").fill(codeIn(mail));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/recover$/);
    await good(page, `recover-${tag}`);
  });
}

test("the way there and back works without scripts", { timeout: 60_000 }, async () => {
  const page = await open(browser, { javaScript: false });
  campus.person = { sub: "plain", email: "plain@example.org", email_verified: true };
  await page.goto(to("/sign-in"));
  await page.getByRole("button", { name: "Sign in with Campus login" }).click();
  await page.waitForURL(/\/me$/);
});

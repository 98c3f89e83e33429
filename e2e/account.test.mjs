// The ways in: join by code, passkey, recovery, roles; on a phone and at a desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeIn, world } from "./account-world.mjs";
import { accessible, authenticator, fits, focusShows, launch, open, quiet, shot, touchable, widths } from "./lib.mjs";

let browser, here;
before(async () => {
  here = await world();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

const to = (path) => here.url + path;

/** What holds for every page; touch targets are for the pages of people, not for desks. */
async function good(page, name) {
  await accessible(page);
  await fits(page);
  if (!page.url().includes("/admin/")) await touchable(page);
  await shot(page, `account-${name}`);
}

/** Asks for a code and stays on the page to type it on. */
async function ask(page, address) {
  await page.goto(to("/join"));
  await page.getByLabel("E-mail address").first().fill(address);
  await page.getByLabel("The same address again").fill(address);
  await page.getByRole("button", { name: "Send me a code" }).click();
  await page.waitForURL(/\/code\?c=/);
}

async function type(page, code) {
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Show that the address is mine" }).click();
}

async function join(page, address) {
  await ask(page, address);
  await type(page, codeIn(await here.mail.next(address)));
  await page.waitForURL((url) => !url.pathname.startsWith("/code"));
}

async function addPasskey(page) {
  await page.goto(to("/me/credentials"));
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.waitForURL(/done=passkey/);
}

for (const [name, viewport] of Object.entries(widths)) {
  for (const theme of ["light", "dark"]) {
    const tag = `${name}-${theme}`;
    test(`join, add a passkey, sign out, sign in, recover: ${tag}`, { timeout: 120_000 }, async () => {
      const page = await open(browser, { viewport, theme });
      const device = await authenticator(page);
      const address = `lucia.${tag}@example.org`;
      await page.goto(to("/join"));
      await good(page, `join-${tag}`);
      await focusShows(page);
      await ask(page, address);
      await good(page, `code-${tag}`);
      const code = codeIn(await here.mail.next(address));
      await type(page, code === "12345678" ? "87654321" : "12345678");
      await page.getByText("This code does not fit").first().waitFor();
      await good(page, `code-wrong-${tag}`);
      page.faults = []; // the refusal is an answer of status 400
      await type(page, code);
      await page.waitForURL(/\/me$/);

      await page.goto(to("/me/credentials"));
      await good(page, `credentials-new-${tag}`);
      await addPasskey(page);
      assert.equal((await device.credentials()).length, 1);
      await good(page, `credentials-${tag}`);
      assert.match(await here.mail.next(address), /passkey/);

      if (name === "phone") await page.getByText("Menu").click();
      await page.getByRole("button", { name: "Sign out" }).first().click();
      await page.waitForURL(to("/"));
      await device.touch(false); // nobody chooses a passkey while the page loads
      await page.goto(to("/sign-in?to=/me/credentials"));
      await good(page, `sign-in-${tag}`);
      await device.touch(true);
      await page.getByRole("button", { name: "Sign in with a passkey" }).click();
      await page.waitForURL(/\/me\/credentials$/);
      quiet(page);

      const elsewhere = await open(browser, { viewport, theme });
      await join(elsewhere, address);
      assert.equal(new URL(elsewhere.url()).pathname, "/recover");
      await good(elsewhere, `recover-${tag}`);
      await elsewhere.getByRole("button", { name: "End all this and recover my account" }).click();
      await elsewhere.waitForURL(/done=recovered/);
      await good(elsewhere, `recovered-${tag}`);
      assert.match(await here.mail.next(address), /recovered/);
      await page.goto(to("/me/credentials"));
      assert.equal(new URL(page.url()).pathname, "/sign-in", "the other browser is still signed in after recovery");
      quiet(elsewhere);
      await elsewhere.context().close();
      await page.context().close();
    });
  }
}

test("a removed passkey can be taken back", { timeout: 60_000 }, async () => {
  const page = await open(browser, { viewport: widths.phone });
  await authenticator(page);
  await join(page, "undo@example.org");
  await addPasskey(page);
  await page.getByRole("button", { name: /^Remove/ }).click();
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await good(page, "removed-phone");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("The passkey works again.").waitFor();
  quiet(page);
  await page.context().close();
});

test("the main address changes in three steps and is stopped from the old mailbox, on a phone", { timeout: 90_000 }, async () => {
  const page = await open(browser, { viewport: widths.phone });
  const device = await authenticator(page);
  await join(page, "moving@example.org");
  await addPasskey(page);
  await here.mail.next("moving@example.org");
  await page.goto(to("/me/addresses"));
  await page.getByLabel("Another e-mail address").fill("moving.work@example.org");
  await page.getByLabel("The same address again").fill("moving.work@example.org");
  await page.getByRole("button", { name: "Send a code there" }).click();
  await type(page, codeIn(await here.mail.next("moving.work@example.org")));
  await page.getByText("The address is one of yours now.").waitFor();
  await good(page, "addresses-phone");
  await page.getByRole("button", { name: /^Remove/ }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("The address is one of yours again.").waitFor();

  await page.getByRole("link", { name: "Use another main address" }).click();
  await good(page, "main-address-phone");
  await page.getByLabel("New main address").fill("moved@example.org");
  await page.getByLabel("The same address again").fill("moved@example.org");
  await page.getByLabel("Say it in my records too").check();
  await page.getByRole("button", { name: "Send a code there" }).click();
  await type(page, codeIn(await here.mail.next("moved@example.org")));
  await page.getByText("Your main address is about to change").waitFor();
  await good(page, "address-waiting-phone");
  const link = (await here.mail.next("moving@example.org")).match(/\/address-change\?t=[\w-]+/)[0];
  quiet(page);

  const mailbox = await open(browser, { viewport: widths.phone });
  await mailbox.goto(to(link));
  await good(mailbox, "address-stop-phone");
  await mailbox.getByRole("button", { name: "Stop the change" }).click();
  await mailbox.getByText("Every sign-in of the account has ended").waitFor();
  await good(mailbox, "address-stopped-phone");
  quiet(mailbox);
  await page.goto(to("/me/addresses"));
  assert.equal(new URL(page.url()).pathname, "/sign-in", "the sign-in that began the change lives");
  await device.touch(true);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL(/\/me\/addresses$/);
  await page.getByRole("link", { name: "Use another main address" }).waitFor();
  await mailbox.goto(to(link));
  await mailbox.getByText("This link does not work any more").first().waitFor();
  await mailbox.context().close();
  await page.context().close();
});

test("the whole way by code works without JavaScript", { timeout: 60_000 }, async () => {
  const page = await open(browser, { viewport: widths.phone, javaScript: false, locale: "es-ES" });
  await page.goto(to("/join"));
  await page.getByLabel("Correo electrónico").first().fill("sin.script@example.org");
  await page.getByLabel("La misma dirección otra vez").fill("sin.script@example.org");
  await page.getByRole("button", { name: "Enviarme un código" }).click();
  await shot(page, "account-code-es");
  await page.getByLabel("Código", { exact: true }).fill(codeIn(await here.mail.next("sin.script@example.org")));
  await page.getByRole("button", { name: "Mostrar que la dirección es mía" }).click();
  await page.waitForURL(/\/me$/);
  await page.goto(to("/me/credentials"));
  await shot(page, "account-credentials-es");
  await page.context().close();
});

test("a person is forgotten, with a receipt, on a phone", { timeout: 60_000 }, async () => {
  const page = await open(browser, { viewport: widths.phone });
  await ask(page, "leaving@example.org");
  await type(page, codeIn(await here.mail.next("leaving@example.org")));
  await page.waitForURL(/\/me$/);
  await page.goto(to("/me/credentials"));
  await page.getByRole("link", { name: "Erase everything about me" }).click();
  await page.getByRole("button", { name: "Mail me a code to confirm it" }).click();
  await page.getByLabel("Code from your mail").fill(codeIn(await here.mail.next("leaving@example.org")));
  await good(page, "erase-me-phone");
  await page.getByLabel("Type the word").fill("erase");
  await page.getByRole("button", { name: "Erase everything about me" }).click();
  await page.getByRole("heading", { name: "You are forgotten here" }).waitFor();
  assert.match(await page.locator("pre").innerText(), /^c2sp\.org\/tlog-proof@v1/);
  await good(page, "forgotten-phone");
  await page.goto(to("/me"));
  assert.match(page.url(), /\/sign-in/);
  quiet(page);
  await page.context().close();
});

test("the operator's link makes the first administrator, who gives roles", { timeout: 60_000 }, async () => {
  const page = await open(browser);
  await authenticator(page);
  const link = to(here.administratorLink.pathname + here.administratorLink.search);
  await page.goto(link);
  await good(page, "first-desk");
  await page.getByLabel("E-mail address").first().fill("boss@example.org");
  await page.getByLabel("The same address again").fill("boss@example.org");
  await page.getByRole("button", { name: "Send me a code" }).click();
  await type(page, codeIn(await here.mail.next("boss@example.org")));
  await page.waitForURL(/\/me\/credentials/);
  await page.getByText("Add a passkey now").waitFor();
  await addPasskey(page);
  await page.goto(to("/me/credentials"));
  await page.getByText("A role waits for you").waitFor();
  await here.mail.next("boss@example.org");
  await here.register(page, "boss@example.org", 2);
  await page.goto(to("/me/roles"));
  await page.getByRole("link", { name: "Download the certificate" }).first().waitFor();
  await good(page, "my-roles-desk");
  await page.goto(to("/admin/roles"));
  await page.getByLabel("E-mail address", { exact: true }).fill("desk@example.org");
  await page.getByLabel("The same address again").fill("desk@example.org");
  await page.getByLabel("How was it checked?").fill("Identity card seen at the desk.");
  await page.getByRole("button", { name: "Give the role" }).click();
  await page.getByText("The role is given.").waitFor();
  await good(page, "roles-desk");
  await page.setViewportSize(widths.phone);
  await good(page, "roles-phone");
  await page.goto(to("/me/roles"));
  await good(page, "my-roles-phone");
  await page.goto(to("/creators?organisation=Museum"));
  await page.getByText("Not a trusted entity creator").waitFor();
  await good(page, "creators-phone");
  quiet(page);
  await page.goto(link);
  await page.getByText("This link was used").waitFor();
  await page.context().close();
});

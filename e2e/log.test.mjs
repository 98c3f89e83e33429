// The logs of accounts in the demo: what their person sees, what an administrator reads and
// for what, the public numbers, and the page that reaches the operator.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { focusShows, launch, looks, open, serve, themes, widths } from "./lib.mjs";

let browser, demo;
before(async () => {
  demo = await serve("./cmd/habeas", ["demo", "--addr", "localhost:0"]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const to = (path) => new URL(path, demo.url).href;
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const good = looks("log");

async function as(who, options) {
  const page = await open(browser, options);
  await page.goto(demo.url);
  await page.locator(`form[action="/demo/as/${who}"] button`).click();
  await page.waitForLoadState();
  return page;
}

/** Ada says what she reads and why. */
async function read(page, what, why, fields = {}) {
  await page.goto(to("/admin/log"));
  await page.getByLabel(what).check();
  await page.getByLabel(why).check();
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text);
  await press(page, "Open it");
}

for (const [device, viewport] of Object.entries(widths)) {
  for (const theme of themes) {
    test(`everything, the logs and the public pages: ${device}-${theme}`, { timeout: 120_000 }, async () => {
      const tim = await as("tim", { viewport, theme });
      await tim.goto(to("/me/everything"));
      await tim.getByRole("heading", { name: "Everything about me" }).waitFor();
      await good(tim, `everything-${device}-${theme}`);
      await tim.context().close();
      const ada = await as("ada", { viewport, theme });
      await ada.goto(to("/admin/log"));
      await good(ada, `logs-${device}-${theme}`);
      await ada.context().close();
      const anybody = await open(browser, { viewport, theme });
      for (const path of device === "phone" ? ["contact"] : ["statistics"]) {
        await anybody.goto(to(`/${path}`));
        await good(anybody, `${path}-${device}-${theme}`);
      }
      await anybody.context().close();
    });
  }
}

// Proves ACCT-03, LOG-16 and ADM-02.
test("an administrator reads a log for a purpose, and its person sees it", { timeout: 60_000 }, async () => {
  const tim = await as("tim");
  await tim.goto(to("/me/everything"));
  const [download] = await Promise.all([tim.waitForEvent("download"), tim.getByRole("link", { name: "As a file" }).click()]);
  let text = "";
  for await (const chunk of await download.createReadStream()) text += chunk;
  const held = JSON.parse(text);
  const address = held.account.find((line) => line.what === "address").value;
  assert.ok(held.held.find((table) => table.table === "account").rows.length === 1);

  const ada = await as("ada");
  await read(ada, "Who shares an address with an account", "Help the person, who asked for it", { "Address of the account": address });
  await ada.getByText("in a case of abuse only").first().waitFor();
  ada.faults.length = 0; // the 400 of the refused form
  await good(ada, "refused");
  await read(ada, "Who shares an address with an account", "Abuse investigation", { "Address of the account": address, "Which case": "case 7" });
  await ada.waitForURL(/\/admin\/log\/rdg_/);
  await good(ada, "shared");
  await read(ada, "The log of one account", "Help the person, who asked for it", { "Address of the account": address });
  await ada.waitForURL(/\/admin\/log\/rdg_/);
  await good(ada, "account");
  await ada.goto(to("/admin/log"));
  await ada.getByRole("cell", { name: /case 7/ }).waitFor();
  await focusShows(ada);
  await press(ada, "Check the contribution log");
  await ada.getByText(/as the ledger says/).waitFor();
  await ada.context().close();

  await tim.goto(to("/me/activity"));
  await tim.getByText("Read the log of your account.").first().waitFor();
  await tim.context().close();
});

// Proves ACCT-07.
test("the contact page reaches the operator, without JavaScript too, and in Spanish", { timeout: 60_000 }, async () => {
  const page = await open(browser, { locale: "es-ES", viewport: widths.phone, javaScript: false });
  await page.goto(to("/contact"));
  await page.getByLabel("Una queja").check();
  await press(page, "Enviarlo");
  await page.locator(".form-errors").waitFor();
  page.faults.length = 0; // the 400 of the empty form
  await page.getByLabel("De qué se trata").fill("La página dice algo que no es.");
  await press(page, "Enviarlo");
  await page.waitForURL(/done=sent/);
  await page.getByText("Va de camino").waitFor();
  await page.context().close();
  const outbox = await open(browser);
  await outbox.goto(to("/demo/outbox"));
  const mail = outbox.locator(".demo-mail", { hasText: "La página dice algo que no es." });
  for (let i = 0; i < 50 && (await mail.count()) === 0; i++) await outbox.reload();
  assert.ok((await mail.count()) > 0);
  await outbox.context().close();
});

// An administrator revokes somebody's certificate and deletes an account whose address is dead, in the demo.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, looks, open, serve, themes, widths } from "./lib.mjs";

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
const good = looks("intervention");

async function as(who, options) {
  const page = await open(browser, options);
  await page.goto(demo.url);
  await page.locator(`form[action="/demo/as/${who}"] button`).click();
  await page.waitForLoadState();
  return page;
}

/** The main address of somebody, from their own file. */
async function addressOf(who) {
  const page = await as(who);
  const held = await page.request.get(to("/me/everything/everything.json")).then((r) => r.json());
  await page.context().close();
  return held.account.find((line) => line.what === "address").value;
}

/** Ada opens the account at an address. */
async function holder(page, address) {
  await page.goto(to("/admin/interventions"));
  await page.getByLabel("Address of the account").fill(address);
  await page.getByLabel("Abuse investigation").check();
  await press(page, "Open it");
  await page.getByRole("heading", { name: address }).waitFor();
}

// Proves REV-01 and REC-08.
test("an administrator revokes and deletes, in steps that look right", { timeout: 120_000 }, async () => {
  const [tim, nora] = [await addressOf("tim"), await addressOf("nora")];
  for (const [device, viewport] of Object.entries(widths)) {
    for (const theme of themes) {
      const ada = await as("ada", { viewport, theme });
      await ada.goto(to("/admin/interventions"));
      await good(ada, `start-${device}-${theme}`);
      await holder(ada, nora);
      await good(ada, `holder-${device}-${theme}`);
      await holder(ada, tim);
      await ada.getByLabel("What proves who asks").fill("Passport seen at the desk; three mails came back.");
      await press(ada, "Look at what goes");
      await ada.getByRole("heading", { name: "Delete this account?" }).waitFor();
      await good(ada, `erase-${device}-${theme}`);
      await ada.context().close();
    }
  }
  const ada = await as("ada");
  await holder(ada, nora);
  await ada.getByLabel("Somebody else may have its key").check();
  await ada.getByLabel("Why", { exact: true }).fill("The file lay in a public place.");
  await press(ada, "Revoke it now");
  await ada.getByText("The certificate is revoked").waitFor();
  assert.equal(await ada.getByRole("button", { name: "Revoke it now" }).count(), 0);

  await holder(ada, tim);
  await ada.getByLabel("What proves who asks").fill("Passport seen at the desk; three mails came back.");
  await press(ada, "Look at what goes");
  await ada.getByLabel("Type its address to confirm").fill(tim);
  await press(ada, "Delete it now");
  await ada.getByText("The account is deleted.").waitFor();
  await ada.getByText("Passport seen at the desk; three mails came back.").waitFor();
});

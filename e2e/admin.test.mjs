// The pages for whoever looks after the server, as Ada of the demo meets them: the
// overview, the health, the mails and a test mail to herself.
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

const good = looks("admin");

/** Opens the administrators' area as Ada. */
async function asAda(options) {
  const page = await open(browser, options);
  await page.goto(demo.url);
  await page.locator('form[action="/demo/as/ada"] button').click();
  await page.waitForURL(/\/admin/);
  return page;
}

for (const [name, viewport] of Object.entries(widths)) {
  for (const theme of themes) {
    test(`overview, health and mail can be read: ${name}-${theme}`, { timeout: 120_000 }, async () => {
      const page = await asAda({ viewport, theme });
      await page.goto(to("/admin"));
      await page.getByRole("heading", { name: "Look after this server" }).waitFor();
      await good(page, `index-${name}-${theme}`);
      await page.locator("main").getByRole("link", { name: /^Health/ }).click();
      await page.waitForURL(to("/admin/health"));
      // A fresh demo has no backup, and says so before everything that is in order.
      const findings = await page.locator(".finding h3").allInnerTexts();
      assert.match(findings[0], /^Backup\s+act now/);
      assert.ok(findings.includes("Ledger") && findings.includes("Search") && findings.includes("Clock"), findings.join(", "));
      await good(page, `health-${name}-${theme}`);

      await page.goto(to("/admin/mail"));
      await page.getByRole("button", { name: "Send me a test mail" }).click();
      await page.waitForURL(/\?test=mai_/);
      await page.locator(".mail-test").waitFor();
      await good(page, `mail-${name}-${theme}`);
      await page.goto(to("/admin/mail/domain"));
      await page.getByText("It could not be looked up").first().waitFor();
      await good(page, `standing-${name}-${theme}`);
      await page.context().close();
    });
  }
}

test("a test mail arrives, with a keyboard alone", { timeout: 60_000 }, async () => {
  const page = await asAda();
  await page.goto(to("/admin/mail"));
  await focusShows(page);
  await page.getByRole("button", { name: "Send me a test mail" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\?test=mai_/);
  while (!(await page.getByText("The mail server took the test mail").isVisible())) await page.reload(); // the test's own limit ends it
  await page.getByText("The mail server took the test mail").waitFor();
  await page.goto(to("/demo/outbox"));
  await page.getByText("A test mail from Riverside Arts").first().waitFor();
  await page.context().close();
});

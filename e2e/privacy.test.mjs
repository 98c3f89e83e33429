// What the law keeps of an erased record, for its person on a phone; then the desk of
// requests, the registers of breaches and processing, in both widths and themes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { focusShows, launch, looks, open, themes, widths } from "./lib.mjs";

let browser, here, desk;
const to = (path) => here.to(path);
const good = looks("privacy");

before(async () => {
  here = await world({ more: `
[[data_set]]
name = "invoice"
label = "Invoices"
purpose = "To account for what was sold."
basis = "law"
keep_months = 132
duty = "§ 147 AO"
recipients = ["the tax adviser"]
[[data_set.fields]]
name = "number"
label = "Number of the invoice"
type = "number"
` });
  browser = await launch();
  desk = await here.desk(browser);
  await here.post(desk, "/staff/purpose", { purpose: "correction", to: "/staff" });
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

for (const theme of themes) {
  test(`a record is erased but for what the law keeps, with its certificates: ${theme}`, { timeout: 120_000 }, async () => {
    const address = `tim.${theme}@example.org`;
    const record = await here.enter(desk, address);
    await here.post(desk, `${record}/edit/invoice`, { "invoice.number": "R-2026-17" });
    const page = await open(browser, { viewport: widths.phone, theme });
    await here.join(page, address);
    await page.waitForURL(to("/me"));
    await page.getByRole("link", { name: "Look at it" }).click();
    await page.getByRole("button", { name: "Make this record mine" }).click();
    await page.waitForURL(/\/me\/records\//);
    await page.locator("#invoice summary", { hasText: "Why is this held?" }).click();
    await page.getByText("To account for what was sold.").waitFor();
    await good(page, `why-${theme}`);

    await page.getByRole("link", { name: "Erase this record" }).click();
    await page.getByText("Invoices: kept by law until").waitFor();
    await good(page, `before-${theme}`);
    if (theme === "light") await focusShows(page);
    await page.getByLabel(/Type the word/).fill("erase");
    await page.getByRole("button", { name: "Erase all that may be erased" }).click();
    await page.getByRole("heading", { name: "What the law keeps" }).waitFor();
    await good(page, `erased-${theme}`);
    await page.getByRole("link", { name: /See what is kept/ }).click();
    await page.waitForURL(/\/erased\/rem_/);
    await good(page, `kept-${theme}`);
    const file = page.getByRole("link", { name: /Download the certificate/ });
    let reply;
    for (let tries = 0; tries < 100; tries++) { // the ledger is sealed within seconds
      reply = await page.request.get(to(await file.getAttribute("href")));
      if (reply.status() !== 503) break;
    }
    const text = await reply.text();
    assert.match(text, /CERTIFICATE OF ERASURE IN PART[^]*§ 147 AO[^]*c2sp\.org\/tlog-proof/);
    assert.ok(!text.includes("R-2026-17"), "the certificate says what is kept");
    await page.context().close();
  });
}

for (const [name, theme] of [["phone", "light"], ["desk", "dark"]]) {
  const tag = `${name}-${theme}`, viewport = widths[name];
  test(`the registers: ${tag}`, { timeout: 120_000 }, async () => {
    await desk.setViewportSize(viewport);
    await desk.emulateMedia({ colorScheme: theme });
    await desk.goto(to("/staff/requests/new"));
    await good(desk, `new-${tag}`);
    await desk.getByLabel("Correction").check();
    await desk.getByLabel("How it came").selectOption("telephone");
    await desk.getByLabel(/What exactly/).fill("The name is wrong.");
    await desk.getByRole("button", { name: "Write it down" }).click();
    await desk.waitForURL(/\/staff\/requests\/req_/);
    const request = desk.url();
    await good(desk, `request-${tag}`);
    await desk.locator("textarea[name=why]").fill("There are many papers.");
    await desk.getByRole("button", { name: "Take two months more" }).click();
    await desk.getByText("There are many papers.").waitFor();
    await desk.locator("textarea[name=reason]").fill("Corrected.");
    await desk.getByRole("button", { name: "It is done" }).click();
    await desk.waitForURL(to("/staff/requests"));
    await good(desk, `requests-${tag}`);
    await desk.goto(request);
    await desk.getByRole("button", { name: "Take the answer back" }).click();
    await desk.getByRole("button", { name: "It is done" }).waitFor();

    await desk.goto(to("/admin/kept"));
    await desk.getByText("Read it for its duty").first().click();
    await desk.getByLabel(/For what\?/).first().fill("A tax audit");
    await desk.getByRole("button", { name: "Read it" }).first().click();
    await desk.getByText("R-2026-17").waitFor();
    await good(desk, `by-law-${tag}`);
    await desk.goto(to("/admin/processing"));
    await good(desk, `processing-${tag}`);

    await desk.goto(to("/admin/breaches"));
    await desk.getByLabel("What happened").fill("A laptop was lost.");
    await desk.getByRole("button", { name: "Begin" }).click();
    await desk.waitForURL(/\/admin\/breaches\/brc_/);
    await good(desk, `breach-${tag}`);
    await desk.goto(to("/admin/breaches"));
    await good(desk, `breaches-${tag}`);
  });
}

// People without an account: what is held about them after a typed code, on a phone.
// Then the desk where staff answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeIn, world } from "./account-world.mjs";
import { focusShows, launch, looks, open, widths } from "./lib.mjs";

let browser, here, desk;
const to = (path) => here.to(path);

before(async () => {
  here = await world();
  browser = await launch();
  desk = await here.desk(browser);
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

const good = looks("notice");

for (const theme of ["light", "dark"]) {
  test(`what is held, and what one can ask for, on a phone: ${theme}`, { timeout: 120_000 }, async () => {
    const address = `tim.${theme}@example.org`;
    await here.enter(desk, address, { "identity.birth_date": "1984-05-03", "phone.number": "+49 228 555123" });
    const page = await open(browser, { viewport: widths.phone, theme });
    await page.goto(to("/notice"));
    await good(page, `ask-${theme}`);
    await page.getByLabel("E-mail address").fill("nobody");
    await page.getByRole("button", { name: "Send me a code" }).click();
    await page.getByText("One thing needs your attention").waitFor();
    await page.getByLabel("E-mail address").fill(address);
    await page.getByRole("button", { name: "Send me a code" }).click();
    await page.waitForURL(/\/notice\/code\?c=/);
    page.faults.length = 0; // the form that was refused answered 400
    await good(page, `code-${theme}`);
    await page.getByLabel("Code", { exact: true }).fill(codeIn(await here.mail.next(address)));
    await page.getByRole("button", { name: "Show what is held" }).click();
    await page.waitForURL(to("/notice"));
    assert.ok(!(await page.content()).includes("Bergersen"), "the name is shown unmasked");
    await good(page, `held-${theme}`);
    await focusShows(page);

    await page.getByRole("button", { name: "I object to its use" }).click();
    await page.getByText("You object.").waitFor();
    await good(page, `objected-${theme}`);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("You took it back: objection").waitFor();

    await page.getByRole("button", { name: "Erase it" }).click();
    await page.getByText("You asked for erasure. It is done by itself on").waitFor();
    await good(page, `erase-${theme}`);
    assert.match(await here.mail.next(address), /This mail is your receipt/);

    await page.getByRole("button", { name: "Stop these mails" }).click();
    await page.getByText("You get no mails about what is held").waitFor();
    await page.getByRole("button", { name: "Close this page" }).click();
    await page.waitForURL(to("/"));
    await page.goto(to("/notice"));
    assert.equal(await page.getByText("Put there by").count(), 0, "closed, and still open");
    await page.context().close();
  });
}

test("staff see the requests with the days left and answer them", { timeout: 120_000 }, async () => {
  for (const [name, viewport] of Object.entries(widths)) {
    await desk.setViewportSize(viewport);
    await desk.goto(to("/staff/requests"));
    await good(desk, `register-${name}`);
  }
  const count = await desk.getByRole("link", { name: /Erase it now/ }).count();
  assert.ok(count > 0, "no request waits");
  await desk.getByRole("button", { name: /^Refuse/ }).first().click();
  await desk.getByText("Say the legal reason").waitFor();
  desk.faults.length = 0;
  await desk.locator("textarea[name=reason]").fill("A contract asks for it.");
  await desk.getByRole("button", { name: /^Refuse/ }).first().click();
  await desk.waitForURL(to("/staff/requests"));
  assert.equal(await desk.getByRole("link", { name: /Erase it now/ }).count(), count - 1);
  await desk.getByRole("link", { name: /Erase it now/ }).first().click();
  await desk.getByLabel(/Type the word/).fill("eras");
  await desk.getByRole("button", { name: "Erase it now" }).click();
  await desk.getByText("This is not the word. Nothing was erased.").waitFor();
  desk.faults.length = 0;
  await desk.goto(to("/staff/requests"));
  await desk.getByRole("link", { name: "Erasure" }).first().click();
  await desk.waitForURL(/\/staff\/people\//);
});

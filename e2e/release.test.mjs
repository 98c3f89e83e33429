// A legal demand from the form to the file, what its person sees of it, the public figures,
// and a block: in both widths and themes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { focusShows, launch, looks, open, widths } from "./lib.mjs";

let browser, here, desk, tim;
const to = (path) => here.to(path);
const good = looks("release");

/** Looks at a page on a phone and on a desk, in both themes. */
async function everywhere(page, name) {
  for (const [width, theme] of [["phone", "light"], ["desk", "dark"], ["phone", "dark"], ["desk", "light"]].slice(0, name === "figures" ? 4 : 2)) {
    await page.setViewportSize(widths[width]);
    await page.emulateMedia({ colorScheme: theme });
    await good(page, `${name}-${width}-${theme}`);
  }
}

before(async () => {
  here = await world();
  browser = await launch();
  desk = await here.desk(browser);
  tim = await open(browser, { viewport: widths.phone });
  await here.join(tim, "tim@example.org");
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

test("a demand becomes a case, its person is notified and sees what was released", { timeout: 120_000 }, async () => {
  await desk.goto(to("/admin"));
  await desk.getByRole("link", { name: "Releases of data" }).last().click();
  await desk.waitForURL(to("/admin/releases"));
  await desk.getByText("Somebody asks for data about an account").click();
  await everywhere(desk, "cases");
  await desk.getByLabel("Address of the account").fill("tim@example.org");
  await desk.getByLabel("Legal compulsion").check();
  await desk.getByLabel("Sign-in log").check();
  await desk.getByLabel("Who asks").fill("Court of Arcadia, 7 O 12/26");
  await desk.getByRole("button", { name: "Open the case" }).click();
  await desk.getByText("Say what shows it").first().waitFor(); // what was typed is still there
  desk.faults.length = 0; // the answer was 400, as it should be
  assert.equal(await desk.getByLabel("Who asks").inputValue(), "Court of Arcadia, 7 O 12/26");
  await desk.getByLabel("What shows it").fill("Order of 27 February");
  await desk.getByRole("button", { name: "Open the case" }).click();
  await desk.waitForURL(/\/admin\/releases\/rls_/);
  await desk.getByText("The person has to be notified first").waitFor();
  await everywhere(desk, "case");
  await focusShows(desk);

  await desk.getByRole("button", { name: "Send the notice now" }).click();
  const notice = await here.mail.next("tim@example.org");
  assert.match(notice, /motion to quash[^]*not legal advice[^]*seek legal advice/);
  await desk.getByText("A motion was filed").click();
  await desk.getByLabel("The court's reference of the motion").fill("7 O 13/26");
  await desk.getByLabel("Filed on").fill("2026-01-02");
  await desk.getByRole("button", { name: "Record the motion" }).click();
  await desk.getByText("waits for the court").waitFor();
  assert.equal(await desk.getByRole("button", { name: "Release these data" }).count(), 0);
  await everywhere(desk, "motion");
  await desk.getByLabel("Reference of the court's order").last().fill("Order of today");
  await desk.getByLabel("To disclose").check();
  await desk.getByRole("button", { name: "Record the order" }).click();

  const at = desk.url();
  await desk.getByRole("button", { name: "See what would be released" }).click();
  await desk.getByRole("heading", { name: "What would be released" }).waitFor();
  await everywhere(desk, "data");
  await desk.goto(at);
  await desk.locator("summary", { hasText: "Release" }).click();
  await desk.locator("textarea[name=why]").fill("The court orders it.");
  await desk.getByRole("button", { name: "Release these data" }).click();
  const download = desk.waitForEvent("download");
  await desk.getByRole("button", { name: "Take the file as JSON" }).click();
  assert.match((await download).suggestedFilename(), /^release-rls_.*\.json$/);

  await tim.goto(to("/me/activity"));
  await tim.getByText("Released to Court of Arcadia, 7 O 12/26: sign-in log.").first().waitFor();
  await tim.getByText("Took away the file").first().waitFor();
  await everywhere(tim, "activity");
});

test("everybody reads the figures, from the policy", { timeout: 60_000 }, async () => {
  const page = await open(browser);
  await page.goto(to("/policy"));
  await page.getByRole("link", { name: /See how often data/ }).click();
  await page.getByRole("heading", { name: "The six grounds" }).waitFor();
  await everywhere(page, "figures");
  await page.context().close();
});

test("an account is blocked and let in again", { timeout: 60_000 }, async () => {
  await desk.goto(to("/admin/blocks"));
  const until = new Date(Date.now() + 9 * 86400e3).toISOString().slice(0, 10);
  const form = desk.locator("form[action='/admin/blocks/account']");
  await form.getByLabel("Address of the account").fill("tim@example.org");
  await form.getByLabel("Why").fill("Spam in notes");
  await form.getByLabel("Until").fill(until);
  await form.getByRole("button").click();
  await desk.getByText("Spam in notes").waitFor();
  await everywhere(desk, "blocks");
  await tim.goto(to("/me"));
  await tim.waitForURL(/\/sign-in/);
  await desk.getByRole("button", { name: /Take back/ }).click();
  await desk.getByText("Nobody is kept out.").waitFor();
  await tim.goto(to("/me"));
  assert.equal(new URL(tim.url()).pathname, "/me");
});

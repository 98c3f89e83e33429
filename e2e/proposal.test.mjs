// What others propose for a record that has its person: seen, decided, undone; in both
// widths, themes and languages, by keyboard, and without scripts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { fits, focusShows, launch, looks, open, quiet, shot, widths } from "./lib.mjs";

let browser, here, desk;
const to = (path) => here.to(path);

before(async () => {
  here = await world();
  browser = await launch();
  desk = await here.desk(browser);
  await here.post(desk, "/staff/purpose", { purpose: "correction", to: "/staff" });
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

/** A record that its person has claimed, about which staff then say other things. */
async function proposed(page, address) {
  const staff = await here.enter(desk, address);
  await here.post(desk, `${staff}/edit/profile`, { "profile.headline": "Plays the cello" });
  await here.join(page, address);
  await page.waitForURL(to("/me"));
  await page.getByRole("link", { name: "Look at it" }).click();
  await page.getByRole("button", { name: "Make this record mine" }).click();
  await page.waitForURL(/\/me\/records\//);
  const at = new URL(page.url()).pathname;
  await here.post(desk, `${staff}/edit/profile`, { "profile.headline": "Plays the double bass", "profile.subjects": "" });
  await here.post(desk, `${staff}/edit/identity`, { "identity.given_name": "Timothy" });
  return `${at}/proposals`;
}

const good = looks("proposal");

for (const [name, viewport] of Object.entries(widths)) {
  for (const theme of ["light", "dark"]) {
    const tag = `${name}-${theme}`;
    test(`somebody proposes, its person decides and undoes: ${tag}`, { timeout: 120_000 }, async () => {
      const page = await open(browser, { viewport, theme });
      const at = await proposed(page, `tim.${tag}@example.org`);
      await page.goto(to("/me"));
      await page.getByRole("heading", { name: /2 proposals for your record/ }).waitFor();
      await good(page, `inbox-${tag}`);
      await page.getByRole("link", { name: /^Look at them/ }).click();
      await page.waitForURL(to(at));
      assert.ok(!(await page.content()).includes("Timothy"), "a hidden value is shown");
      await good(page, `open-${tag}`);
      await focusShows(page);

      await page.getByRole("button", { name: /^Accept Headline/ }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("Accepted: it is your own word now.").waitFor();
      await good(page, `accepted-${tag}`);
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("Taken back: it is as it was before.").waitFor();
      await page.getByText("Plays the double bass").waitFor();

      await page.getByRole("button", { name: /^Keep mine Headline/ }).click();
      await page.getByText("Yours stays.").waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByRole("button", { name: /^Always from the staff Headline/ }).click();
      await page.getByText("Headline: always from the staff").first().waitFor();
      await page.getByText("Everything from the staff").click();
      await page.getByRole("button", { name: "Never, in any field" }).click();
      await page.getByText("Never from the staff, in any field").first().waitFor();
      await good(page, `rules-${tag}`);
      await page.getByRole("button", { name: "Take back Never from the staff, in any field" }).click();
      await page.getByText("The rule is taken back.").waitFor();
      await page.goto(to("/me/activity"));
      await page.getByText("Took a rule about a source back.", { exact: true }).waitFor();
      quiet(page);
      await page.context().close();
    });
  }
}

test("without scripts, in Spanish", { timeout: 120_000 }, async () => {
  const page = await open(browser, { viewport: widths.phone });
  const at = await proposed(page, "tim.es@example.org");
  const plain = await open(browser, { viewport: widths.phone, locale: "es-ES", javaScript: false });
  await plain.context().addCookies(await page.context().cookies());
  await plain.goto(to(at));
  await plain.getByRole("heading", { name: "Propuestas" }).waitFor();
  await fits(plain);
  await shot(plain, "proposal-es-phone");
  await plain.getByRole("button", { name: /^Aceptar/ }).first().click();
  await plain.getByText("Aceptado: ahora es tu propia palabra.").waitFor();
  await plain.getByRole("button", { name: "Deshacer" }).click();
  await plain.getByText("Retirado: todo está como antes.").waitFor();
  quiet(plain);
  await plain.context().close();
  await page.context().close();
});

// Records that may be about the same person: compared, decided by keyboard, taken back;
// and the settings of matching, tried before they hold. Both widths, themes, languages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { accessible, fits, focusShows, launch, quiet, shot, themes, widths } from "./lib.mjs";

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

const enter = (address, given, family, birth, phone) => here.enter(desk, address, {
  "identity.given_name": given, "identity.family_name": family, "identity.birth_date": birth, "phone.number": phone,
});

const languageCookie = () => ({ name: "habeas_lang", value: "es", url: here.url });

/** The page that the desk is on in both widths, both themes and both languages. */
async function seen(name, every = themes) {
  for (const [width, viewport] of Object.entries(widths)) {
    for (const theme of every) {
      await desk.setViewportSize(viewport);
      await desk.emulateMedia({ colorScheme: theme });
      await accessible(desk);
      await fits(desk);
      await shot(desk, `duplicates-${name}-${width}-${theme}`);
    }
  }
  await desk.context().addCookies([languageCookie()]);
  await desk.reload();
  assert.equal(await desk.locator("html").getAttribute("lang"), "es");
  await fits(desk);
  await shot(desk, `duplicates-${name}-es`);
  await desk.context().clearCookies({ name: languageCookie().name });
  await desk.reload();
  quiet(desk);
}

const reloadUntil = async (what) => { while (!(await what.first().isVisible())) await desk.reload(); }; // the test's own limit ends it

test("an empty queue, and three pairs found by a search through all", { timeout: 180_000 }, async () => {
  await desk.goto(to("/staff/duplicates"));
  await desk.getByRole("button", { name: "Answer a question of the person" }).click();
  await desk.getByText("No two records wait to be compared.").waitFor();
  await seen("empty", ["light"]);
  for (const [given, family, birth, phone] of [
    ["Timotheus", "Bergersen", "1984-05-03", "+49 228 555123"], ["Annabella", "Ferrerinho", "1971-09-30", "+49 228 555456"], ["Leopoldine", "Quistgaard", "1990-12-24", "+49 228 555789"],
  ]) {
    await enter(`${given.toLowerCase()}@example.org`, given, family, birth, phone);
    await enter(`${family.toLowerCase()}@example.net`, given, family.replace("er", "ar"), birth, phone);
  }
  await desk.getByRole("button", { name: "Compare all records" }).click();
  await desk.getByText("The search has begun.").waitFor();
  await reloadUntil(desk.getByText("3 pairs wait"));
  await desk.getByText("Date of birth: the same").waitFor();
  await desk.getByText("E-mail: different").waitFor();
  const text = await desk.locator("main").innerText();
  for (const hidden of ["1984-05-03", "555123", "timotheus@"]) assert.ok(!text.includes(hidden), `the page shows ${hidden}`);
  await seen("pair");
  await focusShows(desk);
});

test("pairs are decided with a keyboard alone, and decisions taken back", { timeout: 60_000 }, async () => {
  await desk.goto(to("/staff/duplicates"));
  const first = await desk.locator(".sides thead").innerText();
  await desk.keyboard.press("2");
  await desk.getByText("You said that the two are not the same.").waitFor();
  await desk.getByText("2 pairs wait").waitFor();
  await shot(desk, "duplicates-undo");
  await accessible(desk);
  await desk.keyboard.press("u");
  await desk.getByText("It is as it was before.").waitFor();
  await desk.getByText("3 pairs wait").waitFor();
  assert.equal(await desk.locator(".sides thead").innerText(), first);
  await desk.keyboard.press("1");
  await desk.waitForURL(/\/staff\/people\/pty_[^/]+\/merge\/pty_/);
  await desk.goto(to("/staff/duplicates"));
  await desk.keyboard.press("3");
  await desk.getByText("You put the pair off.").waitFor();
  assert.notEqual(await desk.locator(".sides thead").innerText(), first);
  await desk.getByText("3 pairs wait").waitFor();
  await desk.keyboard.press("2");
  await desk.getByText("2 pairs wait").waitFor();
  await desk.getByRole("link", { name: "What was decided" }).click();
  await desk.getByText("Not the same, said").waitFor();
  await seen("decided", ["dark"]);
  await desk.getByRole("button", { name: "Undo" }).click();
  await desk.getByText("3 pairs wait").waitFor();
  quiet(desk);
});

test("another choice of matching is tried, put into force and put back", { timeout: 180_000 }, async () => {
  await desk.goto(to("/admin/matching"));
  await seen("matching", ["dark"]);
  await focusShows(desk);
  await desk.getByLabel("Duplicates among people").fill("identity.shoe_size");
  await desk.getByRole("button", { name: "Try this choice" }).click();
  await desk.getByText("One thing needs your attention").waitFor();
  await accessible(desk);
  desk.faults.length = 0; // the form that was refused answered 400
  await desk.getByLabel("Duplicates among people").fill("membership.number\nphone.number + identity.birth_date");
  await desk.getByLabel("Propose a pair from this probability on, in percent").fill("99");
  await desk.getByLabel("To take over a person's record").fill("contact.email + membership.number");
  await desk.getByRole("button", { name: "Try this choice" }).click();
  await desk.waitForURL(to("/admin/matching"));
  await reloadUntil(desk.getByRole("heading", { name: "What would change" }));
  await desk.getByText("3 pairs would go on waiting").waitFor();
  await desk.getByText("more than the address: 0 now, 6 then").waitFor();
  await seen("trial");
  await desk.getByRole("button", { name: "Put into force" }).click();
  await desk.waitForURL(/\/admin\/policy/);
  await desk.getByText("Version 1 of the policy is in force.").waitFor();
  await desk.getByRole("button", { name: "Undo" }).click();
  await desk.goto(to("/admin/matching"));
  assert.equal(await desk.getByLabel("Duplicates among people").inputValue(), "membership.number");
  quiet(desk);
});

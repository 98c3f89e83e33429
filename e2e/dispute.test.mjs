// Evidence in depth and a claim that turns out to be wrong: the person on a phone, staff
// at a desk and on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeIn, world } from "./account-world.mjs";
import { focusShows, launch, looks, open, widths } from "./lib.mjs";

// Identity asks for two kinds of evidence here, so that facts are asked.
const more = `
[[data_set]]
name = "identity"
label = "Identity"
visibility = "staff"
step_up = true
two_kinds = true
[[data_set.fields]]
name = "given_name"
label = "Given name"
type = "text"
[[data_set.fields]]
name = "family_name"
label = "Family name"
type = "text"
[[data_set.fields]]
name = "birth_date"
label = "Date of birth"
type = "date"
[[data_set.fields]]
name = "birth_place"
label = "Place of birth"
type = "text"
`;

let browser, here, desk;
const to = (path) => here.to(path);

before(async () => {
  here = await world({ more });
  browser = await launch();
  desk = await here.desk(browser);
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

/** Staff enter somebody about whom much is known; returns the page of the record. */
async function enter(address) {
  const record = await here.enter(desk, address, { "identity.birth_date": "1984-05-03", "phone.number": "+49 228 555123" });
  await here.post(desk, `${record}/edit/identity`, { "identity.birth_place": "Ulm" });
  await here.post(desk, `${record}/edit/address`, { "address.city": "Bonn", "address.postcode": "53113" });
  await here.post(desk, `${record}/edit/membership`, { "membership.number": "M-204178" });
  return record;
}

const good = looks("dispute");

/** Opens a page of staff, saying why where it is asked. */
async function work(path) {
  await desk.goto(to(path));
  const why = desk.getByRole("button", { name: "Correct an error" });
  if (await why.count()) await why.click();
}

for (const theme of ["light", "dark"]) {
  test(`facts beside a number, and a claim that is disputed and undone: ${theme}`, { timeout: 120_000 }, async () => {
    const address = `tim.${theme}@example.org`;
    const record = await enter(address);
    const page = await open(browser, { viewport: widths.phone, theme });
    await here.join(page, address);
    const offer = record.replace("/staff/people/", "/me/offers/");
    await page.goto(to(offer));
    await page.getByText("Show my membership number or a code").click();
    await page.getByLabel("Number or code").fill("M-204178");
    await page.getByRole("button", { name: "Show what is hidden" }).click();
    await page.getByText("Recognise facts of the record as well").click();
    assert.ok(!(await page.content()).includes("Bergersen"), "one kind of evidence has opened the name");
    await good(page, `facts-${theme}`);
    if (theme === "light") await focusShows(page);
    await page.getByRole("button", { name: "These are my answers" }).click();
    await page.getByText("5 things need your attention").waitFor();
    page.faults.length = 0; // the form that was refused answered 400
    await page.getByLabel("May", { exact: true }).check();
    await page.getByRole("group", { name: "On which day" }).getByLabel("3", { exact: true }).check();
    await page.getByLabel("Ulm", { exact: true }).check();
    await page.getByLabel("Bonn", { exact: true }).check();
    await page.getByRole("group", { name: "Which digits" }).getByLabel("13", { exact: true }).check();
    await page.getByRole("button", { name: "These are my answers" }).click();
    await page.getByText("It matched").waitFor();
    assert.ok((await page.content()).includes("Bergersen"), "both together have not opened the name");
    await page.getByRole("button", { name: "Make this record mine" }).click();
    await page.waitForURL(/\/me\/records\//);

    const link = (await here.mail.next(address)).match(/\/dispute\?t=\S+/)[0];
    const reader = await open(browser, { viewport: widths.phone, theme });
    await reader.goto(to(link));
    await good(reader, `link-${theme}`);
    await reader.getByRole("button", { name: "Freeze the record" }).click();
    await reader.getByText("One thing needs your attention").waitFor();
    reader.faults.length = 0;
    await reader.getByLabel("The record is about somebody else").check();
    await reader.getByRole("button", { name: "Freeze the record" }).click();
    await reader.waitForURL(/done=yes/);
    await good(reader, `frozen-${theme}`);
    await page.reload();
    await page.getByText("This record is frozen").waitFor();
    assert.ok(!(await page.content()).includes("Bergersen"), "the frozen record still shows the name");
    await good(page, `mine-frozen-${theme}`);
    await reader.context().close();

    assert.match(await here.mail.next("boss@example.org"), /disputed/);
    for (const [name, viewport] of Object.entries(widths)) {
      await desk.setViewportSize(viewport);
      await desk.emulateMedia({ colorScheme: theme });
      await desk.goto(to("/staff/disputes"));
      await good(desk, `list-${name}-${theme}`);
      await work((await desk.getByRole("link", { name: /mistyped/ }).first().getAttribute("href")));
      await good(desk, `file-${name}-${theme}`);
    }
    await desk.getByRole("button", { name: "The claim is wrong: undo it" }).click();
    await desk.getByText("The claim is undone").waitFor();
    await good(desk, `undone-${theme}`);
    await page.goto(to("/me"));
    assert.equal(new URL(page.url()).pathname, "/sign-in", "the account is still signed in");
    await desk.getByRole("button", { name: "Take the decision back" }).click();
    await desk.getByText("The decision was taken back").waitFor();
    await desk.getByRole("button", { name: "The claim is right: keep it" }).click();
    await desk.getByText("The claim stands").first().waitFor();
    await work(record);
    await good(desk, `person-${theme}`);
    await page.context().close();
  });
}

test("staff see a person and a document, and link record and account", { timeout: 60_000 }, async () => {
  const record = await enter("info@club.example");
  const page = await open(browser, { viewport: widths.phone });
  await here.join(page, "eva@example.org");
  await desk.setViewportSize(widths.desk);
  await work(record);
  await desk.getByRole("link", { name: "Check in person" }).click();
  await good(desk, "check");
  await focusShows(desk);
  await desk.getByLabel("Address of their account").fill("eva@example.org");
  await desk.getByLabel("Identity card").check();
  await desk.getByRole("button", { name: "Link record and account" }).click();
  await desk.getByText("Compare the picture and the name first").first().waitFor();
  desk.faults.length = 0;
  await desk.getByLabel("The picture is of this person").check();
  await desk.getByRole("button", { name: "Link record and account" }).click();
  await desk.getByText("Record and account are linked").waitFor();
  await good(desk, "checked");
  await page.goto(to(record.replace("/staff/people/", "/me/records/")));
  assert.ok((await page.content()).includes("Bergersen"), "what a check in person opens");
  await page.context().close();
});

test("who knew the record before disputes after a mailed code", { timeout: 60_000 }, async () => {
  const address = "ana@example.org";
  const record = await enter(address);
  const page = await open(browser, { viewport: widths.phone, locale: "es-ES" });
  await here.join(page, address);
  await page.goto(to(record.replace("/staff/people/", "/me/offers/")));
  await page.locator("button[form=accept]").click();
  await page.waitForURL(/\/me\/records\//);
  await here.mail.next(address);
  await page.goto(to("/notice"));
  await page.locator("input[name=address]").fill(address);
  await page.locator("main form button").first().click();
  await page.waitForURL(/\/notice\/code/);
  await page.locator("input[name=code]").fill(codeIn(await here.mail.next(address)));
  await page.locator("main form button").first().click();
  await page.waitForURL(to("/notice"));
  await good(page, "held-es");
  await page.locator("a[href$='/dispute']").click();
  await good(page, "by-address-es");
  await page.locator("input[value=mine]").check();
  await page.locator("input[name='membership.number']").fill("M-204178");
  await page.getByRole("button", { name: "Bloquear el registro" }).click();
  await page.waitForURL(/done=disputed/);
  await good(page, "by-address-done-es");
  await page.context().close();
});

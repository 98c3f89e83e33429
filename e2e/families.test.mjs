// A family at the desk: who is related to whom, a letter to somebody without e-mail who
// claims with its code, and a guardian who hands a child's record over. Desk and phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { plant } from "./canary.mjs";
import { accessible, fits, focusShows, launch, looks, open, quiet, shot, widths } from "./lib.mjs";

let browser, here, desk;
const seen = looks("families");

before(async () => {
  here = await world();
  browser = await launch();
  desk = await here.desk(browser);
  await desk.goto(here.to("/staff/letters"));
  await desk.getByRole("button", { name: "Answer a question of the person" }).click();
  await desk.getByText("Nobody here.").waitFor();
  await shot(desk, "families-letters-empty");
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

/** Somebody with a postal address and without e-mail; resolves with the path of the record. */
async function offline(given, birth, language = "en") {
  const at = await here.enter(desk, "", {
    "identity.given_name": given, "identity.family_name": "Novakowski", "identity.birth_date": birth, "contact.language": language,
  });
  await here.post(desk, `${at}/edit/address`, { "address.street": "Lindenallee 12", "address.postcode": "60200", "address.city": "Bruenn" });
  return at;
}

/** The page of the desk on a phone in the dark as well. */
async function small(name, { axe = false } = {}) {
  await desk.setViewportSize(widths.phone);
  await desk.emulateMedia({ colorScheme: "dark" });
  if (axe) await accessible(desk);
  await fits(desk);
  await shot(desk, `families-${name}-phone-dark`);
  await desk.setViewportSize(widths.desk);
  await desk.emulateMedia({ colorScheme: "light" });
}

/** Shows an address and types the code of a letter; ends on the offer of the record. */
async function redeem(page, address, code, look) {
  await page.goto(here.to("/letter"));
  await look(page, "letter-start");
  await here.join(page, address, "/letter");
  await page.waitForURL(here.to("/letter"));
  await page.locator("input[name=code]").fill("AAAA-BBBB-CCCC");
  await page.keyboard.press("Enter");
  await page.locator(".form-errors").waitFor();
  page.faults.length = 0; // the form that was refused answered 400
  assert.equal(await page.locator("input[name=code]").inputValue(), "");
  await look(page, "letter-code");
  await page.locator("input[name=code]").fill(code.toUpperCase().replaceAll("-", " "));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/me\/offers\/pty_/);
}

test("father and son are related, and one of them claims with a letter", { timeout: 300_000 }, async () => {
  const father = await offline("Janislav", "1950-02-01", "es"), son = await offline("Janislav", "1950-02-01");
  await desk.goto(here.to(`${father}/merge`));
  await desk.getByRole("link", { name: "Compare" }).first().waitFor();
  await desk.goto(here.to(father));
  await desk.getByRole("link", { name: "Relationships and guardians" }).click();
  await shot(desk, "families-kin-empty");
  await small("kin-empty");
  await desk.getByRole("link", { name: "Add somebody" }).click();
  await seen(desk, "kin-find");
  await desk.getByRole("link", { name: /^Choose/ }).first().click();
  await desk.getByRole("button", { name: "Note it" }).click();
  await desk.locator(".form-errors").waitFor();
  desk.faults.length = 0;
  await desk.getByLabel(/is …/).selectOption("parent");
  await desk.getByLabel("Each may read how the other is called").check();
  await seen(desk, "kin-add");
  await desk.getByRole("button", { name: "Note it" }).click();
  await desk.getByText("The relationship is noted on both records.").waitFor();
  await here.post(desk, `${father}/kin/add/${son.split("/").pop()}`, { is: "household" });
  await here.post(desk, `${father}/household`, { name: "Novakowskis of Lindenallee" });
  await desk.reload();
  await seen(desk, "kin");
  await small("kin", { axe: true });
  await focusShows(desk);
  await desk.goto(here.to(`${father}/merge`));
  await desk.getByText("Known as parent and child: not the same").waitFor();
  await seen(desk, "merge-find");

  await desk.goto(here.to("/staff/letters"));
  await desk.getByLabel("Janislav Novakowski").first().check();
  await seen(desk, "letters");
  await small("letters");
  await desk.getByRole("button", { name: "Make the letters" }).click();
  const sheet = desk.locator("article.letter");
  const code = await sheet.locator(".letter-code").textContent();
  assert.match(code, /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/);
  plant("code of a letter", code);
  assert.equal(await sheet.count(), 1);
  assert.ok(!(await sheet.innerText()).includes("1950"));
  await seen(desk, "letter");
  await small("letter");
  await desk.emulateMedia({ media: "print" });
  const pages = (await desk.pdf({ preferCSSPageSize: true })).toString("latin1").match(/\/Type\s*\/Page[^s]/g).length;
  assert.equal(pages, 1, "a letter takes more than a sheet");
  await shot(desk, "families-letter-printed");
  await desk.emulateMedia({ media: null });

  const jan = await open(browser, { viewport: widths.phone, theme: "dark", locale: "es-ES" });
  await redeem(jan, "janislav@example.net", code, seen);
  await jan.getByText("Lindenallee").first().waitFor();
  await seen(jan, "letter-offer");
  const [, record] = jan.url().match(/(pty_[0-9a-z]+)/);
  await jan.locator("button[form=accept]").click();
  await jan.waitForURL(new RegExp(`/me/records/${record}`));
  await jan.locator("#ties").waitFor();
  await seen(jan, "record-ties");
  await jan.getByRole("button", { name: "No es así" }).first().click();
  await jan.getByText("Dices que no es así. El personal lo ve.").waitFor();
  await desk.goto(here.to(`/staff/people/${record}/kin`));
  await desk.getByText("contested").first().waitFor();
  await desk.getByText("was used on").waitFor();
  await desk.getByRole("button", { name: /^End it/ }).click();
  await desk.getByText("The relationship has ended.").waitFor();
  await desk.getByRole("button", { name: "Undo" }).click();
  await desk.getByText("It is as it was before.").waitFor();
  quiet(desk);
  await jan.context().close();
});

test("a guardian acts for a child and hands the record over", { timeout: 180_000 }, async () => {
  const child = await offline("Piatrella", "2016-06-01");
  const ana = await open(browser, { viewport: widths.phone, theme: "dark" });
  await here.join(ana, "anatolia@example.net");
  await desk.goto(here.to(`${child}/guardian`));
  await seen(desk, "appoint");
  await small("appoint");
  await desk.getByLabel("Address of the guardian’s account").fill("anatolia@example.net");
  await desk.getByLabel("Birth certificate").check();
  await desk.getByLabel("I saw them and a document with their picture").check();
  await desk.getByRole("button", { name: "Appoint them" }).click();
  await desk.getByText("They act for this person now").waitFor();
  await seen(desk, "guardian");
  assert.match(await here.mail.next("anatolia@example.net"), /You act for somebody/);

  await ana.goto(here.to("/me"));
  await ana.getByRole("heading", { name: "For whom you act as guardian" }).waitFor();
  await seen(ana, "inbox-ward");
  await ana.getByRole("link", { name: "Piatrella Novakowski" }).click();
  await seen(ana, "ward");
  await ana.getByRole("link", { name: "Correct Identity" }).click();
  await ana.getByLabel("Occupation").fill("Pupil of the music school");
  await shot(ana, "families-ward-edit");
  await ana.getByRole("button", { name: "Save as guardian" }).click();
  await ana.getByText("Your word as guardian counts now.").waitFor();
  await ana.getByText("You, as guardian").first().waitFor();
  await here.post(desk, `${child}/edit/identity`, { "identity.occupation": "Student of the drums" });
  await ana.reload();
  await ana.getByRole("heading", { name: "Others say something else" }).waitFor();
  await seen(ana, "ward-says");
  await ana.getByRole("button", { name: "Keep mine Occupation" }).click();
  await ana.getByText("Your word as guardian counts now.").waitFor();
  assert.equal(await ana.getByText("Others say something else").count(), 0);
  const [file] = await Promise.all([ana.waitForEvent("download"), ana.getByRole("button", { name: "Take a copy" }).click()]);
  assert.match(file.suggestedFilename(), /^record-.*\.zip$/);
  await ana.getByRole("button", { name: "Begin the hand-over" }).click();
  await ana.getByText("The hand-over has begun").waitFor();
  await seen(ana, "ward-handing");

  await desk.goto(here.to(`${child}/kin`));
  await desk.getByRole("button", { name: "Print a letter" }).click();
  const code = await desk.locator(".letter-code").textContent();
  plant("code of a letter", code);
  const pia = await open(browser, { viewport: widths.desk });
  await redeem(pia, "piatrella@example.net", code, (page, name) => shot(page, `families-${name}-desk`));
  await pia.locator("button[form=accept]").click();
  await pia.waitForURL(/\/me\/records\/pty_/);
  await pia.getByText("A guardian").first().waitFor();
  await pia.goto(here.to("/me/activity"));
  await pia.getByText("Said as guardian: identity.").first().waitFor();
  await shot(pia, "families-activity");
  assert.match(await here.mail.next("anatolia@example.net"), /no more/);
  await ana.reload();
  await ana.getByText("You act for nobody here").waitFor();
  ana.faults.length = 0; // that page answers 404
  await ana.goto(here.to("/me"));
  assert.equal(await ana.getByText("For whom you act as guardian").count(), 0);
  await ana.context().close();
  await pia.context().close();
});

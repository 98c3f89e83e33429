// Work of staff: pairs without conflict merged together and taken apart by one button; a
// note that its person sees and answers; who sees which data sets.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { accessible, find, fits, focusShows, launch, looks, open, quiet, shot, widths } from "./lib.mjs";

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

/** A page of staff in both widths, each in one of the themes. */
async function seen(name) {
  for (const [width, colorScheme] of [["phone", "light"], ["desk", "dark"]]) {
    await desk.setViewportSize(widths[width]);
    await desk.emulateMedia({ colorScheme });
    await accessible(desk);
    await fits(desk);
    await shot(desk, `staff-${name}-${width}-${colorScheme}`);
  }
  quiet(desk);
}

const reloadUntil = async (what) => { while (!(await what.first().isVisible())) await desk.reload(); }; // the test's own limit ends it

test("pairs without conflict are merged together, and one button takes them apart", { timeout: 120_000 }, async () => {
  for (const [given, family, birth, phone] of [["Timotheus", "Bergersen", "1984-05-03", "+49 228 555123"], ["Annabella", "Ferrerinho", "1971-09-30", "+49 30 777456"]]) {
    const both = { "identity.given_name": given, "identity.family_name": family, "identity.birth_date": birth, "phone.number": phone };
    await here.enter(desk, `${given.toLowerCase()}@example.org`, both);
    await here.post(desk, "/staff/add", { kind: "person", separate: "1", ...both, "address.city": "Bonn" });
  }
  await desk.goto(to("/staff/duplicates"));
  await desk.getByRole("button", { name: "Answer a question of the person" }).click();
  await desk.getByRole("button", { name: "Compare all records" }).click();
  await reloadUntil(desk.getByText("2 pairs wait"));
  await reloadUntil(desk.getByRole("button", { name: "Look for pairs without conflict" })); // after a search they are counted already
  await desk.getByRole("button", { name: "Look for pairs without conflict" }).click();
  await desk.waitForURL(/\/together\/blk_/);
  await reloadUntil(desk.getByRole("button", { name: "Merge all 2 pairs" }));
  await seen("preview");
  await focusShows(desk);
  await desk.getByRole("button", { name: "Merge all 2 pairs" }).click();
  await reloadUntil(desk.getByText("2 pairs were merged"));
  const batch = desk.url();
  await find(desk, to("/staff/people"), "Timotheus");
  assert.equal(await desk.locator("tbody tr").count(), 1, "the two are not one");
  await desk.goto(to("/staff/merges"));
  await desk.getByText("2 pairs merged together", { exact: true }).waitFor();
  await seen("history");
  await desk.goto(batch);
  await desk.getByRole("button", { name: "Take the whole batch apart" }).click();
  await reloadUntil(desk.getByText("2 pairs were taken apart again"));
  await find(desk, to("/staff/people"), "Timotheus");
  assert.equal(await desk.locator("tbody tr").count(), 2, "the two are still one");
});

test("a note is seen and answered by its person", { timeout: 120_000 }, async () => {
  const record = await here.enter(desk, "eva@example.org", { "identity.given_name": "Leopoldine" });
  await desk.goto(to(record));
  await desk.getByText("Its person sees every note, with your name").waitFor();
  await desk.getByLabel("New note").fill("Prefers to be written to.");
  await desk.getByRole("button", { name: "Write the note" }).click();
  await desk.getByRole("button", { name: "Undo" }).waitFor();
  await seen("note");
  const page = await open(browser, { viewport: widths.phone });
  await here.join(page, "eva@example.org");
  await page.goto(to(record.replace("/staff/people/", "/me/offers/")));
  await page.locator("button[form=accept]").click();
  await page.waitForURL(/\/me\/records\//);
  await page.getByText("Prefers to be written to.").waitFor();
  await page.getByText("Answer", { exact: true }).click();
  await page.getByLabel("Your answer").fill("No: call me.");
  await page.getByLabel("This is wrong").check();
  await looks("staff")(page, "note-mine");
  await page.getByRole("button", { name: "Send the answer" }).click();
  await page.getByText("No: call me.").first().waitFor();
  await page.goto(to("/me/activity"));
  await page.getByText("Wrote a note on the record.", { exact: true }).waitFor();
  await desk.reload();
  await desk.getByText("Contested by its person").waitFor();
  quiet(page);
});

test("a group of staff is made, and what it does not see is not there", { timeout: 60_000 }, async () => {
  await desk.goto(to("/admin/access"));
  await desk.getByRole("link", { name: "Add a group" }).click();
  await desk.getByLabel("Name of the group").fill("front desk");
  await desk.getByLabel("Membership").selectOption("no");
  await desk.getByLabel("Postal address").selectOption("sees");
  await seen("group");
  await desk.getByRole("button", { name: "Put into force" }).click();
  await desk.getByText("It holds at once").waitFor();
  await desk.getByRole("heading", { name: "front desk" }).waitFor();
  await seen("access");
  await desk.getByLabel(/^Group: boss/).selectOption("front desk");
  await desk.getByRole("button", { name: /^Move/ }).click();
  await desk.getByText("One administrator has to stay in no group").waitFor();
  desk.faults.length = 0; // it was refused with 409
});

test("the list of people is narrowed down, tagged, saved and taken as a file", { timeout: 120_000 }, async () => {
  const record = await here.enter(desk, "zora@example.org", { "identity.given_name": "Zora", "identity.family_name": "Quandt" });
  await desk.setViewportSize(widths.desk);
  await desk.goto(to("/staff/people"));
  await desk.getByText("Narrow the list down").click();
  const choice = desk.getByRole("link", { name: /^Person \d+$/ });
  const left = Number((await choice.textContent()).match(/\d+$/)[0]);
  await choice.click();
  await desk.getByText("Kind: Person").waitFor();
  assert.equal(await desk.locator("tbody tr").count(), left, "as many are shown as were counted");
  await seen("narrowed");
  await find(desk, to("/staff/people?kind=person"), "Quandt");
  await desk.getByLabel("Choose Zora Quandt").check();
  await desk.getByText("Tag several of them").click();
  await desk.getByLabel("Tag", { exact: true }).fill("choir");
  await seen("tagging");
  await desk.getByRole("button", { name: "Give the tag" }).click();
  await desk.getByText("1 record got the tag").waitFor();
  await desk.getByRole("button", { name: "Undo" }).click();
  await desk.getByText("It is as it was before.").waitFor();
  await desk.goto(to(record));
  const why = desk.getByRole("button", { name: "Answer a question of the person" });
  if (await why.isVisible()) await why.click();
  await desk.getByLabel("Tag", { exact: true }).fill("choir");
  await desk.getByRole("button", { name: "Give the tag" }).click();
  await desk.getByRole("button", { name: /^Take it away/ }).waitFor();
  await seen("tags");
  await desk.goto(to("/staff/tags"));
  await desk.getByText("1 record", { exact: true }).waitFor();
  await seen("catalogue");
  await desk.getByRole("link", { name: "choir" }).click();
  await desk.getByText("Save this list").click();
  await desk.getByLabel("Name of the list").fill("Singers");
  await desk.getByRole("button", { name: "Save the list" }).click();
  await desk.getByRole("heading", { name: "Singers" }).waitFor();
  await desk.goto(to("/staff/lists"));
  await desk.getByText("1 record. Only you see it.").waitFor();
  await seen("saved");
  await desk.getByRole("button", { name: /^Remove/ }).click();
  await desk.getByRole("button", { name: "Undo" }).click();
  await desk.getByRole("link", { name: "Singers" }).click();
  await desk.getByRole("button", { name: "Take the list as a file" }).click();
  await desk.getByLabel("What it is for").fill("Invitations to the concert");
  await seen("file-new");
  await desk.getByRole("button", { name: "Make the file" }).click();
  const [download] = await Promise.all([desk.waitForEvent("download"), desk.getByRole("button", { name: "Download the file" }).click()]);
  const parts = [];
  for await (const part of await download.createReadStream()) parts.push(part);
  assert.equal(Buffer.concat(parts).toString("utf8"), "\ufeffidentity.given_name,identity.family_name\r\nZora,Quandt\r\n");
  await desk.getByText("The file was written, with 1 record").waitFor();
  await seen("file");
  const page = await open(browser, { viewport: widths.phone });
  await here.join(page, "zora@example.org");
  await page.goto(to(record.replace("/staff/people/", "/me/offers/")));
  await page.locator("button[form=accept]").click();
  await page.waitForURL(/\/me\/records\//);
  await page.getByText("choir", { exact: true }).waitFor();
  await looks("staff")(page, "tags-mine");
  await page.goto(to("/me/activity"));
  await page.getByText("The reason given: “Invitations to the concert”").first().waitFor();
  quiet(page);
});

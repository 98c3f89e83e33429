// Two records that are one, and one that is two: staff merge, split and take back at the
// desk; a person is asked on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { accessible, fits, focusShows, launch, open, quiet, shot, themes, touchable, widths } from "./lib.mjs";

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

const enter = (address, given, more) => here.enter(desk, address, { "identity.given_name": given, ...more });

/** What holds for every page, in both widths and themes; axe looks at two of the four. */
async function good(page, name, sizes = Object.entries(widths)) {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    for (const [size, viewport] of sizes) {
      await page.setViewportSize(viewport);
      if ((theme === "dark") === (size === "desk")) await accessible(page);
      await fits(page);
      if (!page.url().includes("/staff/")) await touchable(page);
      await shot(page, `merge-${name}-${size}-${theme}`);
    }
  }
  quiet(page);
}

test("staff merge two records, go on, and take it apart again", { timeout: 120_000 }, async () => {
  const one = await enter("tim@example.org", "Timotheus", { "identity.birth_date": "1984-05-03" });
  await enter("tb@work.example", "Timo Bernd", { "identity.birth_date": "1984-05-03", "phone.number": "+49 228 555123" });
  await desk.goto(to(one));
  await desk.getByRole("button", { name: "Answer a question of the person" }).click();
  await desk.waitForURL(to(one));
  await desk.getByRole("link", { name: "Merge with another record" }).click();
  await desk.getByLabel("Find people").fill("Timo Bernd");
  await desk.getByRole("button", { name: "Find" }).click();
  await desk.waitForURL(/\/merge\?q=[\w-]+$/);
  await good(desk, "find");
  await desk.getByRole("link", { name: /^Compare ?: Timo Bernd/ }).click();
  await desk.waitForURL(/\/merge\/pty_/);
  await good(desk, "sides");
  await focusShows(desk);
  await desk.getByLabel(/Given name: Timotheus/).check();
  await desk.getByRole("button", { name: "Merge them" }).click();
  await desk.waitForURL(/\/staff\/people\/pty_[^/]+$/);
  await desk.getByText("Both records are one now.").waitFor();
  await desk.getByText("+49 228 555123").first().waitFor();
  await good(desk, "merged", [["desk", widths.desk]]);
  const merged = desk.url();
  await desk.goto(`${merged}/edit/address`);
  await desk.getByLabel("Town or city").fill("Bad Godesberg");
  await desk.getByRole("button", { name: "Add my word" }).click();
  await desk.waitForURL(merged);
  await desk.goto(to("/staff/merges"));
  await good(desk, "list");
  await desk.getByRole("button", { name: /^Take it apart/ }).click();
  await desk.waitForURL(/\/staff\/merges\/mrg_/);
  await good(desk, "meanwhile");
  await desk.getByLabel(/^It goes to Timo/).check();
  await desk.getByRole("button", { name: "Put each where I said" }).click();
  await desk.getByText("Everything is decided.").waitFor();
  await desk.goto(merged);
  assert.equal(await desk.getByText("+49 228 555123").count(), 0, "the telephone number stayed");
});

test("staff split a record and put it back", { timeout: 120_000 }, async () => {
  const one = await enter("family@example.org", "Annabella");
  await desk.goto(to(`${one}/edit/address`));
  await desk.getByLabel("Town or city").fill("Königswinter");
  await desk.getByRole("button", { name: "Add my word" }).click();
  await desk.waitForURL(to(one));
  for (const note of ["Wants her post by e-mail.", "Her brother moved\nto the river."]) {
    await desk.getByLabel("New note").fill(note);
    await desk.getByRole("button", { name: "Write the note" }).click();
    await desk.getByText(note.split("\n")[0]).first().waitFor();
  }
  await desk.getByRole("link", { name: "Split it in two" }).click();
  await desk.getByRole("button", { name: "Make it a record of its own" }).click();
  await desk.getByText("Choose what belongs to the other person.").first().waitFor();
  desk.faults.length = 0; // the form that was refused answered 400
  await good(desk, "split");
  await desk.getByRole("checkbox").first().check();
  await desk.getByRole("group", { name: "Tick the notes that are about them" }).getByRole("checkbox").first().check();
  await desk.getByRole("button", { name: "Make it a record of its own" }).click();
  await desk.getByText("What you ticked is a record of its own now.").first().waitFor();
  assert.equal(await desk.getByText("Königswinter").count(), 0, "the word did not leave");
  assert.equal(await desk.getByText("Her brother moved").count(), 0, "the note did not leave");
  await desk.getByText("Wants her post by e-mail.").first().waitFor();
  await desk.getByRole("button", { name: "Undo" }).click();
  await desk.getByText("It is as it was before.").waitFor();
  await desk.getByText("Königswinter").first().waitFor();
  await desk.getByText("Her brother moved").first().waitFor();
});

for (const answer of ["Yes, it is about me", "No, keep them apart"]) {
  test(`a person is asked before their record takes another in: ${answer}`, { timeout: 120_000 }, async () => {
    const name = answer.startsWith("Yes") ? "robin" : "wren";
    const address = `${name}@example.org`;
    const mine = await enter(address, `Own ${name}`);
    const other = await enter(`${name}@work.example`, `Other ${name}`, { "phone.number": "+49 228 555777" });
    const page = await open(browser, { viewport: widths.phone });
    await here.join(page, address);
    await page.goto(to("/me"));
    await page.getByRole("link", { name: "Look at it" }).click();
    await page.getByRole("button", { name: "Make this record mine" }).click();
    await page.waitForURL(/\/me\/records\//);
    assert.match(await here.mail.next(address), /now yours/);

    await desk.goto(to(`${mine}/merge/${other.split("/").at(-1)}`));
    await desk.getByRole("button", { name: "Ask its person" }).click();
    await desk.getByText("The person of the record is asked.").waitFor();
    const question = await here.mail.next(address);
    await page.goto(to("/me"));
    await page.getByRole("heading", { name: "Is another record about you as well?" }).waitFor();
    await page.goto(to(question.match(/\/me\/merges\/mrg_\w+/)[0]));
    assert.ok(!(await page.content()).includes("555777"), "the other record is shown before consent");
    if (name === "robin") await good(page, "question");
    await page.getByRole("button", { name: answer }).click();
    await page.waitForURL(to("/me"));
    await page.getByText(answer.startsWith("Yes") ? "Both records are one now." : "Nothing was changed.").waitFor();
    await page.goto(to("/me/activity"));
    await page.getByText(answer.startsWith("Yes") ? "Merged two records into this one." : "Said no to a merge").first().waitFor();
    if (name === "wren") await leaves(page, address, mine);
    await page.context().close();
  });
}

/** What staff think is about somebody else leaves a claimed record when its person says so. */
async function leaves(page, address, mine) {
  await desk.goto(to(`${mine}/edit/address`));
  await desk.getByLabel("Town or city").fill("Unkel am Rhein");
  await desk.getByRole("button", { name: "Add my word" }).click();
  await desk.waitForURL(to(mine));
  await desk.getByLabel("New note").fill("Keeps bees by the river.");
  await desk.getByRole("button", { name: "Write the note" }).click();
  await desk.getByText("Keeps bees").first().waitFor();
  await desk.goto(to(`${mine}/split`));
  await desk.getByRole("checkbox").first().check();
  await desk.getByRole("group", { name: "Tick the notes that are about them" }).getByRole("checkbox").check();
  await desk.getByRole("button", { name: "Ask its person" }).click();
  await desk.getByText("The person of the record is asked.").waitFor();
  const question = await here.mail.next(address);
  await page.goto(to(question.match(/\/me\/splits\/spl_\w+/)[0]));
  await page.getByRole("button", { name: "Español" }).click();
  await page.getByRole("heading", { name: "¿Trata esto de otra persona?" }).waitFor();
  await page.getByText("Keeps bees by the river.").waitFor();
  await good(page, "question-split");
  await page.getByRole("button", { name: "Sí, sacarlo" }).click();
  await page.waitForURL(to("/me"));
  await page.getByText("Ahora es un registro propio").waitFor();
}

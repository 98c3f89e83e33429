// `habeas demo` as a visitor meets it: the start page, the tour to its end, and the
// ways to look around; on a phone and at a desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, find, fits, launch, open, quiet, serve, shot, themes, touchable, widths } from "./lib.mjs";

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

/** What holds for every page; touch targets are for the pages of people, not for desks. */
async function good(page, name) {
  await accessible(page);
  await fits(page);
  if (!/\/(staff|admin)/.test(page.url())) await touchable(page);
  quiet(page);
  await shot(page, `demo-${name}`);
}

const press = (page, name) => page.getByRole("button", { name }).click();
const step = (page, n) => page.getByText(`Step ${n} of 6`).waitFor({ state: "attached" });

/** How many statements about Tim the server can open, as the search page says. */
const readable = async (page) => Number(await page.locator(".demo-count .demo-number").nth(1).evaluate((e) => e.lastChild.textContent));

for (const [name, viewport] of Object.entries(widths)) {
  test(`the tour, from the inbox to the empty disk: ${name}`, { timeout: 180_000 }, async () => {
    const page = await open(browser, { viewport, theme: name === "desk" ? "dark" : "light" });
    await page.goto(demo.url);
    await press(page, "Put Tim back to the beginning");
    await page.waitForURL(to("/demo"));
    await good(page, `start-${name}`);

    await page.goto(to("/demo/search"));
    assert.equal(await page.locator(".demo-count .demo-number").first().innerText(), "0");
    assert.ok(await readable(page) >= 5, "the server can open what is known of Tim");
    await good(page, `search-before-${name}`);

    await page.goto(demo.url);
    await press(page, "Take the tour");
    await page.waitForURL(to("/me"));
    await step(page, 1);
    await page.getByText(/holds a record about you/).waitFor();
    await good(page, `1-inbox-${name}`);

    await press(page, "Open the record");
    await page.waitForURL(/\/me\/offers\//);
    await step(page, 2);
    await good(page, `2-offer-${name}`);
    await page.getByText("Show my membership number or a code").click();
    await page.getByLabel("Number or code").fill("MF-000114");
    await press(page, "Show what is hidden");
    await page.getByText("Correct Date of birth").click();
    const birth = page.getByLabel("Date of birth");
    assert.equal(await birth.inputValue(), "1986-06-14");
    await birth.fill("1987-06-14");
    await good(page, `2-opened-${name}`);
    await press(page, "Make this record mine");
    await page.waitForURL(/\/me\/records\//);
    await page.getByText("This record is yours now").waitFor();
    assert.match(await page.locator("main").innerText(), /14 June 1987/);
    await good(page, `2-mine-${name}`);

    await press(page, "See who read it");
    await page.waitForURL(to("/me/activity"));
    await page.getByText("Nora Quill").first().waitFor();
    await good(page, `3-activity-${name}`);

    await press(page, "Check one of these lines");
    await page.waitForURL(/\/me\/activity\/evt_/);
    await press(page, "Prove it");
    await page.locator(".receipt-good").waitFor();
    await good(page, `4-good-${name}`);
    await press(page, "Flip one byte of a copy");
    await page.locator(".receipt-bad").waitFor();
    await good(page, `4-bad-${name}`);

    await press(page, "Go to the staff’s side");
    await page.waitForURL(/\/staff\/people\?q=/);
    await step(page, 5);
    await good(page, `5-found-${name}`);
    await page.getByRole("link", { name: "Tim Berger" }).first().click();
    await good(page, `5-purpose-${name}`);
    await press(page, "Answer a question of the person");
    await page.waitForURL(/\/staff\/people\/pty_/);
    await good(page, `5-person-${name}`);

    await press(page, "Be Tim again");
    await page.waitForURL(/\/erase$/);
    await good(page, `6-erase-${name}`);
    await page.getByLabel("Type the word").fill("erase");
    await press(page, "Erase this record for ever");
    await page.getByRole("heading", { name: "It is erased" }).waitFor();
    await good(page, `6-erased-${name}`);
    await press(page, "Search the disk");
    await page.waitForURL(to("/demo/search"));
    assert.equal(await page.locator(".demo-count .demo-number").first().innerText(), "0");
    assert.equal(await readable(page), 0, "nothing about Tim can be opened after erasing");
    await good(page, `6-search-${name}`);
    await press(page, "Leave the tour");
    await page.waitForURL(to("/demo"));
    await page.context().close();
  });
}

test("a booking reaches its traveller: City Bookings, join, code from the outbox, inbox", { timeout: 60_000 }, async () => {
  const page = await open(browser, { viewport: widths.phone });
  await page.goto(to("/demo/booking"));
  await good(page, "booking-phone");
  await page.getByLabel("Traveller’s e-mail").fill("robin.vale@letters.example");
  await press(page, /Book, and tell/);
  await page.getByText('"party":').waitFor();
  await good(page, "booked-phone");

  await page.goto(to("/join"));
  await page.getByLabel("E-mail address").first().fill("robin.vale@letters.example");
  await page.getByLabel("The same address again").fill("robin.vale@letters.example");
  await press(page, "Send me a code");
  await page.waitForURL(/\/code\?c=/);
  const outbox = await page.context().newPage();
  const mail = outbox.locator(".demo-mail", { hasText: "robin.vale@letters.example" }).first();
  await outbox.goto(to("/demo/outbox"));
  for (let i = 0; i < 20 && (await mail.count()) === 0; i++) await outbox.reload();
  const [code] = (await mail.innerText()).match(/\d{4} \d{4}/);
  await accessible(outbox);
  await fits(outbox);
  await shot(outbox, "demo-outbox-phone");
  await page.getByLabel("Code", { exact: true }).fill(code);
  await press(page, "Show that the address is mine");
  await page.waitForURL(to("/me"));
  await page.getByText("City Bookings holds a record about you").waitFor();
  await good(page, "robin-phone");
  await page.context().close();
});

/** At the desk as Nora, with Tim as he was at the beginning. */
async function desk(options) {
  const page = await open(browser, options);
  await page.goto(demo.url);
  await press(page, "Put Tim back to the beginning");
  await page.waitForURL(to("/demo"));
  await press(page, "Nora, at the desk");
  await page.waitForURL(to("/staff"));
  return page;
}

for (const [name, viewport] of Object.entries(widths)) {
  for (const theme of themes) {
    test(`the desk forgives slips and says why: ${name}, ${theme}`, { timeout: 120_000 }, async () => {
      const page = await desk({ viewport, theme });
      await find(page, to("/staff/people"), "tim Burger");
      await page.getByText("Berger ≈ Burger").waitFor();
      await good(page, `found-nearly-${name}-${theme}`);
      await find(page, to("/staff/people"), "Qwertz Asdfgh");
      await page.getByText("Nobody was found by “Qwertz Asdfgh”").waitFor();
      await good(page, `found-nobody-${name}-${theme}`);
      await page.goto(to("/staff/add"));
      await page.getByLabel("Given name").fill("Tim");
      await page.getByLabel("Family name").fill("Bergerr");
      await page.getByLabel("Date of birth").fill("1987-06-14");
      await page.locator(".likes li").first().waitFor();
      assert.match(await page.locator(".likes > li").first().innerText(), /Tim Berger[^]*the same[^]*Family name: one character apart/);
      await good(page, `like-${name}-${theme}`);
      await page.context().close();
    });
  }
}

test("the desk shows possible duplicates without scripts", { timeout: 120_000 }, async () => {
  const page = await desk({ viewport: widths.phone, javaScript: false });
  await page.goto(to("/staff/add"));
  await page.getByLabel("Given name").fill("Tim");
  await page.getByLabel("Family name").fill("Berger");
  await press(page, "Add the record");
  await page.getByText("Look at each, then decide.").waitFor();
  assert.match(await page.locator(".likes > li").first().innerText(), /Tim Berger[^]*the same[^]*Family name: the same/);
  await page.getByRole("button", { name: "It is this one" }).first().waitFor();
  await page.context().close();
});

test("each of the cast begins where they belong", { timeout: 60_000 }, async () => {
  const page = await open(browser);
  for (const [who, path, sees] of [
    ["Tim, a traveller", "/me", /Tim Berger/], ["Nora, at the desk", "/staff", /Nora Quill/],
    ["Bell, who books for friends", "/me", /Bell Aster/], ["Ada, an administrator", "/admin", /Ada Winter/],
  ]) {
    await page.goto(demo.url);
    await press(page, who);
    await page.waitForURL(to(path));
    await page.getByText(sees).first().waitFor();
    await good(page, `as-${who.split(",")[0].toLowerCase()}-desk`);
  }
  await page.context().close();
});

test("the demo speaks Spanish", { timeout: 60_000 }, async () => {
  const page = await open(browser, { locale: "es-ES", viewport: widths.phone });
  for (const path of ["/demo", "/demo/booking", "/demo/outbox", "/demo/search"]) {
    await page.goto(to(path));
    await good(page, `es${path.replaceAll("/", "-")}`);
  }
  await page.context().close();
});

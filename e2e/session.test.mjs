// The session log, as Ada of the demo reads it after somebody joined with a wrong and a
// right code, and Nora of the desk entered somebody.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { focusShows, launch, looks, open, serve, themes, widths } from "./lib.mjs";

const secrets = ["wilhelmina", "quistgaard"];
let browser, demo;
before(async () => {
  demo = await serve("./cmd/habeas", ["demo", "--addr", "localhost:0"]);
  browser = await launch();
  await empty();
  await joins();
  await enters();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const to = (path) => new URL(path, demo.url).href;
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

async function as(who, options) {
  const page = await open(browser, options);
  await page.goto(demo.url);
  await page.locator(`form[action="/demo/as/${who}"] button`).click();
  await page.waitForLoadState();
  return page;
}

const good = looks("session");

/** Before anybody came there is nothing, and the page says what will be there. */
async function empty() {
  const page = await as("ada");
  await page.goto(to("/admin/sessions"));
  await page.getByLabel("Look into a fault or an incident").check(); // first it is said for what
  await press(page, "Open it");
  await page.waitForURL(to("/admin/sessions"));
  await page.getByText("Nothing has been recorded yet").waitFor();
  await good(page, "empty");
  await page.context().close();
}

/** Somebody new types a wrong code, then the right one. */
async function joins() {
  const page = await open(browser);
  await page.goto(to("/join"));
  await page.getByLabel("E-mail address").fill("wilhelmina.quistgaard@letters.example");
  await page.getByLabel("The same address again").fill("wilhelmina.quistgaard@letters.example");
  await press(page, "Send me a code");
  await page.waitForURL(/\/code\?c=/);
  await page.getByLabel("Code", { exact: true }).fill("1234 5678");
  await press(page, "Show that the address is mine");
  const outbox = await page.context().newPage();
  const mail = outbox.locator(".demo-mail", { hasText: "wilhelmina.quistgaard@letters.example" }).first();
  await outbox.goto(to("/demo/outbox"));
  for (let i = 0; i < 50 && (await mail.count()) === 0; i++) await outbox.reload();
  const [code] = (await mail.innerText()).match(/\d{4} \d{4}/);
  await page.getByLabel("Code", { exact: true }).fill(code);
  await press(page, "Show that the address is mine");
  await page.waitForURL(to("/me"));
  await page.context().close();
}

/** Nora enters somebody. */
async function enters() {
  const page = await as("nora");
  await page.goto(to("/staff/add"));
  await page.getByLabel("Given name").fill("Wilhelmina");
  await page.getByLabel("Family name").fill("Quistgaard");
  await page.locator("main form button.button-main").last().click();
  await page.waitForURL(/\/staff\/people\/pty_/);
  await page.context().close();
}

for (const [device, viewport] of Object.entries(widths)) {
  for (const theme of themes) {
    test(`the log is read as a list and as a conversation: ${device}-${theme}`, { timeout: 120_000 }, async () => {
      const page = await as("ada", { viewport, theme });
      await page.goto(to("/admin/sessions"));
      await good(page, `list-${device}-${theme}`);
      await page.getByRole("row", { name: /Claim/ }).first().getByRole("link").click();
      await page.waitForURL(/\/admin\/sessions\/\d{6}-/);
      await page.getByRole("heading", { name: "Claim" }).waitFor();
      await good(page, `claim-${device}-${theme}`);
      await page.goBack();
      await page.getByRole("row", { name: /Entry by staff/ }).first().getByRole("link").click();
      await page.waitForURL(/\/admin\/sessions\/\d{6}-/);
      await good(page, `entry-${device}-${theme}`);
      await page.context().close();
    });
  }
}

// Proves SLG-5.
test("it tells what happened and not to whom, on the page and in both files", { timeout: 60_000 }, async () => {
  const page = await as("ada");
  await page.goto(to("/admin/sessions?flow=claim"));
  await page.getByRole("row", { name: /completed/ }).getByRole("link").click();
  await page.waitForURL(/\/admin\/sessions\/\d{6}-/);
  const turns = await page.locator(".turn").allInnerTexts();
  assert.match(turns[0], /POST \/join[\s\S]*address[\s\S]*go to \/code/);
  assert.match(turns.join("\n"), /code asked for[\s\S]*refused[\s\S]*code\.wrong in code[\s\S]*address proved[\s\S]*nothing to claim/);
  assert.ok((await page.locator(".sealed").count()) >= 4, "what was typed stands there as chips");
  const files = [];
  for (const name of ["Take along as XML", "As JSON lines"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
    let text = "";
    for await (const chunk of await download.createReadStream()) text += chunk;
    files.push(text);
  }
  assert.match(files[0], /<variable name="address" scope="session">\{"untraceable-object":"address"/);
  assert.match(files[1], /^\{"v":1,/);
  await page.goto(to("/admin/sessions?flow=staff-entry"));
  await page.getByRole("row", { name: /completed/ }).getByRole("link").click();
  await page.waitForURL(/\/admin\/sessions\/\d{6}-/);
  for (const text of [...turns, ...files, await page.content()]) {
    for (const secret of secrets) assert.ok(!text.toLowerCase().includes(secret), `${secret} in ${text}`);
  }
  await page.context().close();
});

test("a filter finds few, or says that there are none, with a keyboard alone", { timeout: 60_000 }, async () => {
  const page = await as("ada");
  await page.goto(to("/admin/sessions"));
  await focusShows(page);
  await page.getByLabel("How it ended").focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowDown"); // completed, refused, failed
  await page.getByLabel("Reference").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/outcome=failed/);
  await page.getByText("No session of this day is like that.").waitFor();
  await good(page, "none");
  await page.getByRole("link", { name: "Show all" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(to("/admin/sessions"));
  await page.getByRole("row", { name: /Claim/ }).first().getByRole("link").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/admin\/sessions\/\d{6}-/);
  await focusShows(page);
  await page.context().close();
});

test("nobody else reads it, and it speaks Spanish", { timeout: 60_000 }, async () => {
  const nora = await as("nora");
  const answer = await nora.goto(to("/admin/sessions"));
  assert.equal(answer.status(), 403);
  await nora.context().close();
  const ada = await as("ada", { locale: "es-ES", viewport: widths.phone });
  await ada.goto(to("/admin/sessions"));
  await ada.getByRole("heading", { name: "Diario de sesiones" }).waitFor();
  await good(ada, "es");
  await ada.context().close();
});

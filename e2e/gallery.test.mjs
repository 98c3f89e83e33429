// Every part in every state: seen at both widths and in both themes, by keyboard, by
// axe, without JavaScript, under the content policy.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessible, authenticator, fits, focusShows, launch, open, quiet, serve, shot, themes, touchable, widths } from "./lib.mjs";

const pages = {
  home: "/",
  record: "/me/record",
  messages: "/me/messages",
  form: "/me/form",
  table: "/staff/table",
  session: "/staff/session",
  passkey: "/passkey/register",
  error: "/nowhere",
};

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve("./e2e/gallery"), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

for (const [device, viewport] of Object.entries(widths)) {
  for (const theme of themes) {
    describe(`${device}, ${theme}`, () => {
      for (const [name, path] of Object.entries(pages)) {
        test(`${name} is accessible, fits, is quiet and shows its focus`, async () => {
          const page = await open(browser, { viewport, theme });
          await page.goto(server.url + path);
          await shot(page, `gallery-${name}-${device}-${theme}`);
          await accessible(page);
          await fits(page);
          if (!path.startsWith("/staff")) await touchable(page);
          await focusShows(page);
          if (name === "error") page.faults = page.faults.filter((f) => !f.includes("404"));
          quiet(page);
          await page.context().close();
        });
      }
    });
  }
}

test("nothing scrolls sideways at 320 px, at 768 px, or at twice the text size", async () => {
  for (const viewport of [{ width: 320, height: 640 }, { width: 768, height: 1024 }]) {
    const page = await open(browser, { viewport });
    for (const path of Object.values(pages)) {
      await page.goto(server.url + path);
      await fits(page);
    }
    await page.context().close();
  }
  const page = await open(browser, { viewport: { width: 720, height: 450 } }); // 1440 px at 200 %
  for (const path of Object.values(pages)) {
    await page.goto(server.url + path);
    await fits(page);
  }
  await page.context().close();
});

test("the first page is small", async () => {
  const page = await open(browser);
  let bytes = 0;
  page.on("requestfinished", async (request) => {
    const sizes = await request.sizes();
    bytes += sizes.responseBodySize + sizes.responseHeadersSize;
  });
  await page.goto(server.url, { waitUntil: "networkidle" });
  assert.ok(bytes > 0 && bytes < 40_000, `the first page transfers ${bytes} bytes`);
  await page.context().close();
});

test("the menu opens without JavaScript on a phone", async () => {
  const page = await open(browser, { viewport: widths.phone, javaScript: false });
  await page.goto(server.url + "/staff/table");
  await page.locator("summary").click();
  await page.locator(".menu-sheet").getByRole("link", { name: "Duplicates" }).waitFor();
  await shot(page, "gallery-menu-phone-light");
  await page.context().close();
});

test("a group of the navigation opens by keyboard and without JavaScript", async () => {
  const page = await open(browser, { javaScript: false });
  await page.goto(server.url + "/staff/session");
  const below = page.locator(".sub-below a");
  assert.equal(await below.count(), 0);
  await page.locator(".sub").getByRole("link", { name: "Lists" }).press("Enter");
  await page.waitForURL("**/staff/table");
  assert.deepEqual(await below.allInnerTexts(), ["Tables", "Duplicates"]);
  assert.deepEqual(await page.locator(".sub [aria-current]").allInnerTexts(), ["Lists", "Tables"]);
  await page.context().close();
});

test("language and appearance are switched without JavaScript, and the page comes back", async () => {
  const page = await open(browser, { javaScript: false });
  await page.goto(server.url + "/me/record?x=1");
  await page.getByRole("button", { name: "Español" }).click();
  assert.equal(await page.locator("html").getAttribute("lang"), "es");
  assert.ok(page.url().endsWith("/me/record?x=1"));
  await page.getByRole("button", { name: "Oscuro" }).click();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.goto(server.url);
  await shot(page, "gallery-home-desk-es");
  await page.getByRole("button", { name: "Dispositivo" }).click();
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
  await page.context().close();
});

test("appearance is switched in place with JavaScript and stays", async () => {
  const page = await open(browser);
  await page.goto(server.url + "/me/record");
  const saved = page.waitForResponse((r) => r.url().endsWith("/preferences"));
  await page.getByRole("button", { name: "Dark" }).click();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await accessible(page);
  await saved;
  await page.reload();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  quiet(page);
  await page.context().close();
});

test("forms help: the slip in an address, the repeated address, the summary of errors", async () => {
  const page = await open(browser);
  await page.goto(server.url + "/me/form");
  assert.ok(await page.locator(".form-errors").evaluate((e) => e === document.activeElement));
  await page.locator("#f-email").fill("tim@gmial.com");
  await page.locator("#f-email2").fill("tim@gmail.com");
  await page.locator("#f-phone").focus();
  await page.getByText("The two addresses are not the same yet.").waitFor();
  await page.getByRole("button", { name: "tim@gmail.com" }).click();
  assert.equal(await page.locator("#f-email").inputValue(), "tim@gmail.com");
  await page.locator("#f-email").blur();
  await page.getByRole("link", { name: /code is not right/ }).click();
  assert.ok(await page.locator("#f-code").evaluate((e) => e === document.activeElement));
  quiet(page);
  await page.context().close();
});

test("keys 1 and 2 decide a comparison, and only outside of fields", async () => {
  const page = await open(browser);
  await page.goto(server.url + "/staff/table");
  await page.evaluate(() => {
    document.querySelector("#pair").addEventListener("submit", (e) => { e.preventDefault(); window.pressed = e.submitter.value; });
  });
  for (const [key, value] of [["1", "same"], ["2", "two"], ["u", "undo"]]) {
    await page.keyboard.press(key);
    assert.equal(await page.evaluate(() => window.pressed), value);
  }
  await page.context().close();
});

test("a passkey is made, used, not made twice, and cancelling is told plainly", async () => {
  const page = await open(browser, { viewport: widths.phone });
  const refusing = await authenticator(page, { verified: false });
  await page.goto(server.url + "/passkey/register");
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You can try again.").waitFor();
  await accessible(page);
  await shot(page, "gallery-passkey-cancelled");
  await refusing.remove();

  const device = await authenticator(page);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  // The field of the sign-in page offers the new passkey, and the virtual device takes every offer.
  await page.waitForURL("**/me/record");
  assert.equal((await device.credentials()).length, 1);

  await device.touch(false); // now it takes none, so the button is needed
  await page.goto(server.url + "/passkey/sign-in", { waitUntil: "networkidle" });
  await device.touch(true);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL("**/me/record");

  await page.goto(server.url + "/passkey/register");
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("already holds a passkey").waitFor();
  quiet(page);
  await page.context().close();
});

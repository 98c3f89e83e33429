// Tim hands Bell a consent: he makes a code on his pages, she uses it after proving her own
// address, and he takes it back. On a phone and at a desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeIn, world } from "./account-world.mjs";
import { plant } from "./canary.mjs";
import { focusShows, launch, looks, open, shot, widths } from "./lib.mjs";

let browser, here;
before(async () => {
  here = await world();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

const to = (path) => here.to(path);

const good = looks("consent");

// Each width in one theme: all four say the same, and axe takes most of the time.
for (const [name, theme] of [["phone", "dark"], ["desk", "light"]]) {
  const viewport = widths[name], tag = `${name}-${theme}`;
  test(`a consent is given, used and taken back: ${tag}`, { timeout: 180_000 }, async () => {
    const address = `timotheus.${tag}@example.org`, bells = `bellatrix.${tag}@example.net`;
    const tim = await open(browser, { viewport, theme });
    await here.join(tim, address);
    await tim.locator('a[href^="/me/records/"]').first().click();
    await tim.getByRole("link", { name: "Share with a booker" }).click();
    await tim.getByText("You have given none").waitFor();
    await good(tim, `list-empty-${tag}`);
    await focusShows(tim);
    await tim.getByRole("button", { name: "Make the code" }).click();
    await tim.getByText("Tick at least one data set.").first().waitFor();
    tim.faults.length = 0; // the form that was refused answered 400
    await shot(tim, `consent-list-refused-${tag}`);
    await tim.getByLabel("Contact").check();
    await tim.getByLabel("Note to yourself").fill("For Bellatrix and her tour");
    await tim.getByRole("button", { name: "Make the code" }).click();
    await tim.getByText("Hand it over now").waitFor();
    const code = await tim.locator("#consent-code").textContent();
    const link = await tim.locator("#consent-link").textContent();
    assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    assert.match(link, /^http:\/\/localhost:\d+\/consent#[0-9A-Z]{30}$/);
    for (const secret of [code, link.split("#")[1]]) plant("consent code", secret);
    await good(tim, `code-${tag}`);

    const bell = await open(browser, { viewport, theme });
    const asked = [];
    bell.on("request", (r) => asked.push(r.url()));
    await bell.goto(link);
    await bell.getByText("Your link has brought the code").waitFor();
    assert.equal(bell.url(), to("/consent"), "the code stays in the address");
    await good(bell, `ask-${tag}`);
    await bell.getByLabel("Your e-mail address").fill(bells);
    await bell.getByRole("button", { name: "Send me a code" }).click();
    await bell.waitForURL(/\/consent\/code\?c=/);
    await good(bell, `prove-${tag}`);
    await bell.getByLabel("Code", { exact: true }).fill(codeIn(await here.mail.next(bells)));
    await bell.getByRole("button", { name: "Show that the address is mine" }).click();
    await bell.waitForURL(to("/consent"));
    assert.equal(await bell.getByLabel("Consent code").inputValue(), link.split("#")[1], "the link's code is not filled in");
    await good(bell, `use-${tag}`);
    await focusShows(bell);
    await bell.getByLabel("Consent code").fill("AAAA-BBBB-CCCC");
    await bell.keyboard.press("Enter");
    await bell.getByText("This consent code does not fit").first().waitFor();
    bell.faults.length = 0;
    assert.equal(await bell.getByLabel("Consent code").inputValue(), "");
    await shot(bell, `consent-refused-${tag}`);
    await bell.getByLabel("Consent code").fill(code.toLowerCase());
    await bell.keyboard.press("Enter");
    await bell.waitForURL(/\/consent\/pas_/);
    await bell.getByText(address).waitFor();
    await good(bell, `shared-${tag}`);
    assert.match(await here.mail.next(address), /consent code/);
    assert.ok(!asked.some((url) => url.includes(link.split("#")[1])), "the code was sent in an address");

    await tim.getByRole("link", { name: "I have handed it over" }).click();
    await tim.getByText(bells).waitFor();
    await good(tim, `list-${tag}`);
    await tim.goto(to("/me/activity"));
    await tim.getByText(`Saw with your consent code, as ${bells}: contact.`).first().waitFor();
    await tim.goBack();
    await tim.getByRole("button", { name: "Take it back" }).click();
    await tim.getByText("The consent has ended").waitFor();
    await shot(tim, `consent-ended-${tag}`);
    await bell.reload();
    await bell.getByText("Nothing is shared with you here").waitFor();
    assert.equal(await bell.getByText(address).count(), 0);
    await tim.context().close();
    await bell.context().close();
  });
}

test("in Spanish, and by typing where no script runs", { timeout: 180_000 }, async () => {
  const tim = await open(browser, { viewport: widths.phone, locale: "es-ES" });
  await tim.goto(to("/consent"));
  await tim.getByRole("heading", { name: "Usar un código de consentimiento" }).waitFor();
  await good(tim, "ask-spanish");
  const bell = await open(browser, { viewport: widths.phone, javaScript: false });
  await bell.goto(to("/consent#ABCDEFGHJKMNPQRSTVWXYZ01234567"));
  await bell.getByLabel("Your e-mail address").fill("bellatrix.plain@example.net");
  await bell.getByRole("button", { name: "Send me a code" }).click();
  await bell.getByLabel("Code", { exact: true }).fill(codeIn(await here.mail.next("bellatrix.plain@example.net")));
  await bell.getByRole("button", { name: "Show that the address is mine" }).click();
  await bell.waitForURL((url) => url.pathname === "/consent");
  assert.equal(await bell.getByLabel("Consent code").inputValue(), "");
  await bell.getByRole("button", { name: "Close this page" }).click();
  await bell.waitForURL(to("/"));
});

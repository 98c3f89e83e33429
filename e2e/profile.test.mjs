// A tutor's public profile, what is missing in their record, and how they are told who
// looked: decided, previewed and undone by their person; in both widths and themes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { launch, looks, open, quiet, widths } from "./lib.mjs";

let browser, here, desk;
const good = looks("profile");
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

const about = "Harmony and the piano, for people who never dared.\n\nLessons in English and German.";

for (const [name, theme, who] of [["phone", "dark", "clara"], ["desk", "light", "klara"]]) {
  test(`a profile shows at once, and its person decides: ${name}`, { timeout: 120_000 }, async () => {
    const viewport = widths[name], address = `${who}@example.org`;
    const staff = await here.enter(desk, address, {
      tutor: "1", "profile.headline": "Piano teacher", "profile.about": about, "profile.subjects": "Piano, Harmony",
    });
    await desk.setViewportSize(viewport);
    await desk.goto(to(staff));
    await good(desk, `staff-${name}`);
    const at = new URL(await desk.getByRole("link", { name: "Public profile", exact: true }).getAttribute("href"), here.url).pathname;

    const visitor = await open(browser, { viewport, theme });
    const reply = await visitor.goto(to(at));
    assert.equal(reply.headers()["x-robots-tag"], "noindex");
    await good(visitor, `public-${name}`);
    quiet(visitor); // the content policy has nothing against the data in the page
    const linked = JSON.parse(await visitor.locator('script[type="application/ld+json"]').textContent());
    assert.deepEqual([linked["@type"], linked.jobTitle, linked.knowsAbout], ["Person", "Piano teacher", ["Piano", "Harmony"]]);
    assert.equal(await visitor.getByRole("link", { name: "Make it yours and correct it" }).getAttribute("href"), "/join");

    const clara = await open(browser, { viewport, theme });
    await here.join(clara, address);
    await clara.getByRole("link", { name: "Look at it" }).click();
    await clara.getByRole("button", { name: "Make this record mine" }).click();
    await clara.waitForURL(/\/me\/records\//);
    await clara.getByRole("link", { name: "Go through them" }).click();
    await clara.getByText(/^\d of 7 missing$/).waitFor();
    await good(clara, `missing-${name}`);
    await clara.getByRole("button", { name: /^I do not want to say this/ }).click();
    await clara.getByText("You are asked for this no more.").waitFor();
    await good(clara, `silent-${name}`);
    await clara.locator(".undo button").click();
    await clara.getByText("Taken back: it is as it was before.").waitFor();

    await clara.goto(to("/me"));
    await clara.locator(".card-link").first().click();
    await clara.getByRole("link", { name: /^Your public profile/ }).click();
    await good(clara, `mine-${name}`);
    await clara.getByRole("button", { name: "Publish it" }).click();
    await clara.getByText("Your profile is published").waitFor();
    await visitor.goto(to("/people?q=piano"));
    await good(visitor, `list-${name}`);
    await visitor.getByRole("link", { name: /Timotheus Bergersen/ }).first().waitFor();
    await clara.getByLabel("About").uncheck();
    await clara.getByRole("button", { name: "Show what is ticked" }).click();
    await clara.getByText("It shows as you chose.").waitFor();
    await visitor.goto(to(at));
    assert.ok(!(await visitor.content()).includes("never dared"));
    await clara.getByRole("button", { name: "Take it off the web" }).click();
    await clara.getByText("Your profile is off the web.").waitFor();
    await good(clara, `withdrawn-${name}`);
    assert.equal((await visitor.goto(to(at))).status(), 404);
    await clara.locator(".undo button").click();
    await clara.getByText("Your profile is published").waitFor();
    assert.equal((await visitor.goto(to(at))).status(), 200);

    await clara.goto(to("/me/notifications"));
    await good(clara, `told-${name}`);
    await clara.getByLabel("Every day").check();
    await clara.getByRole("button", { name: "Save" }).click();
    await clara.getByText("You are told as you chose.").waitFor();
    assert.ok(await clara.getByLabel("Every day").isChecked());
    await clara.context().addCookies([{ name: "habeas_lang", value: "es", url: here.url }]);
    await clara.reload();
    await clara.getByRole("heading", { name: "Cómo se te avisa" }).waitFor();
    await good(clara, `told-es-${name}`);
    for (const page of [clara, desk]) quiet(page);
    await Promise.all([clara.context().close(), visitor.context().close()]);
  });
}

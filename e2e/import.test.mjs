// A file of people goes into the records, as Nora of the demo does it: upload, columns,
// dry run, rows, the rejected ones, and all of it taken out again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plant } from "./canary.mjs";
import { accessible, fits, focusShows, launch, open, quiet, serve, shot, themes, widths } from "./lib.mjs";

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

/**
 * Looks at a page in both widths and both themes; in every pair of them where it has
 * parts of its own, else each once.
 */
async function good(page, name, { pairs = false } = {}) {
  for (const [n, [width, viewport]] of Object.entries(widths).entries()) {
    await page.setViewportSize(viewport);
    for (const theme of pairs ? themes : [themes[n]]) {
      await page.emulateMedia({ colorScheme: theme });
      await accessible(page);
      await fits(page);
      await shot(page, `import-${name}-${width}-${theme}`);
    }
  }
  quiet(page);
}

async function asNora(options) {
  const page = await open(browser, options);
  await page.goto(demo.url);
  await page.locator('form[action="/demo/as/nora"] button').click();
  await page.waitForURL(/\/staff/);
  return page;
}

/** A file of four rows, none like another time's: one is good, one open, two have faults. */
function file(mark) {
  const rows = [
    ["Vorname", "Nachname", "E-Mail", "Geburtsdatum"],
    ["Quirinius", `Abelmann ${mark}`, `quirinius.${mark}@example.org`, "03/05/1984"],
    ["Philippine", `Zollikofer ${mark}`, `philippine.${mark}@example.org`, "07/08/1990"],
    ["Quirinius", `Abelmann ${mark}`, `QUIRINIUS.${mark}@Example.org`, "03/05/1984"],
    ["=cmd()", `Formelmann ${mark}`, "no address at all", "01/02/1970"],
  ];
  for (const row of rows.slice(1)) for (const cell of row) plant("cell of a file", cell);
  return { name: `mitglieder-${mark}.csv`, mimeType: "text/csv", buffer: Buffer.from(rows.map((r) => r.join(";")).join("\r\n"), "utf8") };
}

/** Waits until the work beside the requests has come to a state. */
async function comesTo(page, text) {
  await page.locator(".import-state .tag", { hasText: text }).waitFor();
}

test("a file goes in and out again", { timeout: 180_000 }, async () => {
  const page = await asNora();
  await page.goto(to("/staff/import"));
  await good(page, "list");
  await page.getByLabel("A file with people or organisations").setInputFiles(file("eins"));
  await page.getByRole("button", { name: "Upload and look at it" }).click();

  // What its columns seem to mean stands there; what nobody can know is asked.
  await page.waitForURL(/\/staff\/import\/imp_/);
  const column = (title) => page.getByRole("group", { name: title });
  assert.equal(await column("Vorname").getByLabel("means").inputValue(), "identity.given_name");
  await page.getByRole("button", { name: "Look what would happen" }).click();
  await page.getByText("Say whether the dates of this column").first().waitFor();
  page.faults = page.faults.filter((f) => !f.includes("400")); // the refusal is what is looked at
  await good(page, "columns", { pairs: true });
  await column("Geburtsdatum").getByLabel("its dates begin with").selectOption("day-first");
  await page.getByRole("button", { name: "Look what would happen" }).click();

  await page.getByRole("button", { name: "Import these rows" }).waitFor();
  await page.getByText("has this address already").first().waitFor();
  await good(page, "dry", { pairs: true });
  await page.getByRole("button", { name: "Import these rows" }).click();
  await comesTo(page, "done");
  await good(page, "done");

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /Rejected rows/ }).click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const rejected = Buffer.concat(chunks).toString("utf8");
  assert.match(rejected, /^line,column,reason,Vorname,/);
  assert.match(rejected, /\n4,E-Mail,"?Line 2 has this address already/);
  assert.match(rejected, /\n5,E-Mail,.*'=cmd\(\)/);

  await page.getByRole("button", { name: "Undo the whole import" }).click();
  await comesTo(page, "undone");
  await page.getByText("Erased again: 2 records").waitFor();
  await good(page, "undone");
  await page.context().close();
});

test("in Spanish, with a keyboard alone", { timeout: 60_000 }, async () => {
  const page = await asNora({ locale: "es-ES" });
  await page.goto(to("/staff/import"));
  await focusShows(page);
  await page.getByLabel("Un archivo con personas u organizaciones").setInputFiles(file("llano"));
  await page.getByRole("button", { name: "Subir y ver" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/staff\/import\/imp_/);
  await focusShows(page);
  await page.getByLabel("sus fechas empiezan por").selectOption("day-first");
  await page.getByRole("button", { name: "Ver qué pasaría" }).click();
  await page.getByRole("button", { name: "Importar estas filas" }).waitFor();
  await accessible(page);
  await shot(page, "import-dry-es");
  await page.getByRole("button", { name: "Detener y destruir el archivo" }).click();
  await comesTo(page, "detenida");
  await page.context().close();
});

test("without JavaScript", { timeout: 60_000 }, async () => {
  const page = await asNora({ javaScript: false });
  await page.goto(to("/staff/import"));
  await page.getByLabel("A file with people or organisations").setInputFiles(file("plain"));
  await page.getByRole("button", { name: "Upload and look at it" }).click();
  await page.getByLabel("its dates begin with").selectOption("day-first");
  await page.getByRole("button", { name: "Look what would happen" }).click();
  while (!(await page.getByRole("button", { name: "Import these rows" }).isVisible())) await page.reload(); // the test's own limit ends it
  await page.getByRole("button", { name: "Import these rows" }).click();
  while (!(await page.getByRole("button", { name: "Undo the whole import" }).isVisible())) await page.reload();
  await page.context().close();
});

test("a file that is none is refused where it was chosen", { timeout: 60_000 }, async () => {
  const page = await asNora();
  await page.goto(to("/staff/import"));
  await page.getByLabel("A file with people or organisations").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from("PK\u0003\u0004xxxx") });
  await page.getByRole("button", { name: "Upload and look at it" }).click();
  await page.getByText("This is a spreadsheet").first().waitFor();
  page.faults = page.faults.filter((f) => !f.includes("400"));
  await good(page, "refused");
  await page.context().close();
});

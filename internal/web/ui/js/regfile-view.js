// Opens a registration file and shows what is in it. All of it happens in this browser: the
// controls have no names, the form is never sent, and no request is made.
import { Viewer } from "./regfile.js";

const part = (from, role) => from.querySelector(`[data-role="${role}"]`);

/** Says what is wrong, or nothing. */
export function tell(form, text) {
  const place = part(form, "message");
  place.textContent = text;
  place.hidden = !text;
}

/** Fills a list of facts with what was found in a file. */
function show(sheet, seen) {
  const lang = document.documentElement.lang, when = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short" });
  const facts = {
    ...seen.subject, organisation: seen.subject.organisation || "–", country: countryName(seen.subject.country),
    notBefore: when.format(seen.notBefore), notAfter: when.format(seen.notAfter), serial: seen.serial, issuers: seen.issuers.join(" · "),
    fingerprint: seen.fingerprint.match(/.{8}/g).join(" "), root: seen.root.match(/.{8}/g).join(" "),
  };
  for (const [name, text] of Object.entries(facts)) sheet.querySelector(`[data-fact="${name}"]`).textContent = text;
  sheet.hidden = false;
}

/** The name of a country in the language of the page. */
export function countryName(code) {
  try {
    return new Intl.DisplayNames(document.documentElement.lang, { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/**
 * Makes a form open files. opened hears what was found; where it returns a text, that is what
 * is wrong with the file.
 */
export function opener(form, sheet, opened = () => "") {
  const [file, password, button] = [form.querySelector("[type=file]"), form.querySelector("[type=password]"), form.querySelector("button")];
  const progress = part(form, "progress"), bar = progress.querySelector("progress");
  const viewer = new Viewer();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell(form, "");
    sheet.hidden = true;
    if (!file.files[0]) return tell(form, form.dataset.none);
    button.disabled = true;
    progress.hidden = false;
    try {
      const bytes = new Uint8Array(await file.files[0].arrayBuffer());
      const seen = await viewer.review(bytes, password.value, (done) => { bar.value = done; });
      const wrong = opened(seen);
      if (wrong) return tell(form, wrong);
      show(sheet, seen);
      sheet.focus();
    } catch (error) {
      tell(form, form.dataset[error.code] ?? form.dataset.failed);
    } finally {
      password.value = "";
      progress.hidden = true;
      button.disabled = false;
    }
  });
  // Everything that opening needs is loaded before the form is shown: from then on it works offline.
  viewer.ready().then(() => { form.hidden = false; }, () => { form.hidden = false; tell(form, form.dataset.failed); });
}

const alone = document.querySelector('[data-regfile="open"]');
if (alone && !document.getElementById("register")) opener(alone, document.querySelector('[data-regfile="seen"]'));

// The page that registers, renews or reactivates: it makes key and request, posts the request,
// takes the certificate, makes the file, and asks to open it once. What is typed as a password
// stays in this page and its worker: its controls have no names, and it is in nothing that is posted.
import { Failure, Registration } from "./regfile.js";
import { level, suggestion } from "./regfile-password.js";
import { countryName, opener, tell } from "./regfile-view.js";

const page = document.getElementById("register"), said = page.dataset;
const steps = new Map([...page.querySelectorAll("[data-step]")].map((s) => [s.dataset.step, s]));
const [form, code, work, save] = ["form", "code", "work", "save"].map((name) => steps.get(name));
const input = (id) => document.getElementById(id);
const first = input("p-first"), again = input("p-again"), accept = input("p-accept");
const names = ["name", "country", "organisation", "username"];

// ISO 3166-1, as users' countries go.
const countries = ("AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ " +
  "DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ " +
  "LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
  "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW").split(" ");

function fillCountries(select) {
  const chosen = select.value;
  select.replaceChildren(new Option("", ""));
  const sorter = new Intl.Collator(document.documentElement.lang);
  const all = countries.map((c) => [countryName(c), c]).sort((a, b) => sorter.compare(a[0], b[0]));
  for (const [name, c] of all) select.add(new Option(name, c, c === chosen, c === chosen));
}

let leaving = false; // the page may be closed: nothing in it is needed any more
let under = false; // a certificate may be issued whose file is not saved yet
addEventListener("beforeunload", (event) => { if (under && !leaving) event.preventDefault(); });

function go(to) {
  for (const step of steps.values()) step.hidden = step !== to;
  document.querySelector("details.more").hidden = to !== form; // the other ways to begin
  to.querySelector("h2")?.focus();
}

// A failure whose message is for people.
class Told extends Error {}

async function post(url, fields) {
  let reply;
  try {
    reply = await fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(fields) });
  } catch {
    throw new Told(said.offline);
  }
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Told(answer.detail ?? answer.title ?? said.offline);
  return answer;
}

const encoded = (bytes) => btoa(String.fromCharCode(...bytes));
const decoded = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const fields = () => Object.fromEntries(names.map((name) => [name, input(`f-${name}`).value]));

function wrongIn(who) {
  for (const name of names) if (name !== "organisation" && !who[name].trim()) return [said.field, `f-${name}`];
  if (first.value !== again.value) return [said.differ, "p-again"];
  if (first.value && level(first.value, Object.values(who)) === 0) return [said.weak, "p-first"];
  if (!first.value || /\p{Cc}/u.test(first.value) || new TextEncoder().encode(first.value.normalize("NFC")).length > 256) return [said.password, "p-first"];
  if (!accept.checked) return [said.accept, "p-accept"];
  return null;
}

function say(where, text, id) {
  tell(where, text);
  where.querySelectorAll("[aria-invalid]").forEach((e) => e.removeAttribute("aria-invalid"));
  if (!id) return;
  input(id).setAttribute("aria-invalid", "true");
  input(id).focus();
}

function words(error) {
  if (error instanceof Told) return [error.message];
  if (!(error instanceof Failure)) return [said.failed];
  if (error.code === "field") return error.field === "email" ? [said.address] : [said.field, `f-${error.field}`];
  return [error.code === "password" ? said.password : said.failed];
}

let registration = null, fingerprint = "";

async function begin(event) {
  event.preventDefault();
  const who = fields(), wrong = wrongIn(who);
  say(form, "");
  if (wrong) return say(form, ...wrong);
  const button = form.querySelector(".button-main");
  button.disabled = true;
  try {
    registration?.end();
    registration = new Registration();
    const request = await registration.request({ ...who, email: said.email });
    const answer = await post(said.submit, { request: encoded(request), policy: said.policy, accept: "yes" });
    under = true;
    if (answer.chain) await make(answer.chain);
    else {
      code.dataset.challenge = answer.challenge;
      go(code);
    }
  } catch (error) {
    go(form);
    say(form, ...words(error));
  } finally {
    button.disabled = false;
  }
}

async function confirm(event) {
  event.preventDefault();
  say(code, "");
  const button = code.querySelector("button");
  button.disabled = true;
  try {
    const { chain } = await post(said.confirm, { c: code.dataset.challenge, code: input("p-code").value });
    await make(chain);
  } catch (error) {
    go(code);
    say(code, words(error)[0], "p-code");
  } finally {
    button.disabled = false;
  }
}

/** Makes the file of a chain, offers it, and waits for it to be opened. */
async function make(chain) {
  go(work);
  const bar = work.querySelector("progress");
  const file = await registration.file(chain.map(decoded), first.value, (done) => { bar.value = done; });
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", decoded(chain[0])));
  fingerprint = Array.from(sum, (b) => b.toString(16).padStart(2, "0")).join("");
  registration.end();
  first.value = again.value = "";
  const link = save.querySelector('[data-role="save"]');
  link.href = URL.createObjectURL(new Blob([file], { type: "application/x-pkcs12" }));
  link.download = `${input("f-username").value.replace(/[^\p{L}\p{N}._-]+/gu, "-")}.p12`;
  go(save);
}

form.addEventListener("submit", begin);
code?.addEventListener("submit", confirm); // a renewal asks for none
opener(save.querySelector('[data-regfile="open"]'), save.querySelector('[data-regfile="seen"]'), (seen) => {
  if (seen.fingerprint !== fingerprint) return said.other;
  leaving = true;
  save.querySelector('[data-role="done"]').hidden = false;
  return "";
});

const strength = form.querySelector('[data-role="strength"]'), meter = form.querySelector('[data-role="meter"]');
function measure() {
  const reached = level(first.value, Object.values(fields()));
  meter.value = first.value ? reached + 1 : 0;
  strength.textContent = first.value ? strength.dataset[reached] : "";
}
first.addEventListener("input", measure);
form.querySelector('[data-role="suggest"]').addEventListener("click", () => {
  first.value = again.value = suggestion();
  first.type = again.type = "text"; // whoever is to write it down has to see it
  measure();
});

if (input("f-country") instanceof HTMLSelectElement) fillCountries(input("f-country")); // else the name stays as it is
form.hidden = false;

// Registers somebody: makes key and request, posts the request, then the code, and makes the file
// of what comes back. The password stays in this page and its worker.
import { Failure, Registration } from "/static/regfile.js";
import { level } from "/static/regfile-password.js";

const page = document.getElementById("register");
const steps = new Map([...page.querySelectorAll("[data-step]")].map((s) => [s.dataset.step, s]));
const message = page.querySelector('[data-role="message"]');
const input = (id) => document.getElementById(id);
const encoded = (bytes) => btoa(String.fromCharCode(...bytes));
const decoded = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

// A failure whose message is for people.
class Told extends Error {}

function go(name) {
  for (const [step, part] of steps) part.hidden = step !== name;
  steps.get(name).querySelector("h2")?.focus();
}

function say(text) {
  message.textContent = text;
  message.hidden = !text;
}

async function post(url, fields) {
  const reply = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) })
    .catch(() => { throw new Told("The site did not answer. Try again."); });
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Told(`${answer.title ?? "That did not work."} ${answer.detail ?? ""}`);
  return answer;
}

function words(error) {
  if (error instanceof Told) return error.message;
  if (error instanceof Failure && error.code === "field") return `Check this field: ${error.field}.`;
  return "That did not work in this browser. Reload the page and try again.";
}

/** Runs a step; its button waits meanwhile. */
const step = (name, does) => steps.get(name).addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    await does();
  } catch (error) {
    go(name);
    say(words(error));
  } finally {
    button.disabled = false;
  }
});

let registration = null;
const first = input("p-first"), again = input("p-again");

step("form", async () => {
  const who = Object.fromEntries(["name", "country", "organisation", "username", "email"].map((f) => [f, input(`f-${f}`).value.trim()]));
  who.country = who.country.toUpperCase();
  if (first.value !== again.value) throw new Told("The two passwords are not the same.");
  if (level(first.value, Object.values(who)) === 0) throw new Told("A computer finds this password within a day. Choose a longer one.");
  if (!input("p-consent").checked || !input("p-policy").checked) throw new Told("To register, agree to both.");
  registration?.end();
  registration = new Registration();
  const request = await registration.request(who);
  await post("/register", { request: encoded(request), agreed: true });
  go("code");
});

step("code", async () => {
  const { chain } = await post("/register/code", { code: input("p-code").value });
  go("work");
  const bar = steps.get("work").querySelector("progress");
  const file = await registration.file(chain.map(decoded), first.value, (done) => { bar.value = done; });
  registration.end();
  first.value = again.value = "";
  const link = page.querySelector('[data-role="save"]');
  link.href = URL.createObjectURL(new Blob([file], { type: "application/x-pkcs12" }));
  link.download = "registration.p12";
  go("save");
});

go("form");

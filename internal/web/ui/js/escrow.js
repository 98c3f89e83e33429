// The pages about lost registration files. Files, passwords, recovery codes and private keys stay in
// escrow-worker.js; the fields that hold them have no name, so that no form can send them.
import { decode, encode, press, refuse, run, typedFile } from "./escrow-form.js";

/** Leaving a key: the file is opened, its key sealed; then the form is sent as any other. */
function leave(form) {
  const field = (name) => form.elements[name], by = (id) => form.querySelector(`#${id}`);
  let ready = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(form, async (told) => {
      if (ready) {
        if (!by("f-keep").checked) refuse("keep");
        return form.submit();
      }
      const typed = await typedFile(form), kind = field("class").value;
      if (!field("agree").checked) refuse("agree");
      const code = kind === "code" ? await run("code") : "";
      const { deposit, signature } = await run("deposit", {
        ...typed, kind, code, account: form.dataset.account,
        serial: field("serial").value, to: decode(form.dataset.to), words: Number(field("agree").value),
      }, told);
      by("f-password").value = "";
      field("deposit").value = encode(deposit);
      field("signature").value = encode(signature);
      if (!code) return form.submit();
      ready = true;
      form.querySelector("[data-code-place]").textContent = code;
      form.querySelector("[data-part=ask]").hidden = true;
      form.querySelector("[data-part=code]").hidden = false;
      const button = form.querySelector("button");
      button.textContent = button.dataset.next;
      form.querySelector("[data-part=code]").focus();
    });
  });
  form.querySelector("button").disabled = false;
}

/** Asking for a code: this browser makes the key pair that the answer is sealed to. */
function ask(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.elements.what.value === "password") {
      try {
        form.elements.key.value = encode(await run("begin"));
      } catch {
        form.elements.key.value = ""; // the server says that this browser cannot
      }
    }
    form.submit();
  });
}

/** Making the file anew: the key is fetched once the password is typed. */
function rebuild(form, done) {
  const own = decode(form.dataset.own), by = (id) => form.querySelector(`#${id}`);
  let message = null;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(form, async (told) => {
      const password = by("f-password").value, code = by("f-code")?.value ?? "";
      if (!password) refuse("password");
      if (password !== by("f-again").value) refuse("same");
      if (!(await run("known", own))) refuse("browser");
      message ??= await take(form);
      const file = await run("rebuild", { message, reset: form.dataset.resetId, own, password, code }, told);
      for (const input of form.querySelectorAll("input")) input.value = "";
      const link = done.querySelector("a[download]");
      link.href = URL.createObjectURL(new Blob([file], { type: "application/x-pkcs12" }));
      link.addEventListener("click", () => run("end", own)); // it is saved: what opens the answer is not needed any more
      form.hidden = true;
      done.hidden = false;
      done.querySelector("h2").focus();
    });
  });
  form.querySelector("button").disabled = false;
}

/** The words by which key keepers know this browser; another one has none to say. */
async function say(place) {
  const { reset, own } = place.dataset, key = decode(own);
  place.textContent = (await run("known", key).catch(() => false)) ? await run("words", { reset, own: key }) : place.dataset.browser;
}

async function take(form) {
  const reply = await fetch(form.dataset.take, {
    method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify({ reset: form.dataset.resetId }),
  }).catch(() => refuse("offline"));
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw { told: answer.detail ?? answer.title ?? form.dataset.offline };
  return decode(answer.message);
}

const here = (name) => document.querySelector(`[data-escrow=${name}]`);
if (here("leave")) leave(here("leave"));
if (here("ask")) ask(here("ask").querySelector("form"));
for (const place of document.querySelectorAll("[data-escrow=words]")) say(place);
if (here("rebuild")) rebuild(here("rebuild"), here("done"));

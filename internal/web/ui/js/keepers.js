// The pages about key keepers. Files, passwords and shares stay in escrow-worker.js; the fields that hold
// them have no name, so that no form can send them.
import { decode, encode, press, refuse, run, typedFile } from "./escrow-form.js";

/** Makes a form of one that is sent once work has filled its hidden fields; work says whether it is to be. */
function prepared(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(form, async (told) => {
      if (!(await work(told))) return;
      form.querySelector("#f-password").value = "";
      form.submit();
    });
  });
  form.querySelector("button").disabled = false;
}

const fill = (form, fields) => { for (const [name, value] of Object.entries(fields)) form.elements[name].value = value; };
const value = (form, name) => form.elements[name].value;

/** Agreeing: the public key for shares is signed by that of the certificate. */
function agree(form) {
  const { set, owner } = form.dataset;
  prepared(form, async (told) => {
    const { point, signature } = await run("agree", { ...await typedFile(form), set, owner, keeper: value(form, "k"), serial: value(form, "serial") }, told);
    fill(form, { point: encode(point), signature: encode(signature) });
    return true;
  });
}

/** Making the shares; before they are sent, the people are shown whom their certificates name. */
function make(form) {
  const { account, set, need, to, people } = form.dataset, sure = form.querySelector("[data-part=sure]");
  const keepers = JSON.parse(people).map((k) => ({ ...k, point: decode(k.point), signature: decode(k.signature), chain: k.chain.map(decode) }));
  prepared(form, async (told) => {
    if (!sure.hidden) return form.querySelector("#f-sure").checked || refuse("sure");
    const typed = await typedFile(form);
    if (!form.elements.agree.checked) refuse("agree");
    const made = await run("split", {
      ...typed, account, set, need: Number(need), to: decode(to), keepers, serial: value(form, "serial"), words: Number(value(form, "agree")),
    }, told);
    fill(form, { deposit: encode(made.deposit), signature: encode(made.signature), shares: made.shares });
    form.querySelector("#f-password").value = "";
    form.querySelector("[data-people-place]").replaceChildren(...made.people.map(({ name, email }) => {
      const line = document.createElement("li");
      line.textContent = `${name} · ${email}`;
      return line;
    }));
    form.querySelector("[data-part=ask]").hidden = true;
    sure.hidden = false;
    sure.focus();
    return false;
  });
}

/** Giving a share: the words say to which browser. */
function pass(form) {
  const { set, owner, ownerSerial, serialOwn, shareSealed, recipient } = form.dataset;
  prepared(form, async (told) => {
    if (!form.querySelector("#f-words").value.trim()) refuse("words");
    if (!form.querySelector("#f-asks").checked) refuse("asks");
    const message = await run("pass", {
      ...await typedFile(form), said: form.querySelector("#f-words").value, share: decode(shareSealed), set, owner, ownerSerial,
      keeper: value(form, "k"), serial: serialOwn, reset: value(form, "reset"), recipient: decode(recipient),
    }, told);
    fill(form, { message: encode(message) });
    return true;
  });
}

for (const [name, begin] of Object.entries({ agree, make, pass })) {
  const form = document.querySelector(`[data-keepers=${name}]`);
  if (form) begin(form);
}

// Passkeys: the two WebAuthn ceremonies (Level 3). Each form with data-passkey fetches
// its options, hands them to the browser, posts the answer and goes where it is told.
// The sentences for people stand in the form's data attributes, in their language.

const toBytes = (text) => {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (c) => c.charCodeAt(0));
};

const toText = (buffer) => {
  let binary = "";
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

// Bytes travel in JSON as base64url. Everything else passes through as it is.
function decodeOptions(options) {
  const o = { ...options, challenge: toBytes(options.challenge) };
  if (o.user) o.user = { ...o.user, id: toBytes(o.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (o[list]) o[list] = o[list].map((c) => ({ ...c, id: toBytes(c.id) }));
  }
  const salts = o.extensions?.prf?.eval;
  if (salts) {
    const prf = { eval: { first: toBytes(salts.first) } };
    if (salts.second) prf.eval.second = toBytes(salts.second);
    o.extensions = { ...o.extensions, prf };
  }
  return o;
}

function encodeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  // What PRF yields is a secret of this device and is never sent.
  const { prf, ...extensions } = credential.getClientExtensionResults();
  if (prf && "enabled" in prf) extensions.prf = { enabled: prf.enabled };
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    response,
    clientExtensionResults: extensions,
  };
}

// A failure whose message is for people.
class Told extends Error {}

async function post(form, url, body) {
  let reply;
  try {
    reply = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Told(form.dataset.offline);
  }
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Told(answer.detail ?? answer.title ?? form.dataset.offline);
  return answer;
}

function messageFor(form, error) {
  if (error instanceof Told) return error.message;
  switch (error.name) {
    case "InvalidStateError": return form.dataset.exists;
    case "SecurityError": return form.dataset.insecure;
    case "NotSupportedError": return form.dataset.unsupported;
  }
  return form.dataset.cancelled; // NotAllowedError: closed, timed out or refused; browsers do not say which
}

function tell(form, text) {
  const place = form.querySelector(".passkey-message");
  place.textContent = text;
  place.hidden = !text;
}

let waiting = null; // the request that offers passkeys while one types

const options = (form) => post(form, form.dataset.options, Object.fromEntries(new FormData(form)));

async function finish(form, credential) {
  const { location: next } = await post(form, form.dataset.finish, encodeCredential(credential));
  if (next?.startsWith("/") && !next.startsWith("//")) location.assign(next);
  else location.reload();
}

async function press(form) {
  const button = form.querySelector("button");
  const word = button.querySelector("span");
  const before = word.textContent;
  waiting?.abort();
  tell(form, "");
  button.disabled = true;
  word.textContent = form.dataset.busy;
  try {
    const request = { publicKey: decodeOptions((await options(form)).publicKey) };
    const credential = form.dataset.passkey === "register"
      ? await navigator.credentials.create(request)
      : await navigator.credentials.get(request);
    await finish(form, credential);
  } catch (error) {
    tell(form, messageFor(form, error));
  } finally {
    button.disabled = false;
    word.textContent = before;
  }
}

// Offers passkeys in the list under the field while one types, where browsers can.
// Nobody asked for it, so only what happens after choosing one is told.
async function offer(form) {
  if (!form.querySelector('[autocomplete~="webauthn"]')) return;
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  let credential;
  try {
    const publicKey = decodeOptions((await options(form)).publicKey);
    credential = await navigator.credentials.get({ publicKey, mediation: "conditional", signal: waiting.signal });
  } catch {
    return; // dismissed, or the button was pressed instead
  }
  await finish(form, credential).catch((error) => tell(form, messageFor(form, error)));
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    form.querySelector("button").disabled = true;
    tell(form, form.dataset.unsupported);
    continue;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(form);
  });
  if (form.dataset.passkey === "sign-in") offer(form);
}

// A consent link carries its code behind the # sign, which is never sent to a server. Here
// it is taken out of the address and kept in this tab, until the form for it is there.
// Without this the code is typed.
const kept = "habeas-consent";
const brought = location.hash.slice(1);
if (/^[0-9A-Za-z-]{8,60}$/.test(brought)) {
  sessionStorage.setItem(kept, brought);
  history.replaceState(null, "", location.pathname + location.search);
}
const field = document.querySelector('form[action="/consent"] #f-code');
const code = sessionStorage.getItem(kept);
if (field && code) {
  if (!document.querySelector(".form-errors")) field.value = code; // not again what was refused
  sessionStorage.removeItem(kept);
} else if (code) {
  const note = document.querySelector("[data-consent-kept]");
  if (note) note.hidden = false;
}

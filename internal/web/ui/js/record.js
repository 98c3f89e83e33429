// Proves a line of the time line in its place. Without this the same form opens a page.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-prove]");
  if (!form) return;
  const line = form.closest(".look");
  const old = form.closest("[data-proof]");
  if (!line && !old) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
  const proof = reply?.ok && new DOMParser().parseFromString(await reply.text(), "text/html").querySelector("[data-proof]");
  if (!proof) {
    form.submit(); // the page says what is wrong
    return;
  }
  (old ?? form).replaceWith(document.adoptNode(proof));
  proof.focus();
});

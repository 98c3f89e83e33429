// A row more without leaving the page: the server makes it, what is typed stays in place. The
// form works without this.
const form = document.querySelector("form[data-entity-form]");
form?.addEventListener("click", async (event) => {
  const button = event.target.closest("button[name=add]");
  if (!button) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("add", button.value);
  const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
  const page = reply?.ok ? new DOMParser().parseFromString(await reply.text(), "text/html") : null;
  const row = [...(page?.querySelectorAll(`[data-part="${button.value}"] [data-row]`) ?? [])].pop();
  if (!row || form.querySelector(`[data-row="${row.dataset.row}"]`)) return;
  button.before(row);
  row.querySelector("input:not([type=hidden])")?.focus();
});

// The switch of appearance, without loading the page again. The cookie it sets makes
// the next page arrive in the right colours; without this script the form does both.
for (const form of document.querySelectorAll('form[data-switch="theme"]')) {
  form.addEventListener("submit", (event) => {
    const chosen = event.submitter;
    if (!chosen) return;
    event.preventDefault();
    const values = new URLSearchParams(new FormData(form));
    values.set(chosen.name, chosen.value);
    fetch(form.action, { method: "POST", body: values, redirect: "manual" }).catch(() => form.submit());
    if (chosen.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen.value;
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === chosen));
    }
  });
}

// The menu of narrow screens closes like a menu.
for (const menu of document.querySelectorAll("details.menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

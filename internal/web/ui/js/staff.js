// Quick hands at the desk. Every page works without this.

// "/" goes to the search box, unless somebody is typing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector("input[type=search]");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// Records that look alike appear while one types. The newest answer wins.
const add = document.querySelector("form[data-like]");
if (add) {
  const place = add.querySelector("[data-like-place]");
  let timer = 0;
  let round = 0;
  add.addEventListener("input", () => {
    clearTimeout(timer);
    if (place.querySelector("button")) return; // the sent form has its list to choose from
    timer = setTimeout(async () => {
      const mine = ++round;
      const body = new URLSearchParams(new FormData(add));
      const reply = await fetch(add.dataset.like, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
      if (!reply?.ok || mine !== round) return;
      const text = await reply.text();
      if (mine === round) place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    }, 250);
  });
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

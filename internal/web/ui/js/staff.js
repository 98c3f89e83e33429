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

// On a phone the list stands below the ways to narrow it down: they close when one was chosen.
const ways = document.querySelector("details.narrow[open]");
if (ways && matchMedia("(max-width: 39.99rem)").matches) ways.open = false;

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Work that goes on beside the requests: its page looks again by itself, and says in
// its own words when it is over.
const going = document.querySelector("[data-reload]");
if (going) {
  const again = async () => {
    const reply = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    const page = reply?.ok ? new DOMParser().parseFromString(await reply.text(), "text/html") : null;
    const state = page?.querySelector("[data-reload]");
    if (page && !state) return location.reload();
    if (state) going.replaceChildren(...state.childNodes);
    setTimeout(again, 1000);
  };
  setTimeout(again, 700);
}

// A download leaves its page as it is: the page looks how far it is.
document.querySelector("form[data-then-reload]")?.addEventListener("submit", () => setTimeout(() => location.reload(), 1000));

// The search of entities answers while one types. It works as a form without this.
const form = document.querySelector("form[data-entities]");
const place = document.querySelector("[data-entities-place]");
const box = form?.querySelector("input[type=search]");
if (form && place && box) {
  let timer = 0;
  let round = 0;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    const mine = ++round; // an answer to what was there before is none any more
    timer = setTimeout(async () => {
      const asked = new URLSearchParams(new FormData(form));
      if (box.value.trim().length === 1) return;
      asked.set("typing", "1");
      const reply = await fetch(`${form.action}?${asked}`, { headers: { Accept: "text/html" } }).catch(() => null);
      if (!reply?.ok || mine !== round) return;
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const answer = page.querySelector("[data-entities-place]");
      if (!answer || mine !== round) return;
      place.replaceChildren(...answer.childNodes);
      for (const [i, link] of [...document.querySelectorAll(".entity-types a")].entries()) {
        link.href = page.querySelectorAll(".entity-types a")[i]?.href ?? link.href;
      }
    }, 150);
  });
}

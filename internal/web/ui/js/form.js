// What makes forms kinder. Nothing here is needed: the server checks everything again.

// After an error the reader starts at the summary.
document.querySelector(".form-errors")?.focus();

const live = (input) => document.getElementById("l-" + input.name);

// A field that repeats another one says so while one types.
for (const input of document.querySelectorAll("input[data-same]")) {
  const first = document.getElementById(input.dataset.same);
  if (!first) continue;
  const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();
  const compare = () => {
    const differs = input.value !== "" && !same(first.value, input.value);
    live(input).textContent = differs ? input.dataset.differs : "";
  };
  input.addEventListener("change", compare);
  first.addEventListener("change", compare);
  // Once the warning stands it goes as soon as the two agree, not on leaving the field.
  input.addEventListener("input", () => { if (same(first.value, input.value)) compare(); });
  input.addEventListener("paste", () => setTimeout(compare));
}

// A field may be looked at before it is sent: "did you mean gmail.com?". The server
// answers {"hint": sentence, "suggestion": value}, both optional.
for (const input of document.querySelectorAll("input[data-check]")) {
  let asked = "";
  input.addEventListener("change", async () => {
    const value = input.value.trim();
    const place = live(input);
    if (value === asked) return;
    asked = value;
    place.replaceChildren();
    if (!value) return;
    const reply = await fetch(input.dataset.check, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ value }),
    }).catch(() => null);
    if (!reply?.ok || value !== asked) return;
    const { hint, suggestion } = await reply.json().catch(() => ({}));
    if (!hint) return;
    const words = document.createElement("span");
    words.textContent = hint;
    place.append(words);
    if (!suggestion) return;
    const take = document.createElement("button");
    take.type = "button";
    take.className = "button";
    take.textContent = suggestion;
    take.addEventListener("click", () => {
      input.value = asked = suggestion;
      place.replaceChildren();
      input.focus();
    });
    place.append(take);
  });
}

// Copy buttons appear where copying works.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const word = button.querySelector("span");
  const before = word.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    } catch {
      return; // not allowed: the text can still be selected
    }
    word.textContent = button.dataset.copied;
    setTimeout(() => { word.textContent = before; }, 2000);
  });
}

// Single keys press the buttons of a comparison, unless somebody is typing.
for (const form of document.querySelectorAll("form[data-keys]")) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    form.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  });
}

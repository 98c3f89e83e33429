// What the pages about escrow and key keepers have in common: one worker, in which files, passwords and
// private keys stay, and forms that are sent once it has done its part.
const worker = new Worker(new URL("./escrow-worker.js", import.meta.url), { type: "module" });

/** One task at a time. told hears which part of it is done. */
export const run = (task, input, told = () => {}) => new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => {
    if ("done" in data) told(data.done);
    else if ("result" in data) resolve(data.result);
    else reject(data);
  };
  worker.onerror = () => reject({ code: "failed" });
  worker.postMessage({ task, input });
});

/** Bytes as base64url, and back. */
export const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
export const decode = (word) => Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** Runs what a button does, with its progress, and tells what went wrong. */
export async function press(form, work) {
  const button = form.querySelector("button"), bar = form.querySelector("progress"), place = form.querySelector("[data-message]");
  place.hidden = true;
  button.disabled = true;
  bar.value = 0;
  bar.hidden = false;
  try {
    await work((done) => { bar.value = done; });
  } catch (error) {
    place.textContent = error.told ?? form.dataset[error.code] ?? form.dataset.failed;
    place.hidden = false;
    place.focus();
  } finally {
    button.disabled = false;
    bar.hidden = true;
  }
}

export const refuse = (code) => { throw { code }; };

/** What was chosen and typed: a registration file with its password. */
export async function typedFile(form) {
  const [file] = form.querySelector("#f-file").files;
  if (!file) refuse("file");
  if (file.size > 65536) refuse("size");
  return { file: new Uint8Array(await file.arrayBuffer()), password: form.querySelector("#f-password").value };
}

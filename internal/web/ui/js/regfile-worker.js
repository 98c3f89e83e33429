// Makes and opens registration files away from the page, which stays usable meanwhile. The
// private key is born here and leaves only encrypted; when the worker ends, it is gone.
import { Unfit, request, subject } from "./regfile-cert.js";
import { Refused, look, make } from "./regfile-pfx.js";

let pair = null; // of the registration that is under way

const tasks = {
  ready: () => true,
  async request(fields) {
    const who = subject(fields);
    // It can be taken out, because wrapping takes it out; nothing else here does.
    pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    return request(pair, who);
  },
  file: ({ chain, password }, told) => make(pair, chain, password, told),
  review: ({ file, password }, told) => look(file, password, told),
};

addEventListener("message", async ({ data: { task, input } }) => {
  try {
    postMessage({ result: await tasks[task](input, (done) => postMessage({ done })) });
  } catch (error) {
    const known = error instanceof Refused || error instanceof Unfit;
    postMessage(known ? { code: error.code, field: error.field } : { code: "failed" });
  }
});

// Opens and makes registration files for escrow.js, away from the page. Private keys are in here only,
// and the key pairs of resets in the browser's own store, from which no script can take them.
import { Refused } from "./regfile-pfx.js";
import { deposit, rebuild, recoveryCode } from "./escrow-key.js";
import { pair, point } from "./escrow-hpke.js";
import { agree, pass, split, words } from "./keepers-key.js";

/** A store of this origin that holds keys as the browser's own objects. */
function store(mode, f) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("habeas-resets", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("pairs");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const request = f(opening.result.transaction("pairs", mode).objectStore("pairs"));
      request.transaction.oncomplete = () => { opening.result.close(); resolve(request.result); };
      request.transaction.onerror = request.transaction.onabort = () => { opening.result.close(); reject(request.error); };
    };
  });
}

const name = (own) => own.join(" ");

const tasks = {
  code: () => recoveryCode(),
  deposit, agree, split, pass, words,
  /** Makes the pair of a reset; its public half is what the server seals to. */
  async begin() {
    const keys = await pair(), own = await point(keys.publicKey);
    await store("readwrite", (pairs) => pairs.put(keys.privateKey, name(own)));
    return own;
  },
  /** Whether this browser has the private half. */
  known: async (own) => (await store("readonly", (pairs) => pairs.count(name(own)))) > 0,
  async rebuild(input, told) {
    const key = await store("readonly", (pairs) => pairs.get(name(input.own)));
    if (!key) throw new Refused("browser");
    return rebuild({ ...input, key }, told);
  },
  end: (own) => store("readwrite", (pairs) => pairs.delete(name(own))),
};

addEventListener("message", async ({ data: { task, input } }) => {
  try {
    postMessage({ result: await tasks[task](input, (done) => postMessage({ done })) });
  } catch (error) {
    postMessage({ code: error instanceof Refused ? error.code : "failed" });
  }
});

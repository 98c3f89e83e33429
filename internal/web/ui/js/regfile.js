// Registration files, made in the page: the password and the private key stay in the
// browser, and the server gets a certificate request. A page uses it so:
//
//	const registration = new Registration();
//	const request = await registration.request({ name, country, organisation, email, username });
//	… the server answers with the certificate and its chain …
//	const file = await registration.file(chain, password, (done) => bar.value = done);
//	registration.end();
//
// and to show what is in a file: await review(file, password, told).
//
// email is in the form that the server has it, its domain in A-labels. Certificates, request
// and file are Uint8Array in DER. What fails rejects with a Failure.

/**
 * Why something was not done. code is "field" (field says which), "password", "chain",
 * "integrity" (a wrong password or a damaged file), "method", "lengths", "content", "size",
 * "ended" or "failed". It holds nothing that was typed.
 */
export class Failure extends Error {
  constructor({ code, field }) {
    super(code);
    this.code = code;
    this.field = field;
  }
}

/** One worker that does one task at a time. */
class Desk {
  #worker = new Worker(new URL("./regfile-worker.js", import.meta.url), { type: "module" });
  #reject = null;

  run(task, input, told = () => {}) {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#worker.onmessage = ({ data }) => {
        if ("done" in data) told(data.done);
        else if ("result" in data) resolve(data.result);
        else reject(new Failure(data));
      };
      this.#worker.onerror = () => reject(new Failure({ code: "failed" })); // it could not be loaded
      this.#worker.postMessage({ task, input });
    });
  }

  end() {
    this.#worker.terminate();
    this.#reject?.(new Failure({ code: "ended" }));
  }
}

/** A registration under way: one fresh key, its request, and the file. */
export class Registration {
  #desk = new Desk();

  /** Makes the key and the request for its certificate. */
  request(fields) { return this.#desk.run("request", fields); }

  /**
   * Makes the file. It takes some seconds; told hears which part, 0 to 1, is done.
   * @param {Uint8Array[]} chain the certificate first, the root last
   */
  file(chain, password, told) { return this.#desk.run("file", { chain, password }, told); }

  /** Ends it and forgets the key, whatever is under way. */
  end() { this.#desk.end(); }
}

/**
 * Opens a file to show what is in it: subject (name, country, organisation, email, username),
 * serial, issuers up to the root, notBefore and notAfter, and the SHA-256 fingerprints of the
 * certificate and of the root.
 */
export async function review(file, password, told) {
  const viewer = new Viewer();
  try {
    return await viewer.review(file, password, told);
  } finally {
    viewer.end();
  }
}

/** Opens files one after another; once it is ready, without a connection too. */
export class Viewer {
  #desk = new Desk();

  /** Resolves when all that it needs is loaded. */
  ready() { return this.#desk.run("ready"); }

  /** As the function of this name does. */
  review(file, password, told) { return this.#desk.run("review", { file, password }, told); }

  end() { this.#desk.end(); }
}

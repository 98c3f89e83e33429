// A server of its own with an empty data directory, and the mails that it sends.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { plant } from "./canary.mjs";
import { databases, serve } from "./lib.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

/** A mail server that keeps what it is given. next(to) resolves with the text of the next mail to an address. */
async function mailbox() {
  const mails = [], waiting = [];
  const take = (to) => {
    const i = mails.findIndex((m) => m.to === to);
    return i < 0 ? undefined : mails.splice(i, 1)[0].text;
  };
  const server = createServer((socket) => {
    let data = "", to = "", body = false;
    const say = (line) => socket.write(`${line}\r\n`);
    say("220 localhost");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      data += chunk;
      for (let end; (end = data.indexOf(body ? "\r\n.\r\n" : "\r\n")) >= 0;) {
        const line = data.slice(0, end);
        data = data.slice(end + (body ? 5 : 2));
        if (body) {
          body = false;
          mails.push({ to, text: line.replaceAll("=\r\n", "").replaceAll("=3D", "=") });
          say("250 taken");
          for (const w of waiting.splice(0)) w();
        } else if (/^(EHLO|HELO)/i.test(line)) say("250 localhost");
        else if (/^RCPT TO:/i.test(line)) { to = line.match(/<(.*)>/)[1]; say("250 ok"); }
        else if (/^DATA/i.test(line)) { body = true; say("354 go on"); }
        else if (/^QUIT/i.test(line)) { say("221 bye"); socket.end(); }
        else say("250 ok");
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    next: async (to) => {
      for (let found; ; await new Promise((resolve) => waiting.push(resolve))) if ((found = take(to))) return found;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** The eight digits that stand alone on a line of a mail. */
export const codeIn = (mail) => mail.match(/^ *(\d{4}) ?(\d{4}) *\r?$/m).slice(1).join("");

/** Makes a data directory, serves it, and gives it a mail server. more is added to its settings. */
export async function world({ more = "" } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "habeas-e2e-"));
  const data = join(dir, "data"), password = join(dir, "password");
  const mail = await mailbox();
  plant("master password", "correct horse battery staple");
  await writeFile(password, "correct horse battery staple\n", { mode: 0o600 });
  const { stdout } = await run("go", [
    "run", "./cmd/habeas", "init", "--json", "--dir", data, "--master-password-file", password, "--organisation", "City Sports",
    ...(await databases()),
  ], { cwd: root });
  const settings = join(data, "habeas.toml");
  await writeFile(settings, `contact = "help@city.example"
${await readFile(settings, "utf8")}
[smtp]
host = "localhost"
port = ${mail.port}
tls = "none"
from = "records@city.example"
[log]
level = "debug"
${more}`);
  const server = await serve("./cmd/habeas", ["serve", "--dir", data, "--addr", "localhost:0", "--master-password-file", password], [data]);
  return {
    url: server.url, mail,
    administratorLink: new URL(JSON.parse(stdout).administrator_link),
    stop: async () => {
      await server.stop();
      await mail.close();
      await rm(dir, { recursive: true });
    },
  };
}

// Being told of changes: an administrator sets the webhook of a connected system, whose own
// server checks the signature by itself, pauses it and lets it go on.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { world } from "./account-world.mjs";
import { launch, looks, themes, widths } from "./lib.mjs";

const good = looks("webhook");

/** The server of a connected system. next() resolves with the next call. */
async function receiver() {
  const calls = [], waiting = [];
  const server = createServer((req, res) => {
    let body = "";
    req.on("data", (part) => { body += part; });
    req.on("end", () => {
      res.writeHead(204).end();
      calls.push({ headers: req.headers, body });
      for (const w of waiting.splice(0)) w();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/habeas?key=abc`,
    next: async () => {
      while (calls.length === 0) await new Promise((resolve) => waiting.push(resolve));
      return calls.shift();
    },
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

/** What stands in webhook-signature, computed as Standard Webhooks says and not by our own code. */
function signature(secret, { headers, body }) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return "v1," + createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
}

let browser, w, hotel;
before(async () => {
  [w, browser, hotel] = await Promise.all([world({ more: '[webhook]\nallow_networks = ["127.0.0.1"]\n' }), launch(), receiver()]);
});
after(async () => {
  await browser?.close();
  await w?.stop();
  hotel?.close();
});

test("a webhook is set, tried, paused and given another secret", { timeout: 120_000 }, async () => {
  const page = await w.desk(browser);
  const everywhere = async (name) => {
    for (const [width, viewport] of Object.entries(widths)) {
      for (const theme of themes) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme: theme });
        await good(page, `${name}-${width}-${theme}`);
      }
    }
  };
  const once = async (name, viewport, colorScheme) => {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await good(page, name);
  };
  await page.goto(w.to("/admin/systems"));
  await page.getByLabel("Name").fill("Harbour Hotel");
  await page.getByRole("button", { name: "Connect the system" }).click();
  await page.getByRole("link", { name: "I have kept it" }).click();
  await page.getByRole("link", { name: "Webhook Harbour Hotel" }).click();
  await page.getByRole("heading", { name: "Webhook of Harbour Hotel" }).waitFor();
  await once("none", widths.phone, "dark");

  await page.getByLabel("Address").fill("https://10.1.2.3/inside");
  await page.getByRole("button", { name: "Set the webhook" }).click();
  await page.getByText("inside a network that webhooks may not reach").first().waitFor();
  page.faults.length = 0; // the browser speaks of the refusal too
  await page.getByLabel("Address").fill(hotel.url);
  await page.getByLabel("Merged").uncheck();
  await page.getByRole("button", { name: "Set the webhook" }).click();
  const secret = await page.locator("#hook-secret").innerText();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  await once("secret", widths.phone, "light");
  await page.getByRole("link", { name: "I have kept it" }).click();
  assert.equal(await page.locator(".hook-state code").innerText(), new URL(hotel.url).origin); // the path may be a secret

  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByText("A test event is on its way").waitFor();
  let call = await hotel.next();
  while (JSON.parse(call.body).type !== "test") call = await hotel.next();
  assert.equal(call.headers["webhook-signature"], signature(secret, call));
  while ((await page.locator(".hook-state time").count()) === 0) await page.reload(); // the test's own limit ends it
  await everywhere("set");

  await page.getByRole("button", { name: "New secret" }).click();
  const next = await page.locator("#hook-secret").innerText();
  await page.getByRole("link", { name: "I have kept it" }).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("The webhook is paused. Events are held back.").waitFor();
  await page.getByRole("button", { name: "Send a test event" }).click();
  await once("paused", widths.desk, "dark");
  await page.getByRole("button", { name: "Let it go on" }).click();
  call = await hotel.next();
  assert.equal(call.headers["webhook-signature"], [signature(next, call), signature(secret, call)].join(" "));

  await page.goto(w.to("/admin/systems"));
  await once("systems", widths.phone, "light");
  await page.context().close();
});

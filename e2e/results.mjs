// A reporter for Node's test runner that writes a line for each test: how it ended, file and
// name, with tabs between. internal/promise reads them.
import { relative } from "node:path";

export default async function* results(events) {
  for await (const { type, data } of events) {
    if ((type !== "test:pass" && type !== "test:fail") || data.nesting > 0 || data.skip || data.todo || !data.file) continue;
    yield `${type === "test:pass" ? "passed" : "failed"}\t${relative(process.cwd(), data.file)}\t${data.name}\n`;
  }
}

/** Sends one request of N spans to the Collector's own receiver: `node drive.mjs PORT N [SIZE]`. */

import { randomBytes } from "node:crypto";

const [port, count = "60", size = "0"] = process.argv.slice(2);
const hex = (length) => randomBytes(length).toString("hex");
const filler = { key: "filler", value: { stringValue: "x".repeat(Number(size)) } };
const spans = Array.from({ length: Number(count) }, () => ({
  traceId: hex(16),
  spanId: hex(8),
  name: "work",
  kind: 1,
  startTimeUnixNano: "1700000000000000000",
  endTimeUnixNano: "1700000000000000001",
  attributes: Number(size) > 0 ? [filler] : [],
}));
const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const deadline = Date.now() + 10_000;
for (;;) {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
    process.exit(answer.ok ? 0 : 1);
  } catch {
    // it may not listen yet
    if (Date.now() > deadline) process.exit(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

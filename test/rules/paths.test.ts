/** From which receiver to which exporter: only connectors join pipelines. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, expect, it } from "vitest";

import { engine } from "../../checkers/rules/engine.ts";

const folder = mkdtempSync(path.join(tmpdir(), "verify-paths-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const planned = (pipelines: string, connectors = ""): string[] => {
  const file = path.join(folder, "otel.yaml");
  writeFileSync(
    file,
    `receivers: { otlp: {} }
exporters: { otlp: { endpoint: "x:4317" } }
${connectors}
processors:
  transform/a: { log_statements: ['set(log.body, "a")'] }
  transform/b: { log_statements: ['set(log.body, "b")'] }
service:
  pipelines:
${pipelines}`,
  );
  return engine
    .plan({
      kind: "rules",
      id: "r",
      title: "r",
      files: [file],
      builtIn: false,
      claims: [{ kind: "redaction", id: "redact", title: "body", secret: "log.body" }],
    })
    .map(({ id }) => id);
};

it("a receiver and an exporter of one name do not join their pipelines", () => {
  expect(
    planned("    logs: { receivers: [otlp], processors: [transform/a], exporters: [otlp] }\n"),
  ).toEqual(["r/redact/logs/hidden", "r/redact/logs/leak-free"]);
});

it("a connector does", () => {
  const ids = planned(
    "    logs/in: { receivers: [otlp], processors: [transform/a], exporters: [forward] }\n" +
      "    logs/out: { receivers: [forward], processors: [transform/b], exporters: [otlp] }\n",
    "connectors: { forward: {} }",
  );
  expect(ids).toEqual(["r/redact/logs/in+logs/out/hidden", "r/redact/logs/in+logs/out/leak-free"]);
});

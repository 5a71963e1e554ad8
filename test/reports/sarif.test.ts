import { readFileSync } from "node:fs";

import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";

import { verdicts } from "../../core/index.ts";
import { renderReport } from "../../reports/index.ts";
import { hostile, makeReport, makeResult } from "./fixture.ts";

interface Log {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly kind: string;
      readonly level: string;
      readonly message: { readonly text: string };
    }[];
    readonly properties: Readonly<Record<string, unknown>>;
  }[];
}

const location = { file: "conf/otel collector.yaml", line: 12, column: 11 };

const render = async (report = makeReport()): Promise<Log> =>
  JSON.parse(await renderReport("sarif", report, { color: false })) as Log;

/** The parts of the SARIF 2.1.0 schema that this report touches, written from the standard. */
const closed = (properties: object, required: readonly string[] = []): object => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});
const positive = { type: "integer", minimum: 1 };
const text = closed({ text: { type: "string", minLength: 1 } }, ["text"]);
const region = closed(
  { startLine: positive, startColumn: positive, endLine: positive, endColumn: positive },
  ["startLine"],
);
const schema = closed(
  {
    $schema: { type: "string" },
    version: { const: "2.1.0" },
    runs: {
      type: "array",
      items: closed(
        {
          tool: closed({
            driver: closed(
              {
                name: { type: "string" },
                semanticVersion: { type: "string" },
                rules: {
                  type: "array",
                  uniqueItems: true,
                  items: closed({ id: { type: "string" }, shortDescription: text }, ["id"]),
                },
              },
              ["name"],
            ),
          }),
          columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
          invocations: {
            type: "array",
            items: closed(
              {
                executionSuccessful: { type: "boolean" },
                exitCode: { type: "integer" },
                startTimeUtc: { type: "string" },
              },
              ["executionSuccessful"],
            ),
          },
          results: {
            type: "array",
            items: closed(
              {
                ruleId: { type: "string" },
                ruleIndex: { type: "integer", minimum: -1 },
                level: { enum: ["none", "note", "warning", "error"] },
                kind: {
                  enum: ["notApplicable", "pass", "fail", "review", "open", "informational"],
                },
                message: text,
                locations: {
                  type: "array",
                  items: closed({
                    physicalLocation: closed({
                      artifactLocation: closed({ uri: { type: "string" } }),
                      region,
                    }),
                  }),
                },
                partialFingerprints: { type: "object" },
                properties: { type: "object" },
              },
              ["message"],
            ),
          },
          properties: { type: "object" },
        },
        ["tool"],
      ),
    },
  },
  ["version", "runs"],
);

describe("the SARIF report", () => {
  it("keeps the schema for every verdict, expected or not", async () => {
    const results = verdicts.flatMap((verdict) =>
      [true, false].map((asExpected) =>
        makeResult({ id: `a/${verdict}-${asExpected}`, verdict, asExpected, location, group: "g" }),
      ),
    );
    const validate = new Ajv({ strict: false }).compile(schema);
    const log = await render(makeReport(results));
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
    const [run] = log.runs;
    expect(run!.results).toHaveLength(results.length);
    for (const result of run!.results) {
      expect(run!.tool.driver.rules[result.ruleIndex]!.id).toBe(result.ruleId);
      // the standard: `level` says something for failures only
      if (result.kind !== "fail") expect(result.level).toBe("none");
    }
  });

  it("fails what is unexpected, and never passes what is undecided", async () => {
    const kind = async (verdict: (typeof verdicts)[number], asExpected: boolean) => {
      const report = makeReport([makeResult({ id: "a/b", verdict, asExpected, location })]);
      return (await render(report)).runs[0]!.results[0]!.kind;
    };
    expect(await kind("violated", false)).toBe("fail");
    expect(await kind("violated", true)).toBe("pass");
    expect(await kind("proved", true)).toBe("pass");
    expect(await kind("inconclusive", false)).toBe("open");
    expect(await kind("skipped", true)).toBe("notApplicable");
    expect(await kind("error", false)).toBe("fail");
  });

  it("points at the line, with a path that is a URI", async () => {
    const log = JSON.stringify(
      await render(makeReport([makeResult({ id: "a/b", verdict: "violated", location })])),
    );
    expect(log).toContain('"uri":"conf/otel%20collector.yaml"');
    expect(log).toContain('"startLine":12,"startColumn":11');
  });

  it("counts what has no place, and survives hostile text", async () => {
    const log = await render();
    expect(log.runs[0]!.results).toEqual([]);
    expect(log.runs[0]!.properties["resultsWithoutPlace"]).toBe(makeReport().results.length);
    const bad = makeResult({ id: "a/b", verdict: "violated", title: hostile, location });
    const [result] = (await render(makeReport([bad]))).runs[0]!.results;
    expect(result!.message.text).toContain(hostile);
  });

  it("keeps the standard's own schema, where a copy is given", async (context) => {
    const file = process.env["SARIF_SCHEMA"];
    if (file === undefined) return context.skip("SARIF_SCHEMA names no copy of the schema");
    const { id: _, ...official } = JSON.parse(readFileSync(file, "utf8")) as { id?: string };
    const validate = new Ajv({ strict: false, validateFormats: false }).compile({
      ...official,
      $schema: "http://json-schema.org/draft-07/schema#",
    });
    const report = makeReport([
      makeResult({ id: "a/b", verdict: "violated", asExpected: false, location }),
    ]);
    expect(validate(await render(report)), JSON.stringify(validate.errors)).toBe(true);
  });
});

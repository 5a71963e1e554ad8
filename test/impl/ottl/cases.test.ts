import { describe, expect, test } from "vitest";

import { runCases } from "../../../impl/ottl/cases/index.ts";

const inputs = {
  record: {
    resource: { attributes: [] },
    scope: { name: "s" },
    logRecord: {
      body: { stringValue: "hello" },
      attributes: [{ key: "n", value: { intValue: "9007199254740993" } }],
    },
  },
};
const statement = (text: string, more: object) => ({
  inputs,
  cases: [{ id: "x", section: "converters", statement: text, input_ref: "record", ...more }],
});
const set = (key: string, value: object) => ({
  expected_changes: [{ op: "set", path: ["log", "attributes", key], value }],
});
const statusOf = (json: unknown): string | undefined => {
  const [result] = runCases(json)!;
  return result?.status === "passed" ? "passed" : `${result?.status}: ${result?.message}`;
};

describe("statements on a record", () => {
  test("pass when the record changes as told, at both levels, with and without context", () => {
    const cases = statement(
      'set(attributes["m"], attributes["n"] + 1)',
      set("m", { intValue: "9007199254740994" }),
    );
    expect(statusOf(cases)).toBe("passed");
  });

  test("fail when a change is missing, another is made, or an unexpected error comes", () => {
    expect(statusOf(statement('set(attributes["m"], 1)', set("m", { intValue: "2" })))).toMatch(
      /^failed.*attributes/,
    );
    expect(statusOf(statement('set(attributes["m"], 1)', { expected_changes: [] }))).toMatch(
      /^failed/,
    );
    expect(
      statusOf(statement('set(body, SHA256(attributes["n"]))', { expected_changes: [] })),
    ).toMatch(/^failed.*expected string but got int64/);
    expect(
      statusOf(statement("set(body, 1)", { expected_changes: [], error_contains: "never" })),
    ).toMatch(/^failed/);
  });

  test("a nil value is written since v0.161, and not before", () => {
    expect(
      statusOf(
        statement('set(attributes["m"], attributes["absent"])', {
          expected_changes: [],
          expected_changes_since_v0_161: set("m", {}).expected_changes,
        }),
      ),
    ).toBe("passed");
  });

  test("what is not known is unsupported, never passed", () => {
    expect(
      statusOf(
        statement("set(body, 1)", {
          expected_changes: [{ op: "set", path: ["span", "name"], value: "x" }],
        }),
      ),
    ).toMatch(/^unsupported/);
    expect(statusOf({ new_section: [{ name: "x" }] })).toMatch(/^unsupported/);
    expect(statusOf({ functions: { no_such: [{ value: "a", expected: "a" }] } })).toMatch(
      /^unsupported/,
    );
    expect(statusOf({ functions: { md5: [{ value: "a", new_field: 1 }] } })).toMatch(
      /^unsupported/,
    );
    expect(runCases(["x"])).toBeNull();
    expect(runCases({ meta: {} })).toBeNull();
  });
});

describe("the other formats", () => {
  test("comparison, arithmetic and converters are judged both ways", () => {
    const want = { eq: true, ne: false, lt: false, lte: true, gte: true, gt: false };
    // int64 and float64 compare as float64, which rounds.
    const row = {
      name: "r",
      a: { int: "9007199254740993" },
      b: { double: 9007199254740992 },
      want,
    };
    expect(statusOf({ compare: [row] })).toBe("passed");
    expect(statusOf({ compare: [{ ...row, want: { eq: false } }] })).toMatch(/^failed/);
    const max = "9223372036854775807";
    expect(
      statusOf({ math: [{ name: "m", input: `${max} + 1`, expected_go_expr: "math.MinInt64" }] }),
    ).toBe("passed");
    expect(statusOf({ math: [{ name: "m", input: "7 / 2", expected_go_expr: "3.5" }] })).toMatch(
      /^failed/,
    );
    expect(statusOf({ functions: { len: [{ value: "é", expected: { intValue: "2" } }] } })).toBe(
      "passed",
    );
    expect(statusOf({ functions: { len: [{ value: "é", expected: { intValue: "1" } }] } })).toMatch(
      /^failed/,
    );
  });

  test("routing: the first route takes what it matches, the default gets the rest", () => {
    const row = {
      signal: "logs",
      name: "r",
      routes: [
        { context: "log", condition: 'body == "logE"', pipelines: ["sink0"] },
        {
          context: "resource",
          condition: 'attributes["resourceName"] == "resourceA"',
          pipelines: ["sink1"],
        },
      ],
      default: "sinkD",
      request_metadata: null,
      input: ["AB", "C", "EF"],
    };
    const wanted = { sink0: ["AB", "C", "E"], sink1: ["A", "C", "F"], sinkD: ["B", "C", "F"] };
    expect(statusOf({ cases: [{ ...row, expect: wanted }] })).toBe("passed");
    expect(statusOf({ cases: [{ ...row, expect: { ...wanted, sinkD: null } }] })).toMatch(
      /^failed/,
    );
  });
});

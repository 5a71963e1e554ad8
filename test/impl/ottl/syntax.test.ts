import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Expression } from "../../../impl/ottl/syntax/ast.ts";
import { expressionsIn } from "../../../impl/ottl/syntax/ast.ts";
import { OttlSyntaxError, tokenize } from "../../../impl/ottl/syntax/lexer.ts";
import {
  parseCondition,
  parseStatement,
  parseValueExpression,
} from "../../../impl/ottl/syntax/parser.ts";
import { pathsIn, prependContext, splitContext } from "../../../impl/ottl/syntax/paths.ts";

/** Where reading fails, or -1. */
function failsAt(read: (text: string) => unknown, text: string): number {
  try {
    read(text);
    return -1;
  } catch (error) {
    if (!(error instanceof OttlSyntaxError)) throw error;
    return error.offset;
  }
}

describe("tokens", () => {
  test("words are classed by their letters, keywords end at a word boundary", () => {
    const kinds = (text: string): string[] => tokenize(text).map(({ kind }) => kind);
    expect(kinds("android oreo nilable")).toEqual(["Lowercase", "Lowercase", "Lowercase", "End"]);
    expect(kinds("aBCd_1E_4")).toEqual(["Lowercase", "Uppercase", "Lowercase", "Uppercase", "End"]);
    expect(kinds("1. .5 1.5e-3 0xAb 7")).toEqual([
      "Float",
      "Float",
      "Float",
      "Bytes",
      "Int",
      "End",
    ]);
  });

  test("a keyword is seen right after capitals, as upstream does", () => {
    expect(tokenize("For").map(({ kind }) => kind)).toEqual(["Uppercase", "OpOr", "End"]);
  });

  test("an open string and a foreign character are told with their place", () => {
    expect(failsAt(tokenize, 'a == "b')).toBe(5);
    expect(failsAt(tokenize, "a == 'b'")).toBe(5);
  });
});

describe("trees", () => {
  test("precedence: not before and before or, * before +, left to right", () => {
    const condition = parseCondition("not a == 1 and b == 2 or c - 1 - 2 * 3 == 4");
    expect(condition.kind).toBe("or");
    if (condition.kind !== "or") return;
    expect(condition.operands.map(({ kind }) => kind)).toEqual(["and", "compare"]);
    const right = condition.operands[1]!;
    if (right.kind !== "compare" || right.left.kind !== "math") throw new Error("no arithmetic");
    expect(right.left).toMatchObject({
      op: "-",
      left: { op: "-" },
      right: { op: "*" },
    });
  });

  test("parentheses hold conditions, arithmetic or the parameters of a lambda", () => {
    expect(parseCondition("(1 + 2) * 3 == 9").kind).toBe("compare");
    expect(parseCondition("((a == 1))").kind).toBe("compare");
    expect(parseValueExpression("Filter(a, (_, v) => v == 1)")).toMatchObject({
      args: [{}, { value: { kind: "lambda", params: ["_", "v"], body: { kind: "compare" } } }],
    });
  });

  test("what upstream refuses is refused", () => {
    for (const text of [
      "Set(a, 1)",
      'set(a, 1)["x"]',
      "set(a, lower(b))",
      "set(a, 1) where b",
      "set(a, 1) where not not b == 1",
      "set(a, 1) where",
      "set(a, 1,)",
      'set(a, "\\d")',
      "set(a, 0x123)",
      "set(a, 9223372036854775808)",
      "set(a, (b) => (c) => d)",
      // An index that begins with a number is that number.
      "set(a[1 + 1], 1)",
    ]) {
      expect([text, failsAt(parseStatement, text) >= 0]).toEqual([text, true]);
    }
  });

  test("a named argument, a map without commas and a function by name are read", () => {
    expect(parseStatement('f(a = {"x": 1 "y": [2, nil]}, b = Sha1x, C)')).toMatchObject({
      editor: {
        args: [
          { name: "a", value: { kind: "map", entries: [{ key: "x" }, { key: "y" }] } },
          { name: "b", value: { kind: "function", name: "Sha1x" } },
          { name: null, value: { kind: "enum", name: "C" } },
        ],
      },
    });
  });

  test("every node stands where its text stands", () => {
    const text = 'set( log.attributes["a"][ x+1 ] , Concat([b, "c"], ":")) where -2 == resource.n';
    const statement = parseStatement(text);
    const told = (node: Expression): string => text.slice(node.span.start, node.span.end);
    expect([...expressionsIn(statement)].map(told)).toEqual([
      text.slice(0, text.indexOf(" where")),
      'log.attributes["a"][ x+1 ]',
      '"a"',
      "x+1",
      "x",
      "1",
      'Concat([b, "c"], ":")',
      '[b, "c"]',
      "b",
      '"c"',
      '":"',
      "-2 == resource.n",
      "-2",
      "2",
      "resource.n",
    ]);
  });
});

describe("contexts of paths", () => {
  test("only a first segment without index can be a context", () => {
    const split = (text: string): string | null => {
      const value = parseValueExpression(text);
      if (value.kind !== "path") throw new Error("no path");
      return splitContext(value).context;
    };
    expect(split("log.body")).toBe("log");
    expect(split("instrumentation_scope.name")).toBe("scope");
    expect(split("resource")).toBeNull();
    expect(split('attributes["log"].x')).toBeNull();
  });

  test("a context is put before the paths that have none, not before bound names", () => {
    const text = 'set(body, Filter(resource.attributes["x"], (k, v) => v == name))';
    const statement = parseStatement(text);
    expect(pathsIn(statement)).toHaveLength(3);
    expect(prependContext(text, statement, "log")).toBe(
      'set(log.body, Filter(resource.attributes["x"], (k, v) => v == log.name))',
    );
  });
});

describe("any text", () => {
  const pieces = fc.constantFrom(
    ..."set( ( ) [ ] { } , . : = == != => < + - * / not and or nil true where a B Cd attributes".split(
      " ",
    ),
    '"x"',
    '"\\n"',
    '"',
    "0x1f",
    "1",
    "2.5",
    "_",
    "\\",
    "é",
    "\ud800",
    " ",
    "\n",
    "log.",
    "IsMatch(",
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(" ")),
    fc.string({ unit: "binary", maxLength: 60 }),
  );
  const runs = Number(process.env["VERIFY_FUZZ_RUNS"] ?? 3_000);

  test("is read or refused at a place inside the text", { timeout: 3_600_000 }, () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const read of [parseStatement, parseCondition, parseValueExpression]) {
          const at = failsAt(read, text);
          expect(at).toBeGreaterThanOrEqual(-1);
          expect(at).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: runs },
    );
  });

  test("is refused, not read forever, when nested without end", () => {
    for (const open of ["(", "(a + (", "F(", "[", '{"a":', "not (", "() => ", "(() => (", "a[a["]) {
      for (const depth of [10, 60, 20_000]) {
        const text = open.repeat(depth);
        expect(failsAt(parseCondition, text)).toBeGreaterThanOrEqual(0);
        expect(failsAt(parseValueExpression, text)).toBeGreaterThanOrEqual(0);
        expect(failsAt(parseStatement, `set(a, ${text}`)).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

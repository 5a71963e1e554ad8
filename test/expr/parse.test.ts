import { describe, expect, test } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { implicationParts, parse, print } from "../../expr/index.ts";

function errorOf(text: string): DiagnosticError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

/** The part of the text that the caret line marks. */
function marked(error: DiagnosticError): string {
  const [line = "", carets = ""] = (error.excerpt ?? "").split("\n");
  return line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1);
}

describe("what is refused, with which code and where", () => {
  test.each([
    ["a implies b", "VRF202", "implies"],
    ["a iff b", "VRF202", "iff"],
    ["a in b", "VRF202", "in"],
    ["a to b", "VRF202", "to"],
    ["a xor b", "VRF202", "xor"],
    ["2 a", "VRF202", "a"],
    ["2a", "VRF202", "2a"],
    ["(a) (b)", "VRF202", "("],
    ["5 cm", "VRF202", "cm"],
    ["5 (x)", "VRF202", "("],
    ["a = 3", "VRF202", "="],
    ["f(x) = x", "VRF202", "f"],
    ["a == 1; b", "VRF202", ";"],
    ["1.0 < x", "VRF202", "1.0"],
    ["1.5", "VRF202", "1.5"],
    [".5", "VRF202", ".5"],
    ["1e3", "VRF202", "1e3"],
    ["0x10", "VRF202", "0x10"],
    ["007", "VRF202", "007"],
    ["1_000", "VRF202", "1_000"],
    ["x == 9007199254740993", "VRF202", "9007199254740993"],
    ["x^2", "VRF202", "^"],
    ["x % 3", "VRF202", "%"],
    ["5%", "VRF202", "%"],
    ["x mod y", "VRF202", "y"],
    ["x mod 0", "VRF202", "0"],
    ["x mod -3", "VRF202", "-3"],
    ["a[1]", "VRF202", "["],
    ["[1, 2]", "VRF202", "["],
    ["{a: 1}", "VRF202", "{"],
    ["a && b", "VRF202", "&&"],
    ["a || b", "VRF202", "||"],
    ["!a", "VRF202", "!"],
    ["a === b", "VRF202", "==="],
    ["x!", "VRF202", "!"],
    ["a ?? b", "VRF202", "??"],
    ["null == a", "VRF202", "null"],
    ["a == b == c", "VRF202", "=="],
    ["+a", "VRF202", "+"],
    ["sqrt(x) > 1", "VRF202", "sqrt"],
    ["a.b > 1", "VRF202", "a"],
    ["event.a.b", "VRF202", "event"],
    ["min(a)", "VRF202", "min"],
    ["implies(a)", "VRF202", "implies"],
    ["at(a, b)", "VRF202", "at"],
    ["at(1 + 2)", "VRF202", "1"],
    ["min + 1", "VRF202", "min"],
    ["a : b", "VRF202", "a"],
    ["", "VRF201", ""],
    ["(a", "VRF201", ""],
    ["a +", "VRF201", ""],
    ["a @ b", "VRF201", "@"],
    ["x'", "VRF201", "'"],
  ])("%s", (text, code, place) => {
    const error = errorOf(text);
    expect([error.code, marked(error)]).toEqual([code, place]);
  });

  test("the excerpt shows the line that is wrong", () => {
    expect(errorOf("a and\nb implies c").excerpt).toBe("b implies c\n  ^^^^^^^");
  });

  test("deep nesting is refused, not a stack overflow", () => {
    expect(errorOf(`${"(".repeat(5000)}a${")".repeat(5000)}`).code).toBe("VRF201");
  });
});

describe("what is understood, and how", () => {
  test.each([
    ["a + b * c", "a + b * c"],
    ["(a + b) * c", "(a + b) * c"],
    ["a - (b - c)", "a - (b - c)"],
    ["a - b - c", "a - b - c"],
    ["-a * b", "-a * b"],
    ["-(a * b)", "-(a * b)"],
    ["not a and b", "not a and b"],
    ["not (a and b)", "not (a and b)"],
    ["a or b and c", "a or b and c"],
    ["(a or b) and c", "(a or b) and c"],
    ["x mod 3 + 1", "x mod 3 + 1"],
    ["0 <= x < 5", "0 <= x and x < 5"],
    ["c ? a : d ? e : f", "c ? a : (d ? e : f)"],
    ["implies(at(closed), failures < threshold)", "implies(at(closed), failures < threshold)"],
    ["at(outer.inner)", "at(outer.inner)"],
    ['at("half-open")', 'at("half-open")'],
    ['at("in")', 'at("in")'],
    ["event(TICK) and next(n) == n + event.size", "event(TICK) and next(n) == n + event.size"],
    ["mode == 'slow'", 'mode == "slow"'],
    ["a\n  and b", "a and b"],
    ["ρ * 2 < λ", "ρ * 2 < λ"],
    ["iff(p, q)", "iff(p, q)"],
    ["min(a, b, 3)", "min(a, b, 3)"],
    ["(a == b) == c", "(a == b) == c"],
    ["9007199254740991", "9007199254740991"],
  ])("%s", (text, printed) => {
    expect(print(parse(text))).toBe(printed);
    expect(print(parse(printed))).toBe(printed);
  });

  test("the sides of an implication can be read", () => {
    const parts = implicationParts("implies(at(open), x > 0)");
    expect([parts && print(parts.premise), parts && print(parts.conclusion)]).toEqual([
      "at(open)",
      "x > 0",
    ]);
    expect(implicationParts("a and b")).toBeNull();
  });
});

import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import { bitVectors } from "../../checkers/prove/arithmetic.ts";
import {
  bitEncoding,
  searchDepth,
  shortestViolation,
  upToQuery,
} from "../../checkers/prove/bmc.ts";
import { type Claim, Encoding } from "../../checkers/prove/encode.ts";
import { extract } from "../../checkers/prove/extract.ts";
import { EnumCodes, toTerm } from "../../checkers/prove/smt.ts";
import {
  boolType,
  build,
  elaborate,
  evaluateExact,
  type Expression,
  nodesOf,
  rational,
  scopeOfModel,
} from "../../expr/index.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { closeSolver, Session } from "../../solver/solver.ts";

afterAll(closeSolver);

const system = extract(circuitBreaker);
const claimOf = (text: string, kind: Claim["kind"] = "state"): Claim => ({
  kind,
  expression: elaborate(text, scopeOfModel(circuitBreaker, { step: kind === "step" }), boolType)
    .expression,
});
const session = () => new Session({ timeMs: 60_000 });

describe("bounded search over bit-vectors finds what the integers find", () => {
  test.each<[string, Claim["kind"]]>([
    ["failures < 3", "state"],
    ["implies(at(halfOpen), active < 2)", "state"],
    ["implies(at(closed) and event(SUCCESS), next(active) == 0)", "step"],
    ["not at(halfOpen)", "state"],
  ])("%s", async (text, kind) => {
    const claim = claimOf(text, kind);
    const bits = bitEncoding(system, claim)!;
    const found = await shortestViolation(bits, claim, 0, 12, session());
    expect(found.kind).toBe("found");
    const { steps } = found as typeof found & { kind: "found" };
    const encoding = new Encoding(system);
    const here = await searchDepth(encoding, claim, steps, session());
    const before = await searchDepth(encoding, claim, steps - 1, session());
    expect([here.kind, before.kind]).toEqual(["found", "none"]);
  });

  test("what holds has no violation of up to 20 steps, and the query says so to any solver", async () => {
    const claim = claimOf("implies(at(closed), failures < threshold)");
    const bits = bitEncoding(system, claim)!;
    expect((await shortestViolation(bits, claim, 0, 20, session())).kind).toBe("none");
    expect(upToQuery(bits, claim, 20)).toMatchObject({ logic: "QF_BV" });
  });

  test("numbers that need too many bits are left to the integers", () => {
    expect(bitEncoding(system, claimOf("failures < 100000000000"))).toBeNull();
  });
});

const width = 12;
const arithmetic = bitVectors(width);
const limit = Number(arithmetic.limit);
const names = ["a", "b"];
const number: fc.Arbitrary<Expression> = fc.letrec<{ number: Expression }>((tie) => ({
  number: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(...names).map(build.name),
    fc.constantFrom(-3, -1, 0, 1, 2, 5, limit).map(build.int),
    fc
      .tuple(fc.constantFrom("+", "-", "*"), tie("number"), tie("number"))
      .map(([operator, left, right]) => build.binary(operator, left, right)),
    fc
      .tuple(tie("number"), fc.integer({ min: 1, max: 5 }))
      .map(([left, divisor]) => build.binary("mod", left, build.int(divisor))),
    fc
      .tuple(fc.constantFrom("min", "max"), tie("number"), tie("number"))
      .map(([operator, ...operands]) => build.extremum(operator, operands)),
    tie("number").map(build.negate),
    fc
      .tuple(fc.constantFrom("<", "<=", "=="), tie("number"), tie("number"), tie("number"))
      .map(([operator, left, right, other]) =>
        build.choose(build.binary(operator, left, right), left, other),
      ),
  ),
})).number;
const values = fc.record({
  a: fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constantFrom(limit, -limit, limit - 1)),
  b: fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constantFrom(limit, -limit, 1 - limit)),
});

test("bit-vectors compute what exact arithmetic computes, or their condition is false", async () => {
  const cases = fc.sample(fc.tuple(number, values), { seed: 17, numRuns: 300 });
  const lines: string[] = [];
  for (const [index, [expression, context]] of cases.entries()) {
    const conditions: string[] = [];
    const term = toTerm(expression, {
      enums: new EnumCodes(),
      arithmetic,
      conditions,
      variable: (name) => ({
        text: arithmetic.literal(Number(Reflect.get(context, name))),
        sort: "Int",
      }),
    });
    lines.push(`(define-fun t${index} () ${arithmetic.sort} ${term.text})`);
    lines.push(`(define-fun c${index} () Bool (and true ${conditions.join(" ")}))`);
  }
  const asked = cases.map((_, index) => `t${index} c${index}`).join(" ");
  const answer = await session().ask({
    text: lines.join("\n"),
    logic: "QF_BV",
    onSat: `(get-value (${asked}))`,
  });
  expect(answer.status).toBe("sat");
  const pairs = answer.details[0] as readonly (readonly [string, string])[];
  let exactCases = 0;
  for (const [index, [expression, context]] of cases.entries()) {
    const environment = {
      variable: (name: string) => rational(Number(Reflect.get(context, name))),
    };
    // Every part counts: a branch that is not taken is computed all the same.
    const parts = [...nodesOf(expression)].map((part) => evaluateExact(part, environment));
    const within = parts.every(
      (value) =>
        typeof value !== "object" ||
        (value.numerator <= BigInt(limit) && value.numerator >= BigInt(-limit)),
    );
    expect([index, pairs[2 * index + 1]?.[1]]).toEqual([index, String(within)]);
    if (!within) continue;
    exactCases++;
    expect(arithmetic.read(pairs[2 * index]![1])).toEqual(parts[0]);
  }
  expect(exactCases).toBeGreaterThan(150);
  expect(exactCases).toBeLessThan(300);
});

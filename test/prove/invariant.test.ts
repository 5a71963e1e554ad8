import { afterAll, describe, expect, test } from "vitest";

import { always } from "../../core/property.ts";
import { boolType, elaborate, scopeOfModel } from "../../expr/index.ts";
import { type Claim, Encoding } from "../../checkers/prove/encode.ts";
import { extract } from "../../checkers/prove/extract.ts";
import { readInvariants } from "../../checkers/prove/invariant.ts";
import { parseSexprs } from "../../solver/sexpr.ts";
import { closeSolver, Session } from "../../solver/solver.ts";
import { auditInvariant } from "../../checkers/prove/spacer.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";

afterAll(closeSolver);

const encoding = new Encoding(extract(circuitBreaker));
const property = always("below", "implies(at(closed), failures < threshold)");
const claim: Claim = {
  kind: "state",
  expression: elaborate(String(property.predicate), scopeOfModel(circuitBreaker), boolType)
    .expression,
};

/** Definitions of the invariant per location: closed, open, half-open. */
const definitions = (closed: string, open: string, halfOpen: string): string =>
  [closed, open, halfOpen]
    .map(
      (body, id) =>
        `(define-fun |reach ${id}| ((failures Int) (active Int) (threshold Int) (trialLimit Int) (concurrency Int)) Bool ${body})`,
    )
    .join("\n");

describe("an invariant counts only after three plain queries", () => {
  const positive = "(>= threshold 1)";
  test.each([
    ["inductive", "(and (>= failures 0) (< failures threshold))", positive, positive, null],
    ["true, but it says too little", "true", "true", "true", "does not imply the claim"],
    [
      "not preserved",
      "(and (>= failures 0) (< failures threshold) (< failures 5))",
      "true",
      "true",
      "is not preserved by every step",
    ],
    [
      "not true at the start",
      "(and (>= failures 1) (< failures threshold))",
      positive,
      positive,
      "does not hold at the start",
    ],
    ["false everywhere", "false", "false", "false", "does not hold at the start"],
  ])("%s", async (_name, closed, open, halfOpen, complaint) => {
    const session = new Session({ timeMs: 30_000 });
    const found = await auditInvariant(
      encoding,
      claim,
      definitions(closed, open, halfOpen),
      session,
    );
    expect(typeof found === "string" ? found : found.map(({ role }) => role)).toEqual(
      complaint === null
        ? [
            "the invariant holds at the start",
            "every step keeps the invariant",
            "the invariant implies the claim",
          ]
        : `Spacer's invariant ${complaint}`,
    );
  });
});

describe("what the solver prints is told in the model's words", () => {
  const columns = ["failures", "active", "threshold"];
  test.each([
    ["(not (>= (+ a (* (- 1) c)) 0))", "failures < threshold"],
    ["(<= (+ a (* (- 1) c)) (- 1))", "failures < threshold"],
    ["(not (<= a (- 1)))", "failures >= 0"],
    ["(>= (+ a b (* (- 2) c)) 3)", "failures + active >= 2 * threshold + 3"],
    ["(= (+ a b) c)", "failures + active == threshold"],
    ["(>= (* (- 1) a) (- 5))", "failures <= 5"],
    [
      "(let ((x (<= a c))) (and x (or (not x) (= b 0))))",
      "failures <= threshold and (failures > threshold or active == 0)",
    ],
    ["true", "true"],
  ])("%s", (body, words) => {
    const [model] = parseSexprs(`((define-fun |reach 0| ((a Int) (b Int) (c Int)) Bool ${body}))`);
    expect(readInvariants(encoding, model, columns)).toEqual([`closed: ${words}`]);
  });
});

import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { assign, createMachine } from "xstate";

import {
  build,
  compileState,
  evaluateExact,
  type Expression,
  type ExactValue,
  parse,
  print,
  rational,
  type Scope,
  scopeOfTheorem,
} from "../../expr/index.ts";
import { EnumCodes, readValue, type TermEnvironment, toTerm } from "../../checkers/prove/smt.ts";
import { compileMachine } from "../../semantics/system.ts";
import { closeSolver, Session } from "../../solver/solver.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";

afterAll(closeSolver);

const numbers = ["a", "b", "c"];
const truths = ["p", "q"];
const modes = ["slow", "fast"];

const scope: Scope = {
  variables: new Map([
    ...scopeOfTheorem({ variables: { a: "Int", b: "Int", c: "Int", p: "Bool", q: "Bool" } })
      .variables,
    ["m", { kind: "enum", values: modes }],
  ]),
  states: new Set(),
};

/** Random typed expressions. */
const { truth, number } = fc.letrec<{ truth: Expression; number: Expression }>((tie) => ({
  number: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...numbers).map(build.name),
    fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2 ** 31, 2 ** 53 - 1)).map(build.int),
    fc
      .tuple(fc.constantFrom("+", "-", "*"), tie("number"), tie("number"))
      .map(([operator, left, right]) => build.binary(operator, left, right)),
    fc
      .tuple(tie("number"), fc.integer({ min: 1, max: 5 }))
      .map(([left, divisor]) => build.binary("mod", left, build.int(divisor))),
    fc
      .tuple(fc.constantFrom("min", "max"), tie("number"), tie("number"), tie("number"))
      .map(([operator, ...operands]) => build.extremum(operator, operands)),
    tie("number").map(build.negate),
    fc
      .tuple(tie("truth"), tie("number"), tie("number"))
      .map(([condition, yes, no]) => build.choose(condition, yes, no)),
  ),
  truth: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...truths).map(build.name),
    fc.boolean().map(build.bool),
    fc
      .tuple(fc.constantFrom("==", "!="), fc.constantFrom(...modes))
      .map(([operator, mode]) => build.binary(operator, build.name("m"), build.text(mode))),
    fc
      .tuple(fc.constantFrom("==", "!=", "<", "<=", ">", ">="), tie("number"), tie("number"))
      .map(([operator, left, right]) => build.binary(operator, left, right)),
    fc
      .tuple(fc.constantFrom("and", "or", "implies", "iff", "==", "!="), tie("truth"), tie("truth"))
      .map(([operator, left, right]) => build.binary(operator, left, right)),
    tie("truth").map(build.not),
  ),
}));

const edge = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.constantFrom(2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31, -(2 ** 31)),
);
const values = fc.record({
  a: edge,
  b: edge,
  c: edge,
  p: fc.boolean(),
  q: fc.boolean(),
  m: fc.constantFrom(...modes),
});

const exactOf = (value: number | boolean | string): ExactValue =>
  typeof value === "number" ? rational(value) : value;

/** A tree without its places. */
const bare = (expression: Expression): string =>
  JSON.stringify(expression, (key, value: unknown) =>
    key === "span" ? undefined : typeof value === "bigint" ? `${value}n` : value,
  );

describe("one meaning", () => {
  test("printing and parsing give the same tree", () => {
    fc.assert(
      fc.property(fc.oneof(truth, number), (expression) => {
        expect(bare(parse(print(expression)))).toBe(bare(expression));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test("the closure computes what exact arithmetic computes, or says that it cannot", () => {
    let refused = 0;
    fc.assert(
      fc.property(truth, values, (expression, context) => {
        const exact = evaluateExact(expression, {
          variable: (name) => exactOf(Reflect.get(context, name)),
        });
        const run = compileState(print(expression), scope);
        const state = {
          value: "",
          context,
          status: "active",
          matches: () => false,
          hasTag: () => false,
        };
        try {
          expect(run(state)).toBe(exact);
        } catch (error) {
          if (!(error instanceof DiagnosticError && error.code === "VRF103")) throw error;
          refused++; // beyond 2^53: an error, not a wrong answer
        }
      }),
      { seed: 11, numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(500);
  });

  test("packed states answer what exact arithmetic computes, each from its own tries", () => {
    const small = [-2, 0, 3];
    const system = compileMachine({
      machine: createMachine({
        context: { a: 0, b: 0, c: 0, p: false, q: false, m: "slow" },
        on: {
          SET: {
            actions: assign(({ event }) => {
              const { a, b, c, p, q, m } = event as Record<string, unknown>;
              return { a, b, c, p, q, m };
            }),
          },
        },
      } as never),
      events: [
        { type: "SET", a: small, b: small, c: small, p: [true, false], q: [true, false], m: modes },
      ],
      variables: {
        a: { int: [-2, 3] },
        b: { int: [-2, 3] },
        c: { int: [-2, 3] },
        p: "bool",
        q: "bool",
        m: { enum: modes },
      },
    });
    system.successors(system.initial());
    const count = system.size();
    expect(count).toBe(3 ** 3 * 2 ** 3);
    let compared = 0;
    fc.assert(
      fc.property(truth, (expression) => {
        let selected: ReadonlySet<number>;
        try {
          selected = new Set(system.select(compileState(print(expression), scope), count));
        } catch (error) {
          if (error instanceof DiagnosticError && error.code === "VRF103") return;
          throw error;
        }
        for (let state = 0; state < count; state++) {
          const { context } = system.snapshot(state) as { context: object };
          const exact = evaluateExact(expression, {
            variable: (name) => exactOf(Reflect.get(context, name)),
          });
          expect(selected.has(state)).toBe(exact);
          compared++;
        }
      }),
      { seed: 17, numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(20_000);
  });

  test("the solver computes what exact arithmetic computes", async () => {
    const cases = fc.sample(fc.tuple(fc.oneof(truth, number), values), { seed: 13, numRuns: 400 });
    const enums = new EnumCodes();
    const terms = cases.map(([expression, context]) => {
      const environment: TermEnvironment = {
        enums,
        variable: (name) => {
          const value: unknown = Reflect.get(context, name);
          if (typeof value === "boolean") return { text: String(value), sort: "Bool" };
          if (typeof value === "string") return { text: String(enums.codeOf(value)), sort: "Int" };
          return { text: Number(value) < 0 ? `(- ${-Number(value)})` : String(value), sort: "Int" };
        },
      };
      return toTerm(expression, environment);
    });
    const constants = terms.map(
      (term, index) => `(define-fun t${index} () ${term.sort} ${term.text})`,
    );
    const session = new Session({ timeMs: 50_000 });
    const answer = await session.ask({
      text: constants.join("\n"),
      onSat: `(get-value (${terms.map((_, index) => `t${index}`).join(" ")}))`,
    });
    const [pairs] = answer.details;
    expect(answer.status).toBe("sat");
    for (const [index, [expression, context]] of cases.entries()) {
      const exact = evaluateExact(expression, {
        variable: (name) => exactOf(Reflect.get(context, name)),
      });
      const raw = pairs?.[index]?.[1];
      const type =
        typeof exact === "boolean" ? ({ kind: "bool" } as const) : ({ kind: "int" } as const);
      const solved = raw === undefined ? null : readValue(raw, type, enums);
      expect([print(expression), solved]).toEqual([print(expression), exact]);
    }
  });
});

/**
 * One random description, written twice: as an XState machine with formulas for this workbench, and
 * as a Promela process with formulas for Spin. Neither text is made from the other.
 */

import * as fc from "fast-check";
import { assign, createMachine } from "xstate";

import type { MachineModel } from "../../core/subject.ts";
import type { Fairness } from "../../core/property.ts";

export const eventTypes = ["A", "B", "C"] as const;
export const values = 4; // of the counter n: 0 … 3

interface Guard {
  readonly test: "none" | "equal" | "below";
  readonly bound: number;
}

interface Move {
  readonly guard: Guard;
  readonly target: number;
  readonly update: "keep" | "increment" | number;
}

export interface Chart {
  /** Per state and event type: alternatives, the first whose guard is true is taken. */
  readonly rows: readonly (readonly (readonly Move[])[])[];
}

export type Condition =
  | { readonly kind: "state"; readonly state: number }
  | { readonly kind: "equal" | "below"; readonly bound: number };

/**
 * Prefix notation: an operator with its operands, or a condition. No X: Spin is usually built without
 * it, and its meaning is held against all lassos in search.test.ts.
 */
export type Claim = Condition | readonly [string, ...Claim[]];

export interface Ask {
  readonly event: number;
  readonly strong: boolean;
}

const move = (states: number): fc.Arbitrary<Move> =>
  fc.record({
    guard: fc.record({
      test: fc.constantFrom("none", "none", "equal", "below"),
      bound: fc.nat(values - 1),
    }),
    target: fc.nat(states - 1),
    update: fc.oneof(
      fc.constantFrom("keep" as const, "keep" as const, "increment" as const),
      fc.nat(values - 1),
    ),
  });

export const charts: fc.Arbitrary<Chart> = fc.integer({ min: 2, max: 4 }).chain((states) =>
  fc.record({
    rows: fc.array(
      fc.tuple(
        ...eventTypes.map((_, index) => fc.array(move(states), { maxLength: index === 2 ? 1 : 2 })),
      ),
      { minLength: states, maxLength: states },
    ),
  }),
);

const conditions: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3).map((state): Condition => ({ kind: "state", state })) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("equal", "below"), bound: fc.nat(values - 1) }),
  },
);

export const claims = (depth: number): fc.Arbitrary<Claim> => {
  if (depth === 0) return conditions;
  const part = claims(depth - 1);
  return fc.oneof(
    { weight: 1, arbitrary: conditions },
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom("not", "F", "G", "F", "G"), part) },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.constantFrom("and", "or", "->", "U", "R"), part, part),
    },
  );
};

/** Claims of the shapes that people write; long loops are found against these. */
export const usual: fc.Arbitrary<Claim> = fc
  .tuple(conditions, conditions, fc.nat(4))
  .map(([p, q, shape]): Claim => {
    const patterns: readonly Claim[] = [
      ["G", ["->", p, ["F", q]]],
      ["G", ["F", p]],
      ["F", ["G", p]],
      ["or", ["F", ["G", p]], ["G", ["F", q]]],
      ["F", ["and", p, ["F", q]]],
    ];
    return patterns[shape]!;
  });

/** At most one strong requirement: as a premise it makes Spin's translation slow. */
export const asks: fc.Arbitrary<readonly Ask[]> = fc
  .tuple(
    fc.uniqueArray(fc.nat(eventTypes.length - 1), { minLength: 2, maxLength: 3 }),
    fc.boolean(),
  )
  .map(([events, strong]) =>
    events.map((event, index) => ({ event, strong: strong && index === 0 })),
  );

// --- for the workbench ------------------------------------------------------------------------

export function modelOf({ rows }: Chart): MachineModel {
  const states = rows.map((row, index) => {
    const on = eventTypes.map((type, column) => [
      type,
      row[column]!.map(({ guard, target, update }) => ({
        target: `s${target}`,
        reenter: true,
        ...(guard.test === "none"
          ? {}
          : {
              guard: ({ context }: { context: { n: number } }) =>
                guard.test === "equal" ? context.n === guard.bound : context.n < guard.bound,
            }),
        ...(update === "keep"
          ? {}
          : {
              actions: assign({
                n: ({ context }: { context: { n: number } }) =>
                  update === "increment" ? (context.n + 1) % values : update,
              }),
            }),
      })),
    ]);
    return [`s${index}`, { on: Object.fromEntries(on) as object }];
  });
  return {
    machine: createMachine({
      id: "chart",
      context: { n: 0 },
      initial: "s0",
      states: Object.fromEntries(states) as never,
    } as never),
    events: eventTypes.map((type) => ({ type })),
    variables: { n: { int: [0, values - 1] } },
  };
}

/** The claim in this workbench's syntax; a state that the chart does not have is `false`. */
export function claimText(claim: Claim, states: number): string {
  if ("kind" in claim) {
    if (claim.kind === "state") return claim.state < states ? `at(s${claim.state})` : "false";
    return claim.kind === "equal" ? `n == ${claim.bound}` : `n < ${claim.bound}`;
  }
  const [op, ...parts] = claim;
  const [left, right] = parts.map((part) => `(${claimText(part, states)})`);
  return right === undefined ? `${op} ${left}` : `${left} ${op} ${right}`;
}

export const fairnessOf = (asked: readonly Ask[]): readonly Fairness[] =>
  asked.map(({ event, strong }): Fairness => {
    const name = `event ${eventTypes[event]!}` as const;
    return strong ? `strong ${name}` : name;
  });

// --- for Spin ---------------------------------------------------------------------------------

const promelaGuard = ({ test, bound }: Guard): string => {
  if (test === "none") return "true";
  return test === "equal" ? `n == ${bound}` : `n < ${bound}`;
};

function promelaMove({ target, update }: Move): string {
  const set =
    update === "keep" ? "" : `; n = ${update === "increment" ? `(n + 1) % ${values}` : update}`;
  return `s = ${target}${set}`;
}

/** Where an event of this type changes something, as (state, n) pairs. */
function changing({ rows }: Chart, event: number): readonly string[] {
  const places: string[] = [];
  for (const [state, row] of rows.entries()) {
    for (let n = 0; n < values; n++) {
      const taken = row[event]!.find(
        ({ guard: { test, bound } }) =>
          test === "none" || (test === "equal" ? n === bound : n < bound),
      );
      if (taken === undefined) continue;
      let after = n;
      if (taken.update === "increment") after = (n + 1) % values;
      else if (taken.update !== "keep") after = taken.update;
      if (taken.target !== state || after !== n) places.push(`(s == ${state} && n == ${n})`);
    }
  }
  return places;
}

/**
 * One process per event type. Spin's weak fairness (pan -f) is about processes: a type that must be
 * fair has nothing but its moves to do, any other may idle for ever. One process does nothing else,
 * because pan -f takes no account of a run in which everything is blocked. Fairness is the same for all
 * claims of a model; strong fairness is not in Spin and becomes a premise of the claim.
 */
export function promelaOf(
  chart: Chart,
  fair: readonly Ask[],
  named: readonly { readonly name: string; readonly claim: Claim }[],
): string {
  const processes = eventTypes.map((type, event) => {
    const options = chart.rows.flatMap((row, state) => {
      const moves = row[event]!;
      if (moves.length === 0) return [];
      let choice = "skip";
      for (const next of moves.toReversed()) {
        choice = `if :: (${promelaGuard(next.guard)}) -> ${promelaMove(next)} :: else -> ${choice} fi`;
      }
      return `  :: d_step { s == ${state} && can${type} -> ${choice}; last = ${event + 1} }`;
    });
    const ask = fair.find((one) => one.event === event);
    const idle = ask === undefined || ask.strong ? ["  :: d_step { last = 0 }"] : [];
    const all = [...options, ...idle];
    return `active proctype on${type}() { do
${all.length === 0 ? "  :: false" : all.join("\n")}
od }`;
  });
  const defines = eventTypes.map((type, event) => {
    const places = changing(chart, event);
    return `#define can${type} (${places.length === 0 ? "false" : places.join(" || ")})
#define did${type} (last == ${event + 1})`;
  });
  const premise = fair
    .filter(({ strong }) => strong)
    .map(({ event }) => `([] <> can${eventTypes[event]!} -> [] <> did${eventTypes[event]!})`)
    .join(" && ");
  const formula = (claim: Claim): string =>
    premise === "" ? spinText(claim) : `(${premise}) -> (${spinText(claim)})`;
  return `byte s = 0; byte n = 0; byte last = 0;
${defines.join("\n")}
${processes.join("\n")}
active proctype idle() { do :: d_step { last = 0 } od }
${named.map(({ name, claim }) => `ltl ${name} { ${formula(claim)} }`).join("\n")}
`;
}

const spinOperators: Readonly<Record<string, string>> = {
  not: "!",
  F: "<>",
  G: "[]",
  and: "&&",
  or: "||",
  "->": "->",
  U: "U",
  R: "V",
};

function spinText(claim: Claim): string {
  if ("kind" in claim) {
    if (claim.kind === "state") return `(s == ${claim.state})`;
    return claim.kind === "equal" ? `(n == ${claim.bound})` : `(n < ${claim.bound})`;
  }
  const [op, ...parts] = claim;
  const [left, right] = parts.map(spinText);
  const symbol = spinOperators[op]!;
  return right === undefined ? `(${symbol} ${left})` : `(${left} ${symbol} ${right})`;
}

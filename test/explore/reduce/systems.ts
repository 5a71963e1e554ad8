/** Random systems of machines with private and shared variables and channels, and claims about them. */

import * as fc from "fast-check";
import { assign, createMachine, emit, type AnyStateMachine } from "xstate";

import {
  always,
  deadlockFree,
  f,
  ltl,
  never,
  reachable,
  type ChannelDeclaration,
  type ComponentDeclaration,
  type Formula,
  type Property,
  type SystemModel,
} from "../../../index.ts";

interface Step {
  readonly from: number;
  readonly to: number;
  readonly event: "A" | "B" | "M";
  /** Read before: nothing, the own variable, the shared one, or the shared one if the own is 1. */
  readonly test: "none" | "own" | "shared" | "lazy";
  readonly is: number;
  readonly write: "none" | "own" | "shared";
  readonly value: number;
  readonly sends: boolean;
}

export interface MachineSketch {
  readonly steps: readonly Step[];
  /** Which of the two shared variables it sees. */
  readonly shared: 0 | 1 | null;
}

export interface SystemSketch {
  readonly machines: readonly MachineSketch[];
  readonly channels: readonly {
    readonly from: number;
    readonly to: number;
    readonly loses: boolean;
    readonly duplicates: boolean;
  }[];
  readonly faults: number | null;
}

const size = 3;

/** Mostly forward: in runs that end, it matters more what came first. */
const move = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom([0, 1], [0, 1], [1, 2], [0, 2]) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(size - 1), fc.nat(size - 1)) },
);

const step: fc.Arbitrary<Step> = fc
  .record({
    event: fc.constantFrom("A", "A", "B", "M"),
    test: fc.constantFrom("none", "own", "shared", "shared", "lazy"),
    is: fc.nat(1),
    write: fc.constantFrom("none", "own", "shared"),
    value: fc.nat(1),
    sends: fc.boolean(),
  })
  .chain((drawn) => move.map(([from, to]) => ({ ...drawn, from, to })));

const oneMachine: fc.Arbitrary<MachineSketch> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  shared: fc.constantFrom(null, 0, 0, 1),
});

export const systems: fc.Arbitrary<SystemSketch> = fc.integer({ min: 2, max: 4 }).chain((count) =>
  fc.record({
    machines: fc.array(oneMachine, { minLength: count, maxLength: count }),
    channels: fc.array(
      fc.record({
        from: fc.nat(count - 1),
        to: fc.nat(count - 1),
        loses: fc.boolean(),
        duplicates: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    faults: fc.option(fc.nat(1)),
  }),
);

/** A machine of a sketch; `own` and `shared` count to 1. */
export function machineOf({ steps }: MachineSketch): AnyStateMachine {
  type Context = { own: number; shared: number };
  const passes =
    ({ test, is }: Step) =>
    ({ context }: { context: Context }): boolean => {
      if (test === "none") return true;
      if (test === "own") return context.own === is;
      if (test === "shared") return context.shared === is;
      return context.own === 1 && context.shared === is;
    };
  const states = Array.from({ length: size }, (_, from) => {
    const on: Record<string, object[]> = {};
    for (const each of steps.filter((other) => other.from === from)) {
      const { event, to, write, value, sends } = each;
      (on[event] ??= []).push({
        guard: passes(each),
        target: `s${to}`,
        actions: [
          ...(write === "none" ? [] : [assign({ [write]: value })]),
          ...(sends ? [emit({ type: "M" })] : []),
        ],
      });
    }
    return [`s${from}`, { on }] as const;
  });
  return createMachine({
    id: "random",
    context: { own: 0, shared: 0 },
    initial: "s0",
    states: Object.fromEntries(states),
  } as never);
}

export function systemOf({ machines, channels, faults }: SystemSketch): SystemModel {
  const bit = { int: [0, 1] } as const;
  const declared = machines.map((sketch, index): readonly [string, ComponentDeclaration] => {
    const { shared } = sketch;
    return [
      `m${index}`,
      {
        machine: machineOf(sketch),
        events: [{ type: "A" }, { type: "B" }],
        variables: shared === null ? { own: bit, shared: bit } : { own: bit },
        ...(shared === null ? {} : { shares: { shared: `x${shared}` } }),
      },
    ];
  });
  return {
    shared: { x0: bit, x1: bit },
    machines: Object.fromEntries(declared.map(([name, model]) => [name, heard(name, model)])),
    channels: Object.fromEntries(
      channels.map(({ from, to, ...fails }, index) => [
        `wire${index}`,
        { from: `m${from}`, to: `m${to}`, carries: ["M"], capacity: 2, ...fails },
      ]),
    ),
    ...(faults === null ? {} : { faults }),
  };

  /** M comes from the environment where no channel brings it. */
  function heard(name: string, model: ComponentDeclaration): ComponentDeclaration {
    const delivered = channels.some(({ to }) => name === `m${to}`);
    return delivered ? model : { ...model, events: [...model.events, { type: "M" }] };
  }
}

/** Conditions on some of the machines; the others stay invisible. */
export const conditionsOn = ({ machines, channels }: SystemSketch): fc.Arbitrary<string> => {
  const index = fc.nat(machines.length - 1);
  const shared = [0, 1].filter((x) => machines.some((machine) => machine.shared === x));
  const one = fc.oneof(
    fc.tuple(index, fc.nat(size - 1)).map(([m, s]) => `at(m${m}.s${s})`),
    fc.tuple(index, fc.nat(1)).map(([m, v]) => `m${m}_own == ${v}`),
    ...(shared.length === 0
      ? []
      : [fc.tuple(fc.constantFrom(...shared), fc.nat(1)).map(([x, v]) => `x${x} == ${v}`)]),
    ...channels.map((_, wire) => fc.nat(2).map((length) => `wire${wire}_length == ${length}`)),
  );
  return fc.oneof(
    one,
    fc.tuple(one, one).map(([p, q]) => `${p} and ${q}`),
    fc.tuple(one, one, one).map((parts) => parts.join(" and ")),
    fc.tuple(one, one).map(([p, q]) => `implies(${p}, ${q})`),
  );
};

const shapes: readonly ((p: string, q: string) => Formula)[] = [
  (p, q) => f.G(f.implies(p, f.F(q))),
  (p, q) => f.W(p, q),
  (p, q) => f.R(q, p),
  (p, q) => f.G(f.implies(p, f.G(q))),
  (p, q) => f.G(f.implies(p, f.or(q, f.W(p, q)))),
  (p, q) => f.or(f.G(p), f.F(q)),
];

export const claimsOn = (sketch: SystemSketch): fc.Arbitrary<Property> => {
  const p = conditionsOn(sketch);
  return fc.oneof(
    p.map((text) => always("claim", text)),
    p.map((text) => never("claim", text)),
    p.map((text) => reachable("claim", text)),
    fc.constant(deadlockFree("claim", { id: "claim" })),
    fc
      .tuple(p, p, fc.nat(shapes.length - 1))
      .map(([a, b, shape]) => ltl("claim", shapes[shape]!(a, b))),
  );
};

// --- systems with machines that are alike -------------------------------------------------------

export interface AlikeSketch {
  readonly member: MachineSketch;
  /** What the members have in common: a variable, a hub that looks at each, channels. */
  readonly bond: "variable" | "hub" | "partial hub" | "to hub" | "one channel" | "each other";
  readonly loses: boolean;
}

const members = [0, 1, 2] as const;

export const alikeSystems: fc.Arbitrary<AlikeSketch> = fc.record({
  member: oneMachine,
  bond: fc.constantFrom("variable", "hub", "partial hub", "to hub", "one channel", "each other"),
  loses: fc.boolean(),
});

/** Takes note of what it sees of each member, then closes; the partial one does not wait for all. */
const hubMachine = (partial: boolean): AnyStateMachine => {
  const waitsFor = partial ? [1, 2] : [0, 1, 2];
  return createMachine({
    types: {} as { context: Record<string, number>; events: { type: string; of: number } },
    id: "hub",
    context: { said0: 0, said1: 0, said2: 0, seen0: 0, seen1: 0, seen2: 0 },
    initial: "s0",
    states: {
      s0: {
        on: {
          LOOK: {
            guard: ({ context, event }) => context[`said${event.of}`] === 1,
            actions: assign(({ event }) => ({ [`seen${event.of}`]: 1 })),
          },
          CLOSE: {
            guard: ({ context }) => waitsFor.every((of) => context[`seen${of}`] === 1),
            target: "s1",
          },
        },
      },
      s1: {},
      s2: {},
    },
  });
};

const counter = createMachine({
  id: "counter",
  initial: "s0",
  states: { s0: { on: { M: "s1" } }, s1: { on: { M: "s2" } }, s2: {} },
});

export function alikeSystemOf({ member, bond, loses }: AlikeSketch): SystemModel {
  const bit = { int: [0, 1] } as const;
  const machine = machineOf(member);
  const hears = bond === "each other";
  const model = (index: number): ComponentDeclaration => ({
    machine,
    events: [{ type: "A" }, { type: "B" }, ...(hears ? [] : [{ type: "M" }])],
    variables: { own: bit },
    shares: { shared: bond.endsWith("hub") ? `y${index}` : "x" },
  });
  const ys = Object.fromEntries(members.map((index) => [`y${index}`, bit]));
  const wire = { carries: ["M"], capacity: 1, loses };
  const hub: ComponentDeclaration =
    bond === "hub" || bond === "partial hub"
      ? {
          machine: hubMachine(bond === "partial hub"),
          events: [{ type: "LOOK", of: members }, { type: "CLOSE" }],
          variables: Object.fromEntries(members.map((index) => [`seen${index}`, bit])),
          shares: Object.fromEntries(members.map((index) => [`said${index}`, `y${index}`])),
        }
      : {
          machine: counter,
          events: bond.includes("channel") || bond === "to hub" ? [] : [{ type: "M" }],
        };
  const channels: Record<string, ChannelDeclaration> = {};
  if (bond === "one channel") {
    channels["wire"] = { ...wire, from: members.map((index) => `m${index}`), to: "hub" };
  }
  for (const index of members) {
    if (bond === "to hub") channels[`wire${index}`] = { ...wire, from: `m${index}`, to: "hub" };
    for (const other of members) {
      if (bond !== "each other" || other === index) continue;
      channels[`wire${index}${other}`] = { ...wire, from: `m${index}`, to: `m${other}` };
    }
  }
  return {
    shared: bond.endsWith("hub") ? ys : { x: bit },
    machines: { ...Object.fromEntries(members.map((index) => [`m${index}`, model(index)])), hub },
    channels,
    ...(loses ? { faults: 1 } : {}),
  };
}

/** Claims about some member, all members, or one of them. */
export const alikeClaims: fc.Arbitrary<Property> = fc
  .tuple(fc.nat(size - 1), fc.nat(size - 1), fc.nat(1), fc.nat(6), fc.nat(2))
  .chain(([s, t, v, shape, hub]) => {
    const some = (text: (index: number) => string): string => `(${members.map(text).join(" or ")})`;
    const every = (text: (index: number) => string): string =>
      `(${members.map(text).join(" and ")})`;
    const at = (state: number) => (index: number) => `at(m${index}.s${state})`;
    const texts = [
      `${some(at(s))} and ${some(at(t))}`,
      every(at(s)),
      some((index) => `at(m${index}.s${s}) and m${index}_own == ${v}`),
      `implies(${some(at(s))}, at(hub.s${hub}))`,
      `${every((index) => `m${index}_own == ${v}`)} and at(hub.s${hub})`,
      `at(m0.s${s}) and at(m1.s${t})`,
      `at(m2.s${s})`,
    ];
    const text = texts[shape]!;
    return fc.constantFrom<Property>(
      always("claim", `not (${text})`),
      never("claim", text),
      reachable("claim", text),
      deadlockFree("claim", { id: "claim" }),
    );
  });

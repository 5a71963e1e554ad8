/**
 * Several machines: the auditor's own stepping finds the same steps as the tables, state by state; it
 * accepts what the engine found and refuses it with any one part corrupted.
 */

import { assign, createMachine, emit } from "xstate";
import { describe, expect, test } from "vitest";

import { audit } from "../../checkers/audit/index.ts";
import { auditClosedWorlds } from "../../checkers/audit/system.ts";
import {
  beginWorld,
  decodeWorld,
  moves,
  sortedChannels,
  type World,
} from "../../checkers/audit/worlds.ts";
import { decodedWorlds } from "../../checkers/explore/decode.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { extend, startGraph, type ReachableGraph } from "../../checkers/explore/graph.ts";
import type { Certificate, EvidenceWorld } from "../../core/certificate.ts";
import {
  always,
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  reachable,
  type Property,
} from "../../core/property.ts";
import { defineSubject, type SystemSubject } from "../../core/subject.ts";
import type { ChannelDeclaration, SystemModel } from "../../core/system.ts";
import { compileSystem } from "../../semantics/system.ts";
import { alternatingBit } from "../fixtures/explore/alternating-bit.ts";
import { peterson } from "../fixtures/explore/mutual-exclusion.ts";
import { philosophers } from "../fixtures/explore/philosophers.ts";
import { twoPhaseCommit } from "../fixtures/explore/two-phase-commit.ts";
import { contextWith } from "../explore/support.ts";

/** Numbered messages over one channel, a receiver with a timer, and an end. */
function courier(channel: Partial<ChannelDeclaration>, faults?: number): SystemModel {
  return {
    machines: {
      sender: {
        machine: createMachine({
          id: "sender",
          context: { n: 0 },
          initial: "on",
          states: {
            on: {
              on: {
                PUT: {
                  guard: ({ context }) => context.n < 3,
                  actions: [
                    assign({ n: ({ context }) => context.n + 1 }),
                    emit(({ context }) => ({ type: "MSG", n: context.n })),
                  ],
                },
                END: "off",
              },
            },
            off: { type: "final" },
          },
        }),
        events: [{ type: "PUT" }, { type: "END" }],
        variables: { n: { int: [0, 3] } },
      },
      receiver: {
        machine: createMachine({
          id: "receiver",
          context: { seen: 0 },
          initial: "awake",
          states: {
            awake: {
              on: { MSG: { actions: assign({ seen: ({ event }) => event["n"] as number }) } },
              after: { 100: "asleep" },
            },
            asleep: { on: { WAKE: "awake", END: "off" } },
            off: { type: "final" },
          },
        }),
        events: [{ type: "WAKE" }, { type: "END" }],
        variables: { seen: { int: [0, 3] } },
      },
    },
    channels: {
      wire: { from: "sender", to: "receiver", carries: ["MSG"], capacity: 2, ...channel },
    },
    ...(faults === undefined ? {} : { faults }),
  };
}

const models: Readonly<Record<string, SystemModel>> = {
  "two-phase commit": twoPhaseCommit(3),
  Peterson: peterson(),
  philosophers: philosophers(3, false),
  "alternating bit, one fault": alternatingBit({ faults: 1 }),
  "a channel that blocks": courier({}),
  "a channel that drops": courier({ whenFull: "drop" }),
  "a channel that loses": courier({ loses: true }, 2),
  "a channel that doubles": courier({ duplicates: true }, 2),
  "a channel without order": courier({ order: "any", loses: true, duplicates: true }, 1),
};

async function explored(model: SystemModel): Promise<ReachableGraph> {
  const graph = startGraph(compileSystem(model));
  expect(await extend(graph, contextWith())).toBe("complete");
  return graph;
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, sorted(item)]),
        )
      : value;
const text = (model: SystemModel, world: EvidenceWorld): string =>
  JSON.stringify(sorted(sortedChannels(model, world)));

describe.each(Object.entries(models))("%s", (_, model) => {
  test("every state has the same steps in the tables and in the auditor's stepping", async () => {
    const graph = await explored(model);
    const { system } = graph;
    const texts = decodedWorlds(graph).map((world) => text(model, world));
    const numbers = new Map(texts.map((of, index) => [of, index]));
    expect(numbers.size).toBe(texts.length);
    const places = new Map<string, World>();
    const queue = [beginWorld(model)];
    for (const world of queue) {
      const own = text(model, decodeWorld(model, world));
      if (places.has(own)) continue;
      places.set(own, world);
      const state = numbers.get(own)!;
      const found = moves(model, world);
      queue.push(...found.map(({ next }) => next));
      const after = found.map(({ next }) => text(model, decodeWorld(model, next)));
      const targets = system.successors(state).filter((_value, index) => index % 2 === 1);
      // What changes nothing may be an edge or none: ignored events are none.
      const others = (all: readonly string[]): string[] => [
        ...new Set(all.filter((target) => target !== own)),
      ];
      expect(others(targets.map((target) => texts[target]!)).toSorted()).toEqual(
        others(after).toSorted(),
      );
    }
    expect(places.size).toBe(texts.length);
  });

  test("the set is accepted; without a state, with a strange one, or a changed one, it is refused", async () => {
    const states = decodedWorlds(await explored(model));
    expect(auditClosedWorlds(model, states)).toMatchObject({ accepted: true });
    const refused = (changed: readonly EvidenceWorld[]): void => {
      expect(auditClosedWorlds(model, changed).accepted).toBe(false);
    };
    for (const index of [0, states.length - 1]) {
      refused(states.toSpliced(index, 1));
      refused([...states, states[index]!]);
      const [name] = Object.keys(model.machines);
      const state = states[index]!;
      const machine = state.machines[name!]!;
      const change = (changes: Partial<EvidenceWorld>): void =>
        refused(states.with(index, { ...state, ...changes }));
      const of = (changes: object): void =>
        change({ machines: { ...state.machines, [name!]: { ...machine, ...changes } } });
      of({ value: "nowhere" });
      of({ context: { ...machine.context, strange: 1 } });
      of({ done: !machine.done });
      of({ timers: [{ id: "x", event: { type: "X" } }] });
      for (const channel of Object.keys(state.channels)) {
        const messages = [...state.channels[channel]!, { type: "STRANGE" }];
        change({ channels: { ...state.channels, [channel]: messages } });
      }
    }
  });
});

const subjectOf = (model: SystemModel, property: Property): SystemSubject =>
  defineSubject({ id: "s", model, properties: [property] });

async function certificateOf(model: SystemModel, property: Property): Promise<Certificate> {
  const subject = subjectOf(model, property);
  const [obligation] = engine.plan(subject);
  const outcome = await engine.check(obligation!, subject, contextWith());
  if (outcome.certificate === undefined) throw new Error(`${outcome.verdict} ${outcome.reason}`);
  return outcome.certificate;
}

const losing = alternatingBit({ duplicates: false });
const exclusive = always("one at a time", "not (at(p0.critical) and at(p1.critical))");
const runs: readonly (readonly [string, SystemModel, Property])[] = [
  ["both in", peterson(true), exclusive],
  ["stuck", philosophers(3, false), deadlockFree()],
  ["committed", twoPhaseCommit(3), reachable("commit", "at(rm0.committed)")],
  [
    "doubled",
    alternatingBit({ checked: false, faults: 1 }),
    always("in order", "not receiver_wrong"),
  ],
  ["asleep", courier({}), always("awake", "at(receiver.awake) or at(receiver.off)")],
  [
    "seen",
    courier({}),
    alwaysStep("all messages count", "implies(event(MSG), next(receiver_seen) == 1)"),
  ],
  ["never back", courier({}), alwaysReachable("back", "at(receiver.awake)")],
  [
    "lost for ever",
    losing,
    leadsTo("arrives", "sender_bit == 1", "sender_bit == 0", {
      fair: ["strong event SEND", "deliveries"],
    }),
  ],
  [
    "sleeps for ever",
    courier({}),
    leadsTo("wakes", "at(receiver.asleep)", "at(receiver.awake) or at(receiver.off)", {
      fair: ["timers"],
    }),
  ],
];

describe.each(runs)("a run: %s", (_, model, property) => {
  test("is accepted, and refused with a step left out, changed or moved", async () => {
    const certificate = await certificateOf(model, property);
    const says = (changed: Certificate): string =>
      audit(subjectOf(model, property), property.id, changed).says;
    expect(audit(subjectOf(model, property), property.id, certificate)).toMatchObject({
      says: "accepted",
    });
    if (certificate.kind !== "system-run") throw new Error(`a ${certificate.kind}`);
    const { steps, loop } = certificate;
    for (const [index, step] of steps.entries()) {
      const changed = [
        { event: { type: "NOPE" }, machine: Object.keys(model.machines)[0]! },
        { ...step, machine: "nobody" },
        { fault: "loses", channel: "nowhere", position: 0, message: { type: "NOPE" } } as const,
      ];
      for (const other of changed) {
        if ("fault" in step && !("fault" in other) && !("event" in other)) continue;
        expect(says({ ...certificate, steps: steps.with(index, other as never) })).toBe("refused");
      }
    }
    expect(says({ ...certificate, steps: [] })).toBe("refused");
    expect(says({ kind: "run", steps: [], loop: null })).toBe("refused");
    const opposite = always("true anyway", "true");
    expect(
      audit(subjectOf(model, opposite), opposite.id, { ...certificate, loop: null }).says,
    ).toBe("refused");
    if (loop !== null) {
      expect(says({ ...certificate, loop: steps.length + 1 })).toBe("refused");
      expect(says({ ...certificate, loop: null })).toBe("refused");
    }
  });
});

test("an unfair lasso is refused: the fairness that the claim names is checked", async () => {
  const claim = (fair: "deliveries" | "strong deliveries"): Property =>
    leadsTo("arrives", "sender_bit == 1", "sender_bit == 0", { fair: ["strong event SEND", fair] });
  const certificate = await certificateOf(losing, claim("deliveries"));
  const strong = claim("strong deliveries");
  const report = audit(subjectOf(losing, strong), strong.id, certificate);
  expect(report).toMatchObject({ says: "refused" });
  expect(report.message).toContain("again and again");
});

test("claims about the set are asked in the auditor's own terms", async () => {
  const model = twoPhaseCommit(3);
  const states = decodedWorlds(await explored(model));
  const verdict = (property: Property): boolean =>
    auditClosedWorlds(model, states, property).accepted;
  expect(verdict(always("p", "not (at(rm0.committed) and at(rm1.aborted))"))).toBe(true);
  expect(verdict(always("p", "not at(rm0.committed)"))).toBe(false);
  expect(verdict(always("p", (state) => state.matches({ tm: "init" })))).toBe(false);
  expect(verdict(reachable("p", "at(rm0.committed) and at(rm1.aborted)"))).toBe(true);
  expect(verdict(reachable("p", "at(rm0.committed)"))).toBe(false);
  expect(verdict(alwaysStep("p", "implies(commit, next(commit))"))).toBe(true);
  expect(verdict(alwaysStep("p", "not event(PREPARE)"))).toBe(false);
  expect(verdict(alwaysReachable("p", "at(tm.init)"))).toBe(false);
});

test("discrete time is not audited, and says so", () => {
  const property = always("p", "true");
  const subject = subjectOf({ ...courier({}), time: "discrete" }, property);
  expect(audit(subject, property.id, { kind: "closed-worlds", states: [] })).toMatchObject({
    says: "not-audited",
  });
});

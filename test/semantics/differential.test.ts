/**
 * The transition system against XState itself: a naive search that keeps whole snapshots and calls
 * the package's own transition(), and random statecharts against running actors.
 */

import * as fc from "fast-check";
import {
  assign,
  createActor,
  createMachine,
  initialTransition,
  transition,
  type AnyMachineSnapshot,
  type EventObject,
} from "xstate";
import { describe, expect, test } from "vitest";

import type { MachineModel } from "../../core/subject.ts";
import {
  extend,
  forEachEdge,
  startGraph,
  type ReachableGraph,
} from "../../checkers/explore/graph.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { opampControlLoop } from "../../models/opamp-control-loop.ts";
import { otlpConnection } from "../../models/otlp-connection.ts";
import { publishedCircuitBreaker } from "../../models/published/circuit-breaker.ts";
import { publishedOtlp, publishedOtlpLiteral } from "../../models/published/otlp-connection.ts";
import { compileMachine } from "../../semantics/system.ts";
import { contextWith } from "../explore/support.ts";

interface Naive {
  readonly snapshot: AnyMachineSnapshot;
  readonly timers: readonly string[];
}

/** Written from XState's documentation alone; shares nothing with semantics/. */
function naiveSearch(model: MachineModel): { states: number; transitions: number } {
  const input = {
    ...model.input,
    ...Object.fromEntries(
      Object.entries(model.parameters ?? {}).map(([name, { explore }]) => [name, explore]),
    ),
  };
  const events: EventObject[] = model.events.flatMap((declaration) =>
    Object.entries(declaration).reduce<EventObject[]>(
      (variants, [field, values]) =>
        typeof values === "string"
          ? variants
          : variants.flatMap((variant) => values.map((value) => ({ ...variant, [field]: value }))),
      [{ type: declaration.type }],
    ),
  );
  const after = (
    timers: readonly string[],
    actions: readonly { type: string; params?: unknown }[],
  ): readonly string[] => {
    const running = new Set(timers);
    for (const { type, params } of actions) {
      const of = params as { event?: EventObject; delay?: number; sendId?: string };
      if (type === "xstate.cancel") running.delete(of.sendId!);
      if (type === "xstate.raise" && of.delay !== undefined) running.add(of.event!.type);
    }
    return [...running].toSorted();
  };
  const key = ({ snapshot, timers }: Naive): string =>
    JSON.stringify([snapshot.status, snapshot.value, snapshot.context, timers]);

  const [first, actions] = initialTransition(model.machine, input);
  const start: Naive = { snapshot: first, timers: after([], actions) };
  const seen = new Map([[key(start), start]]);
  let transitions = 0;
  for (const state of seen.values()) {
    const { snapshot, timers } = state;
    if (snapshot.status !== "active") continue;
    const step = (event: EventObject, fires: boolean): void => {
      const rest = fires ? timers.filter((timer) => timer !== event.type) : timers;
      const [next, effects] = transition(model.machine, snapshot, event);
      if (next === snapshot && !fires && after(rest, effects).join() === rest.join()) return;
      transitions += 1;
      const target = {
        snapshot: next,
        timers: next.status === "active" ? after(rest, effects) : [],
      };
      if (!seen.has(key(target))) seen.set(key(target), target);
    };
    for (const event of events) step(event, false);
    for (const timer of timers) step({ type: timer }, true);
  }
  return { states: seen.size, transitions };
}

async function explored(model: MachineModel): Promise<{ states: number; transitions: number }> {
  const graph = startGraph(compileMachine(model));
  expect(await extend(graph, contextWith())).toBe("complete");
  return { states: graph.expanded, transitions: graph.transitions };
}

describe("every model has as many states and transitions as the naive search finds", () => {
  test.each([
    ["circuit breaker", circuitBreaker],
    ["OTLP connection", otlpConnection],
    ["OpAMP control loop", opampControlLoop],
    ["published OTLP connection", publishedOtlp],
    ["published OTLP connection, literal", publishedOtlpLiteral],
    ["published circuit breaker", publishedCircuitBreaker],
  ])("%s", async (_name, model) => {
    expect(await explored(model)).toEqual(naiveSearch(model));
  });

  test("circuit breaker: as many states as counted by hand, for several parameters", async () => {
    for (const [threshold, concurrency, trialLimit] of [
      [1, 1, 1],
      [2, 1, 2],
      [4, 3, 1],
    ] as const) {
      const parameters = Object.fromEntries(
        Object.entries({ threshold, concurrency, trialLimit }).map(
          ([name, value]) => [name, { int: [1, null], explore: value }] as const,
        ),
      );
      // closed: failures below the threshold times calls in flight; open; half-open: trials in flight
      const states = threshold * (concurrency + 1) + 1 + (trialLimit + 1);
      expect((await explored({ ...circuitBreaker, parameters })).states).toBe(states);
    }
  });

  test("OTLP connection: as many states as counted by hand", async () => {
    const [maxAttempts, window] = [3, 2];
    const states = 1 + maxAttempts + (window + 1) + (maxAttempts + 1);
    expect((await explored(otlpConnection)).states).toBe(states);
  });

  test("also for other parameter values, and a wrong value is noticed", async () => {
    const wider: MachineModel = {
      ...circuitBreaker,
      parameters: {
        threshold: { int: [1, null], explore: 5 },
        trialLimit: { int: [1, null], explore: 2 },
        concurrency: { int: [1, null], explore: 4 },
      },
    };
    const naive = naiveSearch(wider);
    expect(await explored(wider)).toEqual(naive);
    expect(await explored(circuitBreaker)).not.toEqual(naive);
  });
});

// --- random statecharts -----------------------------------------------------------------------

const letters = ["A", "B", "C"] as const;
const limit = 3;

interface Sketch {
  readonly kind: "leaf" | "compound" | "parallel";
  readonly children: readonly Sketch[];
  readonly moves: readonly { on: string; to: number; counts: boolean; below: number }[];
  readonly always: number | null;
  readonly counts: boolean;
  readonly history: boolean;
}

const move = fc.record({
  on: fc.constantFrom(...letters),
  to: fc.nat(20),
  counts: fc.boolean(),
  below: fc.integer({ min: 0, max: limit }),
});

const { sketch } = fc.letrec<{ sketch: Sketch }>((tie) => ({
  sketch: fc.oneof(
    { maxDepth: 2, depthSize: "medium" },
    fc.record({
      kind: fc.constant("leaf" as const),
      children: fc.constant([]),
      moves: fc.array(move, { minLength: 1, maxLength: 3 }),
      always: fc.option(fc.nat(20), { freq: 4 }),
      counts: fc.boolean(),
      history: fc.constant(false),
    }),
    fc.record({
      kind: fc.constantFrom("compound" as const, "parallel" as const),
      children: fc.array(tie("sketch"), { minLength: 2, maxLength: 3 }),
      moves: fc.array(move, { maxLength: 2 }),
      always: fc.constant(null),
      counts: fc.boolean(),
      history: fc.boolean(),
    }),
  ),
}));

const count = assign({
  n: ({ context }: { context: { n: number } }) => (context.n + 1) % (limit + 1),
});

/** A machine from a sketch. */
function machineOf(root: Sketch): MachineModel {
  const ids: string[] = [];
  const name = (node: Sketch, id: string): void => {
    ids.push(id);
    if (node.kind === "compound" && node.history) ids.push(`${id}_h`);
    node.children.forEach((child, index) => name(child, `${id}_${index}`));
  };
  if (root.kind === "compound" && root.history) ids.push("s_h");
  root.children.forEach((child, index) => name(child, `s_${index}`));
  const target = (index: number): string => `#${ids[index % ids.length] ?? "root"}`;

  const build = (node: Sketch, id: string): object => {
    const states = Object.fromEntries(
      node.children.map((child, index) => [`${id}_${index}`, build(child, `${id}_${index}`)]),
    );
    const on: Record<string, unknown> = {};
    if (ids.length > 0) {
      for (const { on: letter, to, counts, below } of node.moves) {
        on[letter] = {
          target: target(to),
          guard: ({ context }: { context: { n: number } }) => context.n >= below - 1,
          ...(counts ? { actions: count } : {}),
        };
      }
    }
    return {
      id: id === "s" ? "root" : id,
      on,
      ...(node.counts && id !== "s" ? { entry: count } : {}),
      ...(node.always === null
        ? {}
        : {
            always: {
              guard: ({ context }: { context: { n: number } }) => context.n === limit,
              target: target(node.always),
              // Does not commute with that of another region: the order of both shows.
              actions: assign({
                n: ({ context }: { context: { n: number } }) =>
                  (context.n * 2 + Number(node.always)) % 4,
              }),
            },
          }),
      ...(node.children.length === 0
        ? {}
        : node.kind === "parallel"
          ? { type: "parallel", states }
          : {
              initial: `${id}_0`,
              states: node.history
                ? { ...states, [`${id}_h`]: { type: "history", id: `${id}_h` } }
                : states,
            }),
    };
  };
  return {
    machine: createMachine({
      context: { n: 0 },
      options: { maxIterations: 200 },
      ...build(root, "s"),
    } as never),
    events: letters.map((type) => ({ type })),
    variables: { n: { int: [0, limit] } },
  };
}

test("random statecharts: every run on the explored graph is a run of an actor", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      sketch.filter(({ kind }) => kind !== "leaf"),
      fc.array(fc.constantFrom(...letters), { minLength: 12, maxLength: 40 }),
      async (root, run) => {
        let model: MachineModel;
        let graph: ReachableGraph;
        try {
          model = machineOf(root);
          graph = startGraph(compileMachine(model));
        } catch {
          return; // XState itself refuses the sketch
        }
        // The whole graph first: a state that was reached in several ways must be one in its future.
        await extend(graph, contextWith({ maxStates: 300 }));
        if (graph.expanded === 0) return; // it loops when it starts
        const { system } = graph;
        const actor = createActor(model.machine).start();
        let state = 0;
        for (const type of run) {
          if (state >= graph.expanded) break; // not explored, or a macrostep without end
          let next = state;
          forEachEdge(graph, state, (action, target) => {
            const what = system.action(action);
            if (what.kind === "event" && what.event.type === type) next = target;
          });
          actor.send({ type });
          state = next;
          const seen = actor.getSnapshot() as AnyMachineSnapshot;
          const told = system.snapshot(state);
          expect({
            value: told.value,
            context: told.context as unknown,
            status: told.status,
          }).toEqual({ value: seen.value, context: seen.context as unknown, status: seen.status });
          compared += 1;
        }
        actor.stop();
      },
    ),
    { seed: 20261123, numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(1_000); // the generator does produce machines that run
});

/**
 * Compiled tables against XState's own `transition()` on random statecharts: configuration with its
 * order, history, status, context, timers and the actions handed out, step by step.
 *
 * `VERIFY_CHARTS=10000 VERIFY_SEED=7 npx vitest run test/semantics/charts.test.ts` for more of them;
 * the number is that of the walks that were compared from their beginning to their end.
 */

import { initialTransition, transition, type AnyMachineSnapshot, type EventObject } from "xstate";
import { expect, test } from "vitest";

import { makeRandom, type Random } from "../../core/random.ts";
import type { MachineModel } from "../../core/subject.ts";
import { entryOrderMatters, nodesOf } from "../../semantics/nodes.ts";
import { compileMachine, FaultInStep, type System } from "../../semantics/system.ts";
import { declaredEvents } from "../../semantics/stepper.ts";
import { ModelFault } from "../../semantics/fault.ts";
import { randomChart } from "./charts.ts";

const charts = Number(process.env["VERIFY_CHARTS"] ?? 250);
const seed = Number(process.env["VERIFY_SEED"] ?? 20261124);
const steps = 10;

type Taken = readonly { readonly type: string; readonly params: unknown }[];
interface Waiting {
  readonly id: string | undefined;
  readonly event: EventObject;
}

/** Everything that must agree, as text. */
function shown(snapshot: AnyMachineSnapshot, taken: Taken, ordered: boolean): string {
  const ids = nodesOf(snapshot).map(({ id }) => id);
  const history = Object.entries(
    snapshot.historyValue as unknown as Record<string, readonly { readonly id: string }[]>,
  )
    .map(([id, nodes]) => [id, nodes.map((node) => node.id).toSorted()] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    ordered ? ids : ids.toSorted(),
    Object.fromEntries(history),
    snapshot.status,
    snapshot.context,
    taken.map(({ type, params }) => [type, params]),
  ]);
}

function waitingAfter(before: readonly Waiting[], taken: Taken): readonly Waiting[] {
  let waiting = before;
  for (const { type, params } of taken) {
    const of = params as { event: EventObject; id?: string; delay?: unknown; sendId?: string };
    if (type === "xstate.cancel") waiting = waiting.filter(({ id }) => id !== of.sendId);
    if (type === "xstate.raise" && typeof of.delay === "number") {
      waiting = [...waiting, { id: of.id, event: of.event }];
    }
  }
  return waiting;
}

interface Tally {
  compared: number;
  taken: number;
  fired: number;
  ended: number;
  /** Walks of all their steps, or to the chart's end. */
  whole: number;
  failed: number;
}

function follow(model: MachineModel, random: Random, tally: Tally): void {
  const ordered = entryOrderMatters(model.machine);
  const events = declaredEvents(model);
  let start: readonly [AnyMachineSnapshot, Taken];
  try {
    start = initialTransition(model.machine) as never;
    if (start[0].status === "error") throw start[0].error as Error;
  } catch {
    expect(() => compileMachine(model).initial()).toThrow(ModelFault);
    tally.failed += 1;
    return;
  }
  const system: System = compileMachine(model);
  let state: number;
  try {
    state = system.initial();
  } catch (thrown) {
    expect((thrown as ModelFault).code).toBe("VRF106"); // one timer twice: refused
    tally.failed += 1;
    return;
  }
  let snapshot: AnyMachineSnapshot = start[0];
  let waiting = waitingAfter([], start[1]);
  expect(shown(system.snapshot(state), [], ordered)).toBe(shown(snapshot, [], ordered));

  for (let step = 0; step < steps && snapshot.status === "active"; step++) {
    const choice = Math.floor(random.next() * (events.length + waiting.length * 2));
    const timer = choice < events.length ? null : waiting[(choice - events.length) >> 1]!;
    const event: EventObject = timer === null ? events[choice]! : timer.event;
    let next: readonly [AnyMachineSnapshot, Taken] | null = null;
    try {
      next = transition(model.machine, snapshot, event as never) as never;
    } catch {
      // it loops
    }
    let pairs: readonly number[];
    try {
      pairs = system.successors(state);
    } catch (thrown) {
      // Some event fails here: this one must be the one, or the others must be left alone.
      if (!(thrown instanceof FaultInStep)) throw thrown;
      tally.failed += 1;
      return;
    }
    expect(next).not.toBeNull();
    const [after, taken] = next!;
    const index = pairs.findIndex((action, position) => {
      if (position % 2 === 1) return false;
      const what = system.action(action);
      if (timer === null) return action === choice;
      return (
        what.kind === "timer" &&
        what.timer.event.type === timer.event.type &&
        what.timer.id === (timer.id ?? null)
      );
    });
    const left = timer === null ? waiting : waiting.filter((other) => other !== timer);
    const set = after.status === "active" ? waitingAfter(left, taken) : [];
    if (index < 0) {
      // ignored: nothing changes, though effects may be handed out
      const told = system.taken(state, choice);
      expect(shown(after, taken, ordered)).toBe(shown(snapshot, told, ordered));
      expect(set).toEqual(waiting);
    } else {
      const told = system.taken(state, pairs[index]!);
      state = pairs[index + 1]!;
      expect(shown(system.snapshot(state), told, ordered)).toBe(shown(after, taken, ordered));
      expect(
        system
          .timers(state)
          .map(({ event: { type } }) => type)
          .toSorted(),
      ).toEqual(set.map(({ event: { type } }) => type).toSorted());
      tally.taken += 1;
      if (timer !== null) tally.fired += 1;
    }
    tally.compared += 1;
    snapshot = after;
    waiting = set;
  }
  tally.whole += 1;
  if (snapshot.status === "done") tally.ended += 1;
}

test(`${charts} random statecharts step as XState steps them`, { timeout: 36_000_000 }, () => {
  const random = makeRandom(seed);
  const tally: Tally = { compared: 0, taken: 0, fired: 0, ended: 0, whole: 0, failed: 0 };
  let made = 0;
  // Counted are charts whose walk was compared to its end; those that fail on the way come on top.
  while (tally.whole < charts) {
    const model = randomChart(random);
    made += 1;
    follow(model, random, tally);
  }
  if (process.env["VERIFY_CHARTS"] !== undefined)
    process.stdout.write(`${JSON.stringify({ charts: made, seed, ...tally, mismatches: 0 })}\n`);
  // What is never met is not compared.
  expect(tally.whole + tally.failed).toBe(made);
  expect(tally.compared).toBeGreaterThan(charts * 7);
  expect(tally.taken).toBeGreaterThan(charts * 4);
  expect(tally.fired).toBeGreaterThan(charts / 2);
  expect(tally.ended).toBeGreaterThan(charts / 100);
  expect(tally.failed).toBeGreaterThan(charts / 50);
  expect(tally.failed).toBeLessThan(charts / 2);
});

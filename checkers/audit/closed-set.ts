/**
 * The independent check of a set of states that some engine claims to be all that a machine can
 * reach: it contains the initial state, no event and no timer leads out of it. What is true in all of
 * it then holds for ever, however the set was found.
 */

import type { AnyMachineSnapshot } from "xstate";

import type { EvidenceState } from "../../core/certificate.ts";
import type { Property } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { seen, stateTest, stepTest } from "./claim.ts";
import {
  begin,
  decode,
  inputs,
  notAuditable,
  rebuild,
  step,
  textOf,
  without,
  type Place,
} from "./world.ts";

export type Audit =
  | { readonly accepted: true; readonly states: number; readonly steps: number }
  | { readonly accepted: false; readonly reason: string };

const reject = (reason: string): { readonly accepted: false; readonly reason: string } => ({
  accepted: false,
  reason,
});

/** One step inside the set. `event` is null when a channel fails. */
export interface Inside {
  readonly event: { readonly type: string } | null;
  readonly byTimer: boolean;
  readonly from: number;
  readonly to: number;
}

/** A set that was found closed, with the steps inside it. */
interface Closed {
  readonly accepted: true;
  readonly places: readonly Place[];
  readonly inside: readonly Inside[];
}

const closed = new WeakMap<readonly EvidenceState[], Map<MachineModel, Closed | Audit>>();

/** Checked once per set, whatever claims are made about it. */
function closure(model: MachineModel, states: readonly EvidenceState[]): Closed | Audit {
  let perModel = closed.get(states);
  if (perModel === undefined) {
    perModel = new Map();
    closed.set(states, perModel);
  }
  let result = perModel.get(model);
  if (result === undefined) {
    result = checkClosure(model, states);
    perModel.set(model, result);
  }
  return result;
}

function checkClosure(model: MachineModel, states: readonly EvidenceState[]): Closed | Audit {
  const { machine } = model;
  const obstacle = notAuditable(model);
  if (obstacle !== null) return reject(obstacle);
  const numbers = new Map(states.map((state, index) => [textOf(state), index]));
  const places: Place[] = [];
  for (const state of states) {
    const place = rebuild(machine, state);
    const same = textOf(decode(place)) === textOf(state);
    // A done state is rebuilt as an active one: only its end is taken on trust, its steps are none.
    if (!same && !state.done) return reject(`no such state of this machine: ${textOf(state)}`);
    places.push(place);
  }
  const start = decode(begin(model));
  const initial = numbers.get(textOf(start));
  if (initial === undefined) return reject(`the initial state is missing: ${textOf(start)}`);
  const inside: Inside[] = [];
  for (const [from, place] of places.entries()) {
    if (states[from]!.done) continue;
    for (const { event, timer } of inputs(model, place)) {
      const rest = timer === null ? place.timers : without(place.timers, timer);
      const successor = decode(step(model, { ...place, timers: rest }, event));
      const to = numbers.get(textOf(successor));
      if (to === undefined) {
        return reject(
          `${JSON.stringify(event)} leads out of the set: from ${textOf(states[from]!)} to ${textOf(successor)}`,
        );
      }
      inside.push({ event, byTimer: timer !== null, from, to });
    }
  }
  // A state that nothing leads to may be made up; its end, if it is done, would be too.
  const reached = new Set([initial, ...inside.map(({ to }) => to)]);
  const strange = places.findIndex((_, index) => !reached.has(index));
  if (strange >= 0) return reject(`nothing leads to the state ${textOf(states[strange]!)}`);
  return { accepted: true, places, inside };
}

/** Is the set closed, and the claim true in it? */
export function auditClosedSet(
  model: MachineModel,
  states: readonly EvidenceState[],
  property?: Property,
): Audit {
  const checked = closure(model, states);
  if (!("places" in checked)) return checked;
  const objection =
    property === undefined
      ? null
      : closedObjection(property, {
          snapshots: checked.places.map(({ snapshot }) => snapshot),
          done: states.map(({ done }) => done),
          inside: checked.inside,
          where: (index) => textOf(states[index]!),
        });
  if (objection !== null) return reject(objection);
  return { accepted: true, states: states.length, steps: checked.inside.length };
}

/** A closed set as claims see it. */
interface View {
  readonly snapshots: readonly AnyMachineSnapshot[];
  readonly done: readonly boolean[];
  readonly inside: readonly Inside[];
  readonly where: (index: number) => string;
}

/** Why the claim does not follow from the set; null when it does. */
export function closedObjection(
  property: Property,
  { snapshots, done, inside, where }: View,
): string | null {
  switch (property.kind) {
    case "always":
    case "never":
    case "reachable": {
      const test = stateTest(property.predicate);
      const wanted = property.kind === "always";
      const against = snapshots.findIndex((snapshot) => test(seen(snapshot)) !== wanted);
      return against < 0 ? null : `the predicate is ${String(!wanted)} in ${where(against)}`;
    }
    case "step": {
      const test = stepTest(property.predicate);
      const against = inside.find(
        ({ event, from, to }) =>
          event !== null && !test(seen(snapshots[from]!, { event, after: snapshots[to]! })),
      );
      if (against === undefined) return null;
      return `the predicate is false of ${against.event!.type} in ${where(against.from)}`;
    }
    case "deadlock-free": {
      const leadsOn = new Set(
        inside.filter(({ byTimer, from, to }) => byTimer || from !== to).map(({ from }) => from),
      );
      const stuck = done.findIndex((isDone, index) => !isDone && !leadsOn.has(index));
      return stuck < 0 ? null : `nothing leads on from ${where(stuck)}`;
    }
    case "always-reachable": {
      const goal = stateTest(property.predicate);
      const from = property.from === undefined ? () => true : stateTest(property.from);
      const leads = new Set(
        snapshots.flatMap((snapshot, index) => (goal(seen(snapshot)) ? [index] : [])),
      );
      for (let size = -1; size !== leads.size;) {
        size = leads.size;
        for (const edge of inside) if (leads.has(edge.to)) leads.add(edge.from);
      }
      const lost = snapshots.findIndex(
        (snapshot, index) => from(seen(snapshot)) && !leads.has(index),
      );
      return lost < 0 ? null : `no way leads to the goal from ${where(lost)}`;
    }
    default:
      return `a closed set does not decide a claim of kind ${property.kind}`;
  }
}

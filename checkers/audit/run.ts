/**
 * The independent check of a run: every step is taken with the package's own `transition()`, timers
 * fire only while they run, the repeated part leads back to where it began, is fair, and the claim is
 * false (or shown) on it.
 */

import type { EventObject } from "xstate";

import type { EvidenceStep } from "../../core/certificate.ts";
import type { Fairness, Property } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { Audit } from "./closed-set.ts";
import { formulaOf, seen, stateTest, stepTest, type Seen } from "./claim.ts";
import { truthAlong } from "./language.ts";
import { objectionToTrap, type Ways } from "./trap.ts";
import {
  begin,
  decode,
  eventsOf,
  inputs,
  notAuditable,
  step,
  textOf,
  without,
  type Place,
  type Timers,
} from "./world.ts";

const reject = (reason: string): Audit => ({ accepted: false, reason });

export interface RunEvidence {
  readonly steps: readonly EvidenceStep[];
  readonly loop: number | null;
}

interface Walked {
  readonly places: readonly Place[];
  readonly events: readonly EventObject[];
  /** Per step: the timers that ran before it and run on after it. */
  readonly kept: readonly Timers[];
}

export function auditRun(model: MachineModel, property: Property, run: RunEvidence): Audit {
  const obstacle = notAuditable(model);
  if (obstacle !== null) return reject(obstacle);
  const walked = walk(model, run.steps);
  if (typeof walked === "string") return reject(walked);
  const objection =
    run.loop === null
      ? objectionToFinite(model, property, walked)
      : objectionToLasso(model, property, walked, run.loop);
  if (objection !== null) return reject(objection);
  return { accepted: true, states: walked.places.length, steps: run.steps.length };
}

function walk(model: MachineModel, steps: readonly EvidenceStep[]): Walked | string {
  const declared = new Set(eventsOf(model).map(canonical));
  const places = [begin(model)];
  const events: EventObject[] = [];
  const kept: Timers[] = [];
  for (const [index, what] of steps.entries()) {
    const place = places.at(-1)!;
    if (place.snapshot.status !== "active") return `step ${index + 1}: the machine has ended`;
    let event: EventObject;
    let rest = place.timers;
    if ("event" in what) {
      ({ event } = what);
      if (!declared.has(canonical(event))) return `step ${index + 1}: no such event is declared`;
    } else {
      const timer = place.timers.find((running) => isCalled(model, running, what));
      if (timer === undefined) return `step ${index + 1}: no timer "${what.timer}" is running`;
      ({ event } = timer);
      rest = without(place.timers, timer);
    }
    const next = step(model, { ...place, timers: rest }, event);
    places.push(next);
    events.push(event);
    kept.push(rest.filter((timer) => next.timers.includes(timer)));
  }
  return { places, events, kept };
}

export const canonical = (event: EventObject): string =>
  JSON.stringify(Object.entries(event).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** `after 100` of state a.b is the event xstate.after.100.<id of a.b>; a raised one is `delayed TYPE`. */
export function isCalled(
  { machine }: MachineModel,
  { event }: Timers[number],
  { timer, state }: { readonly timer: string; readonly state: string | null },
): boolean {
  if (state === null) return timer === `delayed ${event.type}`;
  if (!timer.startsWith("after ")) return false;
  interface Region {
    readonly id: string;
    readonly key: string;
    readonly states: Readonly<Record<string, Region>>;
  }
  const find = (region: Region, path: readonly string[]): Region | undefined => {
    const [head, ...rest] = path;
    if (head === undefined) return region;
    const child = region.states[head];
    return child === undefined ? undefined : find(child, rest);
  };
  const root = machine.root as unknown as Region;
  const owner = state === root.id ? root : find(root, state.split("."));
  return (
    owner !== undefined && event.type === `xstate.after.${timer.slice("after ".length)}.${owner.id}`
  );
}

const momentsOf = ({ places, events }: Walked): Seen[] =>
  events.map((event, index) =>
    seen(places[index]!.snapshot, { event, after: places[index + 1]!.snapshot }),
  );

function objectionToFinite(model: MachineModel, property: Property, walked: Walked): string | null {
  const { places } = walked;
  const end = places.at(-1)!;
  switch (property.kind) {
    case "always":
    case "never":
    case "reachable": {
      const test = stateTest(property.predicate);
      const wanted = property.kind !== "always";
      return places.some(({ snapshot }) => test(seen(snapshot)) === wanted)
        ? null
        : `the predicate is ${String(!wanted)} in every state of the run`;
    }
    case "step": {
      const test = stepTest(property.predicate);
      return momentsOf(walked).some((moment) => !test(moment))
        ? null
        : "the predicate is true of every step of the run";
    }
    case "deadlock-free":
      if (end.snapshot.status !== "active") return "the run ends in a state that is done";
      if (end.timers.length > 0) return "a timer runs at the end of the run";
      return leadsOn(model, end, null) ? "an event leads on from the end of the run" : null;
    case "always-reachable":
      return objectionToTrap(property, end, waysOf(model));
    default:
      return `a finite run does not decide a claim of kind ${property.kind}`;
  }
}

const waysOf = (model: MachineModel): Ways<Place> => ({
  textOf: (place) => textOf(decode(place)),
  seenAt: ({ snapshot }) => seen(snapshot),
  nextOf: (place) =>
    inputs(model, place).map(({ event, timer }) => {
      const rest = timer === null ? place.timers : without(place.timers, timer);
      return step(model, { ...place, timers: rest }, event);
    }),
});

function objectionToLasso(
  model: MachineModel,
  property: Property,
  walked: Walked,
  loop: number,
): string | null {
  const { places, events, kept } = walked;
  const formula = formulaOf(property);
  if (formula === null || !("fair" in property)) {
    return `a run without end does not decide a claim of kind ${property.kind}`;
  }
  if (!Number.isInteger(loop) || loop < 0 || loop > events.length) {
    return `the repeated part cannot begin at step ${loop}`;
  }
  const rests = loop === events.length;
  const end = places.at(-1)!;
  if (textOf(decode(end)) !== textOf(decode(places[loop]!))) {
    return "the repeated part does not lead back to where it began";
  }
  const round = Array.from({ length: events.length - loop }, (_, index) => loop + index);
  if (rests && end.timers.length > 0) return "a timer that runs would fire";
  // A timer that is kept in every step of the round never fires, and no clock shows that.
  if (!rests) {
    const forEver = kept[loop]!.find(({ event, id }) =>
      round.every((index) =>
        kept[index]!.some(
          (other) => other.id === id && canonical(other.event) === canonical(event),
        ),
      ),
    );
    if (forEver !== undefined)
      return `the timer ${forEver.event.type} runs for ever without firing`;
  }
  const unfair = unfairness(model, property.fair, walked, rests ? [] : round);
  if (unfair !== null) return unfair;
  const moments = momentsOf(walked);
  if (rests) moments.push(seen(end.snapshot, { event: { type: "" }, after: end.snapshot }));
  return truthAlong(formula, moments, loop)[0] === true ? "the claim is true of the run" : null;
}

function unfairness(
  model: MachineModel,
  fair: readonly Fairness[],
  { places, events }: Walked,
  round: readonly number[],
): string | null {
  const visited = round.length === 0 ? [places.at(-1)!] : round.map((index) => places[index]!);
  for (const asked of fair) {
    const strong = asked.startsWith("strong ");
    const name = asked.replace("strong ", "");
    if (name === "timers" && strong) {
      const missed = visited
        .flatMap(({ timers }) => timers)
        .find(({ event }) => !round.some((index) => events[index]!.type === event.type));
      if (missed !== undefined) return `the timer ${missed.event.type} never fires`;
    }
    for (const { type } of model.events) {
      if (name !== "events" && name !== `event ${type}`) continue;
      const sent = round.some(
        (index) =>
          events[index]!.type === type &&
          textOf(decode(places[index]!)) !== textOf(decode(places[index + 1]!)),
      );
      if (sent) continue;
      const possible = new Set(visited.map((place) => leadsOn(model, place, type)));
      if (strong ? possible.has(true) : !possible.has(false)) {
        return `${type} ${strong ? "is possible again and again" : "stays possible"} and never comes`;
      }
    }
  }
  return null;
}

/** Does an event (of this type) lead to another state? */
function leadsOn(model: MachineModel, place: Place, type: string | null): boolean {
  if (place.snapshot.status !== "active") return false;
  return eventsOf(model).some(
    (event) =>
      (type === null || event.type === type) &&
      textOf(decode(step(model, place, event))) !== textOf(decode(place)),
  );
}

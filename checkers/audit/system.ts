/** The independent check of evidence about several machines: closed sets, runs and lassos. */

import type { EvidenceWorld, SystemEvidenceStep } from "../../core/certificate.ts";
import type { Fairness, Property } from "../../core/property.ts";
import type { SystemModel } from "../../core/system.ts";
import { formulaOf, seen, stateTest, stepTest, type Seen } from "./claim.ts";
import { type Audit, closedObjection, type Inside } from "./closed-set.ts";
import { truthAlong } from "./language.ts";
import { canonical, isCalled } from "./run.ts";
import { objectionToTrap, type Ways } from "./trap.ts";
import { textOf } from "./world.ts";
import {
  beginWorld,
  composite,
  isDone,
  moves,
  notAuditableSystem,
  sortedChannels,
  timersOf,
  worldText,
  type Move,
  type World,
} from "./worlds.ts";

const reject = (reason: string): Audit => ({ accepted: false, reason });

// --- closed sets ----------------------------------------------------------------------------------

/** Worlds by text, and the steps between them; found by stepping, from nothing but the model. */
interface Reached {
  readonly worlds: readonly World[];
  readonly texts: ReadonlyMap<string, number>;
  readonly inside: readonly Inside[];
}

const explored = new WeakMap<readonly EvidenceWorld[], Map<SystemModel, Reached | Audit>>();

/** Is the set exactly what the machines can reach, and the claim true in it? */
export function auditClosedWorlds(
  model: SystemModel,
  states: readonly EvidenceWorld[],
  property?: Property,
): Audit {
  const obstacle = notAuditableSystem(model);
  if (obstacle !== null) return reject(obstacle);
  let perModel = explored.get(states);
  if (perModel === undefined) explored.set(states, (perModel = new Map()));
  let reached = perModel.get(model);
  if (reached === undefined) perModel.set(model, (reached = compare(model, states)));
  if (!("worlds" in reached)) return reached;
  const objection =
    property === undefined
      ? null
      : closedObjection(property, {
          snapshots: reached.worlds.map((world) => composite(model, world)),
          done: reached.worlds.map(isDone),
          inside: reached.inside,
          where: (index) => worldText(model, reached.worlds[index]!),
        });
  if (objection !== null) return reject(objection);
  return { accepted: true, states: states.length, steps: reached.inside.length };
}

function compare(model: SystemModel, states: readonly EvidenceWorld[]): Reached | Audit {
  const claimed = new Set(states.map((state) => textOf(sortedChannels(model, state) as never)));
  const first = beginWorld(model);
  const worlds = [first];
  const texts = new Map([[worldText(model, first), 0]]);
  const inside: Inside[] = [];
  if (!claimed.has(worldText(model, first))) {
    return reject(`the initial state is missing: ${worldText(model, first)}`);
  }
  for (const [from, world] of worlds.entries()) {
    for (const { event, timer, step, next } of moves(model, world)) {
      const text = worldText(model, next);
      let to = texts.get(text);
      if (to === undefined) {
        if (!claimed.has(text)) {
          return reject(
            `${JSON.stringify(step)} leads out of the set: from ${worldText(model, world)} to ${text}`,
          );
        }
        to = worlds.push(next) - 1;
        texts.set(text, to);
      }
      inside.push({ event, byTimer: timer !== null, from, to });
    }
  }
  const strange = [...claimed].find((text) => !texts.has(text));
  if (strange !== undefined) return reject(`nothing leads to the state ${strange}`);
  if (claimed.size !== states.length) return reject("a state is there twice");
  return { worlds, texts, inside };
}

// --- runs -----------------------------------------------------------------------------------------

interface Walked {
  readonly worlds: readonly World[];
  readonly taken: readonly Move[];
}

/** The move that a step names; null when it cannot happen. */
function moveOf(model: SystemModel, world: World, step: SystemEvidenceStep): Move | null {
  return (
    moves(model, world).find((move) => {
      const other = move.step;
      if ("fault" in step || "fault" in other) {
        return canonical(step as never) === canonical(other as never);
      }
      if (step.machine !== other.machine || step.channel !== other.channel) return false;
      if ("event" in step) {
        return "event" in other && canonical(step.event) === canonical(other.event);
      }
      const timer = { id: null, event: move.timer! };
      return move.timer !== null && isCalled(model.machines[step.machine]!, timer, step);
    }) ?? null
  );
}

function walk(model: SystemModel, steps: readonly SystemEvidenceStep[]): Walked | string {
  const worlds = [beginWorld(model)];
  const taken: Move[] = [];
  for (const [index, step] of steps.entries()) {
    const move = moveOf(model, worlds.at(-1)!, step);
    if (move === null) return `step ${index + 1}: ${JSON.stringify(step)} cannot happen`;
    taken.push(move);
    worlds.push(move.next);
  }
  return { worlds, taken };
}

export function auditSystemRun(
  model: SystemModel,
  property: Property,
  { steps, loop }: { readonly steps: readonly SystemEvidenceStep[]; readonly loop: number | null },
): Audit {
  const obstacle = notAuditableSystem(model);
  if (obstacle !== null) return reject(obstacle);
  const walked = walk(model, steps);
  if (typeof walked === "string") return reject(walked);
  const objection =
    loop === null
      ? objectionToFinite(model, property, walked)
      : objectionToLasso(model, property, walked, loop);
  if (objection !== null) return reject(objection);
  return { accepted: true, states: walked.worlds.length, steps: steps.length };
}

const momentsOf = (model: SystemModel, { worlds, taken }: Walked): Seen[] =>
  taken.map(({ event }, index) =>
    seen(composite(model, worlds[index]!), {
      event: event ?? { type: "" },
      after: composite(model, worlds[index + 1]!),
    }),
  );

function objectionToFinite(model: SystemModel, property: Property, walked: Walked): string | null {
  const end = walked.worlds.at(-1)!;
  switch (property.kind) {
    case "always":
    case "never":
    case "reachable": {
      const test = stateTest(property.predicate);
      const wanted = property.kind !== "always";
      return walked.worlds.some((world) => test(seen(composite(model, world))) === wanted)
        ? null
        : `the predicate is ${String(!wanted)} in every state of the run`;
    }
    case "step": {
      const test = stepTest(property.predicate);
      const moments = momentsOf(model, walked);
      return moments.some((moment, index) => walked.taken[index]!.event !== null && !test(moment))
        ? null
        : "the predicate is true of every step of the run";
    }
    case "deadlock-free":
      if (isDone(end)) return "the run ends in a state that is done";
      if (timersOf(end).length > 0) return "a timer runs at the end of the run";
      return moves(model, end).some(({ next }) => changes(model, end, next))
        ? "a step leads on from the end of the run"
        : null;
    case "always-reachable":
      return objectionToTrap(property, end, waysOf(model));
    default:
      return `a finite run does not decide a claim of kind ${property.kind}`;
  }
}

const changes = (model: SystemModel, from: World, to: World): boolean =>
  worldText(model, from) !== worldText(model, to);

const waysOf = (model: SystemModel): Ways<World> => ({
  textOf: (world) => worldText(model, world),
  seenAt: (world) => seen(composite(model, world)),
  nextOf: (world) => moves(model, world).map(({ next }) => next),
});

function objectionToLasso(
  model: SystemModel,
  property: Property,
  walked: Walked,
  loop: number,
): string | null {
  const { worlds, taken } = walked;
  const formula = formulaOf(property);
  if (formula === null || !("fair" in property)) {
    return `a run without end does not decide a claim of kind ${property.kind}`;
  }
  if (!Number.isInteger(loop) || loop < 0 || loop > taken.length) {
    return `the repeated part cannot begin at step ${loop}`;
  }
  const end = worlds.at(-1)!;
  if (changes(model, end, worlds[loop]!)) {
    return "the repeated part does not lead back to where it began";
  }
  const rests = loop === taken.length;
  if (rests && timersOf(end).length > 0) return "a timer that runs would fire";
  const round = rests ? [] : taken.slice(loop);
  const visited = rests ? [end] : worlds.slice(loop, -1);
  const unfair = unfairness(model, property.fair, visited, round);
  if (unfair !== null) return unfair;
  const moments = momentsOf(model, walked);
  if (rests) {
    const still = composite(model, end);
    moments.push(seen(still, { event: { type: "" }, after: still }));
  }
  return truthAlong(formula, moments, loop)[0] === true ? "the claim is true of the run" : null;
}

/** What must happen again and again: the party that a move belongs to; null for faults. */
function partyOf({ step, event, timer, machine }: Move, name: string): string | null {
  if ("fault" in step || event === null) return null;
  if (timer !== null) return name === "timers" ? `timer ${machine} ${canonical(event)}` : null;
  if ("channel" in step && step.channel !== undefined) {
    return name === "deliveries" ? `${step.channel} ${canonical(event)}` : null;
  }
  return name === "events" || name === `event ${event.type}` ? `${machine} ${event.type}` : null;
}

function unfairness(
  model: SystemModel,
  fair: readonly Fairness[],
  visited: readonly World[],
  round: readonly Move[],
): string | null {
  const options = visited.map((world) => ({ world, possible: moves(model, world) }));
  for (const asked of fair) {
    const strong = asked.startsWith("strong ");
    const name = asked.replace("strong ", "");
    /** An event that changes nothing does not count as one that must come. */
    const counts = (world: World, move: Move): string | null => {
      const party = partyOf(move, name);
      const sent =
        move.timer === null && !("channel" in move.step && move.step.channel !== undefined);
      return party !== null && sent && !changes(model, world, move.next) ? null : party;
    };
    const happened = new Set(round.map((move, index) => counts(visited[index]!, move)));
    const enabled = options.map(
      ({ world, possible }) => new Set(possible.map((move) => counts(world, move))),
    );
    for (const party of new Set(enabled.flatMap((parties) => [...parties]))) {
      if (party === null || happened.has(party)) continue;
      const owed = strong
        ? enabled.some((parties) => parties.has(party))
        : enabled.every((parties) => parties.has(party));
      // A timer that is cancelled or set anew has not been pending all the time.
      if (owed && !(party.startsWith("timer ") && !strong && rearmed(visited, round, party))) {
        return `${party} ${strong ? "is possible again and again" : "stays possible"} and never comes`;
      }
    }
  }
  return null;
}

/** Does some step of the round end the timer of this party, though another may be set at once? */
function rearmed(visited: readonly World[], round: readonly Move[], party: string): boolean {
  const [, machine, ...rest] = party.split(" ");
  const text = rest.join(" ");
  const timers = (world: World) =>
    world.places[machine!]!.timers.filter(({ event }) => canonical(event) === text);
  return round.some((move, index) => {
    const after = timers(move.next);
    return timers(visited[index]!).some((timer) => !after.includes(timer));
  });
}

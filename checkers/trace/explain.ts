/**
 * Is there a run of the machine that did what was recorded? Searches the interleavings of the lanes
 * that their order allows, together with the machine's steps. Where steps may be missing (a declared
 * gap, event types that are not recorded) the machine may take steps of its own in between.
 *
 * What this does not say: that the times fit (any pending timer may fire), or anything about steps
 * that were not recorded.
 */

import type { Scalar } from "../../core/trace.ts";
import type { ActionId, StateId, System } from "../../semantics/system.ts";
import { isBefore, type Instance, type RecordedStep } from "./recording.ts";

export interface ExplainOptions {
  /** Event types, and `after <delay>` of timers, that the recording does not contain. */
  readonly unrecorded: ReadonlySet<string>;
  /** The recording may have begun after the instance did. */
  readonly fromMiddle: boolean;
  /** Search nodes at most; beyond it the answer is `unknown`. */
  readonly maxNodes: number;
  /** Polled now and then: why to give up; null to go on. */
  stopped(): string | null;
}

/** One step of the explaining run. `recorded` is null for a step that the recording does not have. */
export interface RunStep {
  readonly action: ActionId | null;
  readonly state: StateId;
  readonly recorded: RecordedStep | null;
}

/** A recorded step that could not come next, and why. */
export interface Refusal {
  readonly step: RecordedStep;
  readonly why: string;
}

export type Explanation =
  | { readonly kind: "explained"; readonly run: readonly RunStep[]; readonly hidden: number }
  | {
      readonly kind: "refused";
      /** A run that explains as many recorded steps as any does. */
      readonly run: readonly RunStep[];
      readonly explained: number;
      readonly refusals: readonly Refusal[];
    }
  | { readonly kind: "unknown"; readonly reason: string };

interface Node {
  readonly positions: readonly number[];
  readonly state: StateId;
  /** The lane before whose next step steps are missing and being guessed; -1 for none. */
  readonly gap: number;
  readonly parent: Node | null;
  readonly step: RunStep;
  readonly explained: number;
}

export function explain(system: System, instance: Instance, options: ExplainOptions): Explanation {
  const { lanes } = instance;
  const before = lanes.map((lane) =>
    lanes.flatMap((other, index) => (isBefore(other, lane) ? [index] : [])),
  );
  const total = lanes.reduce((sum, { steps }) => sum + steps.length, 0);
  const initial = system.initial();
  const root: Node = {
    positions: lanes.map(() => 0),
    state: initial,
    gap: -1,
    parent: null,
    step: { action: null, state: initial, recorded: null },
    explained: 0,
  };
  const open: Node[] = [root];
  const seen = new Set<string>([keyOf(root)]);
  let best = root;
  const push = (node: Node): void => {
    const key = keyOf(node);
    if (seen.has(key)) return;
    seen.add(key);
    open.push(node);
  };
  const ready = (node: Node, lane: number): RecordedStep | null => {
    const step = lanes[lane]!.steps[node.positions[lane]!];
    const waits = before[lane]!.some(
      (other) => node.positions[other]! < lanes[other]!.steps.length,
    );
    return step === undefined || waits ? null : step;
  };

  for (let visited = 0; open.length > 0; visited++) {
    if (seen.size > options.maxNodes) {
      return { kind: "unknown", reason: `more than ${options.maxNodes} situations to look at` };
    }
    const stopped = visited % 256 === 255 ? options.stopped() : null;
    if (stopped !== null) return { kind: "unknown", reason: stopped };
    const node = open.pop()!;
    if (node.explained > best.explained) best = node;
    if (node.explained === total) {
      const run = runOf(node);
      return { kind: "explained", run, hidden: run.length - 1 - total };
    }
    // Steps of the machine's own first, so that the recorded ones are taken up first: a stack.
    const successors = pairsOf(system, node.state);
    for (const [action, target] of successors) {
      if (options.unrecorded.has(nameOf(system, action))) {
        push(child(node, action, target, null, node.positions, node.gap));
      }
    }
    for (const lane of lanes.keys()) {
      const step = ready(node, lane);
      if (step === null) continue;
      if (step.afterGap || (options.fromMiddle && node.positions[lane] === 0)) {
        for (const [action, target] of successors) {
          push(child(node, action, target, null, node.positions, lane));
        }
      }
      if (node.gap !== -1 && node.gap !== lane) continue;
      const positions = node.positions.with(lane, node.positions[lane]! + 1);
      for (const [action, target] of candidates(system, node.state, step)) {
        if (mismatch(system, target, step) === null) {
          push(child(node, action, target, step, positions, -1));
        }
      }
    }
  }
  const refusals = [...lanes.keys()].flatMap((lane): Refusal[] => {
    const step = ready(best, lane);
    return step === null ? [] : [{ step, why: whyNot(system, best.state, step) }];
  });
  return { kind: "refused", run: runOf(best), explained: best.explained, refusals };
}

const keyOf = ({ positions, state, gap }: Node): string => `${positions.join()}|${state}|${gap}`;

function child(
  parent: Node,
  action: ActionId | null,
  state: StateId,
  recorded: RecordedStep | null,
  positions: readonly number[],
  gap: number,
): Node {
  const explained = parent.explained + (recorded === null ? 0 : 1);
  return { positions, state, gap, parent, step: { action, state, recorded }, explained };
}

function runOf(node: Node): RunStep[] {
  const run: RunStep[] = [];
  for (let at: Node | null = node; at !== null; at = at.parent) run.push(at.step);
  return run.toReversed();
}

type Pairs = readonly (readonly [ActionId, StateId])[];

const known = new WeakMap<System, Map<StateId, Pairs>>();

/** What can happen in a state; each state is expanded once, however often the search comes by. */
function pairsOf(system: System, state: StateId): Pairs {
  let ofSystem = known.get(system);
  if (ofSystem === undefined) known.set(system, (ofSystem = new Map()));
  let pairs = ofSystem.get(state);
  if (pairs === undefined) {
    const flat = system.successors(state);
    pairs = Array.from(
      { length: flat.length / 2 },
      (_, index) => [flat[2 * index]!, flat[2 * index + 1]!] as const,
    );
    ofSystem.set(state, pairs);
  }
  return pairs;
}

/** `after <delay>` for timers, the event's type for events. */
export function nameOf(system: System, action: ActionId): string {
  const what = system.action(action);
  if (what.kind === "event") return what.event.type;
  return what.kind === "timer" ? what.timer.label : "time passes";
}

/** The steps of the machine that a recorded step can be; one that it ignores changes nothing. */
function candidates(system: System, state: StateId, step: RecordedStep): Pairs {
  const found: (readonly [ActionId, StateId])[] = [];
  const pairs = pairsOf(system, state);
  for (const [action, target] of pairs) {
    const what = system.action(action);
    if (what.kind === "event" ? isSame(what.event, step) : nameOf(system, action) === step.event) {
      found.push([action, target]);
    }
  }
  if (system.isDone(state)) return found;
  for (let action = 0; action < system.eventCount; action++) {
    const what = system.action(action);
    if (what.kind !== "event" || !isSame(what.event, step)) continue;
    if (!pairs.some(([taken]) => taken === action)) found.push([action, state]);
  }
  return found;
}

const isSame = (
  event: { readonly type: string; readonly [field: string]: unknown },
  step: RecordedStep,
): boolean =>
  event.type === step.event &&
  Object.entries(step.payload).every(([field, value]) => event[field] === value);

/** How the state differs from what was recorded; null when it does not. */
function mismatch(system: System, state: StateId, step: RecordedStep): string | null {
  const described = system.describe(state);
  if (step.state !== null && !isInState(system.active(state), step.state)) {
    return `state ${String(described["state"])}, recorded ${step.state}`;
  }
  for (const [name, value] of Object.entries(step.variables)) {
    if (name in described && !isEqual(described[name]!, value)) {
      return `${name} = ${String(described[name])}, recorded ${String(value)}`;
    }
  }
  return null;
}

const isEqual = (model: Scalar, recorded: Scalar): boolean =>
  model === recorded || String(model) === String(recorded);

/** Every recorded part is an active leaf or a state around one. */
function isInState(active: readonly string[], recorded: string): boolean {
  return recorded
    .split("+")
    .every((part) => active.some((leaf) => leaf === part || leaf.startsWith(`${part}.`)));
}

function whyNot(system: System, state: StateId, step: RecordedStep): string {
  const where = `in state ${String(system.describe(state)["state"])}`;
  const possible = candidates(system, state, step);
  if (possible.length > 0) {
    const differences = new Set(possible.map(([, target]) => mismatch(system, target, step)!));
    return `${step.event} ${where} leads to ${[...differences].join(", or to ")}`;
  }
  const events = Array.from({ length: system.eventCount }, (_, action) => system.action(action));
  const ofType = events.some((what) => what.kind === "event" && what.event.type === step.event);
  if (ofType && system.isDone(state)) return `nothing happens any more ${where}: it is final`;
  if (ofType)
    return `the model does not declare ${step.event} with ${JSON.stringify(step.payload)}`;
  if (step.event.startsWith("after ")) return `no timer "${step.event}" is running ${where}`;
  return `the model has no event ${step.event}`;
}

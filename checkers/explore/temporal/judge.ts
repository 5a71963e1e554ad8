/** Does an infinite run that was followed on a real actor refute a linear-time claim? */

import type { LeadsToProperty, LtlProperty, ModelStep } from "../../../core/property.ts";
import type { MachineModel } from "../../../core/subject.ts";
import type { AnyModel } from "../../../core/system.ts";
import { formulaText, type Atom, type Formula } from "../../../core/temporal.ts";
import { statePredicate, stepPredicate } from "../../../semantics/predicate.ts";
import { canonical, sameState, type RunState, type SystemStep } from "../../../semantics/run.ts";
import { declaredEvents, makeStepper } from "../../../semantics/stepper.ts";
import { describeSnapshot, startAt } from "../../../semantics/system.ts";
import { plural, stateText, stepOf } from "../finding.ts";
import type { Judgement, Lasso } from "../judgement.ts";
import { formulaOf } from "./linear.ts";
import { parseFairness } from "./space.ts";
import { evaluate } from "./word.ts";

export function judgeLinear(
  property: LtlProperty | LeadsToProperty,
  states: readonly RunState[],
  lasso: Lasso | null,
  model: AnyModel,
): Judgement {
  const no = (message: string): Judgement => ({ kind: "not-shown", message });
  if (lasso === null)
    return no("the recorded run is finite, it says nothing about what never happens");
  const { start: first, length } = lasso;
  const last = states.length - 1;
  const rests = length === 0;
  const shownAt = rests ? last : first;
  const at = describeSnapshot(states[shownAt]!.snapshot, model);

  const open = rests ? whyGoesOn(states[last]!, property, model) : whyNotForEver(states, lasso);
  if (open !== null) return no(open);
  if (!rests) {
    const starved = starvedEvent(states, lasso, property, model);
    if (starved !== null) return no(`the run is not fair: ${starved} never comes`);
  }
  const formula = formulaOf(property);
  const positions = rests ? states.length : first + length;
  const [holds] = evaluate(
    formula,
    positions,
    shownAt,
    truthOn(states, rests ? last : null, model),
  );
  const claim = claimText(property, formula);
  if (holds === true) return no(`${claim} on the recorded run`);
  return {
    kind: "shown",
    index: shownAt,
    message: `the run ${rests ? "stays" : `repeats ${plural(length, "step")}`} for ever ${rests ? "in" : "from"} ${stateText(at)}, and ${notText(property, formula)}`,
    at,
  };
}

const claimText = (property: LtlProperty | LeadsToProperty, formula: Formula): string =>
  property.kind === "leads-to"
    ? "`to` follows every `from`"
    : `\`${formulaText(formula)}\` is true`;

function notText(property: LtlProperty | LeadsToProperty, formula: Formula): string {
  if (property.kind === "ltl") return `\`${formulaText(formula)}\` is false of it`;
  const name = typeof property.to === "string" ? `\`${property.to}\`` : "the predicate";
  return `${name} never becomes true`;
}

/** Truth of atoms on the states of the run; in `rest` it stands still. */
function truthOn(
  states: readonly RunState[],
  rest: number | null,
  model: AnyModel,
): (atom: Atom, position: number) => boolean {
  const compiled = new Map<Atom, (position: number) => boolean>();
  const stepAt = (position: number): ModelStep => {
    const before = states[position]!.snapshot;
    if (position === rest) return { before, event: { type: "" }, after: before };
    const next = states[position + 1]!;
    return { before, event: next.event!, after: next.snapshot };
  };
  return (atom, position) => {
    let holds = compiled.get(atom);
    if (holds === undefined) {
      if ("state" in atom) {
        const predicate = statePredicate(atom.state, model);
        holds = (index) => predicate.holds(states[index]!.snapshot);
      } else {
        const predicate = stepPredicate(atom.step, model);
        holds = (index) => predicate.holds(stepAt(index));
      }
      compiled.set(atom, holds);
    }
    return holds(position);
  };
}

/** Why a run cannot stand still at its end; null when it can. */
function whyGoesOn(
  end: RunState,
  property: LtlProperty | LeadsToProperty,
  model: AnyModel,
): string | null {
  if (end.snapshot.status !== "active") return null;
  const timer = end.pending[0];
  if (timer !== undefined) return `the run does not end: ${timer.timer.label} is running`;
  for (const fair of fairEvents(property, model, [end])) {
    if (changes(end, fair, model)) {
      return `the run does not stay where it is: ${fair.name} leads on`;
    }
  }
  return null;
}

function whyNotForEver(states: readonly RunState[], { start, length }: Lasso): string | null {
  for (let index = start; index + length < states.length; index++) {
    if (!sameState(states[index]!.snapshot, states[index + length]!.snapshot)) {
      return "the repeated part of the run does not lead back to where it started";
    }
  }
  const late = states.at(-1)!.pending.find(({ since }) => since <= start);
  return late === undefined
    ? null
    : `${late.timer.label} would have to run for ever without firing`;
}

/** Something that fairness asks for: an event type, of one machine in a system, or a message. */
interface FairEvent {
  readonly name: string;
  readonly strong: boolean;
  /** Must it change the state to count? */
  readonly moves: boolean;
  readonly is: (cause: SystemStep) => boolean;
}

function fairEvents(
  property: LtlProperty | LeadsToProperty,
  model: AnyModel,
  states: readonly RunState[],
): readonly FairEvent[] {
  const found = new Map<string, FairEvent>();
  const add = (event: FairEvent): void => {
    if (event.strong || !found.has(event.name)) found.set(event.name, event);
  };
  const parties: readonly (readonly [string | undefined, Pick<MachineModel, "events">])[] =
    "machines" in model ? Object.entries(model.machines) : [[undefined, model]];
  const channels = "machines" in model ? Object.keys(model.channels ?? {}) : [];
  for (const { strong, of } of property.fair.map(parseFairness)) {
    for (const [machine, { events }] of parties) {
      for (const { type } of events) {
        if (of !== "events" && of !== `event ${type}`) continue;
        add({
          name: machine === undefined ? type : `${machine}: ${type}`,
          strong,
          moves: true,
          is: (cause) =>
            "event" in cause &&
            cause.event.type === type &&
            cause.machine === machine &&
            cause.channel === undefined,
        });
      }
    }
    if (of !== "deliveries") continue;
    for (const [index, channel] of channels.entries()) {
      for (const message of states.flatMap(({ world }) => world?.channels[index] ?? [])) {
        const text = canonical(message);
        add({
          name: `${channel} delivers ${text}`,
          strong,
          moves: false,
          is: (cause) =>
            "channel" in cause &&
            "event" in cause &&
            cause.channel === channel &&
            canonical(cause.event) === text,
        });
      }
    }
  }
  return [...found.values()];
}

/** A fair event that never happens in the repeated part, though it could. */
function starvedEvent(
  states: readonly RunState[],
  { start, length }: Lasso,
  property: LtlProperty | LeadsToProperty,
  model: AnyModel,
): string | null {
  const indices = Array.from({ length }, (_, step) => start + 1 + step);
  const repeated = indices.map((index) => states[index]!);
  for (const fair of fairEvents(property, model, repeated)) {
    const sent = indices.some((index) => {
      const { cause, snapshot, pending } = states[index]!;
      if (cause === null || !fair.is(cause)) return false;
      if (!fair.moves) return true;
      const moved = !sameState(snapshot, states[index - 1]!.snapshot);
      return moved || pending.some(({ since }) => since === index);
    });
    if (sent) continue;
    const possible = new Set(repeated.map((state) => changes(state, fair, model)));
    if (fair.strong ? possible.has(true) : !possible.has(false)) {
      return `${fair.name}, which ${fair.strong ? "is possible again and again," : "stays possible,"}`;
    }
  }
  return null;
}

function changes(state: RunState, fair: FairEvent, model: AnyModel): boolean {
  if (state.snapshot.status !== "active") return false;
  if ("machines" in model) {
    const system = startAt(state, model);
    return system.successors(0).some((target, index, pairs) => {
      if (index % 2 === 0 || (fair.moves && target === 0)) return false;
      const step = stepOf(system.action(pairs[index - 1]!));
      return step !== null && fair.is(step);
    });
  }
  const stepper = makeStepper(model, { actors: true });
  return declaredEvents(model).some((event) => {
    const step = fair.is({ event }) ? stepper.send(state.snapshot, event) : null;
    return step !== null && (step.effects.length > 0 || !sameState(step.snapshot, state.snapshot));
  });
}

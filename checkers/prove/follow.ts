/** A run that the solver found, on the real machine: only what XState shows counts. */

import type { Property } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import {
  isJsonRecord,
  type Counterexample,
  type Json,
  makeTrace,
  type Scalar,
  type TraceAction,
  traceState,
} from "../../core/trace.ts";
import { formatRational, type ExactValue } from "../../expr/index.ts";
import { activePaths } from "../../semantics/nodes.ts";
import { statePredicate, stepPredicate } from "../../semantics/predicate.ts";
import { type RecipeStep, runRecipe, type RunState } from "../../semantics/run.ts";
import { describeSnapshot } from "../../semantics/system.ts";
import type { SolvedRun } from "./encode.ts";

export interface Recipe {
  readonly parameters: Readonly<Record<string, number>>;
  readonly steps: readonly RecipeStep[];
}

export type Followed =
  | { readonly kind: "violates"; readonly counterexample: Counterexample }
  | { readonly kind: "holds"; readonly message: string }
  | { readonly kind: "stopped"; readonly message: string };

export function recipeOf(run: SolvedRun): Recipe {
  const parameters = [...run.parameters].map(([name, value]) => [name, Number(plain(value))]);
  const steps = run.steps.map(({ transition: { cause }, fields }): RecipeStep => {
    if (cause.timer !== undefined) return { timer: cause.timer.label, state: cause.timer.state };
    const payload = [...fields].map(([name, value]) => [name, plain(value)]);
    return { event: { ...Object.fromEntries(payload), type: cause.type } as TraceAction };
  });
  return { parameters: Object.fromEntries(parameters) as Record<string, number>, steps };
}

const plain = (value: ExactValue): boolean | string | number =>
  typeof value === "object" ? Number(formatRational(value)) : value;

/** The model with other parameter values; a text says why that is impossible. */
function withParameters(
  model: MachineModel,
  values: Readonly<Record<string, number>>,
): MachineModel | string {
  const declared = model.parameters ?? {};
  for (const name of Object.keys(values)) {
    if (declared[name] === undefined) return `the parameter ${name} no longer exists`;
  }
  const parameters: Record<string, (typeof declared)[string]> = {};
  for (const [name, declaration] of Object.entries(declared)) {
    const value = values[name];
    if (value === undefined) return `no value was recorded for the parameter ${name}`;
    const [low, high] = declaration.int;
    if (!Number.isSafeInteger(value) || value < low || (high !== null && value > high)) {
      return `${name} = ${value} is outside its range`;
    }
    parameters[name] = { ...declaration, explore: value };
  }
  return { ...model, parameters };
}

export function follow(recipe: Recipe, property: Property, model: MachineModel): Followed {
  const instance = withParameters(model, recipe.parameters);
  if (typeof instance === "string") return { kind: "stopped", message: instance };
  const run = runRecipe(instance, recipe.steps);
  if (run.kind === "infeasible") return { kind: "stopped", message: run.message };
  if (run.kind === "fault") return { kind: "stopped", message: run.fault.message };
  const { states } = run;
  const describe = (state: RunState): Readonly<Record<string, Scalar>> => ({
    ...describeSnapshot(state.snapshot, instance),
    ...recipe.parameters,
  });
  const found = findViolation(property, states, instance);
  if (found === null) return { kind: "holds", message: "the claim holds along the recorded run" };
  const here = states[found.index];
  const before = states[found.index - 1];
  if (here === undefined) throw new RangeError("the violating state is not part of the run");
  const event = eventName(here);
  const at =
    property.kind === "step" && before !== undefined && event !== null
      ? { ...describe(before), event }
      : describe(here);
  const shown = Object.entries(at).map(([name, value]) => `${name} = ${String(value)}`);
  const message = `\`${found.text}\` is false ${property.kind === "step" ? "of the step" : "in the state"} ${shown.join(", ")}`;
  const used = states.slice(0, found.index + 1);
  const timed = used.some(({ fired, pending }) => fired !== null || pending.length > 0);
  const trace = makeTrace(
    property.title,
    used.map((state, index) =>
      traceState(
        {
          index,
          ...causeOf(state),
          active: activePaths(state.snapshot),
          ...(timed ? { timeMs: state.timeMs } : {}),
          ...(index === found.index ? { note: "here the claim fails" } : {}),
        },
        describe(state),
      ),
    ),
  );
  const counterexample = { message, at, trace, recipe: writeRecipe(recipe) };
  return { kind: "violates", counterexample };
}

function findViolation(
  property: Property,
  states: readonly RunState[],
  model: MachineModel,
): { readonly index: number; readonly text: string } | null {
  if (property.kind === "always" || property.kind === "never") {
    const predicate = statePredicate(property.predicate, model);
    const wanted = property.kind === "always";
    const index = states.findIndex(({ snapshot }) => predicate.holds(snapshot) !== wanted);
    const text = predicate.text ?? property.title;
    return index < 0 ? null : { index, text: wanted ? text : `not (${text})` };
  }
  if (property.kind !== "step") return null;
  const predicate = stepPredicate(property.predicate, model);
  for (let index = 1; index < states.length; index++) {
    const [before, after] = [states[index - 1], states[index]];
    if (before === undefined || after === undefined || after.event === null) continue;
    const step = { before: before.snapshot, event: after.event, after: after.snapshot };
    if (!predicate.holds(step)) return { index, text: predicate.text ?? property.title };
  }
  return null;
}

const eventName = (state: RunState): string | null =>
  state.fired === null ? (state.event?.type ?? null) : state.fired.label;

function causeOf(state: RunState): { action?: TraceAction; by?: "event" | "timer" | "internal" } {
  if (state.cause === null) return {};
  if ("event" in state.cause) return { action: state.cause.event, by: "event" };
  if ("fault" in state.cause) return {};
  const by = state.fired?.delay === 0 ? "internal" : "timer";
  return { action: { type: state.cause.timer }, by };
}

function writeRecipe(recipe: Recipe): Json {
  return {
    parameters: recipe.parameters,
    steps: recipe.steps.map((step) =>
      "event" in step ? { event: step.event } : { timer: step.timer, state: step.state },
    ),
  };
}

/** null when the JSON is no recipe of this engine. */
export function readRecipe(json: Json): Recipe | null {
  if (!isJsonRecord(json)) return null;
  const { parameters, steps } = json;
  if (parameters === undefined || !isJsonRecord(parameters) || !Array.isArray(steps)) return null;
  const values: Record<string, number> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== "number") return null;
    values[name] = value;
  }
  const read: RecipeStep[] = [];
  for (const step of steps as readonly Json[]) {
    if (!isJsonRecord(step)) return null;
    const { event, timer, state } = step;
    if (event !== undefined && isJsonRecord(event) && typeof event["type"] === "string") {
      read.push({ event: event as TraceAction });
    } else if (typeof timer === "string" && (typeof state === "string" || state === null)) {
      read.push({ timer, state });
    } else {
      return null;
    }
  }
  return { parameters: values, steps: read };
}

/** Machines: claims about every reachable state or step, for every value of the parameters. */

import type { CheckContext, Obligation, ReplayObservation } from "../../core/engine.ts";
import { makeOutcome } from "../../core/outcome.ts";
import type { AlwaysProperty, NeverProperty, Property, StepProperty } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { MachineModel, MachineSubject } from "../../core/subject.ts";
import type { Counterexample } from "../../core/trace.ts";
import { boolType, build, elaborate, scopeOfModel } from "../../expr/index.ts";
import { Attempt, type Prepared, type Way } from "./attempt.ts";
import { type Claim, Encoding } from "./encode.ts";
import { extract } from "./extract.ts";
import { follow, readRecipe } from "./follow.ts";
import { openSession } from "./session.ts";
import { NotExpressible } from "./system.ts";

/** The claims that this engine takes on: universal, and written as an expression. */
type ProvableProperty = (AlwaysProperty | NeverProperty | StepProperty) & {
  readonly predicate: string;
};

function isProvable(property: Property): property is ProvableProperty {
  return (
    (property.kind === "always" || property.kind === "never" || property.kind === "step") &&
    typeof property.predicate === "string"
  );
}

/**
 * Models with parameters, and those that ask for it: for the others exhaustive search says as much,
 * and faster.
 */
export function planMachine(subject: MachineSubject): readonly Obligation[] {
  const hasParameters = Object.keys(subject.model.parameters ?? {}).length > 0;
  if (!hasParameters && subject.prove !== true) return [];
  return subject.properties.filter(isProvable).map((property) => ({
    id: `${subject.id}/${property.id}`,
    subject: subject.id,
    property: property.id,
    title: property.title,
    source: property.source ?? subject.source ?? null,
    engine: "prove",
    claim: "universal",
    implementation: null,
    expect: property.expect ?? null,
  }));
}

const prepared = new WeakMap<MachineModel, Prepared>();

function prepare(model: MachineModel): Prepared {
  let entry = prepared.get(model);
  if (entry === undefined) {
    entry = { encoding: new Encoding(extract(model)), auxiliary: null };
    prepared.set(model, entry);
  }
  return entry;
}

function claimOf(property: ProvableProperty, model: MachineModel): Claim {
  const step = property.kind === "step";
  const { expression } = elaborate(property.predicate, scopeOfModel(model, { step }), boolType);
  return {
    kind: step ? "step" : "state",
    expression: property.kind === "never" ? build.not(expression) : expression,
  };
}

function findProperty(subject: MachineSubject, id: string): ProvableProperty {
  const property = subject.properties.find((candidate) => candidate.id === id);
  if (property === undefined || !isProvable(property)) {
    throw new TypeError(`${subject.id}/${id} was not planned from this subject`);
  }
  return property;
}

export async function checkMachine(
  obligation: Obligation,
  subject: MachineSubject,
  context: CheckContext,
): Promise<Outcome> {
  const property = findProperty(subject, obligation.property);
  let preparation: Prepared;
  try {
    preparation = prepare(subject.model);
  } catch (thrown) {
    if (!(thrown instanceof NotExpressible)) throw thrown;
    const reason = `not expressible: ${thrown.message}`;
    return makeOutcome(
      { claim: "universal", method: null, observation: { kind: "unknown", reason } },
      { diagnostics: [{ code: "VRF301", message: thrown.message }] },
    );
  }
  const session = openSession(obligation, context);
  const claim = claimOf(property, subject.model);
  const { ways } = context.options;
  return new Attempt({
    ...(typeof ways === "string" ? { ways: ways.split(",") as readonly Way[] } : {}),
    preparation,
    property,
    claim,
    model: subject.model,
    session,
    context,
  }).run();
}

export function replayMachine(
  obligation: Obligation,
  subject: MachineSubject,
  recorded: Counterexample,
): ReplayObservation {
  const property = findProperty(subject, obligation.property);
  const recipe = readRecipe(recorded.recipe);
  if (recipe === null) {
    return { kind: "infeasible", message: "the counterexample was not written by this engine" };
  }
  const followed = follow(recipe, property, subject.model);
  switch (followed.kind) {
    case "violates":
      return {
        kind: "reproduced",
        message: followed.counterexample.message,
        counterexample: followed.counterexample,
      };
    case "holds":
      return { kind: "passes", message: followed.message };
    case "stopped":
      return { kind: "infeasible", message: followed.message };
  }
}

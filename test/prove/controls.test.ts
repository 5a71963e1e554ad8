/**
 * A negative control for every claim that the solver proves of the core models: the first mutant, by
 * fixed operators, on which exhaustive search refutes the claim. The solver refutes it as well, by a
 * run that replays on the mutant and that the unchanged machine survives. CONTROLS=all takes every
 * claim, not a sample.
 */

import { afterAll, describe, expect, test } from "vitest";

import { engine } from "../../checkers/prove/engine.ts";
import type { CheckContext } from "../../core/engine.ts";
import type { Property } from "../../core/property.ts";
import { defineSubject, type MachineModel, type MachineSubject } from "../../core/subject.ts";
import { update } from "../../expr/index.ts";
import { closeSolver } from "../../solver/solver.ts";
import { check as explore } from "../explore/support.ts";
import { coreSubjects } from "../models/core-subjects.ts";
import { type Config, mutate } from "../models/mutate.ts";
import { mutantsOf, type Mutant } from "../models/operators.ts";

afterAll(closeSolver);

const context: CheckContext = {
  seed: 1,
  budget: { timeMs: 40_000, maxStates: 1 },
  signal: new AbortController().signal,
  progress: () => undefined,
  options: {},
};

const subjectOf = (model: MachineModel, properties: readonly Property[]): MachineSubject =>
  defineSubject({ id: "m", model, properties, prove: true });

/** Claims that something does not happen are refuted by adding it, which no operator does. */
const added: Readonly<Record<string, (config: Config) => void>> = {
  "open-rejects-calls": ({ states }) => {
    states.open.on = { CALL: { actions: update({ active: "active + 1" }) } };
  },
  "stray-ack-ignored": ({ states }) => {
    states.Connected.on.receive_ack = [states.Connected.on.receive_ack, { target: "Error" }];
  },
  "send-only-in-connected": ({ states }) => {
    states.Disconnected.on.send = "Connecting";
  },
  "sequence-only-when-sent": ({ states }) => {
    states.link.states.waiting.entry = update({ seq: "(seq + 1) mod 4" });
  },
  "silent-while-throttled": ({ states }) => {
    states.link.states.waiting.on = { CHANGE: "inFlight" };
  },
};

/**
 * The first mutant on which exhaustive search refutes the property.
 */
async function refutedMutant(model: MachineModel, property: Property): Promise<Mutant | undefined> {
  const edit = added[property.id];
  if (edit !== undefined) return { label: "added", model: mutate(model, edit) };
  for (const mutant of mutantsOf(model)) {
    const outcome = await explore(mutant.model, property, { maxStates: 500 });
    if (outcome.verdict === "violated") return mutant;
  }
  return undefined;
}

describe.each(Object.entries(coreSubjects))("%s", (_id, { model, properties }) => {
  const all = engine.plan(subjectOf(model, properties));
  const planned = process.env["CONTROLS"] === "all" ? all : all.filter((_, n) => n % 5 === 0);

  test.each(planned)("$property", async ({ property: id }) => {
    const property = properties.find((candidate) => candidate.id === id)!;
    const mutant = await refutedMutant(model, property);
    expect(mutant, `no mutant breaks ${id}`).toBeDefined();
    const broken = subjectOf(mutant!.model, [property]);
    const obligation = engine.plan(broken)[0]!;
    const outcome = await engine.check(obligation, broken, context);
    expect([mutant!.label, outcome.verdict, outcome.reason]).toEqual([
      mutant!.label,
      "violated",
      "",
    ]);
    const again = await engine.replay(obligation, broken, outcome.counterexample!, context);
    expect(again.kind).toBe("reproduced");
    const sound = subjectOf(model, [property]);
    const repaired = await engine.replay(obligation, sound, outcome.counterexample!, context);
    expect(repaired.kind).not.toBe("reproduced");
  });
});

/**
 * Mutation score: which changes of a machine, by fixed operators on every guard, target and update,
 * no property notices. MUTATION=all takes every mutant of every model and prints the account; without
 * it all models but the first are sampled. Expected traces and tables do not count as properties; the
 * declared ranges of variables do: leaving one fails the run.
 */

import { describe, expect, test } from "vitest";

import type { Property } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { check } from "../explore/support.ts";
import { coreSubjects } from "./core-subjects.ts";
import { mutantsOf } from "./operators.ts";

/** Survivors, and why no property can refute them: the machine behaves as before. */
const equivalent: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "circuit-breaker": {
    "halfOpen.on.SUCCESS update: failures left out": "failures are 0 in half-open anyway",
    "halfOpen.on.FAILURE update: failures left out": "failures are 0 in half-open anyway",
  },
  "otlp-connection": {
    "Disconnected.on.connect update: left out": "attempts are 0 in Disconnected anyway",
  },
  "opamp-control-loop": {
    "link.waiting.after.retryAfter target: inFlight => idle":
      "dirty is true while waiting, and idle with something to say goes to inFlight at once",
    "config.none.on.RESPONSE guard: outstanding and event.offer != 0 and event.offer != hash => outstanding and event.offer != -1 and event.offer != hash":
      "the hash is 0 as long as there is no configuration, so offer 0 is excluded by the other part",
    "config.applying.on.RESPONSE[0] guard: outstanding and event.offer != 0 and event.offer == hash => outstanding and event.offer != -1 and event.offer == hash":
      "the hash is not 0 while a configuration is applied",
    "config.applying.on.APPLY_OK[0] target: applying => (no target)":
      "entering applying anew does nothing: it has no timer and no entry action",
    "config.applying.on.APPLY_FAIL[0] target: applying => (no target)":
      "entering applying anew does nothing: it has no timer and no entry action",
  },
  "ownership-machine": {
    "live.on.RETURN_MUT guard: unique => true": "giving back what was not borrowed changes nothing",
  },
  "rw-lock": {},
};

/** The first property that refutes the model; "range" for a variable that leaves its own. */
async function refuter(
  model: MachineModel,
  properties: readonly Property[],
): Promise<string | null> {
  for (const property of properties) {
    if (property.kind === "conforms" || property.expect?.verdict === "violated") continue;
    const outcome = await check(model, property, { maxStates: 3000 });
    if (outcome.verdict === "violated") return property.id;
    if (outcome.diagnostics.some(({ code }) => code === "VRF103")) return "range";
  }
  return null;
}

const all = process.env["MUTATION"] === "all";

describe("mutation score", () => {
  test.each(Object.entries(coreSubjects))(
    "%s",
    { timeout: 900_000 },
    async (id, { model, properties }) => {
      const every = mutantsOf(model);
      expect(new Set(every.map(({ label }) => label)).size).toBe(every.length);
      const explained = equivalent[id] ?? {};
      const sample = all || id === "circuit-breaker" ? 1 : 12;
      const mutants = every.filter(
        ({ label }, index) => index % sample === 0 || explained[label] !== undefined,
      );
      const survivors: string[] = [];
      let byRange = 0;
      for (const mutant of mutants) {
        const by = await refuter(mutant.model, properties);
        if (by === null) survivors.push(mutant.label);
        if (by === "range") byRange++;
      }
      if (all) {
        const refuted = mutants.length - survivors.length;
        process.stdout.write(
          `${id}: ${refuted} of ${mutants.length} refuted (${((100 * refuted) / mutants.length).toFixed(1)} %), ${byRange} of them by a declared range\n`,
        );
      }
      expect(survivors.toSorted()).toEqual(Object.keys(explained).toSorted());
      expect(1 - Object.keys(explained).length / every.length).toBeGreaterThanOrEqual(0.95);
    },
  );
});

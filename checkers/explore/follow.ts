/** Follows a run on a real actor and asks whether it shows what it is said to show. */

import type { Property } from "../../core/property.ts";
import type { ExploredSubject } from "../../core/subject.ts";
import type { Trace } from "../../core/trace.ts";
import { runSystemRecipe } from "../../semantics/run-system.ts";
import { runRecipe, type RecipeStep } from "../../semantics/run.ts";
import type { Candidate } from "./finding.ts";
import { judge } from "./judge.ts";
import type { Judgement } from "./judgement.ts";
import { traceOf } from "./trace.ts";

export type Followed =
  | { readonly kind: "stopped"; readonly message: string }
  | {
      readonly kind: "followed";
      readonly judgement: Exclude<Judgement, { kind: "undecided" }>;
      readonly trace: Trace;
    };

/** How often the repeated part of an infinite run is walked. */
const rounds = 3;

export function follow(
  candidate: Candidate,
  property: Property,
  subject: ExploredSubject,
  maxStates: number,
): Followed {
  const { steps, loop } = candidate;
  const repeated = loop === null ? [] : steps.slice(loop);
  const unrolled = [...steps];
  for (let round = 1; round < rounds; round++) unrolled.push(...repeated);
  const run =
    subject.kind === "system"
      ? runSystemRecipe(subject.model, unrolled)
      : runRecipe(
          subject.model,
          unrolled.filter((step): step is RecipeStep => !("fault" in step)),
        );
  if (run.kind === "infeasible") return { kind: "stopped", message: run.message };
  if (run.kind === "fault") {
    return { kind: "stopped", message: `step ${run.step}: ${run.fault.message}` };
  }
  const lasso = loop === null ? null : { start: loop, length: repeated.length };
  const judgement = judge(property, run.states, lasso, subject.model, maxStates);

  if (judgement.kind === "undecided") return { kind: "stopped", message: judgement.message };

  const notes = new Map<number, string>();
  if (judgement.kind === "shown") notes.set(judgement.index, judgement.message);
  if (loop !== null && repeated.length > 0) {
    notes.set(steps.length, "as before: from here the same steps repeat for ever");
  }
  const shown = run.states.slice(0, steps.length + 1);
  const description = `${subject.id}/${property.id}: ${property.title}`;
  // The last state of a repeated part equals its first; what follows it is the second state.
  const traceLoop = loop === null ? null : Math.min(loop + 1, steps.length);
  return {
    kind: "followed",
    judgement,
    trace: traceOf(description, shown, subject.model, traceLoop, notes),
  };
}

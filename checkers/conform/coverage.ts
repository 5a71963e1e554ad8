/** What the sequences of one obligation reached. */

import type { Run } from "./lockstep.ts";
import { stateName } from "./model-run.ts";

export class Coverage {
  /** Sequences that were run. */
  runs = 0;
  /** The most commands that were carried out in one sequence. */
  longest = 0;
  steps = 0;
  /** Steps for which the property makes a claim. */
  compared = 0;
  /** Sequences that ended early at a difference which is not this property's. */
  elsewhere = 0;
  readonly #states = new Set<string>();
  readonly #transitions = new Set<string>();

  add(run: Run): void {
    this.runs += 1;
    this.longest = Math.max(this.longest, run.executed.length);
    this.steps += run.steps.length;
    if (run.end === "elsewhere") this.elsewhere += 1;
    this.#states.add(stateName(run.initial));
    for (const step of run.steps) {
      if (step.applies) this.compared += 1;
      const from = stateName(step.before);
      const to = stateName(step.after);
      this.#states.add(to);
      this.#transitions.add(`${from} -${step.event.type}-> ${to}`);
    }
  }

  /** `transitions`: different triples of control state, event type and control state. */
  stats(): Record<string, number> {
    return {
      tests: this.runs,
      steps: this.steps,
      compared: this.compared,
      endedElsewhere: this.elsewhere,
      states: this.#states.size,
      transitions: this.#transitions.size,
    };
  }
}

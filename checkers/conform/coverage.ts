/** What the sequences of one obligation reached. */

import type { Exhibit } from "../../core/exhibit.ts";
import type { Run } from "./lockstep.ts";
import { stateName } from "./model-run.ts";

interface Transition {
  readonly from: string;
  readonly event: string;
  readonly to: string;
  steps: number;
  compared: number;
}

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
  /** By control state, event type and next control state. */
  readonly #transitions = new Map<string, Transition>();

  add(run: Run): void {
    this.runs += 1;
    this.longest = Math.max(this.longest, run.executed.length);
    this.steps += run.steps.length;
    if (run.end === "elsewhere") this.elsewhere += 1;
    this.#states.add(stateName(run.initial));
    for (const { before, after, event, applies } of run.steps) {
      const [from, to] = [stateName(before), stateName(after)];
      this.#states.add(to);
      const key = JSON.stringify([from, event.type, to]);
      const transition = this.#transitions.get(key) ?? {
        from,
        event: event.type,
        to,
        steps: 0,
        compared: 0,
      };
      this.#transitions.set(key, transition);
      transition.steps += 1;
      if (!applies) continue;
      transition.compared += 1;
      this.compared += 1;
    }
  }

  get states(): number {
    return this.#states.size;
  }

  /** `transitions`: different triples of control state, event type and next control state. */
  stats(): Record<string, number> {
    return {
      tests: this.runs,
      steps: this.steps,
      compared: this.compared,
      endedElsewhere: this.elsewhere,
      states: this.states,
      transitions: this.#transitions.size,
    };
  }

  table(): Exhibit {
    const rows = [...this.#transitions.values()]
      .map(({ from, event, to, steps, compared }) => [from, event, to, steps, compared] as const)
      .toSorted((a, b) => (a.join("\n") < b.join("\n") ? -1 : 1));
    return {
      kind: "table",
      title: "Steps that were taken on both sides",
      columns: ["state", "event", "next state", "steps", "compared for this property"],
      rows,
    };
  }
}

/** What the sequences of one obligation reached. */

import type { Exhibit } from "../../core/exhibit.ts";
import type { ModelState } from "../../core/property.ts";
import type { Run } from "./lockstep.ts";
import { stateName } from "./model-run.ts";

/** Steps of one kind: control state, event type and next control state. */
export interface TransitionCount {
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
  readonly #transitions = new Map<string, TransitionCount>();

  add(run: Run): void {
    this.begin(run.executed.length, stateName(run.initial));
    for (const { before, after, event, applies } of run.steps) {
      this.step(this.count(before, event.type, after), applies);
    }
    if (run.end === "elsewhere") this.elsewhere += 1;
  }

  /** A sequence of `commands`; its steps are counted by `step`. */
  begin(commands: number, initial: string): void {
    this.runs += 1;
    this.longest = Math.max(this.longest, commands);
    this.#states.add(initial);
  }

  step(count: TransitionCount, applies: boolean): void {
    if (count.steps === 0) {
      this.#states.add(count.from);
      this.#states.add(count.to);
    }
    count.steps += 1;
    this.steps += 1;
    if (!applies) return;
    count.compared += 1;
    this.compared += 1;
  }

  /** The counter of a kind of step. */
  count(before: ModelState, event: string, after: ModelState): TransitionCount {
    const [from, to] = [stateName(before), stateName(after)];
    const key = JSON.stringify([from, event, to]);
    let count = this.#transitions.get(key);
    if (count === undefined) {
      count = { from, event, to, steps: 0, compared: 0 };
      this.#transitions.set(key, count);
    }
    return count;
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
      transitions: this.#taken().length,
    };
  }

  #taken(): TransitionCount[] {
    return [...this.#transitions.values()].filter(({ steps }) => steps > 0);
  }

  table(): Exhibit {
    const rows = this.#taken()
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

/**
 * The lockstep on a table: what the model does with a command in a configuration is looked up instead of
 * run, so that almost all time goes to the implementation. It only ever answers "agreed". Everything
 * else (a difference, an error, silence, a way beyond the graph) it leaves to the real lockstep, which
 * runs the sequence again and finds out.
 */

import type { Implementation, ImplementationDriver, MachineModel } from "../../core/subject.ts";
import type { Scalar, TraceAction } from "../../core/trace.ts";
import type { Coverage, TransitionCount } from "./coverage.ts";
import type { ModelGraph } from "./graph.ts";
import type { Clause } from "./lockstep.ts";
import { parameterValues } from "./model-run.ts";
import type { Sequence } from "./tests.ts";

interface TableStep {
  readonly event: TraceAction;
  /** Milliseconds that pass; null for an event. */
  readonly ms: number | null;
  readonly predicted: readonly (readonly [string, Scalar])[];
  readonly applies: boolean;
  readonly count: TransitionCount;
}

// Taken at load time: adapters may replace the globals for the code that they drive.
const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;

export class ModelTable {
  readonly #model: MachineModel;
  readonly #implementation: Implementation;
  readonly #clause: Clause;
  readonly #graph: ModelGraph;
  readonly #coverage: Coverage;
  readonly #answerMs: number;
  /** By configuration and command; undefined: not looked at yet; null: not for the table. */
  readonly #rows: (readonly TableStep[] | null | undefined)[][];
  /** Raised with every answer of the implementation. */
  #answers = 0;

  constructor(
    model: MachineModel,
    implementation: Implementation,
    clause: Clause,
    graph: ModelGraph,
    coverage: Coverage,
    answerMs: number,
  ) {
    this.#model = model;
    this.#implementation = implementation;
    this.#clause = clause;
    this.#graph = graph;
    this.#coverage = coverage;
    this.#answerMs = answerMs;
    this.#rows = graph.next.map(() => []);
  }

  /**
   * `agreed`: the whole sequence was run and nothing differed; it is counted as covered. `differed`: it
   * was run, and something did. `unknown`: it was not run, or not to its end.
   */
  async run(sequence: Sequence): Promise<"agreed" | "differed" | "unknown"> {
    const steps = this.#look(sequence);
    if (steps === null) return "unknown";
    let timer: ReturnType<typeof realSetTimeout> | undefined;
    const silence = new Promise<null>((resolve) => {
      let heard = this.#answers;
      const listen = (): void => {
        if (heard === this.#answers) return resolve(null);
        heard = this.#answers;
        timer = realSetTimeout(listen, this.#answerMs);
      };
      timer = realSetTimeout(listen, this.#answerMs);
    });
    try {
      const agreed = await Promise.race([this.#run(steps), silence]);
      if (agreed !== true) return agreed === null ? "unknown" : "differed";
    } catch {
      return "unknown";
    } finally {
      realClearTimeout(timer);
    }
    this.#coverage.addAgreed(
      sequence.length,
      this.#graph.states[0]!,
      steps.map(({ count, applies }) => ({ count, applies })),
    );
    return "agreed";
  }

  async #run(steps: readonly TableStep[]): Promise<boolean> {
    const driver = await this.#implementation.start(parameterValues(this.#model));
    try {
      for (const step of steps) {
        const answer = step.ms === null ? driver.send(step.event) : driver.advance(step.ms);
        const observed = await answer;
        this.#answers += 1;
        for (const [name, expected] of step.predicted) {
          if (!Object.is(observed[name], expected)) return false;
        }
      }
      return true;
    } finally {
      await this.#dispose(driver);
    }
  }

  async #dispose(driver: ImplementationDriver): Promise<void> {
    await driver.dispose();
  }

  #look(sequence: Sequence): readonly TableStep[] | null {
    const steps: TableStep[] = [];
    let at = 0;
    for (const command of sequence) {
      const rows = this.#rows[at]!;
      const row = (rows[command] ??= this.#make(at, command));
      if (row === null) return null;
      for (const step of row) steps.push(step);
      at = this.#graph.next[at]![command]!;
      if (at === -1) return null;
    }
    return steps;
  }

  #make(configuration: number, command: number): readonly TableStep[] | null {
    if (this.#graph.next[configuration]![command] === -1) return null;
    try {
      return this.#graph.steps[configuration]![command]!.map(({ event, ms, before, after }) => {
        const predicted = this.#implementation.predict({ before, event, after });
        const missing = this.#clause.observables?.some((name) => !(name in predicted)) ?? false;
        if (missing) throw new Error("the real lockstep says what is missing");
        return {
          event,
          ms,
          predicted: Object.entries(predicted),
          applies: this.#clause.applies(before, event),
          count: this.#coverage.count(before, event.type, after),
        };
      });
    } catch {
      return null;
    }
  }
}

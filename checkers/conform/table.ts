/**
 * The lockstep on a table: what the model does with a command in a configuration is looked up instead of
 * run, so that almost all time goes to the implementation. It only ever answers "agreed". Everything
 * else (a difference, an error, silence, a way beyond the graph) it leaves to the real lockstep, which
 * runs the sequence again and finds out.
 */

import type { Implementation, MachineModel, Observables } from "../../core/subject.ts";
import type { Coverage, TransitionCount } from "./coverage.ts";
import type { ModelGraph } from "./graph.ts";
import { timePasses } from "./commands.ts";
import {
  agrees,
  Instance,
  type Predicted,
  type PredictedStep,
  runSideBySide,
} from "./instances.ts";
import { eventLoopTurn, type Clause } from "./lockstep.ts";
import { parameterValues } from "./model-run.ts";
import type { Sequence } from "./tests.ts";

const flat = (observables: Observables): Predicted => ({
  names: Object.keys(observables),
  values: Object.values(observables),
});

interface TableStep extends PredictedStep {
  readonly applies: boolean;
  readonly count: TransitionCount;
}

/** What the model does in a sequence. */
interface Course {
  readonly steps: readonly TableStep[];
  /** What is seen at its end when nothing happens; null: something may. */
  readonly rest: Predicted | null;
}

// Taken at load time: adapters may replace the globals for the code that they drive.
const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;

export type Seen = "agreed" | "differed" | "unknown";

export class ModelTable {
  readonly #parameters: Readonly<Record<string, number>>;
  readonly #implementation: Implementation;
  readonly #clause: Clause;
  readonly #graph: ModelGraph;
  readonly #coverage: Coverage;
  /** By configuration and command; undefined: not looked at yet; null: not for the table. */
  readonly #rows: (readonly TableStep[] | null | undefined)[][];
  /** By configuration: what is seen there when nothing happens; null: not for the table. */
  readonly #rest: (Predicted | null | undefined)[] = [];
  /** Raised with every answer of the implementation. */
  #answers = 0;
  /** Ends the runs that are under way, which have gone silent. */
  #giveUp: (() => void) | null = null;
  #watch: ReturnType<typeof realSetTimeout> | null = null;

  constructor(
    model: MachineModel,
    implementation: Implementation,
    clause: Clause,
    graph: ModelGraph,
    coverage: Coverage,
    answerMs: number,
  ) {
    this.#parameters = parameterValues(model);
    this.#implementation = implementation;
    this.#clause = clause;
    this.#graph = graph;
    this.#coverage = coverage;
    this.#rows = graph.next.map(() => []);
    let heard = -1;
    const listen = (): void => {
      if (heard === this.#answers) this.#giveUp?.();
      heard = this.#answers;
      this.#watch = realSetTimeout(listen, answerMs);
    };
    listen();
  }

  /** Must be called in the end: stops watching for silence. */
  close(): void {
    if (this.#watch !== null) realClearTimeout(this.#watch);
  }

  /**
   * Runs the sequences side by side, each on an instance of its own, and counts as covered those that
   * agreed. `agreed`: the whole sequence was run and nothing differed, neither at once nor after a turn
   * of the event loop at its end. `differed`: it was run, and something did. `unknown`: it was not run, or
   * not to its end.
   */
  async run(sequences: readonly Sequence[]): Promise<readonly Seen[]> {
    const seen = sequences.map((): Seen => "unknown");
    const courses = sequences.map((sequence) => this.#courseOf(sequence));
    this.#answers += 1; // starting is no silence
    const { stackTraceLimit } = Error;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#giveUp = resolve;
        this.#run(courses, seen).then(resolve, reject);
      });
    } finally {
      this.#giveUp = null;
      Error.stackTraceLimit = stackTraceLimit; // also when it was given up
    }
    for (const [index, course] of courses.entries()) {
      if (seen[index] === "agreed") this.#count(sequences[index]!.length, course!);
    }
    return [...seen];
  }

  async #run(courses: readonly (Course | null)[], seen: Seen[]): Promise<void> {
    // Nobody reads the stacks of errors here, and taking one costs more than a step.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const instances = await Promise.all(
      courses.map(async (course) => {
        if (course === null) return null;
        try {
          return new Instance(await this.#implementation.start(this.#parameters), course.steps);
        } catch {
          return null; // the real lockstep finds out
        }
      }),
    );
    const started = instances.filter((instance) => instance !== null);
    try {
      await runSideBySide(started, () => (this.#answers += 1));
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    // Also the moment in which everybody else in this thread has their turn.
    await eventLoopTurn();
    for (const [index, instance] of instances.entries()) {
      if (instance === null) continue;
      try {
        if (instance.outcome === "agreed") {
          const { rest } = courses[index]!;
          const agreed = rest === null || agrees(await instance.driver.advance(0), rest);
          seen[index] = agreed ? "agreed" : "differed";
        } else if (instance.outcome === "differed") seen[index] = "differed";
        await instance.driver.dispose();
      } catch {
        seen[index] = "unknown";
      }
    }
  }

  /** Counts a sequence that agreed as covered. */
  #count(commands: number, { steps }: Course): void {
    const coverage = this.#coverage;
    coverage.begin(commands, this.#graph.names[0]!);
    for (const { count, applies } of steps) coverage.step(count, applies);
  }

  /** Looks up what the model does, for the first time or again; null when it is not for the table. */
  #courseOf(sequence: Sequence): Course | null {
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
    let rest = this.#rest[at];
    if (rest === undefined) this.#rest[at] = rest = this.#makeRest(at);
    return { steps, rest };
  }

  #makeRest(configuration: number): Predicted | null {
    if (!this.#graph.quiet[configuration]!) return null;
    const state = this.#graph.states[configuration]!;
    const event = { type: timePasses, ms: 0 };
    try {
      return flat(this.#implementation.predict({ before: state, event, after: state }));
    } catch {
      return null;
    }
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
          predicted: flat(predicted),
          applies: this.#clause.applies(before, event),
          count: this.#coverage.count(before, event.type, after),
        };
      });
    } catch {
      return null;
    }
  }
}

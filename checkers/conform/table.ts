/**
 * The lockstep on a table: what the model does with a command in a configuration is looked up instead of
 * run, so that almost all time goes to the implementation. It only ever answers "agreed". Everything
 * else (a difference, an error, silence, a way beyond the graph) it leaves to the real lockstep, which
 * runs the sequence again and finds out.
 */

import type {
  Implementation,
  ImplementationDriver,
  MachineModel,
  Observables,
} from "../../core/subject.ts";
import type { Scalar, TraceAction } from "../../core/trace.ts";
import type { Coverage, TransitionCount } from "./coverage.ts";
import type { ModelGraph } from "./graph.ts";
import { timePasses } from "./commands.ts";
import { eventLoopTurn, type Clause } from "./lockstep.ts";
import { parameterValues } from "./model-run.ts";
import type { Sequence } from "./tests.ts";

interface Predicted {
  readonly names: readonly string[];
  readonly values: readonly Scalar[];
}

const flat = (observables: Observables): Predicted => ({
  names: Object.keys(observables),
  values: Object.values(observables),
});

interface TableStep {
  readonly event: TraceAction;
  /** Milliseconds that pass; null for an event. */
  readonly ms: number | null;
  readonly predicted: Predicted;
  readonly applies: boolean;
  readonly count: TransitionCount;
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
   * Runs the sequences side by side, each on an instance of its own. `agreed`: the whole sequence was
   * run and nothing differed, neither at once nor after a turn of the event loop at its end. `differed`:
   * it was run, and something did. `unknown`: it was not run, or not to its end.
   */
  async run(sequences: readonly Sequence[]): Promise<readonly Seen[]> {
    const seen = sequences.map((): Seen => "unknown");
    this.#answers += 1; // starting is no silence
    // Nobody reads the stacks of errors here, and taking one costs more than a step.
    const { stackTraceLimit } = Error;
    let running = 0;
    const atEnd = (): void => {
      running -= 1;
      if (running === 0) Error.stackTraceLimit = stackTraceLimit;
    };
    const runs = sequences.map(async (sequence, index) => {
      if (!this.#fill(sequence)) return;
      running += 1;
      try {
        seen[index] = (await this.#run(sequence, atEnd)) ? "agreed" : "differed";
      } catch {
        // the real lockstep finds out
      }
    });
    Error.stackTraceLimit = running > 0 ? 0 : stackTraceLimit;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#giveUp = resolve;
        Promise.all(runs).then(() => resolve(), reject);
      });
    } finally {
      this.#giveUp = null;
      Error.stackTraceLimit = stackTraceLimit;
    }
    return [...seen];
  }

  async #run(sequence: Sequence, atEnd: () => void): Promise<boolean> {
    let agreed = false;
    let at = 0;
    let driver: ImplementationDriver | null = null;
    try {
      driver = await this.#implementation.start(this.#parameters);
      for (const command of sequence) {
        for (const { ms, event, predicted } of this.#rows[at]![command]!) {
          const answer = ms === null ? driver.send(event) : driver.advance(ms);
          const observed = answer instanceof Promise ? await answer : answer;
          this.#answers += 1;
          if (!agrees(observed, predicted)) return false;
        }
        at = this.#graph.next[at]![command]!;
      }
      agreed = true;
    } finally {
      atEnd();
      if (!agreed) await driver?.dispose();
    }
    try {
      // Also the moment in which everybody else in this thread has their turn.
      await eventLoopTurn();
      const rest = this.#rest[at]!;
      return rest === null || agrees(await driver.advance(0), rest);
    } finally {
      await driver.dispose();
    }
  }

  /** Counts a sequence that agreed as covered. */
  count(sequence: Sequence): void {
    const coverage = this.#coverage;
    coverage.begin(sequence.length, this.#graph.names[0]!);
    let at = 0;
    for (const command of sequence) {
      for (const { count, applies } of this.#rows[at]![command]!) coverage.step(count, applies);
      at = this.#graph.next[at]![command]!;
    }
  }

  /** Looks at what the sequence meets, where that was not done before; false when it is not for the table. */
  #fill(sequence: Sequence): boolean {
    let at = 0;
    for (const command of sequence) {
      const rows = this.#rows[at]!;
      const row = (rows[command] ??= this.#make(at, command));
      if (row === null) return false;
      at = this.#graph.next[at]![command]!;
      if (at === -1) return false;
    }
    if (this.#rest[at] === undefined) this.#rest[at] = this.#makeRest(at);
    return true;
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

function agrees(observed: Observables, { names, values }: Predicted): boolean {
  for (let index = 0; index < names.length; index++) {
    if (!Object.is(observed[names[index]!], values[index])) return false;
  }
  return true;
}

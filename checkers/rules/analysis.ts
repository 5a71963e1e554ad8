/**
 * One program under analysis: its execution on a symbolic record, the solver, the interpreter, and
 * the records near its guards. A question is first tried on those records, then asked of the solver;
 * what the solver finds is replayed, and what it proves is attacked.
 */

import type { Session } from "../../solver/solver.ts";
import { recordOf, wantedTerms } from "./concrete/from-model.ts";
import type { PlainRecord } from "./concrete/record.ts";
import type { Replayer } from "./concrete/replay.ts";
import { attackersOf, Sampling } from "./concrete/sampling.ts";
import { Asking, type Answered } from "./symbolic/ask.ts";
import type { SolverValue } from "./symbolic/model.ts";
import {
  execute,
  makeWorld,
  type Execution,
  type Passage,
  type Program,
  type World,
} from "./symbolic/program.ts";
import { initialLeaf, leafType } from "./symbolic/leaves.ts";
import { inRegex, payload, subterms, type Term } from "./symbolic/term.ts";

export interface AnalysisOptions {
  readonly replayer: Replayer;
  readonly seed: number;
  readonly samples: number;
  /** Only these records are looked at, and the solver is not asked: for following a stored one. */
  readonly only?: readonly PlainRecord[];
}

/** A model that the solver found, as a record. */
export interface Found {
  readonly kind: "found";
  readonly record: PlainRecord;
  readonly references: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<Term, SolverValue>;
}
export interface Refuted {
  readonly kind: "none";
  readonly core: readonly string[];
  readonly digest: string;
}
export interface Undecided {
  readonly kind: "unknown";
  readonly reason: string;
}

export class Analysis {
  readonly program: Program;
  readonly world: World;
  readonly execution: Execution;
  readonly #options: AnalysisOptions;
  #asking: Asking | undefined;
  #session: Session | undefined;
  #sampling: Sampling | undefined;
  #attackers: readonly PlainRecord[] | undefined;
  #attacked = 0;

  constructor(program: Program, options: AnalysisOptions) {
    this.program = program;
    this.world = makeWorld();
    this.execution = execute(program, this.world);
    this.#options = options;
  }

  /** Asks the following questions in this session, within its time. */
  use(session: Session): void {
    this.#session = session;
    this.#attacked = 0;
    this.#asking = new Asking(session, this.world.facts);
  }

  /** Another program, asked in the same session. */
  of(program: Program): Analysis {
    const other = new Analysis(program, this.#options);
    if (this.#session !== undefined) other.use(this.#session);
    return other;
  }

  get replayer(): Replayer {
    return this.#options.replayer;
  }

  get sampling(): Sampling {
    const { replayer, seed, samples, only } = this.#options;
    return (this.#sampling ??= new Sampling(this.program, replayer, seed, samples, only));
  }

  /** Records that were tried on proofs since the session began. */
  get attacked(): number {
    return this.#attacked;
  }

  /** The records to follow, where nothing else is to be looked at. */
  get only(): readonly PlainRecord[] | undefined {
    return this.#options.only;
  }

  /**
   * Tries to refute what the solver proved, with fresh records near the guards and literals. The
   * record that does shows that the model is wrong: an error of the engine, never a verdict.
   */
  attack(refutes: (record: PlainRecord) => boolean): void {
    this.#attackers ??= attackersOf(this.program, this.#options.seed);
    for (const record of this.#attackers) {
      this.#attacked++;
      if (!refutes(record)) continue;
      const shown = JSON.stringify(this.replayer.run(this.program, record).input);
      throw new Error(
        `the proof is wrong: the solver found no such record, but the interpreter shows one: ${shown}`,
      );
    }
  }

  passageOf(rule: Passage["rule"]): Passage {
    const passage = this.execution.passages.find((entry) => entry.rule === rule);
    if (passage === undefined) throw new TypeError("the rule is not part of this program");
    return passage;
  }

  ask(
    assertions: readonly Term[],
    named: readonly { readonly name: string; readonly term: Term }[] = [],
  ): Promise<Answered> {
    if (this.#asking === undefined) throw new TypeError("the analysis has no solver session yet");
    if (this.#options.only !== undefined) return Promise.resolve(notAsked);
    return this.#asking.ask({
      assertions,
      named,
      wanted: wantedTerms([...assertions, ...this.world.facts.about(assertions)]),
    });
  }

  /**
   * A record on which the assertions hold and `confirm` agrees when it is run. A model that does not
   * replay is asked for again in plain ASCII, then given up.
   */
  async find(
    assertions: readonly Term[],
    confirm: (found: Found) => boolean,
  ): Promise<Found | Refuted | Undecided> {
    let extra: Term[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await this.ask([...assertions, ...extra]);
      if (answer.status === "unsat") {
        if (attempt > 0) break;
        this.attack((record) =>
          confirm({ kind: "found", record, references: new Map(), values: new Map() }),
        );
        return { kind: "none", core: answer.core, digest: answer.digest };
      }
      if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
      const found = this.#toFound(answer, assertions);
      if (confirm(found)) return found;
      extra = attempt === 0 ? plainTexts(assertions) : extra;
      if (attempt > 0) break;
    }
    return { kind: "unknown", reason: "a counterexample was found, but it did not replay" };
  }

  #toFound(answer: Answered, assertions: readonly Term[]): Found {
    const leaves = new Map<string, Term>();
    for (const term of subterms(assertions)) {
      if (term.op !== "var") continue;
      const name = String(term.value);
      const leaf = name.replace(/^\d:/, "");
      if (leafType(leaf) !== "opaque" && !leaves.has(leaf)) {
        leaves.set(
          leaf,
          initialLeaf(leaf, name.slice(0, name.length - leaf.length), this.world.facts),
        );
      }
    }
    const references = new Map<string, string>();
    for (const [term, value] of answer.values) {
      if (term.op !== "var" || typeof value !== "string") continue;
      const name = /^reference (.*)$/.exec(String(term.value))?.[1];
      if (name !== undefined) references.set(name, value);
    }
    return {
      kind: "found",
      record: recordOf(answer.values, leaves),
      references,
      values: answer.values,
    };
  }
}

const notAsked: Answered = {
  status: "unknown",
  reason: "the stored record does not show it, and the solver was not asked",
  values: new Map(),
  core: [],
  milliseconds: 0,
  digest: "",
};

const printable = '(re.* (re.range " " "~"))';

/** Every text of the record in printable ASCII, which the interpreter and the wire take as it is. */
function plainTexts(assertions: readonly Term[]): Term[] {
  const plain: Term[] = [];
  for (const term of subterms(assertions)) {
    if (term.op === "var" && term.sort === "String") plain.push(inRegex(term, printable));
    if (term.op === "app" && term.value === "mapGet") {
      plain.push(inRegex(payload("Str", term), printable));
    }
  }
  return plain;
}

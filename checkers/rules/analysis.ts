/**
 * One program under analysis: its execution on a symbolic record, the solver, the interpreter, and
 * the records near its guards. A question is first tried on those records, then asked of the solver;
 * what the solver finds is replayed, and what it proves is attacked.
 */

import type { Session } from "../../solver/solver.ts";
import { recordOf, wantedTerms } from "./concrete/from-model.ts";
import type { PlainRecord } from "./concrete/record.ts";
import type { Replayer } from "./concrete/replay.ts";
import { Sampling } from "./concrete/sampling.ts";
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

  constructor(program: Program, options: AnalysisOptions) {
    this.program = program;
    this.world = makeWorld();
    this.execution = execute(program, this.world);
    this.#options = options;
  }

  /** Asks the following questions in this session, within its time. */
  use(session: Session): void {
    this.#session = session;
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
    const { replayer, seed, samples } = this.#options;
    return (this.#sampling ??= new Sampling(this.program, replayer, seed, samples));
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
        if (attempt === 0) return { kind: "none", core: answer.core, digest: answer.digest };
        break;
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

/** Questions about terms: is there a record for which all of them hold? */

import { digestOf, scriptOf, type Session } from "../../../solver/solver.ts";
import type { Facts } from "./facts.ts";
import { readValue, type SolverValue } from "./model.ts";
import { printAssertions } from "./print.ts";
import { and, isFalse, type Term } from "./term.ts";

export interface Answered {
  readonly status: "sat" | "unsat" | "unknown";
  readonly reason: string;
  /** Values of the terms that were asked for, when satisfiable. */
  readonly values: ReadonlyMap<Term, SolverValue>;
  /** Names of the assertions that suffice for unsatisfiability, when named ones were given. */
  readonly core: readonly string[];
  readonly milliseconds: number;
  /** Names the script of the question, so that another solver can be asked. */
  readonly digest: string;
}

export interface Question {
  readonly assertions: readonly Term[];
  /** Assertions among which a sufficient subset is wanted. */
  readonly named?: readonly { readonly name: string; readonly term: Term }[];
  readonly wanted?: readonly Term[];
  readonly limitMs?: number;
}

export class Asking {
  readonly #session: Session;
  readonly #facts: Facts;

  constructor(session: Session, facts: Facts) {
    this.#session = session;
    this.#facts = facts;
  }

  async ask(question: Question): Promise<Answered> {
    const { assertions, named = [], wanted = [], limitMs = 10_000 } = question;
    const goal = and(...assertions);
    const parts = [goal, ...named.map(({ term }) => term)];
    if (isFalse(goal)) return decided("unsat", "folded to false");
    const facts = this.#facts.about([...parts, ...wanted]);
    const { text, nameOf } = printAssertions(
      [...[...facts, goal].map((term) => ({ term })), ...named],
      wanted,
    );
    const query = {
      text,
      ...(wanted.length === 0
        ? {}
        : { onSat: `(get-value (${wanted.map((term) => nameOf(term)).join(" ")}))` }),
      ...(named.length === 0 ? {} : { onUnsat: "(get-unsat-core)" }),
    };
    const started = performance.now();
    const answer = await this.#session.ask(query, limitMs);
    const milliseconds = performance.now() - started;
    const values = new Map<Term, SolverValue>();
    const [details] = answer.details;
    if (answer.status === "sat" && Array.isArray(details)) {
      for (const [index, pair] of details.entries()) {
        const term = wanted[index];
        if (term !== undefined) values.set(term, readValue(pair[1], term.sort));
      }
    }
    return {
      status: answer.status,
      reason: answer.reason,
      values,
      core:
        answer.status === "unsat" && Array.isArray(details)
          ? details.map((name) => String(name))
          : [],
      milliseconds,
      digest: digestOf(scriptOf(query)),
    };
  }
}

const decided = (status: "unsat", reason: string): Answered => ({
  status,
  reason,
  values: new Map(),
  core: [],
  milliseconds: 0,
  digest: "",
});

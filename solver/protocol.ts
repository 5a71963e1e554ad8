/** Messages between the prover and its solver process. */

export interface SolverRequest {
  readonly id: number;
  /** SMT-LIB commands that end in `(check-sat)`. */
  readonly text: string;
  /** What to ask next, by answer: `sat`, `unsat`, `unknown`. */
  readonly next: Readonly<Record<string, string>>;
}

export interface SolverReply {
  readonly id: number;
  readonly first: string;
  readonly second: string;
  /** The solver threw. */
  readonly failure?: string;
  readonly milliseconds: number;
  /** Bytes that the process holds after the query. */
  readonly memory?: number;
}

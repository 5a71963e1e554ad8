/** One claim about a machine: searches for violations and proofs in turn, from cheap to dear. */

import type { CheckContext } from "../../core/engine.ts";
import type { Exhibit } from "../../core/exhibit.ts";
import { makeOutcome, type OutcomeDetails } from "../../core/outcome.ts";
import type { Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { Counterexample } from "../../core/trace.ts";
import type { Bound, ConcludeInput } from "../../core/verdict.ts";
import { build, print } from "../../expr/index.ts";
import type { Session } from "../../solver/solver.ts";
import { bitEncoding, searchDepth, shortestViolation } from "./bmc.ts";
import type { Claim, Encoding, SolvedRun } from "./encode.ts";
import { follow, recipeOf } from "./follow.ts";
import {
  candidatesOf,
  dischargeInduction,
  type InductiveFacts,
  inductiveStep,
  inductiveSubset,
} from "./induction.ts";
import { learned, observe, unrefuted } from "./observe.ts";
import {
  type Discharged,
  exhibitsOf,
  inductionProof,
  type Proof,
  rangesUsed,
  rangeText,
  scriptsOf,
  spacerProof,
} from "./proof.ts";
import { trySpacer } from "./spacer.ts";
import type { SymbolicSystem } from "./system.ts";

export interface Prepared {
  readonly encoding: Encoding;
  /** Inductive facts, found once per model; null as long as the solver has not finished. */
  auxiliary: InductiveFacts | null;
}

/** The ways to a verdict; all of them unless somebody wants to compare them. */
export type Way = "bmc" | "k-induction" | "spacer";

export interface AttemptInput {
  readonly preparation: Prepared;
  readonly property: Property;
  readonly claim: Claim;
  readonly model: MachineModel;
  readonly session: Session;
  readonly context: CheckContext;
  readonly ways?: readonly Way[];
}

/** Depths of the searches for a violation: before induction, before Spacer, at last. */
const depths = { base: 4, second: 8, last: 40 };
/** The last search over integers, where bit-vectors are out of the question. */
const lastOverIntegers = 24;
const maximalK = 4;
/** Runs of the solver that are tried on the machine before giving up. */
const maximalReplays = 10;

type Hunt =
  | { readonly kind: "decided"; readonly outcome: Outcome }
  | { readonly kind: "none"; readonly bound: Bound }
  | { readonly kind: "unknown"; readonly reason: string; readonly depth: number };

export class Attempt {
  readonly #input: AttemptInput;
  readonly #encoding: Encoding;
  readonly #session: Session;
  readonly #context: CheckContext;
  readonly #claim: Claim;
  /** The same over bit-vectors; null when the numbers are too large for that. */
  readonly #bits: Encoding | null;
  /** Lengths over the integers without a violation, in order. */
  readonly #harmless: Discharged[] = [];

  constructor(input: AttemptInput) {
    this.#input = input;
    this.#encoding = input.preparation.encoding;
    this.#session = input.session;
    this.#context = input.context;
    this.#claim = input.claim;
    this.#bits = bitEncoding(this.#encoding.system, input.claim);
  }

  #takes(way: Way): boolean {
    return this.#input.ways?.includes(way) ?? true;
  }

  async run(): Promise<Outcome> {
    // Induction needs that no short run violates the claim, for all integers.
    const early = this.#takes("k-induction")
      ? await this.#hunt(this.#encoding, 0, depths.base)
      : await this.#search(0, depths.base);
    if (early.kind === "decided") return early.outcome;
    if (early.kind === "unknown") return this.#unknown(early.reason, early.depth);

    if (this.#takes("k-induction")) {
      const proof = await this.#prove(this.#claim, this.#harmless);
      if (proof !== null) return this.#proved(proof);
    }
    const { depth } = this.#context.options;
    const deepest = typeof depth === "number" ? depth : depths.last;
    const middle = await this.#search(depths.base + 1, Math.min(depths.second, deepest));
    if (middle.kind === "decided") return middle.outcome;
    if (middle.kind === "unknown") return this.#unknown(middle.reason, middle.depth);

    let why = "no proof was looked for";
    if (this.#takes("spacer")) {
      this.#context.progress("looking for an inductive invariant (Spacer)");
      const limitMs = this.#session.remainingMs / 2;
      const spacer = await trySpacer(this.#encoding, this.#claim, this.#session, limitMs);
      if (spacer.kind === "proved") {
        return this.#proved(spacerProof(spacer.invariants, spacer.discharged));
      }
      why =
        spacer.kind === "reachable"
          ? "Spacer says that a violation is reachable, but it was not found"
          : `no proof was found (${spacer.reason})`;
    }
    const late = deepest <= depths.second ? middle : await this.#search(depths.second + 1, deepest);
    if (late.kind === "decided") return late.outcome;
    if (late.kind === "unknown") return this.#unknown(`${why}; ${late.reason}`, late.depth);
    return this.#bounded(why, late.bound);
  }

  /** Over bit-vectors in one question for all lengths; over the integers where these do not serve. */
  async #search(from: number, to: number): Promise<Hunt> {
    if (this.#bits === null) {
      return this.#hunt(this.#encoding, from, Math.min(to, lastOverIntegers));
    }
    this.#context.progress(`searching runs of up to ${to} steps`);
    const found = await shortestViolation(this.#bits, this.#claim, from, to, this.#session);
    if (found.kind === "unknown") {
      return { kind: "unknown", reason: found.reason, depth: from - 1 };
    }
    if (found.kind === "found") {
      const hunt = await this.#hunt(this.#bits, found.steps, found.steps);
      if (hunt.kind === "none") throw new TypeError("the solver contradicts itself");
      return hunt;
    }
    this.#session.evidence(found.query, "unsat", `no violation in runs of up to ${to} steps`);
    const limit = this.#bits.arithmetic.limit ?? 0n;
    return { kind: "none", bound: { depth: to, integers: `up to ${limit}` } };
  }

  /**
   * Searches for a violation that replays. Timers may fire at any moment in the solver's runs, so
   * a run may need an order that no clock gives; then another one is looked for.
   */
  async #hunt(encoding: Encoding, from: number, to: number): Promise<Hunt> {
    const failed: SolvedRun[] = [];
    let doubtful: Outcome | null = null;
    for (let steps = from; steps <= (doubtful === null ? to : to + 2); steps++) {
      this.#context.progress(`searching runs of ${steps} steps`);
      for (;;) {
        const others = failed.filter((run) => run.steps.length === steps);
        const answer = await searchDepth(encoding, this.#claim, steps, this.#session, others);
        if (answer.kind === "none") {
          if (doubtful === null && encoding === this.#encoding) {
            const role = `no violation after ${steps} steps`;
            this.#harmless.push({ role, query: answer.query, core: answer.core });
          }
          break;
        }
        if (answer.kind === "unknown") {
          return doubtful === null
            ? { kind: "unknown", reason: answer.reason, depth: steps - 1 }
            : { kind: "decided", outcome: doubtful };
        }
        const outcome = this.#violated(answer.run, steps);
        if (outcome.counterexample !== null) {
          this.#session.evidence(answer.query, "sat", `a violation after ${steps} steps`);
          return { kind: "decided", outcome };
        }
        doubtful ??= outcome;
        failed.push(answer.run);
        if (failed.length >= maximalReplays) return { kind: "decided", outcome: doubtful };
      }
    }
    return doubtful === null
      ? { kind: "none", bound: { depth: to } }
      : { kind: "decided", outcome: doubtful };
  }

  /** The length of the shortest run that reaches what the claim denies. */
  async #reach(
    claim: Claim,
    to: number,
  ): Promise<
    | { readonly kind: "found"; readonly steps: number }
    | { readonly kind: "none" }
    | { readonly kind: "unknown"; readonly reason: string }
  > {
    const encoding = bitEncoding(this.#encoding.system, claim) ?? this.#encoding;
    return shortestViolation(encoding, claim, 0, to, this.#session);
  }

  /**
   * By k-induction, without and with auxiliary invariants.
   * @param base the lengths, from 0, that were found to be harmless; at least `maximalK` of them
   */
  async #prove(claim: Claim, base: readonly Discharged[]): Promise<Proof | null> {
    this.#context.progress("trying induction");
    const none: InductiveFacts = { facts: [] };
    const plain = await inductiveStep(this.#encoding, claim, [], 1, this.#session);
    if (plain.kind === "unknown") return null;
    if (plain.kind === "inductive") return this.#induction(claim, plain, none, base);
    this.#context.progress("looking for auxiliary invariants");
    this.#input.preparation.auxiliary ??= await inductiveSubset(
      this.#encoding,
      this.#candidates(),
      this.#session,
    );
    const { auxiliary } = this.#input.preparation;
    if (auxiliary === null) return null; // another obligation may have more time
    for (let k = 1; k <= maximalK; k++) {
      const answer = await inductiveStep(this.#encoding, claim, auxiliary.facts, k, this.#session);
      if (answer.kind === "inductive") return this.#induction(claim, answer, auxiliary, base);
      if (answer.kind === "unknown") return null;
    }
    return null;
  }

  /** Simple facts, and what exploration saw; those that it refutes need not be asked about. */
  #candidates() {
    const { system } = this.#encoding;
    const observations = observe(this.#input.model);
    const numbers = [...system.variables].filter(([, type]) => type.kind === "int");
    return unrefuted(
      [
        ...candidatesOf(system),
        ...learned(
          numbers.map(([name]) => name),
          observations,
        ),
      ],
      observations,
    );
  }

  async #induction(
    claim: Claim,
    answer: Parameters<typeof dischargeInduction>[2],
    auxiliary: InductiveFacts,
    base: readonly Discharged[],
  ): Promise<Proof | null> {
    const shown = await dischargeInduction(
      this.#encoding,
      claim,
      answer,
      auxiliary,
      base.slice(0, answer.k),
      this.#session,
    );
    return shown === null
      ? null
      : inductionProof(answer.k, claim.expression, shown.facts, shown.discharged);
  }

  async #proved(proof: Proof): Promise<Outcome> {
    const premise = await this.#premise();
    if (premise.kind === "unreachable") {
      return this.#outcome(
        { observation: { kind: "vacuous", reason: premise.message }, method: null },
        [proof.statement],
      );
    }
    const { system } = this.#encoding;
    const scripts = scriptsOf(proof, this.#session);
    const needed = [...rangesUsed(proof, system)].filter(([, used]) => used);
    const [last] = scripts.slice(-1);
    return this.#outcome(
      { observation: { kind: "holds" }, method: proof.method },
      [
        `${proof.statement} (SMT-LIB ${last?.[1].digest ?? ""})`,
        needed.length === 0
          ? "no assumption on the parameters is in the unsat cores"
          : `assumptions in the unsat cores: ${needed.map(([name]) => rangeText(name, system)).join(", ")}`,
        ...(premise.message === "" ? [] : [premise.message]),
      ],
      exhibitsOf(proof, scripts, system),
    );
  }

  /** Can the premise of an implication ever be true? Without it the claim says nothing. */
  async #premise(): Promise<{ kind: "reachable" | "unreachable" | "open"; message: string }> {
    const { expression, kind } = this.#claim;
    if (expression.kind !== "binary" || expression.operator !== "implies") {
      return { kind: "open", message: "" };
    }
    const text = print(expression.left);
    const never: Claim = { kind, expression: build.not(expression.left) };
    const found = await this.#reach(never, depths.second);
    if (found.kind === "found") {
      return {
        kind: "reachable",
        message: `its premise is reached after ${plural(found.steps, "step")}`,
      };
    }
    const proof = found.kind === "none" ? await this.#refutePremise(never) : null;
    return proof === null
      ? {
          kind: "open",
          message: `not decided whether its premise \`${text}\` is ever true (searched ${plural(depths.second, "step")})`,
        }
      : {
          kind: "unreachable",
          message: `its premise \`${text}\` is never true: ${proof.statement}`,
        };
  }

  async #refutePremise(never: Claim): Promise<Proof | null> {
    const base: Discharged[] = [];
    for (let steps = 0; steps < maximalK; steps++) {
      const answer = await searchDepth(this.#encoding, never, steps, this.#session);
      if (answer.kind !== "none") return null;
      base.push({ role: `not after ${steps} steps`, query: answer.query, core: answer.core });
    }
    const proof = await this.#prove(never, base);
    if (proof !== null) return proof;
    const limitMs = this.#session.remainingMs / 2;
    const spacer = await trySpacer(this.#encoding, never, this.#session, limitMs);
    return spacer.kind === "proved" ? spacerProof(spacer.invariants, spacer.discharged) : null;
  }

  #violated(run: SolvedRun, steps: number): Outcome {
    const followed = follow(recipeOf(run), this.#input.property, this.#input.model);
    const replayed = followed.kind === "violates";
    const why =
      followed.kind === "violates"
        ? "the solver's run was replayed on the XState machine with a simulated clock"
        : `the solver's run of ${plural(steps, "step")} does not replay on the machine: ${followed.message}`;
    return this.#outcome(
      { observation: { kind: "refuted", replayed }, method: "bmc", bound: { depth: steps } },
      [why],
      [],
      replayed ? followed.counterexample : null,
    );
  }

  /** All planned depths were searched without a violation, and there is no proof. */
  #bounded(why: string, bound: Bound): Outcome {
    const integers = bound["integers"] === undefined ? "" : ` with integers ${bound["integers"]}`;
    return this.#outcome({ observation: { kind: "holds" }, method: "bmc", bound }, [
      `no run of up to ${plural(Number(bound["depth"]), "step")}${integers} violates it, for any parameter values${integers === "" ? "" : " within that"}; ${why}`,
    ]);
  }

  /** The solver did not get that far. What it did search is told, but it is no pass. */
  #unknown(reason: string, depth: number): Outcome {
    return this.#outcome(
      {
        observation: { kind: "unknown", reason: `the solver did not finish: ${reason}` },
        method: null,
      },
      depth < 1 ? [] : [`no run of up to ${plural(depth, "step")} violates it`],
    );
  }

  #outcome(
    input: Omit<ConcludeInput, "claim" | "time">,
    evidence: readonly string[],
    exhibits: readonly Exhibit[] = [],
    counterexample: Counterexample | null = null,
  ): Outcome {
    const { system } = this.#encoding;
    const details: OutcomeDetails = {
      assumptions: assumptionsOf(system),
      evidence: evidence.join("; "),
      stats: {
        ...this.#session.stats,
        locations: system.locations.length,
        transitions: system.transitions.filter(({ ignored }) => !ignored).length,
      },
      exhibits,
      counterexample,
    };
    return makeOutcome(
      { ...input, claim: "universal", time: system.hasTimers ? "untimed" : "none" },
      details,
    );
  }
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What the verdict rests on, in words. */
function assumptionsOf(system: SymbolicSystem): readonly string[] {
  const ranges = [...system.parameters].map(([name, { low, high }]) =>
    high === null ? `for all ${name} >= ${low}` : `for all ${name} from ${low} to ${high}`,
  );
  const payloads = new Map<string, string>();
  for (const { cause } of system.transitions) {
    for (const [name, { values }] of cause.fields) {
      payloads.set(`${cause.type}.${name}`, values.map(String).join(", "));
    }
  }
  return [
    ...ranges,
    ...[...payloads].map(([field, values]) => `${field} is one of ${values}`),
    ...(system.hasTimers ? ["a pending timer may fire at any moment"] : []),
    ...system.imported,
    "integers have no size limit",
  ];
}

/** Machines: claims about every reachable state or step, for every value of the parameters. */

import type { CheckContext, Obligation, ReplayObservation } from "../../core/engine.ts";
import type { Exhibit } from "../../core/exhibit.ts";
import { makeOutcome, type OutcomeDetails } from "../../core/outcome.ts";
import type { AlwaysProperty, NeverProperty, Property, StepProperty } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { MachineModel, MachineSubject } from "../../core/subject.ts";
import type { Counterexample } from "../../core/trace.ts";
import type { ConcludeInput } from "../../core/verdict.ts";
import {
  boolType,
  build,
  elaborate,
  type Expression,
  print,
  scopeOfModel,
} from "../../expr/index.ts";
import { searchDepth } from "./bmc.ts";
import { type Claim, Encoding, type SolvedRun } from "./encode.ts";
import { extract } from "./extract.ts";
import { follow, readRecipe, recipeOf } from "./follow.ts";
import { candidatesOf, describeFacts, inductiveStep, inductiveSubset } from "./induction.ts";
import { digestOf, type Query, scriptOf, Session } from "../../solver/solver.ts";
import { type SpacerAnswer, trySpacer } from "./spacer.ts";
import { NotExpressible, type SymbolicSystem } from "./system.ts";

/** The claims that this engine takes on: universal, and written as an expression. */
type ProvableProperty = (AlwaysProperty | NeverProperty | StepProperty) & {
  readonly predicate: string;
};

function isProvable(property: Property): property is ProvableProperty {
  return (
    (property.kind === "always" || property.kind === "never" || property.kind === "step") &&
    typeof property.predicate === "string"
  );
}

/** Only models with parameters: for the others exhaustive search says as much, and faster. */
export function planMachine(subject: MachineSubject): readonly Obligation[] {
  if (Object.keys(subject.model.parameters ?? {}).length === 0) return [];
  return subject.properties.filter(isProvable).map((property) => ({
    id: `${subject.id}/${property.id}`,
    subject: subject.id,
    property: property.id,
    title: property.title,
    source: property.source ?? subject.source ?? null,
    engine: "prove",
    claim: "universal",
    implementation: null,
    expect: property.expect ?? null,
  }));
}

/** Depths of the searches for a violation: before induction, before Spacer, at last. */
const depths = { base: 4, second: 8, last: 24 };
const maximalK = 4;
/** Runs of the solver that are tried on the machine before giving up. */
const maximalReplays = 10;

interface Prepared {
  readonly encoding: Encoding;
  /** Inductive facts, found once per model; null as long as the solver has not finished. */
  auxiliary: readonly Expression[] | null;
}

const prepared = new WeakMap<MachineModel, Prepared>();

function prepare(model: MachineModel): Prepared {
  let entry = prepared.get(model);
  if (entry === undefined) {
    entry = { encoding: new Encoding(extract(model)), auxiliary: null };
    prepared.set(model, entry);
  }
  return entry;
}

function claimOf(property: ProvableProperty, model: MachineModel): Claim {
  const step = property.kind === "step";
  const { expression } = elaborate(property.predicate, scopeOfModel(model, { step }), boolType);
  return {
    kind: step ? "step" : "state",
    expression: property.kind === "never" ? build.not(expression) : expression,
  };
}

function findProperty(subject: MachineSubject, id: string): ProvableProperty {
  const property = subject.properties.find((candidate) => candidate.id === id);
  if (property === undefined || !isProvable(property)) {
    throw new TypeError(`${subject.id}/${id} was not planned from this subject`);
  }
  return property;
}

export async function checkMachine(
  obligation: Obligation,
  subject: MachineSubject,
  context: CheckContext,
): Promise<Outcome> {
  const property = findProperty(subject, obligation.property);
  const session = new Session({ timeMs: context.budget.timeMs, signal: context.signal });
  let preparation: Prepared;
  try {
    preparation = prepare(subject.model);
  } catch (thrown) {
    if (!(thrown instanceof NotExpressible)) throw thrown;
    const reason = `not expressible: ${thrown.message}`;
    return makeOutcome(
      { claim: "universal", method: null, observation: { kind: "unknown", reason } },
      { diagnostics: [{ code: "VRF301", message: thrown.message }] },
    );
  }
  const attempt = new Attempt(preparation, property, subject.model, session, context);
  return attempt.run();
}

class Attempt {
  readonly #prepared: Prepared;
  readonly #encoding: Encoding;
  readonly #property: ProvableProperty;
  readonly #model: MachineModel;
  readonly #session: Session;
  readonly #context: CheckContext;
  readonly #claim: Claim;

  constructor(
    preparation: Prepared,
    property: ProvableProperty,
    model: MachineModel,
    session: Session,
    context: CheckContext,
  ) {
    this.#prepared = preparation;
    this.#encoding = preparation.encoding;
    this.#property = property;
    this.#model = model;
    this.#session = session;
    this.#context = context;
    this.#claim = claimOf(property, model);
  }

  async run(): Promise<Outcome> {
    // Every way to a proof needs that no short run violates the claim.
    const early = await this.#hunt(0, depths.base);
    if (early.kind === "decided") return early.outcome;
    if (early.kind === "unknown") return this.#unknown(early.reason, early.depth);

    const proof = await this.#prove(this.#claim);
    if (proof !== null) return this.#proved(proof);

    const middle = await this.#hunt(depths.base + 1, depths.second);
    if (middle.kind === "decided") return middle.outcome;
    if (middle.kind === "unknown") return this.#unknown(middle.reason, middle.depth);

    this.#context.progress("looking for an inductive invariant (Spacer)");
    const spacer = await trySpacer(
      this.#encoding,
      this.#claim,
      this.#session,
      this.#session.remainingMs / 2,
    );
    if (spacer.kind === "proved") return this.#proved(spacerProof(spacer));
    const late = await this.#hunt(depths.second + 1, depths.last);
    if (late.kind === "decided") return late.outcome;
    const why =
      spacer.kind === "reachable"
        ? "Spacer says that a violation is reachable, but it was not found"
        : `no proof was found (${spacer.reason})`;
    return late.kind === "none"
      ? this.#bounded(why, late.depth)
      : this.#unknown(`${why}; ${late.reason}`, late.depth);
  }

  /**
   * Searches for a violation that replays. Timers may fire at any moment in the solver's runs, so
   * a run may need an order that no clock gives; then another one is looked for.
   */
  async #hunt(
    from: number,
    to: number,
  ): Promise<
    | { readonly kind: "decided"; readonly outcome: Outcome }
    | { readonly kind: "none"; readonly depth: number }
    | { readonly kind: "unknown"; readonly reason: string; readonly depth: number }
  > {
    const failed: SolvedRun[] = [];
    let doubtful: Outcome | null = null;
    for (let steps = from; steps <= (doubtful === null ? to : to + 2); steps++) {
      this.#context.progress(`searching runs of ${steps} steps`);
      for (;;) {
        const others = failed.filter((run) => run.steps.length === steps);
        const answer = await searchDepth(this.#encoding, this.#claim, steps, this.#session, others);
        if (answer.kind === "none") break;
        if (answer.kind === "unknown") {
          return doubtful === null
            ? { kind: "unknown", reason: answer.reason, depth: steps - 1 }
            : { kind: "decided", outcome: doubtful };
        }
        const outcome = this.#violated(answer.run, steps);
        if (outcome.counterexample !== null) return { kind: "decided", outcome };
        doubtful ??= outcome;
        failed.push(answer.run);
        if (failed.length >= maximalReplays) return { kind: "decided", outcome: doubtful };
      }
    }
    return doubtful === null ? { kind: "none", depth: to } : { kind: "decided", outcome: doubtful };
  }

  async #search(
    claim: Claim,
    from: number,
    to: number,
  ): Promise<
    | { readonly kind: "found"; readonly run: SolvedRun; readonly steps: number }
    | { readonly kind: "none"; readonly depth: number }
    | { readonly kind: "unknown"; readonly reason: string; readonly depth: number }
  > {
    for (let steps = from; steps <= to; steps++) {
      this.#context.progress(`searching runs of ${steps} steps`);
      const answer = await searchDepth(this.#encoding, claim, steps, this.#session);
      if (answer.kind === "found") return { kind: "found", run: answer.run, steps };
      if (answer.kind === "unknown") {
        return { kind: "unknown", reason: answer.reason, depth: steps - 1 };
      }
    }
    return { kind: "none", depth: to };
  }

  /** By k-induction, without and with auxiliary invariants; runs of up to `base` steps are done. */
  async #prove(claim: Claim): Promise<Proof | null> {
    this.#context.progress("trying induction");
    const plain = await inductiveStep(this.#encoding, claim, [], 1, this.#session);
    if (plain.kind === "inductive") return inductionProof(1, [], plain.query);
    if (plain.kind === "unknown") return null;
    this.#context.progress("looking for auxiliary invariants");
    this.#prepared.auxiliary ??= await inductiveSubset(
      this.#encoding,
      candidatesOf(this.#encoding.system),
      this.#session,
    );
    const { auxiliary } = this.#prepared;
    if (auxiliary === null) return null; // another obligation may have more time
    for (let k = 1; k <= maximalK; k++) {
      const answer = await inductiveStep(this.#encoding, claim, auxiliary, k, this.#session);
      if (answer.kind === "inductive") return inductionProof(k, answer.used, answer.query);
      if (answer.kind === "unknown") return null;
    }
    return null;
  }

  async #proved(proof: Proof): Promise<Outcome> {
    const premise = await this.#premise();
    if (premise.kind === "unreachable") {
      return this.#outcome(
        { observation: { kind: "vacuous", reason: premise.message }, method: null },
        [proof.statement],
      );
    }
    return this.#outcome(
      { observation: { kind: "holds" }, method: proof.method },
      [proof.statement, ...(premise.message === "" ? [] : [premise.message])],
      [
        exhibitOf(proof.query, proof.method === "spacer" ? "Horn clauses" : "inductive step"),
        ...(proof.invariant === undefined
          ? []
          : [textExhibit("the inductive invariant as SMT-LIB definitions", proof.invariant)]),
      ],
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
    const found = await this.#search(never, 0, depths.second);
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
          message: `not decided whether its premise \`${text}\` is ever true (searched ${plural(found.depth, "step")})`,
        }
      : {
          kind: "unreachable",
          message: `its premise \`${text}\` is never true: ${proof.statement}`,
        };
  }

  async #refutePremise(never: Claim): Promise<Proof | null> {
    const proof = await this.#prove(never);
    if (proof !== null) return proof;
    const limitMs = this.#session.remainingMs / 2;
    const spacer = await trySpacer(this.#encoding, never, this.#session, limitMs);
    return spacer.kind === "proved" ? spacerProof(spacer) : null;
  }

  #violated(run: SolvedRun, steps: number): Outcome {
    const followed = follow(recipeOf(run), this.#property, this.#model);
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
  #bounded(why: string, depth: number): Outcome {
    return this.#outcome({ observation: { kind: "holds" }, method: "bmc", bound: { depth } }, [
      `no run of up to ${plural(depth, "step")} violates it, for any parameter values; ${why}`,
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

interface Proof {
  readonly method: "k-induction" | "spacer";
  readonly query: Query;
  readonly statement: string;
  readonly invariant?: string;
}

function inductionProof(k: number, used: readonly Expression[], query: Query): Proof {
  const help = used.length === 0 ? "" : `, with the inductive invariants ${describeFacts(used)}`;
  return {
    method: "k-induction",
    query,
    statement: `inductive with k = ${k}${help} (SMT-LIB ${digestOf(scriptOf(query))})`,
  };
}

function spacerProof(answer: SpacerAnswer & { kind: "proved" }): Proof {
  return {
    method: "spacer",
    query: answer.query,
    statement: `inductive invariant found by Spacer and checked again by three plain queries (start, step, claim): ${answer.invariants.join("; ")}`,
    invariant: answer.definitions,
  };
}

const textExhibit = (title: string, text: string): Exhibit => ({
  kind: "text",
  title,
  text,
  language: "smt2",
});

function exhibitOf(query: Query, what: string): Exhibit {
  const script = scriptOf(query);
  return textExhibit(`SMT-LIB query ${digestOf(script)}: ${what}`, script);
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
    ...(system.hasTimers ? ["a timer may fire at any moment while its state is active"] : []),
    "integers have no size limit",
  ];
}

export function replayMachine(
  obligation: Obligation,
  subject: MachineSubject,
  recorded: Counterexample,
): ReplayObservation {
  const property = findProperty(subject, obligation.property);
  const recipe = readRecipe(recorded.recipe);
  if (recipe === null) {
    return { kind: "infeasible", message: "the counterexample was not written by this engine" };
  }
  const followed = follow(recipe, property, subject.model);
  switch (followed.kind) {
    case "violates":
      return {
        kind: "reproduced",
        message: followed.counterexample.message,
        counterexample: followed.counterexample,
      };
    case "holds":
      return { kind: "passes", message: followed.message };
    case "stopped":
      return { kind: "infeasible", message: followed.message };
  }
}

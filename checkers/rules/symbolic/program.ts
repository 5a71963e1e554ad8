/** What a Collector does to one record, as a list of steps, and its execution on a symbolic record. */

import type { ErrorMode, RuleText, Signal } from "../collector/sections.ts";
import { emptyMap, Contents } from "./contents.ts";
import { Editing, type EditorScope } from "./editors.ts";
import { Evaluator, type RecordState } from "./expressions.ts";
import { Facts, isRecordValue } from "./facts.ts";
import { initialLeaf, leafType } from "./leaves.ts";
import { accessOf, Paths, type Pair } from "./paths.ts";
import { argument, type Expr, type Statement } from "./rule.ts";
import { and, con, ite, no, not, or, variable, yes, type Term } from "./term.ts";

export type ItemContext =
  "resource" | "scope" | "log" | "span" | "spanevent" | "metric" | "datapoint";

/** A parsed condition of the configuration. */
export interface ConditionRule {
  readonly kind: "condition";
  /** The text as it was parsed: with the values of references that were given. */
  readonly text: string;
  readonly source: RuleText;
  readonly expr: Expr;
}
export interface StatementRule {
  readonly kind: "statement";
  readonly text: string;
  readonly source: RuleText;
  readonly statement: Statement;
}

export interface GroupStep {
  readonly kind: "group";
  readonly section: string;
  readonly context: ItemContext;
  readonly errorMode: ErrorMode;
  readonly conditions: readonly ConditionRule[];
  readonly statements: readonly StatementRule[];
}
/** Drops the item of the context when any condition holds. */
export interface DropStep {
  readonly kind: "drop";
  readonly section: string;
  readonly context: ItemContext;
  readonly errorMode: ErrorMode;
  readonly conditions: readonly ConditionRule[];
  /** Conditions that leave the item to the later ones as well: routes that copy. */
  readonly copying?: ReadonlySet<ConditionRule>;
}
export type Step = GroupStep | DropStep;

export interface Program {
  readonly signal: Signal;
  readonly steps: readonly Step[];
  /** Whether `set(x, nil)` writes (v0.161 and later). */
  readonly nilIsWritten: boolean;
}

/** The contexts of a signal from the outside in. */
export const contextsOf: Readonly<Record<Signal, readonly ItemContext[]>> = {
  logs: ["resource", "scope", "log"],
  traces: ["resource", "scope", "span", "spanevent"],
  metrics: ["resource", "scope", "metric", "datapoint"],
  profiles: ["resource", "scope"],
};

/** What was seen of one rule while the record passed it. */
export interface Passage {
  readonly rule: StatementRule | ConditionRule;
  readonly step: Step;
  /** The record arrives at the rule. */
  readonly reach: Term;
  /** The condition of the rule, whether it is reached or not. */
  readonly guard: Pair;
  /** Reached, and the condition holds. */
  readonly fires: Term;
  /** Reached, and an error is raised, by the condition or by the editor. */
  readonly fails: Term;
  readonly before: State;
  readonly after: State;
}

/** A record between two rules. */
export class State implements RecordState {
  readonly #leaves: ReadonlyMap<string, Term>;
  readonly #initial: (leaf: string) => Term;

  constructor(leaves: ReadonlyMap<string, Term>, initial: (leaf: string) => Term) {
    this.#leaves = leaves;
    this.#initial = initial;
  }

  leaf(name: string): Term {
    return this.#leaves.get(name) ?? this.#initial(name);
  }

  /** Leaves that may differ from those of the record that came in. */
  get touched(): readonly string[] {
    return [...this.#leaves.keys()];
  }

  /** The state with the writes where the condition holds. */
  write(condition: Term, writes: ReadonlyMap<string, Term>): State {
    const leaves = new Map(this.#leaves);
    for (const [leaf, value] of writes) leaves.set(leaf, ite(condition, value, this.leaf(leaf)));
    return new State(leaves, this.#initial);
  }
}

export interface RunOptions {
  /** Prefix of everything that may differ between two runs, e.g. `1:`. */
  readonly run?: string;
  /** Leaves of this record that are not the record's own, e.g. those shared with another run. */
  readonly initial?: (leaf: string) => Term | undefined;
  readonly hash?: (site: string, input: Term, output: Term) => void;
  /** Rules that do nothing, for "what if it were not there". */
  readonly disabled?: ReadonlySet<StatementRule | ConditionRule>;
}

export interface Execution {
  readonly passages: readonly Passage[];
  readonly state: State;
  /** The record came through: nothing dropped it and no error ended the batch. */
  readonly delivered: Term;
  readonly start: State;
  /** What had no meaning here; proofs hold, but what is found may not be real. */
  readonly unmodelled: ReadonlySet<string>;
}

export interface World {
  readonly facts: Facts;
  readonly contents: Contents;
  readonly paths: Paths;
}

export function makeWorld(): World {
  const facts = new Facts();
  const contents = new Contents(facts);
  return { facts, contents, paths: new Paths(contents, facts) };
}

/** Executes the program on one record of its signal. */
export function execute(program: Program, world: World, options: RunOptions = {}): Execution {
  return new Machine(program, world, options).run();
}

class Machine {
  readonly #program: Program;
  readonly #world: World;
  readonly #options: RunOptions;
  readonly #run: string;
  readonly #unmodelled = new Set<string>();
  readonly #passages: Passage[] = [];
  readonly #dropped = new Map<ItemContext, Term>();
  #state: State;
  /** No error has ended the batch. */
  #alive = yes();

  constructor(program: Program, world: World, options: RunOptions) {
    this.#program = program;
    this.#world = world;
    this.#options = options;
    this.#run = options.run ?? "";
    const known = new Map<string, Term>();
    this.#state = new State(new Map(), (leaf) => {
      let value = known.get(leaf);
      if (value === undefined) {
        value = options.initial?.(leaf) ?? initialLeaf(leaf, this.#run, world.facts);
        known.set(leaf, value);
      }
      return value;
    });
  }

  run(): Execution {
    const start = this.#state;
    for (const [index, step] of this.#program.steps.entries()) {
      if (step.kind === "group") this.#group(step, `${index}`);
      else this.#drop(step, `${index}`);
    }
    const innermost = contextsOf[this.#program.signal].findLast(
      (context) => context !== "spanevent",
    );
    return {
      passages: this.#passages,
      state: this.#state,
      delivered: and(this.#alive, this.#isPresent(innermost ?? "resource")),
      start,
      unmodelled: this.#unmodelled,
    };
  }

  #scope(): EditorScope {
    const { hash } = this.#options;
    return {
      ...this.#world,
      run: this.#run,
      unmodelled: (what) => this.#unmodelled.add(what),
      nilIsWritten: this.#program.nilIsWritten,
      ...(hash === undefined ? {} : { hash }),
    };
  }

  /** Neither the item nor anything around it was dropped. */
  #isPresent(context: ItemContext): Term {
    const contexts = contextsOf[this.#program.signal];
    const around = contexts.slice(0, contexts.indexOf(context) + 1);
    return and(...around.map((name) => not(this.#dropped.get(name) ?? no())));
  }

  #group(step: GroupStep, site: string): void {
    this.#enterGroup(step, site);
    const enters = and(this.#alive, this.#isPresent(step.context), this.#anyOf(step, site));
    for (const [index, rule] of step.statements.entries()) {
      this.#statement(step, rule, and(enters, this.#alive), `${site}.${index}`);
    }
  }

  /** Scratch maps start empty; what records share may have been changed by a sibling before. */
  #enterGroup(step: GroupStep, site: string): void {
    const fresh = new Map<string, Term>();
    for (const context of contextsOf[this.#program.signal]) {
      fresh.set(`${context}.cache`, con("Map", emptyMap()));
    }
    for (const leaf of sharedWrites(step)) {
      const name = `sibling ${site} ${leaf}`;
      const value =
        leafType(leaf) === "map" ? con("Map", variable(name, "Int")) : variable(name, "Val");
      if (value.op === "var") this.#world.facts.add(value, isRecordValue(value));
      fresh.set(leaf, ite(variable(`${name} changed`, "Bool"), value, this.#state.leaf(leaf)));
    }
    this.#state = this.#state.write(yes(), fresh);
  }

  /** The conditions of a group: any of them, none means yes. */
  #anyOf(step: Step, site: string): Term {
    if (step.conditions.length === 0) return step.kind === "group" ? yes() : no();
    const arrives = and(this.#alive, this.#isPresent(step.context));
    const before: Term[] = [];
    let ended = no();
    for (const [index, rule] of step.conditions.entries()) {
      const evaluator = new Evaluator(this.#scope(), this.#state, `${site}?${index}`);
      const guard = this.#isDisabled(rule)
        ? { value: no(), error: no() }
        : evaluator.condition(rule.expr);
      // The first condition that holds decides; under propagate the first error ends the batch.
      const reach = and(arrives, not(or(...before)), not(ended));
      const holds = and(not(guard.error), guard.value);
      const fails = and(reach, guard.error);
      this.#passages.push({
        rule,
        step,
        reach,
        guard,
        fires: and(reach, holds),
        fails,
        before: this.#state,
        after: this.#state,
      });
      const copies = step.kind === "drop" && step.copying?.has(rule) === true;
      if (!copies) before.push(holds);
      if (step.errorMode === "propagate") ended = or(ended, fails);
    }
    this.#alive = and(this.#alive, not(ended));
    return and(not(ended), or(...before));
  }

  #drop(step: DropStep, site: string): void {
    const present = this.#isPresent(step.context);
    const drops = and(this.#alive, present, this.#anyOf(step, site));
    const known = this.#dropped.get(step.context) ?? no();
    this.#dropped.set(step.context, or(known, and(this.#alive, drops)));
  }

  #isDisabled(rule: StatementRule | ConditionRule): boolean {
    return this.#options.disabled?.has(rule) === true;
  }

  #statement(step: GroupStep, rule: StatementRule, reach: Term, site: string): void {
    if (this.#isDisabled(rule)) return;
    const scope = this.#scope();
    const { editor, where } = rule.statement;
    const guard: Pair =
      where === null
        ? { value: yes(), error: no() }
        : new Evaluator(scope, this.#state, `${site}?`).condition(where);
    const fires = and(reach, not(guard.error), guard.value);
    const edit = new Editing(scope, this.#state, site).apply(editor);
    const fails = or(and(reach, guard.error), and(fires, edit.error));
    const before = this.#state;
    this.#state = before.write(and(fires, not(edit.error)), edit.writes);
    if (edit.spoiled !== undefined) {
      this.#state = this.#state.write(and(fires, edit.error), edit.spoiled);
    }
    if (step.errorMode === "propagate") this.#alive = and(this.#alive, not(fails));
    this.#passages.push({ rule, step, reach, guard, fires, fails, before, after: this.#state });
  }
}

/** Leaves of outer contexts that a group writes: records of one resource share them. */
function sharedWrites(step: GroupStep): ReadonlySet<string> {
  const shared = new Set<string>();
  for (const { statement } of step.statements) {
    const target = argument(statement.editor, 0, "target");
    if (target?.kind !== "path" || target.context === step.context) continue;
    const leaf = accessOf(target.context, target.field)?.leaf;
    if (leaf !== undefined && !leaf.startsWith(`${step.context}.`)) shared.add(leaf);
  }
  return shared;
}

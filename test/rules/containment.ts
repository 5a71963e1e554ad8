/**
 * The symbolic model against the interpreter: a record is pinned in the formula, and what the
 * interpreter did with it must be among what the formula allows. A model that forbids what happens
 * would prove what is not so.
 */

import { canonical } from "../../checkers/rules/concrete/compare.ts";
import { makeReplayer } from "../../checkers/rules/concrete/interpreter.ts";
import type { PlainRecord, Value } from "../../checkers/rules/concrete/record.ts";
import type { ConcreteRun } from "../../checkers/rules/concrete/replay.ts";
import { levelOf, type CompatLevel } from "../../checkers/rules/level.ts";
import { parseStatementText } from "../../checkers/rules/ottl.ts";
import { Asking } from "../../checkers/rules/symbolic/ask.ts";
import { initialLeaf, isObservable, leafType } from "../../checkers/rules/symbolic/leaves.ts";
import {
  execute,
  makeWorld,
  type Execution,
  type Program,
  type StatementRule,
  type World,
} from "../../checkers/rules/symbolic/program.ts";
import {
  and,
  con,
  equal,
  implies,
  int,
  is,
  no,
  or,
  payload as under,
  real,
  subterms,
  text,
  bool,
  type Term,
} from "../../checkers/rules/symbolic/term.ts";
import type { Session } from "../../solver/solver.ts";
import type { RuleText } from "../../checkers/rules/collector/sections.ts";
import type { Pair } from "../impl/ottl/pairs.ts";
import { readRecord } from "../../checkers/rules/concrete/read.ts";

export const level: CompatLevel = levelOf("0.162.0", null, []);
const replayer = makeReplayer(level);
const signals = {
  resource: "logs",
  scope: "logs",
  log: "logs",
  span: "traces",
  spanevent: "traces",
  metric: "metrics",
  datapoint: "metrics",
  exemplar: "metrics",
} as const;

/** One statement and one record, as both sides take them. */
export interface Case {
  readonly statement: string;
  readonly program: Program;
  readonly rule: StatementRule;
  readonly record: PlainRecord;
}

/** `null`: the Collector refuses the statement. */
export function caseOf({ context, statement, payload }: Pair): Case | null {
  const signal = signals[context];
  const parsed = parseStatementText(statement, { signal, context, level, functions: "transform" });
  if (parsed.kind === "broken") return null;
  const place = { file: "pair", line: 1, column: 1 };
  const source: RuleText = {
    text: statement,
    place,
    locate: () => place,
    path: "statement",
  };
  const rule: StatementRule = {
    kind: "statement",
    text: statement,
    source,
    statement: parsed.value,
  };
  const program: Program = {
    signal,
    nilIsWritten: level.ottl.nilIsWritten,
    steps: [
      {
        kind: "group",
        section: "transform",
        context: parsed.context,
        errorMode: "ignore",
        conditions: [],
        statements: [rule],
      },
    ],
  };
  return { statement, program, rule, record: readRecord(signal, payload as never) };
}

/** What the model allows and what happened. */
export type Answer =
  | { readonly kind: "contained" }
  | { readonly kind: "undecided"; readonly reason: string }
  /** The model forbids what the interpreter did: `part` of it alone already. */
  | { readonly kind: "forbidden"; readonly part: string };

/** @param mutate a change of the execution, for showing that a wrong model is noticed */
export async function contains(
  one: Case,
  session: Session,
  mutate: (execution: Execution, world: World) => Execution = (execution) => execution,
): Promise<Answer> {
  const world = makeWorld();
  const execution = mutate(execute(one.program, world), world);
  const asking = new Asking(session, world.facts);
  const run = replayer.run(one.program, one.record);
  const pins = new Pins();
  const wishes = observed(one, execution, world, run, pins);
  const goal = and(...wishes.map(({ term }) => term));
  const ask = (goals: readonly Term[]) =>
    asking.ask({ assertions: [...goals, ...pins.about(goals, world, one.record)], limitMs: 5_000 });
  const answer = await ask([goal]);
  if (answer.status === "sat") return { kind: "contained" };
  if (answer.status === "unknown") return { kind: "undecided", reason: answer.reason };
  for (const { part, term } of wishes) {
    if ((await ask([term])).status === "unsat") return { kind: "forbidden", part };
  }
  return { kind: "forbidden", part: "everything together" };
}

function observed(
  { program, rule, record }: Case,
  execution: Execution,
  world: World,
  run: ConcreteRun,
  pins: Pins,
): readonly { part: string; term: Term }[] {
  const passage = execution.passages.find((entry) => entry.rule === rule)!;
  const seen = run.observed.find((entry) => entry.rule === rule)!;
  const wishes = [
    { part: `fires: ${seen.fired}`, term: equal(passage.fires, bool(seen.fired)) },
    {
      part: `fails: ${seen.error}`,
      term: equal(passage.fails, bool(seen.error !== null)),
    },
  ];
  const after = readRecord(program.signal as "logs", run.output);
  const touched = new Set(execution.state.touched);
  for (const [leaf, value] of after) {
    if (!isObservable(leaf)) continue;
    const before = record.get(leaf) ?? value;
    if (touched.has(leaf)) {
      wishes.push({
        part: `${leaf} = ${show(value)}`,
        term: matches(execution.state.leaf(leaf), value, before, world, pins),
      });
    } else if (show(before) !== show(value)) {
      wishes.push({ part: `${leaf} changes to ${show(value)}`, term: no() });
    }
  }
  return wishes;
}

/** Whether a term can have the value; maps are compared key by key. */
function matches(
  term: Term,
  value: Value | undefined,
  before: Value | undefined,
  world: World,
  pins: Pins,
): Term {
  if (value === undefined) return is("Absent", term);
  if (value.tag !== "Map") return equal(term, pins.ground(value));
  const old: ReadonlyMap<string, Value> = before?.tag === "Map" ? before.value : new Map();
  const keys = new Set([...value.value.keys(), ...old.keys(), "a key of nobody"]);
  return and(
    is("Map", term),
    ...[...keys].map((key) =>
      matches(
        world.contents.get(under("Map", term), text(key)),
        value.value.get(key),
        old.get(key),
        world,
        pins,
      ),
    ),
  );
}

/** Names for maps and lists of the record, and what is in them. */
class Pins {
  readonly #maps = new Map<string, { id: Term; entries: ReadonlyMap<string, Value> }>();
  readonly #lists = new Map<string, { id: Term; items: readonly Value[] }>();

  ground(value: Value): Term {
    switch (value.tag) {
      case "Empty":
        return con("Empty");
      case "Str":
        return con("Str", text(value.value));
      case "Int":
        return con("Int", int(value.value));
      case "Bool":
        return con("Bool", bool(value.value));
      case "Bytes":
        return con("Bytes", text(String.fromCharCode(...value.value)));
      case "Dbl":
        return double(value.value);
      case "Map": {
        const name = show(value);
        let known = this.#maps.get(name);
        if (known === undefined) {
          known = { id: int(1_000 + this.#maps.size), entries: value.value };
          this.#maps.set(name, known);
          for (const inner of value.value.values()) this.ground(inner);
        }
        return con("Map", known.id);
      }
      case "List": {
        const name = show(value);
        let known = this.#lists.get(name);
        if (known === undefined) {
          known = { id: int(2_000 + this.#lists.size), items: value.value };
          this.#lists.set(name, known);
          for (const inner of value.value) this.ground(inner);
        }
        return con("List", known.id);
      }
    }
  }

  /** The record, for every leaf, entry and item that the goals look at. */
  about(goals: readonly Term[], world: World, record: PlainRecord): Term[] {
    const pins: Term[] = [];
    const roots = [...goals, ...world.facts.about(goals)];
    const terms = subterms(roots);
    const leaves = new Set(
      terms.filter(({ op }) => op === "var").map(({ value }) => String(value)),
    );
    for (const leaf of leaves) {
      if (leafType(leaf) === "opaque") continue;
      const value = record.get(leaf);
      const term = initialLeaf(leaf, "", world.facts);
      if (value !== undefined) pins.push(equal(term, this.ground(value)));
      else if (term.op === "var") pins.push(is("Absent", term));
    }
    for (const term of terms) {
      if (term.op !== "app") continue;
      const [container, key] = term.args as [Term, Term];
      if (term.value === "mapGet") {
        for (const { id, entries } of this.#maps.values()) {
          const cases = [...entries].map(([name, value]) =>
            implies(equal(key, text(name)), equal(term, this.ground(value))),
          );
          const isThere = or(...[...entries.keys()].map((name) => equal(key, text(name))));
          pins.push(implies(equal(container, id), and(...cases, or(isThere, is("Absent", term)))));
        }
      }
      if (term.value === "itemOf" || term.value === "hasItem") {
        for (const { id, items } of this.#lists.values()) {
          const at = (index: number): Term => equal(key, int(index));
          const isThere = or(...items.map((_, index) => at(index)));
          const fact =
            term.value === "hasItem"
              ? equal(term, isThere)
              : and(
                  ...items.map((item, index) => implies(at(index), equal(term, this.ground(item)))),
                );
          pins.push(implies(equal(container, id), fact));
        }
      }
    }
    return pins;
  }
}

function double(value: number): Term {
  if (Number.isNaN(value)) return con("Special", int(0));
  if (!Number.isFinite(value)) return con("Special", int(value > 0 ? 1 : 2));
  return Object.is(value, -0) ? con("Special", int(3)) : con("Dbl", real(value));
}

/** One text for equal values. */
const show = (value: Value): string => canonical(plain(value) as never);

function plain(value: Value): unknown {
  switch (value.tag) {
    case "Empty":
      return {};
    case "Map":
      return { map: [...value.value].map(([key, inner]) => ({ key, value: plain(inner) })) };
    case "List":
      return { list: value.value.map(plain) };
    case "Bytes":
      return { bytes: [...value.value] };
    case "Dbl":
      return { double: Object.is(value.value, -0) ? "-0" : String(value.value) };
    case "Int":
      return { int: String(value.value) };
    default:
      return { [value.tag]: value.value };
  }
}

/**
 * The questions as formulas. Each asks for a record on which something happens; whether finding one
 * is good or bad news is for the caller to say.
 */

import { withEntry } from "./contents.ts";
import { zeros } from "./editors.ts";
import { isRecordValue } from "./facts.ts";
import { initialLeaf, isObservable } from "./leaves.ts";
import { execute, type Execution, type Program, type World } from "./program.ts";
import { and, con, equal, is, isNil, not, or, payload, text, variable, type Term } from "./term.ts";

/** A key of every level of a map, chosen by the solver. */
const anyKeys = (name: string): readonly Term[] =>
  [0, 1, 2].map((level) => variable(`key ${level} of ${name}`, "String"));

/** Whether two executions end in records that an observer can tell apart. */
export function outputsDiffer(one: Execution, other: Execution, world: World): Term {
  const bothDelivered = and(one.delivered, other.delivered);
  return or(
    not(equal(one.delivered, other.delivered)),
    and(bothDelivered, recordsDiffer(one, other, world)),
  );
}

/** Whether the records differ, dropped or not. */
export function recordsDiffer(one: Execution, other: Execution, world: World): Term {
  const leaves = new Set([...one.state.touched, ...other.state.touched]);
  return or(
    ...[...leaves]
      .filter(isObservable)
      .map((leaf) =>
        world.contents.differ(one.state.leaf(leaf), other.state.leaf(leaf), anyKeys(leaf)),
      ),
  );
}

/** A value inside a record: a leaf and literal keys below it. */
export interface Spot {
  readonly leaf: string;
  readonly keys: readonly string[];
}

/** Two executions on records that agree except for one value. */
export interface TwinRuns {
  readonly one: Execution;
  readonly other: Execution;
  /** The secret of each record. */
  readonly secrets: readonly [Term, Term];
  /** What is released about the secret agrees: its type, and every digest that the rules make. */
  readonly premise: Term;
}

/**
 * Runs the program on two records that differ in one value only. Digests are taken to give nothing
 * away: the same call gives the same digest in both runs.
 */
export function twinRuns(program: Program, spot: Spot, world: World): TwinRuns {
  const digests: Map<string, Term>[] = [new Map(), new Map()];
  const secrets = ["1:", "2:"].map((run) => secretOf(spot, run, world)) as [Term, Term];
  const start = (index: number): Term => {
    if (spot.keys.length === 0) return secrets[index]!;
    return planted(initialLeaf(spot.leaf, "", world.facts), spot.keys, secrets[index]!, world);
  };
  const run = (index: number): Execution => {
    const leaf = start(index);
    return execute(program, world, {
      run: `${index + 1}:`,
      initial: (name) => (name === spot.leaf ? leaf : initialLeaf(name, "", world.facts)),
      hash: (site, _, output) => digests[index]!.set(site, output),
    });
  };
  const [one, other] = [run(0), run(1)];
  const agreeing = [...digests[0]!].flatMap(([site, output]) => {
    const twin = digests[1]!.get(site);
    return twin === undefined ? [] : [equal(output, twin)];
  });
  return { one, other, secrets, premise: and(...agreeing, sameType(...secrets)) };
}

function secretOf(spot: Spot, run: string, world: World): Term {
  if (spot.keys.length === 0) return initialLeaf(spot.leaf, run, world.facts);
  const value = variable(`${run}${spot.leaf}[${spot.keys.join("][")}]`, "Val");
  world.facts.add(value, isRecordValue(value));
  return value;
}

/** The map with the value under the keys: the rest of it is shared by both runs. */
function planted(into: Term, keys: readonly string[], value: Term, world: World): Term {
  const [key, ...deeper] = keys;
  if (key === undefined) return value;
  const map = payload("Map", into);
  const inner = planted(world.contents.get(map, text(key)), deeper, value, world);
  return con("Map", withEntry(map, text(key), inner));
}

/** The value at a spot; meaningless where something on the way is no map. */
export function valueAt(leaf: Term, keys: readonly string[], world: World): Term {
  return keys.reduce((inside, key) => world.contents.get(payload("Map", inside), text(key)), leaf);
}

function sameType(one: Term, other: Term): Term {
  const kinds = (["Str", "Int", "Bool", "Bytes", "Map", "List"] as const).map((tag) =>
    equal(is(tag, one), is(tag, other)),
  );
  return and(...kinds, equal(isNil(one), isNil(other)));
}

/**
 * Whether the value at a spot leaves as it came: the same value, and not nil. A map leaves in clear
 * when some entry of it does.
 */
export function leavesInClear(execution: Execution, spot: Spot, world: World): Term {
  const before = valueAt(execution.start.leaf(spot.leaf), spot.keys, world);
  const after = valueAt(execution.state.leaf(spot.leaf), spot.keys, world);
  const [key] = anyKeys(`${spot.leaf} at the end`);
  const entry = world.contents.get(payload("Map", before), key!);
  const entryStays = and(
    is("Map", before),
    is("Map", after),
    not(isNil(entry)),
    equal(entry, world.contents.get(payload("Map", after), key!)),
  );
  // The zero of a type tells nothing that the type does not: clearing leaves it.
  const isZero = or(...zeros().map((zero) => equal(before, zero)));
  const staysWhole = and(not(is("Map", before)), not(isZero), equal(before, after));
  return and(execution.delivered, not(isNil(before)), or(staysWhole, entryStays));
}

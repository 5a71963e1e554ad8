/** From values that the solver chose to a record: the inverse of `leaves.ts` and `contents.ts`. */

import type { SolverValue } from "../symbolic/model.ts";
import { subterms, type Term } from "../symbolic/term.ts";
import type { PlainRecord, Value } from "./record.ts";

/** Terms whose values are needed to build the record of a run: its leaves, entries and items. */
export function wantedTerms(assertions: readonly Term[]): readonly Term[] {
  const wanted = new Set<Term>();
  for (const term of subterms(assertions)) {
    if (term.op === "var") wanted.add(term);
    if (term.op === "app" && (term.value === "mapGet" || term.value === "itemOf")) {
      wanted.add(term);
      for (const arg of term.args) wanted.add(arg);
    }
  }
  return [...wanted];
}

const depthLimit = 4;

/** The record of one run (`run` is the prefix of its leaves) in a model. */
export function recordOf(
  values: ReadonlyMap<Term, SolverValue>,
  leaves: ReadonlyMap<string, Term>,
): PlainRecord {
  const maps = new Map<bigint, Map<string, SolverValue>>();
  const lists = new Map<bigint, Map<bigint, SolverValue>>();
  const at = (term: Term): SolverValue | undefined =>
    term.op === "lit" ? (term.value as SolverValue) : values.get(term);
  for (const [term, value] of values) {
    if (term.op !== "app") continue;
    const [container, key] = term.args.map(at);
    if (term.value === "mapGet" && typeof container === "bigint" && typeof key === "string") {
      entriesOf(maps, container).set(key, value);
    }
    if (term.value === "itemOf" && typeof container === "bigint" && typeof key === "bigint") {
      entriesOf(lists, container).set(key, value);
    }
  }
  const plain = (value: SolverValue | undefined, depth: number): Value | null => {
    if (value === undefined || typeof value !== "object") return null;
    const { tag, payload } = value;
    switch (tag) {
      case "Str":
        return { tag, value: wellFormed(payload as string) };
      case "Int":
        return { tag, value: BigInt.asIntN(64, payload as bigint) };
      case "Dbl":
        return { tag, value: payload as number };
      case "Special":
        return { tag: "Dbl", value: [NaN, Infinity, -Infinity, -0][Number(payload)] ?? NaN };
      case "Bool":
        return { tag, value: payload === true };
      case "Bytes":
        return { tag, value: bytesOf(payload as string) };
      case "Map": {
        const entries = new Map<string, Value>();
        if (depth < depthLimit) {
          for (const [key, entry] of maps.get(payload as bigint) ?? []) {
            const inner = plain(entry, depth + 1);
            if (inner !== null) entries.set(wellFormed(key), inner);
          }
        }
        return { tag, value: entries };
      }
      case "List": {
        const items: Value[] = [];
        for (const [index, entry] of lists.get(payload as bigint) ?? []) {
          const inner = plain(entry, depth + 1);
          if (inner !== null && index >= 0n && index < 16n) {
            while (items.length < Number(index)) items.push({ tag: "Empty" });
            items[Number(index)] = inner;
          }
        }
        // Two lists with different names must not look the same.
        if (items.length === 0) items.push({ tag: "Int", value: payload as bigint });
        return { tag, value: items };
      }
      case "Empty":
        return { tag };
      default:
        return null;
    }
  };
  const record = new Map<string, Value>();
  for (const [leaf, term] of leaves) {
    const value = plain(valueOf(term, values), 0);
    if (value !== null && !leaf.endsWith(".cache")) record.set(leaf, value);
  }
  return record;
}

function entriesOf<Key, Entry>(all: Map<bigint, Map<Key, Entry>>, name: bigint): Map<Key, Entry> {
  let entries = all.get(name);
  if (entries === undefined) all.set(name, (entries = new Map()));
  return entries;
}

/** The value of a leaf: a variable, or a variable under a tag. */
function valueOf(term: Term, values: ReadonlyMap<Term, SolverValue>): SolverValue | undefined {
  if (term.op !== "con") return values.get(term);
  const payload = values.get(term.args[0]!);
  if (payload === undefined || typeof payload === "object") return undefined;
  return { tag: term.value as "Str", payload };
}

/** Lone surrogates cannot be written as UTF-8. */
const wellFormed = (text: string): string => text.toWellFormed();

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(Array.from(text, (character) => character.codePointAt(0)! % 256));

/**
 * Contents of maps. A map is a name; what is under a key of a map that came with the record is an
 * unknown function of name and key, and every edit makes a new name whose entries are defined by the
 * old one. So a key may be a literal, computed by the rules, or "any key" of a question.
 */

import { type Facts, isRecordValue } from "./facts.ts";
import { matchTerm } from "./regex.ts";
import {
  absent,
  and,
  apply,
  equal,
  is,
  isFalse,
  ite,
  no,
  not,
  or,
  payload,
  text,
  variable,
  type Term,
} from "./term.ts";

/** The map without entries. */
export const emptyMap = (): Term => variable("emptyMap", "Int");

/** The list without items. */
export const emptyList = (): Term => apply("list0", "Int", []);

export const withEntry = (map: Term, key: Term, value: Term): Term =>
  apply("mapSet", "Int", [map, key, value]);
export const withoutEntry = (map: Term, key: Term): Term => apply("mapDelete", "Int", [map, key]);
export const keepKeys = (map: Term, keys: readonly Term[]): Term =>
  apply(`mapKeep${keys.length}`, "Int", [map, ...keys]);
export const keepMatching = (map: Term, pattern: string): Term =>
  apply("mapKeepMatching", "Int", [map, text(pattern)]);
export const deleteMatching = (map: Term, pattern: string): Term =>
  apply("mapDeleteMatching", "Int", [map, text(pattern)]);
export type MergeStrategy = "insert" | "update" | "upsert";
export const merge = (map: Term, source: Term, strategy: MergeStrategy): Term =>
  apply(`mapMerge_${strategy}`, "Int", [map, source]);
/** Some entries stay and some go, nobody says which; `edit` names the edit. */
export const keepSome = (map: Term, edit: string): Term =>
  apply("mapKeepSome", "Int", [map, text(edit)]);
/** Every value may have become another one, depending on itself only. */
export const rewriteValues = (map: Term, edit: string): Term =>
  apply("mapRewrite", "Int", [map, text(edit)]);

export class Contents {
  readonly #known = new Map<string, Term>();
  readonly #different = new Map<string, ReadonlySet<Term> | null>();
  readonly #depths = new Map<Term, number>();
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** The value under a key, `Absent` when there is none. */
  get(map: Term, key: Term): Term {
    const id = `${map.id}|${key.id}`;
    let value = this.#known.get(id);
    if (value === undefined) this.#known.set(id, (value = this.#find(map, key)));
    return value;
  }

  #find(map: Term, key: Term): Term {
    if (map.op === "ite") {
      const [condition, a, b] = map.args as [Term, Term, Term];
      return ite(condition, this.get(a, key), this.get(b, key));
    }
    if (map.op === "var" && map.value === "emptyMap") return absent();
    if (map.op === "var" && map.value === "meaningless") return absent();
    if (map.op !== "app") return this.#given(map, key);
    const name = String(map.value);
    const [base, second, third] = map.args as [Term, Term, Term];
    if (name === "mapSet") return ite(equal(key, second), third, this.get(base, key));
    if (name === "mapDelete") return ite(equal(key, second), absent(), this.get(base, key));
    if (name.startsWith("mapKeep") && /^mapKeep\d+$/.test(name)) {
      const isKept = or(...map.args.slice(1).map((kept) => equal(key, kept)));
      return ite(isKept, this.get(base, key), absent());
    }
    if (name === "mapKeepMatching")
      return ite(this.#matches(second, key), this.get(base, key), absent());
    if (name === "mapDeleteMatching") {
      return ite(this.#matches(second, key), absent(), this.get(base, key));
    }
    if (name.startsWith("mapMerge_")) {
      const old = this.get(base, key);
      const added = this.get(second, key);
      const has = (value: Term): Term => not(is("Absent", value));
      if (name.endsWith("insert")) return ite(has(old), old, added);
      if (name.endsWith("update")) return ite(and(has(old), has(added)), added, old);
      return ite(has(added), added, old);
    }
    if (name === "mapKeepSome") {
      return ite(apply("isKept", "Bool", [map, key]), this.get(base, key), absent());
    }
    if (name === "mapRewrite") {
      const old = this.get(base, key);
      const value = apply("rewritten", "Val", [second, old]);
      this.#facts.add(value, and(isRecordValue(value), not(is("Absent", value))));
      return ite(is("Absent", old), old, value);
    }
    return this.#given(map, key);
  }

  #matches(pattern: Term, key: Term): Term {
    return matchTerm(String(pattern.value), key) ?? apply("matches", "Bool", [pattern, key]);
  }

  #given(map: Term, key: Term): Term {
    const value = apply("mapGet", "Val", [map, key]);
    this.#facts.add(value, isRecordValue(value));
    return value;
  }

  /**
   * Whether two values differ to an observer: maps by what is in them (under some key of the
   * question, one for each level), everything else by itself. Deeper than the given keys maps count
   * as different when their names differ.
   */
  differ(left: Term, right: Term, keys: readonly Term[]): Term {
    if (left === right) return no();
    const [key, ...deeper] = keys;
    if (key === undefined) return not(equal(left, right));
    if (left.op === "ite" && right.op === "ite" && left.args[0] === right.args[0]) {
      const [condition, a, b] = left.args as [Term, Term, Term];
      return ite(
        condition,
        this.differ(a, right.args[1]!, keys),
        this.differ(b, right.args[2]!, keys),
      );
    }
    const bothMaps = and(is("Map", left), is("Map", right));
    if (isFalse(bothMaps)) return not(equal(left, right));
    const inside = this.#differInside(payload("Map", left), payload("Map", right), key, deeper);
    return ite(bothMaps, inside, not(equal(left, right)));
  }

  /** Two maps that were edited alike differ only under keys at which the edits differ. */
  #differInside(left: Term, right: Term, key: Term, deeper: readonly Term[]): Term {
    if (left === right) return no();
    const keys = this.#keysThatDiffer(left, right);
    const looked = keys === null || keys.size > mostKeys ? [key] : [...keys];
    return or(
      ...looked.map((each) => this.differ(this.get(left, each), this.get(right, each), deeper)),
    );
  }

  /** The only keys under which two maps can differ, or `null` for any. */
  #keysThatDiffer(left: Term, right: Term): ReadonlySet<Term> | null {
    if (left === right) return new Set();
    const id = `${left.id}|${right.id}`;
    let keys = this.#different.get(id);
    if (keys === undefined) {
      keys = this.#peel(left, right);
      this.#different.set(id, keys);
    }
    return keys;
  }

  #peel(left: Term, right: Term): ReadonlySet<Term> | null {
    if (left.op === "ite" && right.op === "ite" && left.args[0] === right.args[0]) {
      return union(
        this.#keysThatDiffer(left.args[1]!, right.args[1]!),
        this.#keysThatDiffer(left.args[2]!, right.args[2]!),
      );
    }
    if (isSameEdit(left, right)) {
      const below = this.#keysThatDiffer(left.args[0]!, right.args[0]!);
      // What a pattern keeps or a source adds is the same on both sides.
      return String(left.value).startsWith("mapKeepSome") ? null : below;
    }
    // The longer history is taken back first, so that equal histories meet.
    const [longer, shorter] =
      this.#depth(left) >= this.#depth(right) ? [left, right] : [right, left];
    if (longer.op === "ite") {
      return union(
        this.#keysThatDiffer(longer.args[1]!, shorter),
        this.#keysThatDiffer(longer.args[2]!, shorter),
      );
    }
    if (longer.op === "app" && (longer.value === "mapSet" || longer.value === "mapDelete")) {
      return union(new Set([longer.args[1]!]), this.#keysThatDiffer(longer.args[0]!, shorter));
    }
    return null;
  }

  /** Number of edits since the map came in. */
  #depth(map: Term): number {
    let depth = this.#depths.get(map);
    if (depth === undefined) {
      depth =
        map.op === "ite"
          ? 1 + Math.max(this.#depth(map.args[1]!), this.#depth(map.args[2]!))
          : map.op === "app" && String(map.value).startsWith("map") && map.value !== "mapGet"
            ? 1 + this.#depth(map.args[0]!)
            : 0;
      this.#depths.set(map, depth);
    }
    return depth;
  }
}

/** More keys than this are looked at as one key that the solver chooses. */
const mostKeys = 48;

const isSameEdit = (left: Term, right: Term): boolean =>
  left.op === "app" &&
  right.op === "app" &&
  left.value === right.value &&
  left.value !== "mapGet" &&
  left.args.length === right.args.length &&
  left.args.length > 0 &&
  String(left.value).startsWith("map") &&
  left.args.slice(1).every((arg, index) => arg === right.args[index + 1]);

const union = (
  one: ReadonlySet<Term> | null,
  other: ReadonlySet<Term> | null,
): ReadonlySet<Term> | null =>
  one === null || other === null ? null : new Set([...one, ...other]);

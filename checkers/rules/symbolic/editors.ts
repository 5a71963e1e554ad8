/** Editors as changes of the state. An editor that fails changes nothing. */

import { functions } from "../../../impl/ottl/functions/index.ts";
import {
  deleteMatching,
  emptyList,
  emptyMap,
  keepKeys,
  keepMatching,
  keepSome,
  merge,
  rewriteValues,
  withoutEntry,
  type MergeStrategy,
} from "./contents.ts";
import { isRecordValue } from "./facts.ts";
import { Evaluator, type RecordState, type Scope } from "./expressions.ts";
import { leavesOf } from "./leaves.ts";
import { accessOf, type Pair } from "./paths.ts";
import { matchTerm } from "./regex.ts";
import { argument, expressionsIn, type Call, type Expr, type Path } from "./rule.ts";
import {
  and,
  apply,
  con,
  empty,
  equal,
  implies,
  int,
  is,
  isLiteral,
  isNil,
  ite,
  no,
  not,
  or,
  payload,
  real,
  text,
  variable,
  type Tag,
  type Term,
} from "./term.ts";

export interface Edit {
  /** New values of the leaves that change. */
  readonly writes: ReadonlyMap<string, Term>;
  readonly error: Term;
  /** What an edit that fails may leave behind: a place made for a value that cannot stand in it. */
  readonly spoiled?: ReadonlyMap<string, Term>;
}

export interface EditorScope extends Scope {
  /** Before v0.161 setting nil did nothing. */
  readonly nilIsWritten: boolean;
}

const nothing = (error: Term): Edit => ({ writes: new Map(), error });

export class Editing {
  readonly #scope: EditorScope;
  readonly #state: RecordState;
  readonly #site: string;
  readonly #evaluator: Evaluator;

  constructor(scope: EditorScope, state: RecordState, site: string) {
    this.#scope = scope;
    this.#state = state;
    this.#site = site;
    this.#evaluator = new Evaluator(scope, state, site);
  }

  apply(call: Call): Edit {
    const target = argument(call, 0, "target");
    if (call.name === "route") return nothing(no());
    if (target?.kind !== "path" || !hasTarget(call)) return this.#unknown(call);
    const arg = (position: number, name: string): Pair | undefined => {
      const expr = argument(call, position, name);
      return expr === undefined ? undefined : this.#evaluator.value(expr);
    };
    switch (call.name) {
      case "set": {
        const expr = argument(call, 1, "value");
        if (expr === undefined) return this.#unknown(call);
        if (mayStopHalfWay(expr)) {
          const any = this.#unknown(call);
          return { ...any, spoiled: any.writes };
        }
        return this.#set(target, this.#settled(target, expr));
      }
      case "clear":
        return this.#clear(target);
      case "delete_key": {
        const key = arg(1, "key");
        if (key === undefined) return this.#unknown(call);
        const wrong = or(key.error, not(is("Str", key.value)));
        return this.#editMap(target, wrong, (map) => withoutEntry(map, payload("Str", key.value)));
      }
      case "keep_keys":
        return this.#keepKeys(target, argument(call, 1, "keys"), call);
      case "delete_matching_keys":
      case "keep_matching_keys": {
        const pattern = argument(call, 1, "pattern");
        if (pattern?.kind !== "string") return this.#unknown(call);
        const edit = call.name === "keep_matching_keys" ? keepMatching : deleteMatching;
        return this.#editMap(target, no(), (map) => edit(map, pattern.value));
      }
      case "merge_maps": {
        const source = arg(1, "source");
        const strategy = argument(call, 2, "strategy");
        if (source === undefined || strategy?.kind !== "string") return this.#unknown(call);
        const wrong = or(source.error, not(is("Map", source.value)));
        const from = argument(call, 1, "source")!;
        const isItself = [...expressionsIn(from)].some((part) => readsField(part, target));
        if (isItself) {
          // A map that is merged into itself is changed while it is read.
          const any = variable(`${this.#scope.run}merged@${this.#site}`, "Int");
          return this.#editMap(target, wrong, () => any);
        }
        return this.#editMap(target, wrong, (map) =>
          merge(map, payload("Map", source.value), strategy.value as MergeStrategy),
        );
      }
      case "limit":
        return this.#limit(target, call);
      case "truncate_all":
      case "stringify_all":
      case "replace_all_patterns":
      case "replace_all_matches":
        return this.#rewriteAll(target, call);
      case "replace_pattern":
      case "replace_match":
        return this.#replace(target, call);
      case "flatten":
        if (!call.args.slice(1).every(({ value }) => isConstant(value))) return this.#unknown(call);
        return this.#editMap(target, no(), (map) =>
          apply(`flatten ${describe(call)}`, "Int", [map]),
        );
      case "append":
      case "delete_index":
        return this.#listEdit(target, call);
      default:
        return this.#unknown(call);
    }
  }

  /** Writes a value through a path. */
  #write(path: Path, value: Term, error: Term): Edit {
    const access = accessOf(path.context, path.field);
    if (access === null || (path.keys.length > 0 && !access.isIndexable)) {
      this.#scope.unmodelled(`writing ${path.context}.${path.field}`);
      const leaf = `${path.context}.${path.field}`;
      return {
        writes: new Map([
          [leaf, variable(`${this.#scope.run}written@${this.#site}`, "Val")],
          ...this.#anyLeaves(leavesBehind(path)),
        ]),
        error: or(error, variable(`${this.#scope.run}fails@${this.#site}`, "Bool")),
      };
    }
    const old = this.#state.leaf(access.leaf);
    if (path.keys.length === 0) {
      const written = access.set(old, value);
      const holdsAny = access.leaf === "log.body";
      return {
        writes: new Map([[access.leaf, written.value]]),
        error: or(error, written.error),
        ...(holdsAny ? { spoiled: this.#spoiled(access.leaf, old, empty()) } : {}),
      };
    }
    const keys = this.#evaluator.keys(path.keys);
    const written = this.#scope.paths.write(access.get(old), keys, value);
    // An empty body has no keys, where an empty attribute gets them.
    const isBare = access.leaf === "log.body" ? isNil(old) : no();
    // The last key or one on the way may have been made before the error was raised.
    const made = variable(`${this.#scope.run}made@${this.#site}`, "Val");
    this.#scope.facts.add(made, isRecordValue(made));
    const left = keys.slice(1).reduceRight(
      (rest, _, depth) => {
        const way = keys.slice(0, depth + 1);
        const before = this.#scope.paths.read(access.get(old), way).value;
        const isStopped = variable(`${this.#scope.run}stopped@${this.#site}.${depth}`, "Bool");
        const middle = this.#scope.paths.write(access.get(old), way, made);
        return ite(and(isNil(before), isStopped), middle.value, rest);
      },
      this.#scope.paths.write(access.get(old), keys, empty()).value,
    );
    return {
      writes: new Map([[access.leaf, written.value]]),
      error: or(error, written.error, isBare),
      spoiled: this.#spoiled(access.leaf, old, left),
    };
  }

  /** The place was made, and the value was refused: nobody says when. */
  #spoiled(leaf: string, old: Term, left: Term): ReadonlyMap<string, Term> {
    const isLeft = variable(`${this.#scope.run}spoiled@${this.#site}`, "Bool");
    return new Map([[leaf, ite(isLeft, left, old)]]);
  }

  /** The leaves with any values. */
  #anyLeaves(leaves: readonly string[]): Map<string, Term> {
    const writes = new Map<string, Term>();
    for (const leaf of leaves) {
      const name = `${this.#scope.run}${leaf}@${this.#site}`;
      const value = isMapLeaf(leaf) ? con("Map", variable(name, "Int")) : variable(name, "Val");
      if (value.op === "var") this.#scope.facts.add(value, isRecordValue(value));
      writes.set(leaf, value);
    }
    return writes;
  }

  /**
   * A value to be written. Identifiers are of types that few places take; a map that is written into
   * itself ends where it begins: what becomes of both is anybody's guess.
   */
  #settled(target: Path, expr: Expr): Pair {
    const { value, error } = this.#evaluator.value(expr);
    const parts = [...expressionsIn(expr)];
    const name = `${this.#scope.run}settled@${this.#site}`;
    const isIdentifier = parts.some(isIdentifierPath) && !isIdentifierPath(target);
    const isOtherIdentifier =
      isIdentifierPath(expr) && isIdentifierPath(target) && widthOf(expr) !== widthOf(target);
    const isNoIdentifier = isIdentifierPath(target) && !isIdentifierPath(expr);
    const fails =
      isIdentifier ||
      isOtherIdentifier ||
      isNoIdentifier ||
      parts.some(({ kind }) => kind === "opaque")
        ? variable(`${name}.fails`, "Bool")
        : no();
    const isInside = target.keys.length > 0 && parts.some((part) => readsField(part, target));
    if (!isInside) return { value, error: or(error, fails) };
    const any = variable(name, "Val");
    this.#scope.facts.add(any, and(isRecordValue(any), equal(is("Map", value), is("Map", any))));
    return {
      value: ite(or(is("Map", value), is("List", value)), any, value),
      error: or(error, fails),
    };
  }

  #read(path: Path): Pair {
    return this.#evaluator.value(path);
  }

  #set(target: Path, { value, error }: Pair): Edit {
    if (!this.#scope.nilIsWritten) {
      const edit = this.#write(target, value, error);
      return this.#unless(isNil(value), edit, error);
    }
    const access = accessOf(target.context, target.field);
    // nil empties a map instead of failing on its type
    const isWholeMap = target.keys.length === 0 && access !== null && isMapLeaf(access.leaf);
    return this.#write(
      target,
      isWholeMap ? ite(isNil(value), con("Map", emptyMap()), value) : value,
      error,
    );
  }

  /** The edit where `skip` does not hold; there, nothing happens but `error`. */
  #unless(skip: Term, edit: Edit, error: Term): Edit {
    const writes = new Map<string, Term>();
    for (const [leaf, value] of edit.writes) {
      writes.set(leaf, ite(skip, this.#state.leaf(leaf), value));
    }
    return { ...edit, writes, error: ite(skip, error, edit.error) };
  }

  /** Everything becomes the zero of its type. */
  #clear(target: Path): Edit {
    const current = this.#read(target);
    // Identifiers are emptied at their width.
    const width = target.keys.length === 0 ? widthOf(target) : 0;
    const zero = width > 0 ? con("Bytes", text("\0".repeat(width))) : zeroOf(current.value);
    return this.#write(target, zero, current.error);
  }

  /** An edit of a map that must be one already. */
  #editMap(target: Path, error: Term, edit: (map: Term) => Term): Edit {
    const current = this.#read(target);
    const map = payload("Map", current.value);
    const wrong = or(current.error, not(is("Map", current.value)), error);
    return this.#write(target, con("Map", edit(map)), wrong);
  }

  #keepKeys(target: Path, keys: Expr | undefined, call: Call): Edit {
    if (keys?.kind !== "list") return this.#unknown(call);
    const values = keys.items.map((item) => this.#evaluator.value(item));
    const wrong = or(...values.flatMap(({ value, error }) => [error, not(is("Str", value))]));
    return this.#editMap(target, wrong, (map) =>
      keepKeys(
        map,
        values.map(({ value }) => payload("Str", value)),
      ),
    );
  }

  #limit(target: Path, call: Call): Edit {
    const priority = argument(call, 2, "priority_keys");
    const kept =
      priority?.kind === "list"
        ? priority.items.flatMap((item) => (item.kind === "string" ? [item.value] : []))
        : [];
    return this.#editMap(target, no(), (map) => {
      const limited = keepSome(map, `${this.#site} ${describe(call)}`);
      this.#scope.facts.add(
        limited,
        and(...kept.map((key) => apply("isKept", "Bool", [limited, text(key)]))),
      );
      return limited;
    });
  }

  #rewriteAll(target: Path, call: Call): Edit {
    if (!call.args.slice(1).every(({ value }) => isConstant(value))) return this.#unknown(call);
    // Replacing in keys moves entries to other keys: nothing is known of the result.
    const mode = argument(call, 1, "mode");
    const movesKeys =
      call.name === "replace_all_patterns" && !(mode?.kind === "string" && mode.value === "value");
    return this.#editMap(target, no(), (map) =>
      movesKeys
        ? apply(`rekeyed ${describe(call)}`, "Int", [map])
        : rewriteValues(map, describe(call)),
    );
  }

  /** Texts are rewritten, everything else is left alone without an error. */
  #replace(target: Path, call: Call): Edit {
    const current = this.#read(target);
    const old = payload("Str", current.value);
    const rest = call.args.slice(1).map(({ value }) => this.#evaluator.value(value));
    const value = apply(`replaced ${describe(call)}`, "String", [
      old,
      ...rest.map(({ value: argument_ }) => asKey(argument_)),
    ]);
    const pattern = call.name === "replace_pattern" ? argument(call, 1, "regex") : undefined;
    const known = pattern?.kind === "string" ? matchTerm(pattern.value, old) : null;
    if (known !== null) this.#scope.facts.add(value, implies(not(known), equal(value, old)));
    // Nothing is written where nothing matches, not even the same text.
    const matches =
      known ??
      apply(`matched ${describe(call)}`, "Bool", [
        old,
        ...rest.map(({ value: argument_ }) => asKey(argument_)),
      ]);
    const isText = and(is("Str", current.value), matches);
    // What replaces may be worked out before the target is looked at.
    const isEarly = variable(`${this.#scope.run}early@${this.#site}`, "Bool");
    const early = or(current.error, and(isEarly, or(...rest.map(({ error }) => error))));
    const edit = this.#write(target, con("Str", value), or(...rest.map(({ error }) => error)));
    return this.#unless(not(isText), { ...edit, error: or(edit.error, current.error) }, early);
  }

  #listEdit(target: Path, call: Call): Edit {
    const current = this.#read(target);
    const rest = call.args.slice(1).map(({ value }) => this.#evaluator.value(value));
    const args = [current.value, ...rest.map(({ value }) => value)];
    const list = apply(`${call.name} ${describeNames(call)}`, "Int", args);
    const failure = apply(`fails:${call.name}`, "Bool", args);
    const error = or(current.error, ...rest.map((arg) => arg.error), failure);
    return this.#write(target, con("List", list), error);
  }

  /** An editor without a meaning here: every leaf of its context may have changed. */
  #unknown(call: Call): Edit {
    this.#scope.unmodelled(`${call.name}()`);
    const writes = new Map<string, Term>();
    const target = hasTarget(call) ? argument(call, 0, "target") : undefined;
    const leaves =
      target?.kind === "path"
        ? [
            accessOf(target.context, target.field)?.leaf ?? `${target.context}.${target.field}`,
            ...leavesBehind(target),
          ]
        : itemLeaves(call);
    for (const [leaf, value] of this.#anyLeaves(leaves)) writes.set(leaf, value);
    return { writes, error: variable(`${this.#scope.run}fails@${this.#site}`, "Bool") };
  }
}

/** Zeros by type; what has none is left. */
export const zeros = (): readonly Term[] => [
  con("Str", text("")),
  con("Int", int(0)),
  con("Dbl", real(0)),
  con("Bool", no()),
  con("Bytes", text("")),
  con("Map", emptyMap()),
  con("List", emptyList()),
];

/** The zero of Go's time, the year 1, in nanoseconds before 1970, wrapped to 64 bits. */
const zeroTime = -6_795_364_578_871_345_152n;

const zeroOf = (value: Term): Term =>
  zeros().reduce<Term>(
    (rest, zero) => ite(is(zero.value as Tag, value), zero, rest),
    ite(
      is("Special", value),
      con("Dbl", real(0)),
      ite(is("Time", value), con("Time", int(zeroTime)), value),
    ),
  );

/** Leaves that a path without a meaning of its own stands for, wholly or in part. */
function leavesBehind({ context, field }: Path): readonly string[] {
  const name = context === "instrumentation_scope" ? "scope" : context;
  if (accessOf(context, field) !== null)
    return leavesOf([name]).filter((leaf) => leaf === `${name}.${field}`);
  if (field === "events") return leavesOf(["spanevent"]);
  if (field === "data_points") return leavesOf(["datapoint"]);
  const [first] = field.split(".");
  return leavesOf([name]).filter(
    (leaf) => leaf === `${name}.${first}` || leaf.startsWith(`${name}.${first}.`),
  );
}

const readsField = (part: Expr, { context, field }: Path): boolean =>
  part.kind === "path" && part.context === context && part.field === field;

const identifiers: Readonly<Record<string, number>> = {
  trace_id: 16,
  span_id: 8,
  parent_span_id: 8,
};
const widthOf = (expr: Expr): number => (expr.kind === "path" ? (identifiers[expr.field] ?? 0) : 0);
const isIdentifierPath = (expr: Expr): boolean => widthOf(expr) > 0;

const hasTarget = ({ name }: Call): boolean =>
  functions.get(name)?.parameters[0]?.type.endsWith("Path") === true;

/** What functions without a target change: the metric and what is in it, but for one. */
const itemLeaves = ({ name }: Call): readonly string[] =>
  name === "set_semconv_span_name"
    ? ["span.name", "span.attributes"]
    : leavesOf(["metric", "datapoint"]).filter((leaf) => !leaf.endsWith(".cache"));

const isMapLeaf = (leaf: string): boolean => /\.(?:attributes|cache|metadata)$/.test(leaf);

/** Constant arguments are part of the function's name, the others are its arguments. */
function describe(call: Call): string {
  return `${call.name}(${call.args
    .slice(1)
    .map(({ name, value }) => `${name ?? ""}=${show(value)}`)
    .join(",")})`;
}

/** Whether an argument is the same for every record. */
const isConstant = (expr: Expr): boolean =>
  [...expressionsIn(expr)].every(({ kind }) => !["path", "call", "opaque"].includes(kind));

const describeNames = (call: Call): string => call.args.map(({ name }) => name ?? "").join(",");

const show = (expr: Expr): string =>
  JSON.stringify(expr, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));

/** Any value as an argument of a function of texts. */
const asKey = (value: Term): Term => (isLiteral(value) ? value : apply("keyOf", "String", [value]));

/** A list or map that holds what is no value, e.g. an identifier: it fails after a part is written. */
function mayStopHalfWay(expr: Expr): boolean {
  const items =
    expr.kind === "list"
      ? expr.items
      : expr.kind === "map"
        ? expr.entries.map(([, item]) => item)
        : [];
  return items.some(
    (item) =>
      mayStopHalfWay(item) ||
      (item.kind === "path" && !/^(?:attributes|body|cache)(?:\.|$)/.test(item.field)),
  );
}

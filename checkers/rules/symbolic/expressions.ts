/** Expressions of a rule as terms over the state of a record. */

import { functions } from "../../../impl/ottl/functions/index.ts";
import { referenceClose, referenceOpen } from "../collector/sections.ts";
import { compare } from "./compare.ts";
import { emptyMap, withEntry, type Contents } from "./contents.ts";
import { Facts, isRecordValue, toDouble } from "./facts.ts";
import { callFunction, type FunctionContext } from "./functions.ts";
import { accessOf, Paths, stored, type Pair } from "./paths.ts";
import { expressionsIn, type Call, type Expr, type Path } from "./rule.ts";
import {
  absent,
  and,
  apply,
  arithmetic,
  bool,
  con,
  concat,
  equal,
  int,
  is,
  isFalse,
  isTrue,
  ite,
  no,
  not,
  or,
  payload,
  quotient,
  real,
  text,
  variable,
  wrap,
  type Term,
  yes,
} from "./term.ts";

/** The leaves of a record at some point of the rules. */
export interface RecordState {
  leaf(name: string): Term;
}

export interface Scope {
  readonly facts: Facts;
  readonly contents: Contents;
  readonly paths: Paths;
  /** Told of what has no meaning here; the result is then any value. */
  unmodelled(what: string): void;
  /** Tells two runs of the same rules apart where the outcome is nobody's function. */
  readonly run: string;
  readonly hash?: (site: string, input: Term, output: Term) => void;
}

/** Evaluates expressions of one statement in one state. */
export class Evaluator {
  readonly #scope: Scope;
  readonly #state: RecordState;
  readonly #site: string;
  #calls = 0;

  constructor(scope: Scope, state: RecordState, site: string) {
    this.#scope = scope;
    this.#state = state;
    this.#site = site;
  }

  value(expr: Expr): Pair {
    switch (expr.kind) {
      case "nil":
        return exactly(absent());
      case "bool":
        return exactly(con("Bool", bool(expr.value)));
      case "int":
        return exactly(con("Int", int(BigInt.asIntN(64, expr.value))));
      case "double":
        return exactly(doubleLiteral(expr.value));
      case "string":
        return exactly(con("Str", textOf(expr.value)));
      case "bytes":
        return exactly(con("Bytes", text(String.fromCharCode(...expr.value))));
      case "path":
        return this.#path(expr);
      case "call":
        return this.#call(expr);
      case "list": {
        const items = expr.items.map((item) => this.value(item));
        const list = apply(
          `list${items.length}`,
          "Int",
          items.map(({ value }) => value),
        );
        return { value: con("List", list), error: or(...items.map(({ error }) => error)) };
      }
      case "map": {
        const entries = expr.entries.map(([key, item]) => [key, this.value(item)] as const);
        const map = entries.reduce(
          (whole, [key, { value }]) => withEntry(whole, text(key), stored(value)),
          emptyMap(),
        );
        // Identifiers and lists of the protocol's own types cannot stand in a map.
        const refused = expr.entries.some(([, item]) => item.kind === "path")
          ? variable(`${this.#scope.run}refused@${this.#site}.${this.#calls++}`, "Bool")
          : no();
        return {
          value: con("Map", map),
          error: or(refused, ...entries.map(([, { error }]) => error)),
        };
      }
      case "math":
        return this.#math(expr.op, this.value(expr.left), this.value(expr.right));
      case "negate":
        return this.#math("-", exactly(con("Int", int(0))), this.value(expr.operand));
      case "compare":
      case "and":
      case "or":
      case "not": {
        const { value, error } = this.condition(expr);
        return { value: con("Bool", value), error };
      }
      case "opaque":
        return this.#anything(expr.text);
    }
  }

  /** A condition: `value` is a Bool term. */
  condition(expr: Expr): Pair {
    switch (expr.kind) {
      case "bool":
        return exactly(bool(expr.value));
      case "compare": {
        const left = this.value(expr.left);
        const right = this.value(expr.right);
        // Identifiers are of types of their own; what they equal beside themselves is not followed.
        if (isIdentifier(expr.left) !== isIdentifier(expr.right)) {
          const name = `${this.#scope.run}identifier@${this.#site}.${this.#calls++}`;
          return { value: variable(name, "Bool"), error: or(left.error, right.error) };
        }
        return {
          value: compare(expr.op, left.value, right.value, this.#scope.facts),
          error: or(left.error, right.error),
        };
      }
      case "not": {
        const inner = this.condition(expr.operand);
        return { value: not(inner.value), error: inner.error };
      }
      case "and":
      case "or":
        return this.#junction(expr.kind, expr.operands);
      default: {
        const { value, error } = this.value(expr);
        return {
          value: and(is("Bool", value), payload("Bool", value)),
          error: or(error, not(is("Bool", value))),
        };
      }
    }
  }

  /** Short-circuit from the left: an operand that is not reached cannot fail. */
  #junction(kind: "and" | "or", all: readonly Expr[]): Pair {
    // Constants are folded before anything runs: an operand beside one that decides never fails.
    const decides = kind === "or";
    const known = all.map(constantCondition);
    if (known.includes(decides)) return exactly(bool(decides));
    const operands = all.filter((_, index) => known[index] === null);
    if (operands.length === 0) return exactly(bool(!decides));
    // Folded too, but to what is not known here.
    if (operands.some(isFoldedSomehow)) {
      const name = `${this.#scope.run}folded@${this.#site}.${this.#calls++}`;
      return { value: variable(name, "Bool"), error: variable(`${name}.fails`, "Bool") };
    }
    const parts = operands.map((operand) => this.condition(operand));
    const goesOn = (part: Pair): Term => (kind === "and" ? part.value : not(part.value));
    const error = [...parts].reduceRight<Term>(
      (rest, part) => or(part.error, and(goesOn(part), rest)),
      no(),
    );
    const values = parts.map(({ value }) => value);
    return { value: kind === "and" ? and(...values) : or(...values), error };
  }

  keys(keys: readonly Expr[]): readonly Pair[] {
    return keys.map((key) => this.value(key));
  }

  #path(path: Path): Pair {
    const access = accessOf(path.context, path.field);
    if (access === null) {
      if (path.context === "otelcol") {
        const keys = this.keys(path.keys).map(({ value }) => value);
        return exactly(this.#given(`otelcol.${path.field}`, keys));
      }
      return this.#anything(`${path.context}.${path.field}`);
    }
    const value = access.get(this.#state.leaf(access.leaf));
    if (path.keys.length === 0) return exactly(value);
    if (!access.isIndexable) return this.#anything(`${path.context}.${path.field}[…]`);
    return this.#scope.paths.read(value, this.keys(path.keys));
  }

  /** Something that comes with the request and is the same for every run. */
  #given(name: string, keys: readonly Term[]): Term {
    const value = apply(name, "Val", keys);
    this.#scope.facts.add(value, isRecordValue(value));
    return value;
  }

  #call(call: Call): Pair {
    if (isOutOfOrder(call)) return this.#anything(`${call.name}()`);
    const args = call.args.map(({ value }) => this.value(value));
    const site = `${this.#site}.${this.#calls++}`;
    const context: FunctionContext = {
      facts: this.#scope.facts,
      contents: this.#scope.contents,
      site,
      ...(this.#scope.hash === undefined ? {} : { hash: this.#scope.hash }),
    };
    const result =
      this.#special(call) ??
      callFunction(
        call.name,
        args.map(({ value }) => value),
        context,
      );
    if (result === null) return this.#anything(`${call.name}()`);
    const failing = or(...args.map((arg) => arg.error));
    // What stands behind the first value that is there is never looked at.
    const isLooked =
      call.name === "Coalesce" ? variable(`${this.#scope.run}looked@${site}`, "Bool") : yes();
    const error = or(and(failing, isLooked), result.error);
    if (call.keys.length === 0) return { value: result.value, error };
    const keys = this.keys(call.keys);
    const entry = this.#scope.paths.read(result.value, keys);
    // A result without the key is an error, where a path without it is nil.
    return { value: entry.value, error: or(error, entry.error, is("Absent", entry.value)) };
  }

  #special(call: Call): Pair | null {
    if (call.name !== "IsRootSpan") return null;
    const parent = payload("Bytes", this.#state.leaf("span.parent_span_id"));
    return exactly(con("Bool", equal(parent, text("\0".repeat(8)))));
  }

  #math(op: "+" | "-" | "*" | "/", left: Pair, right: Pair): Pair {
    const { facts } = this.#scope;
    const bothInt = and(is("Int", left.value), is("Int", right.value));
    const [a, b] = [payload("Int", left.value), payload("Int", right.value)];
    const whole = op === "/" ? quotient(a, b) : arithmetic(op, a, b);
    const isNumber = (value: Term): Term =>
      or(is("Int", value), is("Dbl", value), is("Special", value));
    const floating = apply(`double${op}`, "Val", [
      asDouble(left.value, facts),
      asDouble(right.value, facts),
    ]);
    facts.add(
      floating,
      or(is("Dbl", floating), and(is("Special", floating), isRecordValue(floating))),
    );
    const times = apply(`time${op}`, "Val", [left.value, right.value]);
    facts.add(times, or(is("Time", times), is("Duration", times)));
    const isTime = (value: Term): Term => or(is("Time", value), is("Duration", value));
    const bothTime = and(isTime(left.value), isTime(right.value));
    const numbers = and(isNumber(left.value), isNumber(right.value));
    const isZero = or(
      and(is("Int", right.value), equal(b, int(0))),
      and(is("Dbl", right.value), equal(payload("Dbl", right.value), real(0))),
      and(is("Special", right.value), equal(payload("Special", right.value), int(3))),
    );
    return {
      value: ite(bothInt, con("Int", wrap(whole)), ite(bothTime, times, floating)),
      error: or(
        left.error,
        right.error,
        not(or(numbers, bothTime)),
        and(bothTime, apply(`fails:time${op}`, "Bool", [left.value, right.value])),
        op === "/" ? isZero : no(),
      ),
    };
  }

  #anything(what: string): Pair {
    this.#scope.unmodelled(what);
    const name = `${this.#scope.run}any@${this.#site}.${this.#calls++}`;
    return { value: variable(name, "Val"), error: variable(`${name}.fails`, "Bool") };
  }
}

/** Named arguments may stand anywhere, or leave others out. */
function isOutOfOrder({ name, args }: Call): boolean {
  const parameters = functions.get(name)?.parameters;
  return args.some((arg, at) => arg.name !== null && parameters?.[at]?.name !== arg.name);
}

const isIdentifier = (expr: Expr): boolean =>
  expr.kind === "path"
    ? /^(?:trace_id|span_id|parent_span_id)$/.test(expr.field)
    : expr.kind === "call" && /^(?:Trace|Span)ID$/.test(expr.name);

const isFoldedSomehow = (expr: Expr): boolean =>
  expr.kind === "compare" &&
  [...expressionsIn(expr)].every(({ kind }) => !["path", "call", "opaque"].includes(kind));

const exactly = (value: Term): Pair => ({ value, error: no() });

/** The value of a condition that is the same for every record by its form alone, else `null`. */
function constantCondition(expr: Expr): boolean | null {
  switch (expr.kind) {
    case "bool":
      return expr.value;
    case "compare": {
      if (!isConstantValue(expr.left) || !isConstantValue(expr.right)) return null;
      const facts = new Facts();
      const [left, right] = [constantValue(expr.left), constantValue(expr.right)];
      if (left === null || right === null) return null;
      const told = compare(expr.op, left, right, facts);
      return isTrue(told) ? true : isFalse(told) ? false : null;
    }
    case "not": {
      const inner = constantCondition(expr.operand);
      return inner === null ? null : !inner;
    }
    case "and":
    case "or": {
      const known = new Set(expr.operands.map(constantCondition));
      const decides = expr.kind === "or";
      if (known.has(decides)) return decides;
      return known.has(null) ? null : !decides;
    }
    default:
      return null;
  }
}

const isConstantValue = (expr: Expr): boolean =>
  ["nil", "bool", "int", "double", "string", "bytes"].includes(expr.kind) ||
  (expr.kind === "list" && expr.items.every(isConstantValue));

function constantValue(expr: Expr): Term | null {
  switch (expr.kind) {
    case "nil":
      return absent();
    case "bool":
      return con("Bool", bool(expr.value));
    case "int":
      return con("Int", int(BigInt.asIntN(64, expr.value)));
    case "double":
      return doubleLiteral(expr.value);
    case "string":
      return con("Str", textOf(expr.value));
    case "bytes":
      return con("Bytes", text(String.fromCharCode(...expr.value)));
    case "list": {
      const items = expr.items.map(constantValue);
      if (items.includes(null)) return null;
      return con("List", apply(`list${items.length}`, "Int", items as Term[]));
    }
    default:
      return null;
  }
}

function asDouble(value: Term, facts: Facts): Term {
  const special = apply("specialAsReal", "Real", [payload("Special", value)]);
  return ite(
    is("Int", value),
    toDouble(payload("Int", value), facts),
    ite(is("Dbl", value), payload("Dbl", value), special),
  );
}

function doubleLiteral(value: number): Term {
  if (Number.isNaN(value)) return con("Special", int(0));
  if (value === Infinity) return con("Special", int(1));
  if (value === -Infinity) return con("Special", int(2));
  return Object.is(value, -0) ? con("Special", int(3)) : con("Dbl", real(value));
}

/** A text in which references to the environment stand for texts that are not known. */
export function textOf(value: string): Term {
  if (!value.includes(referenceOpen)) return text(value);
  const parts = value.split(new RegExp(`(${referenceOpen}[^${referenceClose}]*${referenceClose})`));
  return concat(
    ...parts.map((part) =>
      part.startsWith(referenceOpen)
        ? variable(`reference ${part.slice(1, -1)}`, "String")
        : text(part),
    ),
  );
}

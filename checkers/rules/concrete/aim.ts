/**
 * Records made for one rule: the condition is read as a wish and granted where its shape allows it.
 * A guess, not a proof: most rules of real configurations are conjunctions of simple tests, and a
 * record that passes them is better found in a millisecond than by the solver in a second.
 */

import { leafType } from "../symbolic/leaves.ts";
import { accessOf } from "../symbolic/paths.ts";
import type { Program, StatementRule, Step } from "../symbolic/program.ts";
import { exampleOf } from "../symbolic/regex.ts";
import {
  argument,
  expressionsIn,
  type Call,
  type Comparing,
  type Expr,
  type Path,
} from "../symbolic/rule.ts";
import type { PlainRecord, Value } from "./record.ts";
import type { AnyRule } from "./replay.ts";

export type Pick = (below: number) => number;

const str = (value: string): Value => ({ tag: "Str", value });
const int = (value: bigint): Value => ({ tag: "Int", value });

/** A record on which the rule may act, built on the given one. */
export function aimAt(program: Program, rule: AnyRule, base: PlainRecord, pick: Pick): PlainRecord {
  const aim = new Aim(program, base, pick);
  const step = program.steps.find((entry) => rulesOf(entry).includes(rule));
  if (rule.kind === "condition") {
    aim.grant(rule.expr, true);
  } else {
    if (rule.statement.where !== null) aim.grant(rule.statement.where, true);
    // What goes into a scratch map shows only where a later rule reads it.
    if (step?.kind === "group" && writesScratch(rule)) {
      const later = step.statements.slice(step.statements.indexOf(rule) + 1);
      const readers = later.filter((other) => readsScratch(other));
      const reader = readers[pick(readers.length)];
      if (reader !== undefined) {
        if (reader.statement.where !== null) aim.grant(reader.statement.where, true);
        aim.feed(reader.statement.editor);
      }
    }
    aim.feed(rule.statement.editor);
    const conditions = step?.conditions ?? [];
    if (conditions.length > 0) aim.grant(conditions[pick(conditions.length)]!.expr, true);
  }
  return aim.record();
}

const isScratch = (expr: Expr): boolean => expr.kind === "path" && expr.field === "cache";

function writesScratch({ statement }: StatementRule): boolean {
  const target = argument(statement.editor, 0, "target");
  return target !== undefined && isScratch(target);
}

const readsScratch = ({ statement }: StatementRule): boolean =>
  [...statement.editor.args.slice(1).map(({ value }) => value), statement.where].some(
    (root) => root !== null && [...expressionsIn(root)].some(isScratch),
  );

const rulesOf = (step: Step): readonly AnyRule[] =>
  step.kind === "group" ? [...step.conditions, ...step.statements] : step.conditions;

class Aim {
  readonly #program: Program;
  readonly #leaves: Map<string, Value>;
  readonly #pick: Pick;
  /** Spots that were decided: the first wish wins. */
  readonly #decided = new Set<string>();
  /** Entries wanted in scratch maps, which only rules can fill. */
  readonly #scratch = new Map<string, Value>();

  constructor(program: Program, base: PlainRecord, pick: Pick) {
    this.#program = program;
    this.#leaves = new Map(base);
    this.#pick = pick;
  }

  record(): PlainRecord {
    if (this.#scratch.size > 0) this.#fillScratch();
    return this.#leaves;
  }

  /** Makes the condition true (or false), if its shape is understood. */
  grant(expr: Expr, wanted: boolean): void {
    switch (expr.kind) {
      case "and":
      case "or": {
        // One operand decides an "or" that must hold and an "and" that must not.
        if ((expr.kind === "and") === wanted) {
          for (const operand of expr.operands) this.grant(operand, wanted);
        } else this.grant(expr.operands[this.#pick(expr.operands.length)]!, wanted);
        return;
      }
      case "not":
        this.grant(expr.operand, !wanted);
        return;
      case "compare":
        this.#compare(expr, wanted);
        return;
      case "call":
        this.#test(expr, wanted);
        return;
      default:
    }
  }

  #compare({ op, left, right }: Comparing, wanted: boolean): void {
    const isFlipped = left.kind !== "path" && left.kind !== "call";
    const subject = isFlipped ? right : left;
    const other = isFlipped ? left : right;
    const turned = isFlipped ? (flipped[op] ?? op) : op;
    const effective = wanted ? turned : negated[turned]!;
    const literal = this.#literal(other);
    if (literal === undefined) return;
    const value = this.#valueFor(effective, literal);
    if (subject.kind === "path") this.#put(subject, value);
    else if (subject.kind === "call" && value !== null) this.#through(subject, value);
  }

  /** A value that compares so with the literal; `null` stands for nil. */
  #valueFor(op: string, literal: Value | null): Value | null {
    if (literal === null) return op === "==" ? null : str("v");
    switch (literal.tag) {
      case "Int": {
        const step = op === "<" || op === "!=" ? -1n : op === ">" ? 1n : 0n;
        return int(literal.value + step);
      }
      case "Dbl": {
        const step = op === "<" || op === "!=" ? -1 : op === ">" ? 1 : 0;
        return { tag: "Dbl", value: literal.value + step };
      }
      case "Str":
        if (op === "!=" || op === ">") return str(`${literal.value}!`);
        return op === "<" ? str("") : literal;
      case "Bool":
        return op === "!=" ? { tag: "Bool", value: !literal.value } : literal;
      default:
        return literal;
    }
  }

  #literal(expr: Expr): Value | null | undefined {
    switch (expr.kind) {
      case "nil":
        return null;
      case "int":
        return int(expr.value);
      case "double":
        return { tag: "Dbl", value: expr.value };
      case "string":
        return str(expr.value);
      case "bool":
        return { tag: "Bool", value: expr.value };
      case "bytes":
        return { tag: "Bytes", value: expr.value };
      case "negate": {
        const inner = this.#literal(expr.operand);
        if (inner?.tag === "Int") return int(-inner.value);
        return inner?.tag === "Dbl" ? { tag: "Dbl", value: -inner.value } : undefined;
      }
      case "path":
        return this.#at(expr);
      default:
        return undefined;
    }
  }

  /** A test such as `IsMatch(path, "…")`. */
  #test(call: Call, wanted: boolean): void {
    const subject = call.args[0]?.value;
    const second = call.args[1]?.value;
    if (call.name === "IsRootSpan") {
      this.#leaves.set("span.parent_span_id", {
        tag: "Bytes",
        value: new Uint8Array(8).fill(wanted ? 0 : 1),
      });
      return;
    }
    if (subject?.kind !== "path" && subject?.kind !== "call") return;
    const value = this.#witness(call.name, second, wanted);
    if (value === undefined) return;
    if (subject.kind === "path") this.#put(subject, value);
    else if (value !== null) this.#through(subject, value);
  }

  #witness(name: string, second: Expr | undefined, wanted: boolean): Value | undefined {
    const parameter = second?.kind === "string" ? second.value : "";
    if (!wanted) return name.startsWith("Is") && name !== "IsMatch" ? other(name) : str("~");
    switch (name) {
      case "IsMatch":
        return str(exampleOf(parameter, this.#pick) ?? "");
      case "HasPrefix":
        return str(`${parameter}${["", "x"][this.#pick(2)]!}`);
      case "HasSuffix":
        return str(`${["", "x"][this.#pick(2)]!}${parameter}`);
      case "IsString":
        return str("text");
      case "IsInt":
        return int(7n);
      case "IsDouble":
        return { tag: "Dbl", value: 1.5 };
      case "IsBool":
        return { tag: "Bool", value: true };
      case "IsMap":
        return { tag: "Map", value: new Map([["k", str("v")]]) };
      case "IsList":
        return { tag: "List", value: [str("v")] };
      default:
        return undefined;
    }
  }

  /** Makes a converter give the value, by what it is given. */
  #through(call: Call, value: Value): void {
    const [subject] = call.args.map((arg) => arg.value);
    if (subject?.kind !== "path") return;
    switch (call.name) {
      case "Len": {
        const size = value.tag === "Int" ? Number(value.value) : 0;
        if (size >= 0 && size < 100_000) this.#put(subject, str("x".repeat(size)));
        return;
      }
      case "ParseJSON": {
        const [key] = call.keys;
        if (key?.kind === "string")
          this.#put(subject, str(JSON.stringify({ [key.value]: jsonOf(value) })));
        return;
      }
      case "Int":
      case "Double":
      case "String":
      case "ToLowerCase":
      case "ToUpperCase":
        this.#put(
          subject,
          value.tag === "Str" || call.name !== "String" ? value : str(String(jsonOf(value))),
        );
        return;
      default:
    }
  }

  /** Gives the editor something to work on. */
  feed(editor: Call): void {
    const target = argument(editor, 0, "target");
    const second = argument(editor, 1, "");
    if (target?.kind === "path") {
      switch (editor.name) {
        case "delete_key":
          if (second?.kind === "string") this.#put(withKey(target, second.value), str("gone"));
          break;
        case "replace_pattern":
        case "replace_match":
          if (second?.kind === "string")
            this.#put(target, str(exampleOf(second.value, this.#pick) ?? "x"));
          break;
        case "delete_matching_keys":
          if (second?.kind === "string") {
            this.#put(withKey(target, exampleOf(second.value, this.#pick) ?? "x"), str("gone"));
          }
          break;
        case "keep_keys":
        case "keep_matching_keys":
        case "limit":
        case "truncate_all":
        case "clear":
          this.#fill(target, editor);
          break;
        case "replace_all_patterns": {
          const pattern = argument(editor, 2, "regex");
          if (pattern?.kind === "string") {
            this.#put(withKey(target, "some"), str(exampleOf(pattern.value, this.#pick) ?? "x"));
          }
          break;
        }
        default:
      }
    }
    for (const arg of editor.args.slice(1)) this.#feedValue(arg.value);
  }

  #feedValue(expr: Expr): void {
    for (const part of expressionsIn(expr)) {
      if (part.kind === "call" && part.name === "ParseJSON") {
        const [subject] = part.args.map(({ value }) => value);
        if (subject?.kind === "path") this.#putJson(subject);
      }
      if (part.kind === "call" && part.name === "ExtractPatterns") {
        const [subject, pattern] = part.args.map(({ value }) => value);
        if (subject?.kind === "path" && pattern?.kind === "string") {
          this.#put(subject, str(exampleOf(pattern.value, this.#pick) ?? "x"));
        }
      }
      if (part.kind === "path") this.#put(part, str(`value ${this.#pick(1000)}`));
    }
  }

  /** Many long entries, so that limits are reached. */
  #fill(target: Path, editor: Call): void {
    const size = argument(editor, 1, "limit");
    const count = size?.kind === "int" ? Number(size.value) : 1;
    const many = editor.name === "limit" ? Math.min(count + 3, 300) : 3;
    const long = "y".repeat(editor.name === "truncate_all" ? Math.min(count + 5, 10_000) : 3);
    for (let index = 0; index < many; index++)
      this.#put(withKey(target, `extra${index}`), str(long));
  }

  /** What scratch maps should hold, as the text that a rule parses into them. */
  #fillScratch(): void {
    for (const step of this.#program.steps) {
      if (step.kind !== "group") continue;
      for (const { statement } of step.statements) {
        const target = argument(statement.editor, 0, "target");
        if (target?.kind !== "path" || target.field !== "cache") continue;
        for (const arg of statement.editor.args.slice(1)) {
          for (const part of expressionsIn(arg.value)) {
            if (part.kind !== "call" || part.name !== "ParseJSON") continue;
            const [subject] = part.args.map(({ value }) => value);
            if (subject?.kind === "path") this.#putJson(subject);
          }
        }
      }
    }
  }

  /** A JSON text; one that a pattern was wished for carries an example of it inside. */
  #putJson(path: Path): void {
    const decided = this.#at(path);
    const hint = decided?.tag === "Str" ? decided.value.replaceAll(/[^\w ./-]/g, "") : "";
    const wishes = { k: "v", ...(hint === "" ? {} : { hint }), ...this.#jsonWishes() };
    this.#decided.delete(spotName(path) ?? "");
    this.#put(path, str(JSON.stringify(wishes)));
  }

  #jsonWishes(): Record<string, unknown> {
    return Object.fromEntries([...this.#scratch].map(([key, value]) => [key, jsonOf(value)]));
  }

  #put(path: Path, value: Value | null): void {
    const access = accessOf(path.context, path.field);
    if (access === null) return;
    const keys = path.keys.map((key) => (key.kind === "string" ? key.value : null));
    if (keys.includes(null)) return;
    const [first] = keys;
    if (access.leaf.endsWith(".cache")) {
      if (first !== undefined && first !== null && value !== null) this.#scratch.set(first, value);
      return;
    }
    const spot = spotName(path)!;
    if (this.#decided.has(spot)) return;
    this.#decided.add(spot);
    const leaf = planted(this.#leaves.get(access.leaf), keys as string[], value);
    if (leaf === null) this.#leaves.delete(access.leaf);
    else if (fits(access.leaf, leaf)) this.#leaves.set(access.leaf, leaf);
  }

  #at(path: Path): Value | null {
    const access = accessOf(path.context, path.field);
    if (access === null) return null;
    return path.keys.reduce<Value | null>(
      (value, key) =>
        value?.tag === "Map" && key.kind === "string" ? (value.value.get(key.value) ?? null) : null,
      this.#leaves.get(access.leaf) ?? null,
    );
  }
}

const flipped: Readonly<Record<string, Comparing["op"]>> = {
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
};
const negated: Readonly<Record<string, string>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

function spotName(path: Path): string | null {
  const access = accessOf(path.context, path.field);
  const keys = path.keys.map((key) => (key.kind === "string" ? key.value : null));
  return access === null || keys.includes(null) ? null : JSON.stringify([access.leaf, ...keys]);
}

const withKey = (path: Path, key: string): Path => ({
  ...path,
  keys: [...path.keys, { kind: "string", value: key }],
});

/** A value that is not of the type that the test asks for. */
const other = (test: string): Value => (test === "IsString" ? int(3n) : str("~"));

function planted(
  into: Value | undefined,
  keys: readonly string[],
  value: Value | null,
): Value | null {
  const [key, ...deeper] = keys;
  if (key === undefined) return value;
  const entries = new Map(into?.tag === "Map" ? into.value : []);
  const inner = planted(entries.get(key), deeper, value);
  if (inner === null) entries.delete(key);
  else entries.set(key, inner);
  return { tag: "Map", value: entries };
}

const typeTags: Readonly<Record<string, Value["tag"]>> = {
  string: "Str",
  int: "Int",
  bool: "Bool",
  bytes: "Bytes",
  map: "Map",
};

/** Fields of the protocol have types. */
function fits(leaf: string, value: Value): boolean {
  const type = leafType(leaf);
  if (type === "number") return value.tag === "Int" || value.tag === "Dbl";
  const wanted = typeTags[type];
  return wanted === undefined || wanted === value.tag;
}

function jsonOf(value: Value): unknown {
  switch (value.tag) {
    case "Int":
      return Number(value.value);
    case "Map":
      return Object.fromEntries([...value.value].map(([key, entry]) => [key, jsonOf(entry)]));
    case "List":
      return value.value.map(jsonOf);
    case "Empty":
      return null;
    case "Bytes":
      return "";
    default:
      return value.value;
  }
}

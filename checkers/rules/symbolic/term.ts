/**
 * Terms of the solver, shared and simplified as they are built. A record has some dozen leaves and a
 * rule set some hundred statements: most of what a question needs folds away here, and what is left
 * is printed once however often it is used.
 */

export type Sort = "Bool" | "Int" | "Real" | "String" | "Val";

/**
 * The tags of a value. `Absent` and `Empty` are both nil to OTTL; `Special` are the doubles that are
 * no real numbers (0 NaN, 1 +Inf, 2 -Inf, 3 -0); maps and lists are names for contents.
 */
export const tags = {
  Absent: null,
  Empty: null,
  Str: "String",
  Int: "Int",
  Dbl: "Real",
  Special: "Int",
  Bool: "Bool",
  Bytes: "String",
  Map: "Int",
  List: "Int",
  Time: "Int",
  Duration: "Int",
} as const satisfies Record<string, Sort | null>;

export type Tag = keyof typeof tags;
export const tagNames = Object.keys(tags) as Tag[];

export interface Term {
  readonly id: number;
  readonly op: string;
  readonly sort: Sort;
  readonly args: readonly Term[];
  /** Of a literal; a name for variables and functions; a pattern for `in_re`. */
  readonly value: boolean | bigint | number | string | null;
}

const table = new Map<string, Term>();

/** Results of functions that walk down shared terms: without it the walk would visit every path. */
const memo = new Map<string, Term>();
function remember(key: string, compute: () => Term): Term {
  let result = memo.get(key);
  if (result === undefined) memo.set(key, (result = compute()));
  return result;
}

function make(op: string, sort: Sort, args: readonly Term[], value: Term["value"] = null): Term {
  const shown = typeof value === "number" && Object.is(value, -0) ? "-0" : String(value);
  const key = `${op}|${sort}|${typeof value}${shown}|${args.map((arg) => arg.id).join(",")}`;
  let term = table.get(key);
  if (term === undefined) {
    term = { id: nextId++, op, sort, args, value };
    table.set(key, term);
  }
  return term;
}
let nextId = 0;

// --- leaves -------------------------------------------------------------------------------------

export const bool = (value: boolean): Term => make("lit", "Bool", [], value);
export const int = (value: bigint | number): Term => make("lit", "Int", [], BigInt(value));
/** A finite double, as the real number it is. */
export const real = (value: number): Term => make("lit", "Real", [], value === 0 ? 0 : value);
export const text = (value: string): Term => make("lit", "String", [], value);
export const variable = (name: string, sort: Sort): Term => make("var", sort, [], name);
/** An uninterpreted function: equal arguments give equal results, and nothing else is known. */
export const apply = (name: string, sort: Sort, args: readonly Term[]): Term =>
  args.length === 0 ? variable(name, sort) : make("app", sort, args, name);

export const yes = (): Term => bool(true);
export const no = (): Term => bool(false);
export const isTrue = (term: Term): boolean => term.op === "lit" && term.value === true;
export const isFalse = (term: Term): boolean => term.op === "lit" && term.value === false;
export const isLiteral = (term: Term): boolean => term.op === "lit";

// --- logic --------------------------------------------------------------------------------------

export function not(term: Term): Term {
  if (isLiteral(term)) return bool(term.value !== true);
  if (term.op === "not") return term.args[0]!;
  return make("not", "Bool", [term]);
}

function junction(op: "and" | "or", parts: readonly Term[]): Term {
  const stop = op === "or";
  const flat: Term[] = [];
  for (const part of parts.flatMap((term) => (term.op === op ? term.args : [term]))) {
    if (isLiteral(part)) {
      if (part.value === stop) return bool(stop);
    } else if (flat.includes(not(part))) return bool(stop);
    else if (!flat.includes(part)) flat.push(part);
  }
  if (flat.length === 0) return bool(!stop);
  if (op === "and" && textsContradict(flat)) return bool(false);
  return flat.length === 1 ? flat[0]! : make(op, "Bool", flat);
}

/**
 * Whether two parts ask the same text for literal beginnings or values that exclude each other. The
 * solver finds that too, but for hundreds of pairs of routes much later.
 */
function textsContradict(parts: readonly Term[]): boolean {
  const wishes = new Map<Term, Wish[]>();
  for (const part of parts) {
    const wish = wishOf(part);
    if (wish === null) continue;
    const known = wishes.get(wish.about) ?? [];
    if (known.some((other) => !fitsTogether(wish, other))) return true;
    wishes.set(wish.about, [...known, wish]);
  }
  return false;
}

interface Wish {
  readonly prefix: string;
  /** The text is the prefix and nothing more. */
  readonly isWhole: boolean;
}

function wishOf(part: Term): (Wish & { readonly about: Term }) | null {
  if (part.op !== "str.prefixof" && part.op !== "=") return null;
  const [first, second] = part.args as [Term, Term];
  const isWhole = part.op === "=";
  if (isLiteral(first) && typeof first.value === "string") {
    return { about: second, prefix: first.value, isWhole };
  }
  return isWhole && isLiteral(second) && typeof second.value === "string"
    ? { about: first, prefix: second.value, isWhole }
    : null;
}

/** Whether some text grants both. */
function fitsTogether(one: Wish, other: Wish): boolean {
  if (one.isWhole && other.isWhole) return one.prefix === other.prefix;
  if (one.isWhole) return one.prefix.startsWith(other.prefix);
  if (other.isWhole) return other.prefix.startsWith(one.prefix);
  return one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix);
}

export const and = (...parts: readonly Term[]): Term => junction("and", parts);
export const or = (...parts: readonly Term[]): Term => junction("or", parts);
export const implies = (premise: Term, conclusion: Term): Term => or(not(premise), conclusion);

export function ite(condition: Term, yesTerm: Term, noTerm: Term): Term {
  if (yesTerm === noTerm || isTrue(condition)) return yesTerm;
  if (isFalse(condition)) return noTerm;
  if (condition.op === "not") return ite(condition.args[0]!, noTerm, yesTerm);
  if (yesTerm.sort === "Bool") {
    if (isTrue(yesTerm)) return or(condition, noTerm);
    if (isFalse(yesTerm)) return and(not(condition), noTerm);
    if (isTrue(noTerm)) return or(not(condition), yesTerm);
    if (isFalse(noTerm)) return and(condition, yesTerm);
  }
  // Nested choices by the same condition.
  const thenTerm =
    yesTerm.op === "ite" && yesTerm.args[0] === condition ? yesTerm.args[1]! : yesTerm;
  const elseTerm = noTerm.op === "ite" && noTerm.args[0] === condition ? noTerm.args[2]! : noTerm;
  if (thenTerm === elseTerm) return thenTerm;
  return make("ite", thenTerm.sort, [condition, thenTerm, elseTerm]);
}

export function equal(left: Term, right: Term): Term {
  if (left === right) return yes();
  if (isLiteral(left) && isLiteral(right)) return no();
  if (left.op === "con" && right.op === "con") {
    if (left.value !== right.value) return no();
    return left.args.length === 0 ? yes() : equal(left.args[0]!, right.args[0]!);
  }
  if (left.sort === "Bool") {
    if (isLiteral(left)) return left.value === true ? right : not(right);
    if (isLiteral(right)) return right.value === true ? left : not(left);
  }
  const isGround = (term: Term): boolean =>
    isLiteral(term) || (term.op === "con" && term.args.every(isLiteral));
  if (isGround(right) && left.op === "ite") {
    const [condition, a, b] = left.args as [Term, Term, Term];
    return remember(`=|${left.id}|${right.id}`, () =>
      ite(condition, equal(a, right), equal(b, right)),
    );
  }
  if (isGround(left)) return right.op === "ite" ? equal(right, left) : orderedEqual(right, left);
  return orderedEqual(left, right);
}
const orderedEqual = (left: Term, right: Term): Term =>
  left.id < right.id ? make("=", "Bool", [left, right]) : make("=", "Bool", [right, left]);

// --- values -------------------------------------------------------------------------------------

export const con = (tag: Tag, inner?: Term): Term =>
  make("con", "Val", inner === undefined ? [] : [inner], tag);

export const absent = (): Term => con("Absent");
export const empty = (): Term => con("Empty");

/** Whether a value has the tag. */
export function is(tag: Tag, value: Term): Term {
  if (value.op === "con") return bool(value.value === tag);
  if (value.op === "ite") {
    const [condition, a, b] = value.args as [Term, Term, Term];
    return remember(`is|${tag}|${value.id}`, () => ite(condition, is(tag, a), is(tag, b)));
  }
  return make("is", "Bool", [value], tag);
}

/** The payload under a tag. It means nothing unless `is(tag, value)`: uses are always guarded. */
export function payload(tag: Tag, value: Term): Term {
  const sort = tags[tag]!;
  if (value.op === "con") {
    return value.value === tag ? value.args[0]! : meaningless(sort);
  }
  if (value.op === "ite") {
    const [condition, a, b] = value.args as [Term, Term, Term];
    return remember(`get|${tag}|${value.id}`, () => {
      const whenTrue = payload(tag, a);
      const whenFalse = payload(tag, b);
      if (whenTrue === meaningless(sort)) return whenFalse;
      if (whenFalse === meaningless(sort)) return whenTrue;
      return ite(condition, whenTrue, whenFalse);
    });
  }
  return make("get", sort, [value], tag);
}
const meaningless = (sort: Sort): Term => variable("meaningless", sort);

export const isNil = (value: Term): Term => or(is("Absent", value), is("Empty", value));

// --- integers and reals ---------------------------------------------------------------------------

const literals = (terms: readonly Term[]): boolean => terms.every(isLiteral);

export function arithmetic(op: "+" | "-" | "*", left: Term, right: Term): Term {
  if (left.sort === "Int" && literals([left, right])) {
    const [a, b] = [left.value as bigint, right.value as bigint];
    return int(op === "+" ? a + b : op === "-" ? a - b : a * b);
  }
  return make(op, left.sort, [left, right]);
}

export function less(left: Term, right: Term): Term {
  if (left === right) return no();
  if (literals([left, right])) return bool(left.value! < right.value!);
  return make("<", "Bool", [left, right]);
}
export const lessOrEqual = (left: Term, right: Term): Term => not(less(right, left));

/** Truncating division of integers with a divisor that is not zero, as in Go. */
export function quotient(left: Term, right: Term): Term {
  if (literals([left, right]) && right.value !== 0n) {
    return int((left.value as bigint) / (right.value as bigint));
  }
  return make("quot", "Int", [left, right]);
}

/** Wraps a mathematical integer to 64 bits. */
export function wrap(term: Term): Term {
  if (isLiteral(term)) return int(BigInt.asIntN(64, term.value as bigint));
  return make("wrap", "Int", [term]);
}

export function toReal(term: Term): Term {
  if (isLiteral(term)) return real(Number(term.value));
  return make("to_real", "Real", [term]);
}

// --- strings --------------------------------------------------------------------------------------

export function concat(...parts: readonly Term[]): Term {
  const flat: Term[] = [];
  for (const part of parts.flatMap((term) => (term.op === "str.++" ? term.args : [term]))) {
    const last = flat.at(-1);
    if (isLiteral(part) && part.value === "") continue;
    if (last !== undefined && isLiteral(last) && isLiteral(part)) {
      flat[flat.length - 1] = text(`${last.value as string}${part.value as string}`);
    } else flat.push(part);
  }
  if (flat.length === 0) return text("");
  return flat.length === 1 ? flat[0]! : make("str.++", "String", flat);
}

export function prefixOf(prefix: Term, whole: Term): Term {
  if (literals([prefix, whole]))
    return bool((whole.value as string).startsWith(prefix.value as string));
  if (isLiteral(prefix) && prefix.value === "") return yes();
  return make("str.prefixof", "Bool", [prefix, whole]);
}
export function suffixOf(suffix: Term, whole: Term): Term {
  if (literals([suffix, whole]))
    return bool((whole.value as string).endsWith(suffix.value as string));
  if (isLiteral(suffix) && suffix.value === "") return yes();
  return make("str.suffixof", "Bool", [suffix, whole]);
}
export function contains(whole: Term, part: Term): Term {
  if (literals([part, whole])) return bool((whole.value as string).includes(part.value as string));
  if (isLiteral(part) && part.value === "") return yes();
  return make("str.contains", "Bool", [whole, part]);
}
/** Length in code points, which is what the solver's strings are made of. */
export function length(term: Term): Term {
  if (isLiteral(term)) return int(Array.from(term.value as string).length);
  return make("str.len", "Int", [term]);
}
/** Order by code points, which is the order of UTF-8 bytes. */
export function textLess(left: Term, right: Term): Term {
  if (left === right) return no();
  if (literals([left, right])) return bool(compareCodePoints(left, right) < 0);
  return make("str.<", "Bool", [left, right]);
}
const codePoints = (value: string): number[] =>
  Array.from(value, (character) => character.codePointAt(0)!);

function compareCodePoints(left: Term, right: Term): number {
  const a = codePoints(left.value as string);
  const b = codePoints(right.value as string);
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    if (a[index] !== b[index]) return a[index]! - b[index]!;
  }
  return a.length - b.length;
}
/** Membership in a regular language, given as an SMT-LIB term. */
export const inRegex = (whole: Term, regex: string): Term =>
  make("str.in_re", "Bool", [whole], regex);

/** Every term below, each once, children first. */
export function subterms(roots: readonly Term[]): readonly Term[] {
  const seen = new Set<Term>();
  const order: Term[] = [];
  const stack: [Term, boolean][] = roots.map((root) => [root, false]);
  while (stack.length > 0) {
    const [term, isDone] = stack.pop()!;
    if (isDone) order.push(term);
    else if (!seen.has(term)) {
      seen.add(term);
      stack.push([term, true]);
      for (const arg of term.args) stack.push([arg, false]);
    }
  }
  return order;
}

/**
 * The auditor's own reading of predicates and linear-time formulas: a parser and an evaluator that
 * share nothing with `expr`. It assumes that the text is legal (the engine has refused everything
 * else) and asks only for its truth.
 */

/** Where a predicate is evaluated; what comes after is there for steps only. */
export interface Moment {
  readonly context: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly event?: { readonly type: string; readonly [field: string]: unknown };
  readonly next?: Pick<Moment, "context" | "value">;
}

export type Node =
  | { readonly kind: "constant"; readonly value: unknown }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "at" | "event" | "field"; readonly name: string }
  | { readonly kind: "test"; readonly holds: (moment: Moment, position: number) => boolean }
  | { readonly kind: "call"; readonly op: string; readonly args: readonly Node[] };

const lexeme =
  /\s+|"[^"]*"|'[^']*'|[A-Za-z_$][\w$]*|\d+|<->|->|\[\]|<>|&&|\|\||==|!=|<=|>=|[()<>+\-*/?:,.!]/gy;

const levels: readonly (readonly string[])[] = [
  ["<->"],
  ["->"],
  ["or", "||"],
  ["and", "&&"],
  ["U", "R", "W"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "mod"],
];
const rightward = new Set(["->", "U", "R", "W"]);
const temporalLetters = new Set(["G", "F", "X", "U", "R", "W"]);
const spelled: Readonly<Record<string, string>> = {
  "||": "or",
  "&&": "and",
  "!": "not",
  "[]": "G",
  "<>": "F",
  implies: "->",
  iff: "<->",
  always: "G",
  eventually: "F",
  until: "U",
  release: "R",
  weakUntil: "W",
};

/** @param temporal are the letters G F X U R W operators? */
export function read(text: string, temporal: boolean): Node {
  const tokens = [...text.matchAll(lexeme)]
    .map(([word]) => word)
    .filter((word) => word.trim() !== "");
  if (tokens.join("") !== text.replaceAll(/\s+/g, "")) {
    const quoted = tokens.some((word) => /^["'].*\s/.test(word));
    if (!quoted) throw new SyntaxError(`cannot read \`${text}\``);
  }
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new SyntaxError(`cannot read \`${text}\` at ${token ?? "its end"}`);
    }
    return token;
  };
  const call = (op: string, ...args: readonly Node[]): Node => ({ kind: "call", op, args });

  const conditional = (): Node => {
    const condition = infix(0);
    if (peek() !== "?") return condition;
    take("?");
    const yes = conditional();
    take(":");
    return call("?", condition, yes, conditional());
  };
  const infix = (level: number): Node => {
    const operators = levels[level];
    if (operators === undefined) return prefix();
    let left = infix(level + 1);
    const relations: Node[] = [];
    for (;;) {
      const token = peek();
      if (token === undefined || !operators.includes(token)) break;
      if (temporalLetters.has(token) && !temporal) break;
      take();
      const op = spelled[token] ?? token;
      const right = rightward.has(op) ? infix(level) : infix(level + 1);
      if (level === 5) {
        relations.push(call(op, left, right)); // a < b < c means both
        left = right;
      } else {
        left = call(op, left, right);
      }
    }
    return relations.length === 0 ? left : relations.reduce((a, b) => call("and", a, b));
  };
  const prefix = (): Node => {
    const token = peek();
    if (token === "-") {
      take();
      return call("negate", prefix());
    }
    if (token === "not" || token === "!") {
      take();
      return call("not", negatable());
    }
    const op = token === undefined ? undefined : (spelled[token] ?? token);
    if (temporal && (op === "G" || op === "F" || op === "X")) {
      take();
      return call(op, prefix());
    }
    return primary();
  };
  /** `not a == b` denies the comparison. */
  const negatable = (): Node => infix(5);
  const path = (): string => {
    const first = take();
    if (/^["']/.test(first)) return first.slice(1, -1);
    let name = first;
    while (peek() === ".") name += take(".") + take().replaceAll(/^["']|["']$/g, "");
    return name;
  };
  const primary = (): Node => {
    const token = take();
    if (token === "(") {
      const inner = conditional();
      take(")");
      return inner;
    }
    if (/^\d/.test(token)) return { kind: "constant", value: BigInt(token) };
    if (/^["']/.test(token)) return { kind: "constant", value: token.slice(1, -1) };
    if (token === "true" || token === "false") return { kind: "constant", value: token === "true" };
    if (peek() === "(") {
      take("(");
      if (token === "at" || token === "event") {
        const name = path();
        take(")");
        return { kind: token, name };
      }
      const args = [conditional()];
      while (peek() === ",") {
        take(",");
        args.push(conditional());
      }
      take(")");
      return call(spelled[token] ?? token, ...args);
    }
    if (token === "event" && peek() === ".") {
      take(".");
      return { kind: "field", name: take() };
    }
    return { kind: "name", name: token };
  };

  const node = conditional();
  if (at < tokens.length) throw new SyntaxError(`cannot read \`${text}\` at ${tokens[at]}`);
  return node;
}

const isTemporal = (node: Node): boolean =>
  node.kind === "call" &&
  (["G", "F", "X", "U", "R", "W"].includes(node.op) ||
    (node.op === "next" && node.args.some(isTemporal)) ||
    node.args.some(isTemporal));

/** The value of something without temporal operators in one moment. */
export function valueIn(node: Node, moment: Moment, position = 0): unknown {
  const value = (part: Node): unknown => valueIn(part, moment, position);
  switch (node.kind) {
    case "constant":
      return node.value;
    case "name":
      return Object.hasOwn(moment.context, node.name)
        ? exact(moment.context[node.name])
        : node.name;
    case "at":
      return isActive(moment.value, node.name.split("."));
    case "event":
      return moment.event?.type === node.name;
    case "field":
      return exact(moment.event?.[node.name]);
    case "test":
      return node.holds(moment, position);
    case "call":
  }
  const { op, args } = node;
  const [a, b, c] = args;
  const number = (part: Node): bigint => value(part) as bigint;
  switch (op) {
    case "not":
      return value(a!) !== true;
    case "and":
      return value(a!) === true && value(b!) === true;
    case "or":
      return value(a!) === true || value(b!) === true;
    case "->":
      return value(a!) !== true || value(b!) === true;
    case "<->":
    case "==":
      return value(a!) === value(b!);
    case "!=":
      return value(a!) !== value(b!);
    case "<":
      return number(a!) < number(b!);
    case "<=":
      return number(a!) <= number(b!);
    case ">":
      return number(a!) > number(b!);
    case ">=":
      return number(a!) >= number(b!);
    case "+":
      return number(a!) + number(b!);
    case "-":
      return number(a!) - number(b!);
    case "*":
      return number(a!) * number(b!);
    case "mod": {
      const divisor = number(b!);
      return ((number(a!) % divisor) + divisor) % divisor;
    }
    case "negate":
      return -number(a!);
    case "min":
    case "max":
      return args
        .map(number)
        .reduce((left, right) => ((op === "min") === left < right ? left : right));
    case "?":
      return value(a!) === true ? value(b!) : value(c!);
    case "next": {
      const { next } = moment;
      if (next === undefined) throw new TypeError("next(…) outside of a step");
      return valueIn(a!, { ...next }, position);
    }
    default:
      throw new TypeError(`the auditor does not know \`${op}\``);
  }
}

const exact = (value: unknown): unknown => (typeof value === "number" ? BigInt(value) : value);

function isActive(value: unknown, path: readonly string[]): boolean {
  const [head, ...rest] = path;
  if (head === undefined) return true;
  if (typeof value === "string") return value === head && rest.length === 0;
  if (typeof value !== "object" || value === null) return false;
  return head in value && isActive((value as Record<string, unknown>)[head], rest);
}

/**
 * Truth of a formula at every moment of a run that, after the last one, goes on at index `loop`. By
 * definition: F p here is p on some moment from here on, where "from here on" on a lasso is what is
 * left and then the whole loop.
 */
export function truthAlong(node: Node, run: readonly Moment[], loop: number): readonly boolean[] {
  const all = run.map((_, index) => index);
  if (!isTemporal(node)) return all.map((index) => valueIn(node, run[index]!, index) === true);
  if (node.kind !== "call") throw new TypeError("only operators are temporal");
  const parts = node.args.map((part) => truthAlong(part, run, loop));
  const [a, b] = parts as [readonly boolean[], readonly boolean[]];
  /** Indices in the order in which the run passes them from here on, each as often as needed. */
  const onwards = (index: number): number[] => [...all.slice(index), ...all.slice(loop)];
  const until = (index: number, hold: readonly boolean[], goal: readonly boolean[]): boolean => {
    for (const at of onwards(index)) {
      if (goal[at] === true) return true;
      if (hold[at] !== true) return false;
    }
    return false;
  };
  const always = (index: number, hold: readonly boolean[]): boolean =>
    onwards(index).every((at) => hold[at] === true);
  return all.map((index) => {
    switch (node.op) {
      case "not":
        return !a[index]!;
      case "and":
        return a[index]! && b[index]!;
      case "or":
        return a[index]! || b[index]!;
      case "->":
        return !a[index]! || b[index]!;
      case "<->":
      case "==":
        return a[index] === b[index];
      case "!=":
        return a[index] !== b[index];
      case "X":
      case "next":
        return a[index + 1 < run.length ? index + 1 : loop]!;
      case "F":
        return onwards(index).some((at) => a[at] === true);
      case "G":
        return always(index, a);
      case "U":
        return until(index, a, b);
      case "W":
        return until(index, a, b) || always(index, a);
      case "R": // b up to and including a
        return (
          always(index, b) ||
          until(
            index,
            b,
            all.map((at) => a[at]! && b[at]!),
          )
        );
      default:
        throw new TypeError(`the auditor does not know \`${node.op}\``);
    }
  });
}

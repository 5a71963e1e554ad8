/**
 * Texts into trees. Alternatives are tried in upstream's order and the first that matches is kept;
 * what was read at a place is remembered, so reading stays linear where alternatives share a start.
 */

import type {
  Argument,
  BinaryMath,
  Call,
  CompareOperator,
  Condition,
  Field,
  Key,
  Lambda,
  ListLiteral,
  MapEntry,
  MapLiteral,
  MathExpression,
  MathOperator,
  Path,
  Span,
  Statement,
  Value,
} from "./ast.ts";
import { OttlSyntaxError, tokenize, type Token, type TokenKind } from "./lexer.ts";
import { unquote } from "./unquote.ts";

/** Deeper nesting is refused: no rule needs it, and the stack of the reader is finite. */
const deepest = 250;
const maxInt64 = 2n ** 63n - 1n;

/** @throws OttlSyntaxError */
export const parseStatement = (text: string): Statement => new Parser(text).statement();
/** @throws OttlSyntaxError */
export const parseCondition = (text: string): Condition =>
  new Parser(text).whole((parser) => parser.condition());
/** @throws OttlSyntaxError */
export const parseValueExpression = (text: string): Value =>
  new Parser(text).whole((parser) => parser.value());

/** Thrown and caught inside: an alternative does not match. */
const mismatch = Symbol("mismatch");
type Rule = "condition" | "value" | "math" | "call";

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** The furthest place at which something else was expected, and what. */
  #furthest = 0;
  #expected = new Set<string>();
  readonly #memo = new Map<string, { readonly node: unknown; readonly next: number }>();

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  statement(): Statement {
    return this.whole(() => {
      const start = this.#at;
      if (this.#sees("Uppercase")) {
        const name = this.#name("Uppercase");
        if (this.#sees("LParen")) {
          throw new OttlSyntaxError(
            `editor names must start with a lowercase letter but got '${name}'`,
            this.#tokens[start]!.start,
          );
        }
        this.#at = start;
      }
      const editor = this.#call("Lowercase");
      if (editor.keys.length > 0) {
        throw new OttlSyntaxError(
          `only paths and converters may be indexed, not editors, but got ${editor.name}`,
          editor.keys[0]!.span.start,
        );
      }
      const where = this.#accept("Lowercase", "where") === null ? null : this.condition();
      return { kind: "statement", editor, where, span: this.#since(start) };
    });
  }

  /** The node and nothing after it. */
  whole<T>(read: (parser: this) => T): T {
    try {
      const node = read(this);
      this.#need("End", undefined, "the end of the text");
      return node;
    } catch (error) {
      if (error !== mismatch) throw error;
      const token = this.#tokens[this.#furthest]!;
      const found = token.kind === "End" ? "the end of the text" : JSON.stringify(token.text);
      const expected = [...this.#expected].sort().join(", ");
      throw new OttlSyntaxError(`unexpected ${found} (expected ${expected})`, token.start);
    }
  }

  condition(): Condition {
    return this.#once("condition", () =>
      this.#connective("or", "OpOr", () =>
        this.#connective("and", "OpAnd", () => this.#booleanValue()),
      ),
    );
  }

  #connective(kind: "and" | "or", operator: TokenKind, read: () => Condition): Condition {
    const start = this.#at;
    const operands = [read()];
    while (this.#accept(operator) !== null) operands.push(read());
    return operands.length === 1 ? operands[0]! : { kind, operands, span: this.#since(start) };
  }

  #booleanValue(): Condition {
    const start = this.#at;
    if (this.#accept("OpNot", undefined, "not") === null) return this.#plainBoolean();
    return { kind: "not", operand: this.#plainBoolean(), span: this.#since(start) };
  }

  #plainBoolean(): Condition {
    return this.#first<Condition>([
      () => {
        const start = this.#at;
        const left = this.value();
        const op = this.#need("OpComparison", undefined, "a comparison").text as CompareOperator;
        return { kind: "compare", op, left, right: this.value(), span: this.#since(start) };
      },
      () => this.#boolean(),
      () => this.#call("Uppercase"),
      () => {
        this.#need("LParen", undefined, '"("');
        const inner = this.condition();
        this.#need("RParen", undefined, '")"');
        return inner;
      },
    ]);
  }

  value(): Value {
    return this.#once("value", () =>
      this.#first<Value>([
        () => ({ kind: "nil", span: spanOf(this.#need("Nil", undefined, "nil")) }),
        () => this.#lambda(),
        () => this.math(),
        () => this.#bytes(),
        () => this.#string(),
        () => this.#boolean(),
        () => {
          const token = this.#need("Uppercase", undefined, "an enum");
          this.#refuse("Lowercase");
          return { kind: "enum", name: token.text, span: spanOf(token) };
        },
        () => this.#map(),
        () => this.#list(),
      ]),
    );
  }

  #lambda(): Lambda {
    const start = this.#at;
    this.#need("LParen", undefined, '"("');
    const params: string[] = [];
    if (this.#accept("RParen") === null) {
      do params.push(this.#parameter());
      while (this.#accept("Punct", ",") !== null);
      this.#need("RParen", undefined, '")"');
    }
    this.#need("LambdaArrow", undefined, '"=>"');
    const body = this.#first<Value | Condition>([
      () => {
        const value = this.value();
        this.#refuse("OpOr", "OpAnd", "OpComparison");
        return value;
      },
      () => this.condition(),
    ]);
    if (body.kind === "lambda") {
      throw new OttlSyntaxError(
        "lambda body cannot result into another lambda expression",
        body.span.start,
      );
    }
    return { kind: "lambda", params, body, span: this.#since(start) };
  }

  #parameter(): string {
    const word = this.#accept("Lowercase") ?? this.#need("Underscore", undefined, "a parameter");
    return word.text;
  }

  math(): MathExpression {
    return this.#once("math", () =>
      this.#chain("OpAddSub", () => this.#chain("OpMultDiv", () => this.#mathValue())),
    );
  }

  #chain(operator: "OpAddSub" | "OpMultDiv", read: () => MathExpression): MathExpression {
    const start = this.#at;
    let left = read();
    for (;;) {
      const token = this.#accept(operator);
      if (token === null) return left;
      const node: BinaryMath = {
        kind: "math",
        op: token.text as MathOperator,
        left,
        right: read(),
        span: this.#since(start),
      };
      left = node;
    }
  }

  #mathValue(): MathExpression {
    const start = this.#at;
    const sign = this.#accept("OpAddSub");
    const operand = this.#first<MathExpression>([
      () => this.#mathLiteral(),
      () => {
        this.#need("LParen", undefined, '"("');
        const inner = this.math();
        this.#need("RParen", undefined, '")"');
        return inner;
      },
    ]);
    if (sign === null) return operand;
    return { kind: "unary", op: sign.text as "+" | "-", operand, span: this.#since(start) };
  }

  #mathLiteral(): MathExpression {
    return this.#first<MathExpression>([
      () => {
        const editor = this.#call("Lowercase");
        throw new OttlSyntaxError(
          `converter names must start with an uppercase letter but got '${editor.name}'`,
          editor.span.start,
        );
      },
      () => this.#call("Uppercase"),
      () => this.#float(),
      () => this.#int(),
      () => this.#path(),
    ]);
  }

  #call(first: "Lowercase" | "Uppercase"): Call {
    if (this.#token.kind !== first) {
      return this.#fail(first === "Lowercase" ? "an editor" : "a converter");
    }
    return this.#once("call", () => {
      const start = this.#at;
      const name = this.#name(first);
      this.#need("LParen", undefined, '"("');
      const args: Argument[] = [];
      if (this.#accept("RParen", undefined, '")"') === null) {
        do args.push(this.#argument());
        while (this.#accept("Punct", ",", '","') !== null);
        this.#need("RParen", undefined, '")"');
      }
      return { kind: "call", name, args, keys: this.#keys(), span: this.#since(start) };
    });
  }

  /** A name in pieces, e.g. `ParseJSON` as `P`, `arse`, `JSON`. */
  #name(first: "Lowercase" | "Uppercase"): string {
    let name = this.#need(first, undefined, "a name").text;
    for (;;) {
      const piece = this.#accept("Uppercase") ?? this.#accept("Lowercase");
      if (piece === null) return name;
      name += piece.text;
    }
  }

  #argument(): Argument {
    const start = this.#at;
    let name: string | null = null;
    if (this.#token.kind === "Lowercase") {
      name = this.#name("Lowercase");
      if (this.#accept("Equal") === null) {
        name = null;
        this.#at = start;
      }
    }
    const value = this.#first<Value>([
      () => this.value(),
      () => {
        const from = this.#at;
        return { kind: "function", name: this.#name("Uppercase"), span: this.#since(from) };
      },
    ]);
    return { name, value, span: this.#since(start) };
  }

  #path(): Path {
    const start = this.#at;
    const fields = [this.#field()];
    while (this.#accept("Punct", ".") !== null) fields.push(this.#field());
    return { kind: "path", fields, span: this.#since(start) };
  }

  #field(): Field {
    const start = this.#at;
    const name = this.#need("Lowercase", undefined, "a path").text;
    return { name, keys: this.#keys(), span: this.#since(start) };
  }

  #keys(): Key[] {
    const keys: Key[] = [];
    while (this.#accept("Punct", "[") !== null) {
      // An index that begins with a number is that number: upstream reads no further.
      const key = this.#first<Key>([() => this.#string(), () => this.#int(), () => this.math()]);
      this.#need("Punct", "]", '"]"');
      keys.push(key);
    }
    return keys;
  }

  #map(): MapLiteral {
    const start = this.#at;
    this.#need("LBrace", undefined, '"{"');
    const entries: MapEntry[] = [];
    while (this.#accept("RBrace", undefined, '"}"') === null) {
      const from = this.#at;
      const key = this.#string().value;
      this.#need("Colon", undefined, '":"');
      entries.push({ key, value: this.value(), span: this.#since(from) });
      this.#accept("Punct", ",");
    }
    return { kind: "map", entries, span: this.#since(start) };
  }

  #list(): ListLiteral {
    const start = this.#at;
    this.#need("Punct", "[", '"["');
    const items: Value[] = [];
    if (this.#accept("Punct", "]", '"]"') === null) {
      do items.push(this.value());
      while (this.#accept("Punct", ",", '","') !== null);
      this.#need("Punct", "]", '"]"');
    }
    return { kind: "list", items, span: this.#since(start) };
  }

  #boolean() {
    const token = this.#need("Boolean", undefined, "a bool");
    return { kind: "bool", value: token.text === "true", span: spanOf(token) } as const;
  }

  #int() {
    const token = this.#need("Int", undefined, "a number");
    const value = BigInt(token.text);
    if (value > maxInt64) throw new OttlSyntaxError(`${token.text} exceeds int64`, token.start);
    return { kind: "int", value, span: spanOf(token) } as const;
  }

  #float() {
    const token = this.#need("Float", undefined, "a number");
    const value = Number(token.text);
    if (!Number.isFinite(value)) {
      throw new OttlSyntaxError(`${token.text} exceeds float64`, token.start);
    }
    return { kind: "float", value, span: spanOf(token) } as const;
  }

  #bytes() {
    const token = this.#need("Bytes", undefined, "bytes");
    if (token.text.length % 2 !== 0) {
      throw new OttlSyntaxError(
        `byte literals must have an even number of hexadecimal digits, but got ${token.text}`,
        token.start,
      );
    }
    const value = Uint8Array.from(Buffer.from(token.text.slice(2), "hex"));
    return { kind: "bytes", value, span: spanOf(token) } as const;
  }

  #string() {
    const token = this.#need("String", undefined, "a string");
    const value = unquote(token.text);
    if (typeof value === "object") {
      throw new OttlSyntaxError(
        `invalid escape or line break in the string ${token.text}`,
        token.start + value.wrongAt,
      );
    }
    return { kind: "string", value, span: spanOf(token) } as const;
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #sees(kind: TokenKind): boolean {
    return this.#token.kind === kind;
  }

  #accept(kind: TokenKind, text?: string, label?: string): Token | null {
    const token = this.#token;
    if (token.kind === kind && (text === undefined || token.text === text)) {
      this.#at++;
      return token;
    }
    if (label !== undefined) this.#expect(label);
    return null;
  }

  #need(kind: TokenKind, text: string | undefined, label: string): Token {
    return this.#accept(kind, text, label) ?? this.#fail(label);
  }

  #refuse(...kinds: readonly TokenKind[]): void {
    if (kinds.includes(this.#token.kind)) this.#fail("something else");
  }

  #expect(label: string): void {
    if (this.#at > this.#furthest) {
      this.#furthest = this.#at;
      this.#expected = new Set();
    }
    if (this.#at === this.#furthest) this.#expected.add(label);
  }

  #fail(label: string): never {
    this.#expect(label);
    // oxlint-disable-next-line typescript/only-throw-error -- cheaper than an Error for each try
    throw mismatch;
  }

  #first<T>(alternatives: readonly (() => T)[]): T {
    const start = this.#at;
    for (const [index, read] of alternatives.entries()) {
      try {
        return read();
      } catch (error) {
        if (error !== mismatch || index === alternatives.length - 1) throw error;
        this.#at = start;
      }
    }
    return this.#fail("something");
  }

  #once<T>(rule: Rule, read: () => T): T {
    const key = `${rule}@${this.#at}`;
    const known = this.#memo.get(key);
    if (known !== undefined) {
      // oxlint-disable-next-line typescript/only-throw-error -- see above
      if (known.next === -1) throw mismatch;
      this.#at = known.next;
      return known.node as T;
    }
    if (++this.#depth > deepest) {
      throw new OttlSyntaxError(`nested deeper than ${deepest} levels`, this.#token.start);
    }
    try {
      const node = read();
      this.#memo.set(key, { node, next: this.#at });
      return node;
    } catch (error) {
      if (error === mismatch) this.#memo.set(key, { node: null, next: -1 });
      throw error;
    } finally {
      this.#depth--;
    }
  }

  #since(start: number): Span {
    const from = this.#tokens[start]!.start;
    return { start: from, end: Math.max(from, this.#tokens[this.#at - 1]?.end ?? from) };
  }
}

const spanOf = (token: Token): Span => ({ start: token.start, end: token.end });

/**
 * Text -> syntax tree. mathjs's parser decides precedence and structure; an allow-list translates
 * its nodes, and every token must be accounted for, so nothing that mathjs dropped, rounded or
 * invented can pass. mathjs's own evaluation is never used: its comparisons are tolerant and its
 * integers round.
 */

import { createRequire } from "node:module";

import { DiagnosticError } from "../core/diagnostic.ts";
import type { BinaryOperator, Expression, Span } from "./ast.ts";
import { expressionError } from "./diagnose.ts";
import { functionNames, tokenize, type Token } from "./lexer.ts";

/** The parts of mathjs nodes that the translation reads. */
interface MathNode {
  readonly type: string;
  readonly op?: string;
  readonly fn?: MathNode | string;
  readonly name?: string;
  readonly value?: unknown;
  readonly implicit?: boolean;
  readonly args?: readonly MathNode[];
  readonly content?: MathNode;
  readonly object?: MathNode;
  readonly condition?: MathNode;
  readonly trueExpr?: MathNode;
  readonly falseExpr?: MathNode;
  readonly conditionals?: readonly string[];
  readonly params?: readonly MathNode[];
}

let mathParse: ((text: string) => MathNode) | undefined;

/** Loaded on the first parse: a third of a second that `verify --help` must not pay. */
function mathjs(): (text: string) => MathNode {
  if (mathParse === undefined) {
    // The prebuilt bundle loads several times faster than the package's thousand modules.
    const require = createRequire(import.meta.url);
    const bundle: { parse: (text: string) => MathNode } = require("mathjs/lib/browser/math.js");
    mathParse = (text) => bundle.parse(text);
  }
  return mathParse;
}

const cache = new Map<string, Expression>();

/**
 * Parses an expression.
 * @throws {DiagnosticError} VRF201 for syntax errors, VRF202 for constructs outside the language,
 *   both with an excerpt that points at the place.
 */
export function parse(text: string): Expression {
  let expression = cache.get(text);
  if (expression === undefined) {
    expression = new Translation(text).run();
    if (cache.size > 10_000) cache.clear();
    cache.set(text, expression);
  }
  return expression;
}

const binaryOperators: readonly BinaryOperator[] = [
  "+",
  "-",
  "*",
  "/",
  "mod",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "and",
  "or",
];

const relations: Readonly<Record<string, "<" | "<=" | ">" | ">=">> = {
  smaller: "<",
  smallerEq: "<=",
  larger: ">",
  largerEq: ">=",
};

const relationTexts: Readonly<Record<string, string>> = { equal: "==", unequal: "!=" };

class Translation {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  run(): Expression {
    const root = this.#parseWithMathjs();
    const expression = this.#translate(root);
    for (const token of this.#tokens.slice(this.#position)) {
      if (token.text !== ")") throw this.#lost(token);
    }
    return expression;
  }

  #parseWithMathjs(): MathNode {
    try {
      // A line break ends a statement in mathjs but means nothing in an expression.
      return mathjs()(this.#text.replaceAll(/\s/g, " "));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "SyntaxError") throw error;
      const char = "char" in error ? error.char : undefined;
      const start = typeof char === "number" ? Math.max(0, char - 1) : this.#text.length;
      const token = this.#tokens.find(
        (candidate) => candidate.start <= start && start < candidate.end,
      );
      const message = error.message.replace(/\s*\(char \d+\)$/, "");
      throw expressionError(
        "VRF201",
        message.charAt(0).toLowerCase() + message.slice(1),
        this.#text,
        token ?? { start, end: start + 1 },
      );
    }
  }

  #translate(node: MathNode): Expression {
    switch (node.type) {
      case "ParenthesisNode":
        return this.#translate(need(node.content));
      case "ConstantNode":
        return this.#constant(node);
      case "SymbolNode": {
        const token = this.#take((candidate) => candidate.text === node.name);
        if (functionNames.has(token.text)) {
          throw this.#refuse(
            token,
            `\`${token.text}\` is the name of a function`,
            `write ${token.text}(…)`,
          );
        }
        return { kind: "name", name: token.text, span: token };
      }
      case "OperatorNode":
        return this.#operator(node);
      case "RelationalNode":
        return this.#chain(node);
      case "ConditionalNode": {
        const condition = this.#translate(need(node.condition));
        this.#symbol("?");
        const yes = this.#translate(need(node.trueExpr));
        this.#symbol(":");
        const no = this.#translate(need(node.falseExpr));
        return {
          kind: "if",
          condition,
          yes,
          no,
          span: join(condition.span, no.span),
        };
      }
      case "AccessorNode":
        return this.#eventField(node);
      case "FunctionNode":
        return this.#call(node);
      default:
        throw this.#refuse(this.#peek(), "this construct is not allowed in an expression");
    }
  }

  #constant(node: MathNode): Expression {
    const token = this.#take((candidate) => candidate.kind !== "symbol");
    const { value } = node;
    if (token.kind === "number" && typeof value === "number" && String(value) === token.text) {
      return { kind: "int", value: BigInt(token.text), span: token };
    }
    if (token.kind === "text" && value === token.text.slice(1, -1)) {
      return { kind: "text", value: token.text.slice(1, -1), span: token };
    }
    if (typeof value === "boolean" && token.text === String(value)) {
      return { kind: "bool", value, span: token };
    }
    throw this.#lost(token);
  }

  #operator(node: MathNode): Expression {
    const operands = node.args ?? [];
    const operator = node.op ?? "";
    if (operands.length === 1) {
      const token = this.#symbol(operator);
      if (operator !== "-" && operator !== "not") {
        throw this.#refuse(token, `the prefix \`${operator}\` is not allowed`);
      }
      const operand = this.#translate(need(operands[0]));
      return { kind: "unary", operator, operand, span: join(token, operand.span) };
    }
    const left = this.#translate(need(operands[0]));
    const token = this.#symbol(operator);
    const known = binaryOperators.find((candidate) => candidate === operator);
    if (node.implicit === true || operands.length !== 2 || known === undefined) {
      throw this.#refuse(token, `\`${operator}\` is not allowed in an expression`);
    }
    const right = this.#translate(need(operands[1]));
    if (operator === "mod" && !(right.kind === "int" && right.value > 0n)) {
      throw expressionError(
        "VRF202",
        "the divisor of `mod` must be a positive literal",
        this.#text,
        right.span,
        "the sign rules of other divisors differ between JavaScript, mathjs and the solver",
      );
    }
    return {
      kind: "binary",
      operator: known,
      left,
      right,
      span: join(left.span, right.span),
    };
  }

  /** `a <= b < c` means `a <= b and b < c`. */
  #chain(node: MathNode): Expression {
    const operands = node.params ?? [];
    let left = this.#translate(need(operands[0]));
    let result: Expression | undefined;
    for (const [index, relation] of (node.conditionals ?? []).entries()) {
      const operator = relations[relation];
      const token = this.#symbol(operator ?? relationTexts[relation] ?? "?");
      if (operator === undefined) {
        throw this.#refuse(token, "`==` and `!=` cannot be chained", "use parentheses or `and`");
      }
      const right = this.#translate(need(operands[index + 1]));
      const link: Expression = {
        kind: "binary",
        operator,
        left,
        right,
        span: join(left.span, right.span),
      };
      result =
        result === undefined
          ? link
          : {
              kind: "binary",
              operator: "and",
              left: result,
              right: link,
              span: join(result.span, right.span),
            };
      left = right;
    }
    return need(result);
  }

  #eventField(node: MathNode): Expression {
    const start = this.#peek();
    const object = need(node.object);
    if (object.type !== "SymbolNode" || object.name !== "event" || node.name === undefined) {
      throw this.#refuse(
        start,
        "only the fields of `event` are read with a dot",
        "variables are plain names; states are named in at(path.to.state)",
      );
    }
    const token = this.#take((candidate) => candidate.text === "event");
    this.#symbol(".");
    const field = this.#take((candidate) => candidate.text === node.name);
    return { kind: "field", field: field.text, span: join(token, field) };
  }

  #call(node: MathNode): Expression {
    const callee = node.fn;
    const operands = node.args ?? [];
    if (
      typeof callee !== "object" ||
      callee.type !== "SymbolNode" ||
      !functionNames.has(callee.name ?? "")
    ) {
      throw this.#refuse(
        this.#peek(),
        "only the functions of the language can be called",
        `functions are ${[...functionNames].join(", ")}`,
      );
    }
    const token = this.#take((candidate) => candidate.text === callee.name);
    const expectOperands = (count: number, form: string): void => {
      if (operands.length !== count) {
        throw this.#refuse(
          token,
          `\`${token.text}\` takes ${form}, not ${operands.length} operands`,
        );
      }
    };
    const spanTo = (last: Span): Span => join(token, last);
    switch (token.text) {
      case "implies":
      case "iff": {
        expectOperands(2, "two operands");
        const left = this.#translate(need(operands[0]));
        const right = this.#translate(need(operands[1]));
        return { kind: "binary", operator: token.text, left, right, span: spanTo(right.span) };
      }
      case "min":
      case "max": {
        if (operands.length < 2)
          throw this.#refuse(token, `\`${token.text}\` takes two or more operands`);
        const translated = operands.map((operand) => this.#translate(operand));
        return {
          kind: "extremum",
          operator: token.text,
          operands: translated,
          span: spanTo(need(translated.at(-1)).span),
        };
      }
      case "at": {
        expectOperands(1, "one state path");
        const path = this.#path(need(operands[0]));
        return { kind: "at", path: path.text, span: spanTo(path.span) };
      }
      case "event": {
        expectOperands(1, "one event type");
        const path = this.#path(need(operands[0]));
        return { kind: "event", type: path.text, span: spanTo(path.span) };
      }
      default: {
        expectOperands(1, "one operand");
        const operand = this.#translate(need(operands[0]));
        return { kind: "next", operand, span: spanTo(operand.span) };
      }
    }
  }

  /** A dotted path of plain names, or any name in quotes. */
  #path(node: MathNode): { text: string; span: Span } {
    if (node.type === "ConstantNode" && typeof node.value === "string") {
      const literal = this.#constant(node);
      return { text: node.value, span: literal.span };
    }
    if (node.type === "SymbolNode") {
      const token = this.#take((candidate) => candidate.text === node.name);
      return { text: token.text, span: token };
    }
    if (node.type === "AccessorNode" && node.name !== undefined) {
      const object = this.#path(need(node.object));
      this.#symbol(".");
      const token = this.#take((candidate) => candidate.text === node.name);
      return { text: `${object.text}.${token.text}`, span: join(object.span, token) };
    }
    throw this.#refuse(
      this.#peek(),
      "a name is expected here",
      "write at(closed), at(outer.inner), event(TYPE), or the name in quotes",
    );
  }

  #symbol(text: string): Token {
    return this.#take((candidate) => candidate.text === text && candidate.kind !== "text");
  }

  /** The next token, which must be the wanted one; only brackets and commas may lie between. */
  #take(wanted: (token: Token) => boolean): Token {
    for (;;) {
      const token = this.#tokens[this.#position];
      if (token === undefined) throw this.#lost(this.#peek());
      this.#position++;
      if (wanted(token)) return token;
      if (token.kind !== "symbol" || !"(),".includes(token.text)) throw this.#lost(token);
    }
  }

  #peek(): Token {
    let index = this.#position;
    while (this.#tokens[index]?.text === "(") index++;
    return need(this.#tokens[index] ?? this.#tokens.at(-1));
  }

  #refuse(span: Span, message: string, help?: string): DiagnosticError {
    return expressionError("VRF202", message, this.#text, span, help);
  }

  /** The text and mathjs's reading of it do not agree. */
  #lost(token: Token): DiagnosticError {
    return this.#refuse(
      token,
      `\`${token.text}\` would be read differently from how it is written`,
      "put parentheses around the parts",
    );
  }
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("mathjs returned a node without a required part");
  return value;
}

const join = (first: Span, last: Span): Span => ({ start: first.start, end: last.end });

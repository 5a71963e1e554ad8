/**
 * An ordinary arrow function as an expression: `({ context }) => context.failures + 1 >=
 * context.threshold`. Strict: a closed subset of JavaScript whose meaning on booleans, strings and
 * integers is that of the expression language; everything else is refused with its reason. What the
 * text means is only half of it: whoever imports a function also compares the two on values.
 */

import { parseExpressionAt, type AnyNode, type Pattern } from "acorn";

import { build, type BinaryOperator, type Expression } from "./ast.ts";
import { print } from "./print.ts";

export type Constant = boolean | number | string;

export type Imported =
  | {
      readonly kind: "expression";
      readonly text: string;
      readonly constants: ReadonlyMap<string, Constant>;
    }
  | { readonly kind: "refused"; readonly reason: string };

/** What an identifier of the function stands for. */
type Meaning =
  | { readonly kind: "arguments" | "context" | "event" }
  | { readonly kind: "expression"; readonly expression: Expression };

class Refused extends Error {}

const refuse = (what: string): never => {
  throw new Refused(what);
};

/**
 * @param source the function's text, as `toString` gives it
 * @param constant the value of a name from outside of the function; undefined when it has none that
 *   is known and plain
 */
export function importFunction(
  source: string,
  constant: (name: string) => Constant | undefined,
): Imported {
  const used = new Map<string, Constant>();
  const outside = (name: string): Expression => {
    const value = constant(name);
    if (value === undefined)
      return refuse(`\`${name}\` comes from outside and is no known constant`);
    used.set(name, value);
    return literal(value);
  };
  try {
    const node = parseExpressionAt(source, 0, { ecmaVersion: 2023 }) as AnyNode;
    if (node.type !== "ArrowFunctionExpression") return refuse("only arrow functions are read");
    if (node.async) return refuse("it is asynchronous");
    if (node.params.length > 1) return refuse("it has a second parameter");
    const names = new Map<string, Meaning>();
    const [parameter] = node.params;
    if (parameter !== undefined) bind(parameter, { kind: "arguments" }, names);
    const expression = new Translation(names, outside).expression(bodyOf(node.body));
    return { kind: "expression", text: print(expression), constants: used };
  } catch (thrown) {
    if (thrown instanceof Refused) return { kind: "refused", reason: thrown.message };
    if (thrown instanceof SyntaxError)
      return { kind: "refused", reason: "its text cannot be read" };
    throw thrown;
  }
}

function bodyOf(body: AnyNode): AnyNode {
  if (body.type !== "BlockStatement") return body;
  const [statement] = body.body;
  return body.body.length === 1 &&
    statement?.type === "ReturnStatement" &&
    statement.argument !== null &&
    statement.argument !== undefined
    ? statement.argument
    : refuse("its body is more than one return");
}

/** `(args)`, `({ context, event })`, `({ context: { failures } })`: names and nothing else. */
function bind(pattern: Pattern, meaning: Meaning, names: Map<string, Meaning>): void {
  if (pattern.type === "Identifier") {
    names.set(pattern.name, meaning);
    return;
  }
  if (pattern.type !== "ObjectPattern")
    return refuse("its parameter has a default value or a rest");
  for (const property of pattern.properties) {
    if (property.type !== "Property" || property.computed || property.key.type !== "Identifier") {
      return refuse("its parameter is taken apart in a way that is not read");
    }
    bind(property.value, member(meaning, property.key.name), names);
  }
}

function member(of: Meaning, name: string): Meaning {
  switch (of.kind) {
    case "arguments":
      return name === "context" || name === "event"
        ? { kind: name }
        : refuse(`it reads \`${name}\` of its arguments`);
    case "context":
      return { kind: "expression", expression: build.name(name) };
    case "event":
      return name === "type"
        ? refuse("it reads the type of the event")
        : {
            kind: "expression",
            expression: { kind: "field", field: name, span: { start: 0, end: 0 } },
          };
    case "expression":
      return refuse(`it reads \`${name}\` of a value`);
  }
}

function literal(value: unknown): Expression {
  if (typeof value === "boolean") return build.bool(value);
  if (typeof value === "string") return build.text(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return build.int(value);
  return refuse(`${JSON.stringify(value) ?? "a value"} is no integer, truth value or text`);
}

const operators: Readonly<Record<string, BinaryOperator>> = {
  "===": "==",
  "!==": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  "+": "+",
  "-": "-",
  "*": "*",
  "&&": "and",
  "||": "or",
};

class Translation {
  readonly #names: ReadonlyMap<string, Meaning>;
  readonly #outside: (name: string) => Expression;

  constructor(names: ReadonlyMap<string, Meaning>, outside: (name: string) => Expression) {
    this.#names = names;
    this.#outside = outside;
  }

  expression(node: AnyNode): Expression {
    switch (node.type) {
      case "Literal":
        return literal(node.value);
      case "Identifier":
      case "MemberExpression": {
        const meaning = this.#meaning(node);
        return meaning.kind === "expression"
          ? meaning.expression
          : refuse(`it uses its ${meaning.kind} as a whole`);
      }
      case "UnaryExpression": {
        const operand = this.expression(node.argument);
        if (node.operator === "!") return build.not(operand);
        return node.operator === "-"
          ? build.negate(operand)
          : refuse(`it uses \`${node.operator}\``);
      }
      case "BinaryExpression":
      case "LogicalExpression": {
        const operator = operators[node.operator];
        if (operator === undefined) return refuse(`it uses \`${node.operator}\``);
        return build.binary(operator, this.expression(node.left), this.expression(node.right));
      }
      case "ConditionalExpression":
        return build.choose(
          this.expression(node.test),
          this.expression(node.consequent),
          this.expression(node.alternate),
        );
      case "CallExpression": {
        const { callee } = node;
        const isMath =
          callee.type === "MemberExpression" &&
          !callee.computed &&
          callee.object.type === "Identifier" &&
          callee.object.name === "Math" &&
          !this.#names.has("Math") &&
          callee.property.type === "Identifier";
        const name = isMath && callee.property.type === "Identifier" ? callee.property.name : "";
        if ((name !== "min" && name !== "max") || node.arguments.length < 2 || node.optional) {
          return refuse("it calls a function");
        }
        return build.extremum(
          name,
          node.arguments.map((argument) => this.expression(argument)),
        );
      }
      default:
        return refuse(`it contains a ${node.type}`);
    }
  }

  #meaning(node: AnyNode): Meaning {
    if (node.type === "Identifier") {
      return (
        this.#names.get(node.name) ?? { kind: "expression", expression: this.#outside(node.name) }
      );
    }
    if (node.type !== "MemberExpression") return refuse(`it contains a ${node.type}`);
    if (node.computed || node.optional || node.property.type !== "Identifier") {
      return refuse("it reads a computed or optional member");
    }
    return member(this.#meaning(node.object), node.property.name);
  }
}

/** Is a claim the same after an exchange? Decided on its text, operands that commute sorted. */

import { parse, type Expression } from "../../../expr/index.ts";
import type { Product } from "../../../semantics/packed/product.ts";
import type { Exchange } from "./exchange.ts";

const commutative = new Set(["and", "or", "iff", "+", "*", "==", "!="]);
const associative = new Set(["and", "or", "+", "*"]);

/** The same text after an exchange; then it says the same about every exchanged state. */
export function sameClaim(text: string, exchange: Exchange, product: Product): boolean {
  const expression = parse(text);
  const names = renaming(exchange, product);
  return canonical(expression, (name) => name) === canonical(expression, names);
}

function canonical(of: Expression, rename: (name: string) => string): string {
  const inner = (part: Expression): string => canonical(part, rename);
  switch (of.kind) {
    case "name":
      return rename(of.name);
    case "at": {
      const [machine, ...path] = of.path.split(".");
      return `at(${[rename(`${machine!}.`).slice(0, -1), ...path].join(".")})`;
    }
    case "unary":
      return `${of.operator}(${inner(of.operand)})`;
    case "binary": {
      const { operator } = of;
      if (!commutative.has(operator)) return `(${inner(of.left)}${operator}${inner(of.right)})`;
      const parts = associative.has(operator) ? chain(of, operator) : [of.left, of.right];
      return `(${parts.map(inner).toSorted().join(` ${operator} `)})`;
    }
    case "extremum":
      return `${of.operator}(${of.operands.map(inner).toSorted().join()})`;
    case "if":
      return `if(${[of.condition, of.yes, of.no].map(inner).join()})`;
    case "next":
      return `next(${inner(of.operand)})`;
    case "field":
      return `event.${of.field}`;
    case "event":
      return `event(${of.type})`;
    default:
      return `${of.kind}:${String(of.value)}`;
  }
}

const chain = (of: Expression, operator: string): readonly Expression[] =>
  of.kind === "binary" && of.operator === operator
    ? [...chain(of.left, operator), ...chain(of.right, operator)]
    : [of];

/** Names in claims after an exchange; machines are written with a dot at their end. */
function renaming(exchange: Exchange, product: Product): (name: string) => string {
  const nameOf = new Map<number, string>();
  for (const { name, kind, fields, model } of product.components) {
    for (const [index, variable] of kind.oracle.variables.entries()) {
      nameOf.set(fields[index]!, model.shares?.[variable.name] ?? `${name}_${variable.name}`);
    }
  }
  for (const [index, { name }] of product.channels.entries()) {
    nameOf.set(product.channelField(index), `${name}_length`);
  }
  const renamed = new Map<string, string>();
  for (const [from, to] of exchange.moved) {
    const [before, after] = [nameOf.get(from), nameOf.get(to)];
    if (before !== undefined && after !== undefined) renamed.set(before, after);
  }
  for (const [index, target] of exchange.machines.entries()) {
    const [one, other] = [product.components[index]!, product.components[target]!];
    renamed.set(`${one.name}.`, `${other.name}.`);
    for (const parameter of Object.keys(one.model.parameters ?? {})) {
      renamed.set(`${one.name}_${parameter}`, `${other.name}_${parameter}`);
    }
  }
  return (name) => renamed.get(name) ?? name;
}

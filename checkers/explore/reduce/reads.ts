/** The fields of a state that a claim reads: known exactly for expressions, not at all for functions. */

import type { Property, StatePredicate } from "../../../core/property.ts";
import { nodesOf, parse } from "../../../expr/index.ts";
import type { Product } from "../../../semantics/packed/product.ts";
import { atomsOf } from "../temporal/leaves.ts";
import { formulaOf } from "../temporal/linear.ts";

/** The predicates about states in a claim; null where it speaks of steps as well. */
export function predicatesOf(property: Property): readonly StatePredicate[] | null {
  switch (property.kind) {
    case "always":
    case "never":
    case "reachable":
      return [property.predicate];
    case "deadlock-free":
      return [];
    case "leads-to":
    case "ltl": {
      const atoms = atomsOf(formulaOf(property));
      const states = atoms.flatMap((atom) => ("state" in atom ? [atom.state] : []));
      return states.length === atoms.length ? states : null;
    }
    default:
      return null;
  }
}

/** Every field that an expression names, whether or not it comes to be evaluated. */
export function fieldsRead(text: string, product: Product): readonly number[] {
  const fields = new Set<number>();
  for (const node of nodesOf(parse(text))) {
    if (node.kind === "at") {
      const machine = node.path.split(".")[0];
      for (const { name, configField } of product.components) {
        if (name === machine) fields.add(configField);
      }
    }
    if (node.kind === "name") for (const field of named(node.name, product)) fields.add(field);
  }
  return [...fields];
}

/** What a name in a claim stands for; nothing for parameters and values of enums. */
function* named(wanted: string, product: Product): Generator<number> {
  for (const { name, kind, fields, model } of product.components) {
    for (const [index, variable] of kind.oracle.variables.entries()) {
      const shared = model.shares?.[variable.name];
      if ((shared ?? `${name}_${variable.name}`) === wanted) yield fields[index]!;
    }
  }
  for (const [index, { name }] of product.channels.entries()) {
    if (`${name}_length` === wanted) yield product.channelField(index);
  }
}

/**
 * Guards and assignments in ordinary JavaScript, read as expressions where that is possible, and
 * compared with the real function on the declared values before anything rests on it.
 */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { MachineModel } from "../../core/subject.ts";
import { compileGuard, compileUpdate } from "../../expr/compile.ts";
import { type Expression, nodesOf, parse } from "../../expr/index.ts";
import { importFunction } from "../../expr/javascript.ts";
import { placeOf } from "../../semantics/function-place.ts";

type Callable = (...args: never[]) => unknown;
type Plain = boolean | number | string;

export type ImportedFunction =
  | {
      readonly kind: "expression";
      readonly text: string;
      /** What was assumed and compared, for the reader of a verdict. */
      readonly remark: string;
    }
  | {
      readonly kind: "refused";
      /** e.g. `at models/door.ts:12: it calls a function`. */
      readonly reason: string;
    };

/** Beyond this many combinations the values are sampled in regular steps. */
const mostCombinations = 20_000;

/** @param what e.g. "guard `isFull`" */
export function importFromModel(
  fn: Callable,
  what: string,
  kind: "guard" | "update",
  model: MachineModel,
): ImportedFunction {
  const { place, constants } = placeOf(fn);
  const where = place === null ? what : `${what} at ${place}`;
  const imported = importFunction(fn.toString(), (name) => constants.get(name));
  if (imported.kind === "refused") {
    return { kind: "refused", reason: `${where} is an opaque function: ${imported.reason}` };
  }
  const expression = parse(imported.text);
  const domain = domainOf(expression, model);
  if (typeof domain === "string") {
    return { kind: "refused", reason: `${where} is an opaque function: ${domain}` };
  }
  const run =
    kind === "guard"
      ? compileGuard(imported.text, expression)
      : compileUpdate(imported.text, expression);
  let compared = 0;
  for (const { context, event } of combinations(domain)) {
    let expected: unknown;
    let found: unknown;
    try {
      expected = Reflect.apply(fn, undefined, [{ context, event }]);
      found = run(context, { ...event, type: "" });
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      const message = thrown instanceof DiagnosticError ? thrown.message : String(thrown);
      return {
        kind: "refused",
        reason: `${where} cannot be compared with its reading: ${message}`,
      };
    }
    if (!Object.is(expected, found)) {
      return {
        kind: "refused",
        reason: `${where} is not what it was read as: at ${JSON.stringify({ ...context, ...event })} it gives ${String(expected)}, \`${imported.text}\` gives ${String(found)}`,
      };
    }
    compared++;
  }
  const fixed = [...imported.constants].map(
    ([name, value]) => `${name} = ${JSON.stringify(value)}`,
  );
  return {
    kind: "expression",
    text: imported.text,
    remark: `${where} is JavaScript, read as \`${imported.text}\`${fixed.length === 0 ? "" : ` with ${fixed.join(", ")}`} and compared with it on ${domain.complete ? `all ${compared}` : compared} declared values`,
  };
}

interface Domain {
  readonly names: readonly (readonly [string, readonly Plain[]])[];
  readonly fields: readonly (readonly [string, readonly Plain[]])[];
  /** Every declared combination is in it. */
  readonly complete: boolean;
}

/** The declared values of what the expression reads; a text says what is not declared. */
function domainOf(expression: Expression, model: MachineModel): Domain | string {
  const names = new Map<string, readonly Plain[]>();
  const fields = new Map<string, readonly Plain[]>();
  let complete = true;
  for (const node of nodesOf(expression)) {
    if (node.kind === "name") {
      const declared = model.variables?.[node.name] ?? model.parameters?.[node.name];
      const fixed = model.input?.[node.name];
      if (declared === undefined) {
        if (typeof fixed !== "boolean" && typeof fixed !== "number" && typeof fixed !== "string") {
          return `it reads \`${node.name}\`, which is not declared`;
        }
        names.set(node.name, [fixed]);
        continue;
      }
      if (declared === "bool") names.set(node.name, [false, true]);
      else if ("enum" in declared) names.set(node.name, declared.enum);
      else if ("values" in declared)
        return `it reads \`${node.name}\`, whose values are no numbers`;
      else {
        const [low, high] = declared.int;
        const values = integersOf(low, high);
        complete &&= high !== null && values.length === high - low + 1;
        names.set(node.name, values);
      }
    } else if (node.kind === "field") {
      const declared = model.events.flatMap((event) => event[node.field] ?? []);
      const values = declared.filter((value) => value !== null) as readonly Plain[];
      if (values.length === 0) return `it reads \`event.${node.field}\`, which is not declared`;
      fields.set(node.field, [...new Set(values)]);
    }
  }
  const size = [...names.values(), ...fields.values()].reduce((all, { length }) => all * length, 1);
  return { names: [...names], fields: [...fields], complete: complete && size <= mostCombinations };
}

/** All of a small range; of a large one the ends, and what lies around powers of two. */
function integersOf(low: number, high: number | null): readonly number[] {
  if (high !== null && high - low < 32) {
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  }
  const wanted = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 1023, 1_000_003].map((step) => low + step);
  const upper = high === null ? [] : [high - 1, high];
  return [...wanted, ...upper].filter((value) => high === null || value <= high);
}

function* combinations(
  domain: Domain,
): Generator<{ context: Record<string, Plain>; event: Record<string, Plain> }> {
  const sizes = [...domain.names, ...domain.fields].map(([, values]) => values.length);
  const total = sizes.reduce((all, size) => all * size, 1);
  // Too many: regular steps, odd so that they do not stay on one value of a truth variable.
  const step = total <= mostCombinations ? 1 : Math.ceil(total / mostCombinations) * 2 + 1;
  for (let number = 0; number < total; number += step) {
    let rest = number;
    const pick = ([name, values]: readonly [string, readonly Plain[]]): [string, Plain] => {
      const value = values[rest % values.length] ?? 0;
      rest = Math.floor(rest / values.length);
      return [name, value];
    };
    const context = Object.fromEntries(domain.names.map(pick));
    const event = Object.fromEntries(domain.fields.map(pick));
    yield { context, event };
  }
}

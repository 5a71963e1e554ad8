/** Converters that take lambdas (gate `ottl.functions.enableLambda`). */

import { arg, define, opt, type FunctionSpec, type LambdaValue } from "../registry.ts";
import { setMap } from "../runtime/access.ts";
import type { Item } from "../runtime/item.ts";
import { copy, fail, fromRaw, RawList, typeName, type Val, type ValMap } from "../runtime/value.ts";

function entries(source: Val): readonly (readonly [Val, Val])[] {
  if (source instanceof Map) return [...source];
  if (Array.isArray(source)) return Array.from(source, (value, i) => [BigInt(i), value] as const);
  return fail(`expected a map or a list but got ${typeName(source)}`);
}

function decides(predicate: LambdaValue, item: Item, key: Val, value: Val): boolean {
  const out = predicate.call(item, key, value);
  return typeof out === "boolean"
    ? out
    : fail(`the lambda must yield a bool, not ${typeName(out)}`);
}

function parameters(lambda: LambdaValue, count: number): void {
  if (lambda.parameters !== count) {
    throw new Error(`the lambda must have ${count} parameters, not ${lambda.parameters}`);
  }
}

const facts = (returns: string) =>
  ({
    symbolic: "out of model",
    since: 157,
    returns,
    fails: "the source is neither map nor list, or the lambda fails",
  }) as const;
const source = arg("source", "any");
const predicate = arg("predicate", "lambda");
const value = (input: Val): Val =>
  input instanceof Map || Array.isArray(input) ? copy(input) : fromRaw(input);

const quantified = (name: string, stops: boolean): FunctionSpec =>
  define(name, [source, predicate], facts("bool"), ([from, test]) => {
    parameters(test, 2);
    return (item) => {
      for (const [key, element] of entries(from(item))) {
        if (decides(test, item, key, element) === stops) return stops;
      }
      return !stops;
    };
  });

export const lambdas: readonly FunctionSpec[] = [
  quantified("All", false),
  quantified("Any", true),
  define("Filter", [source, predicate], facts("map or list"), ([from, test]) => {
    parameters(test, 2);
    return (item) => {
      const input = from(item);
      const kept = entries(input).filter(([key, element]) => decides(test, item, key, element));
      if (!(input instanceof Map)) return RawList.from(kept, ([, element]) => value(element));
      return new Map(kept.map(([key, element]) => [key as string, value(element)]));
    };
  }),
  define(
    "Find",
    [source, predicate, opt("mapper", "lambda")],
    facts("any"),
    ([from, test, map]) => {
      parameters(test, 2);
      if (map !== undefined) parameters(map, 2);
      return (item) => {
        for (const [key, element] of entries(from(item))) {
          if (!decides(test, item, key, element)) continue;
          return map === undefined ? element : map.call(item, key, element);
        }
        return null;
      };
    },
  ),
  define("MapEach", [source, arg("mapper", "lambda")], facts("map or list"), ([from, map]) => {
    parameters(map, 2);
    return (item) => {
      const input = from(item);
      const mapped = entries(input).map(
        ([key, element]) => [key, value(map.call(item, key, element))] as const,
      );
      if (!(input instanceof Map)) return RawList.from(mapped, ([, element]) => element);
      return new Map(mapped as [string, Val][]);
    };
  }),
  define("MapKeys", [source, arg("mapper", "lambda")], facts("map"), ([from, map]) => {
    parameters(map, 2);
    return (item) => {
      const input = from(item);
      if (!(input instanceof Map)) return fail(`expected a map but got ${typeName(input)}`);
      const out: ValMap = new Map();
      for (const [key, element] of input) {
        const name = map.call(item, key, element);
        if (typeof name !== "string")
          return fail(`the lambda must yield a string, not ${typeName(name)}`);
        out.set(name, copy(element));
      }
      const result: ValMap = new Map();
      setMap(result, out);
      return result;
    };
  }),
  define(
    "Reduce",
    [source, arg("seed", "any"), arg("accumulator", "lambda")],
    facts("any"),
    ([from, seed, step]) => {
      parameters(step, 3);
      return (item) => {
        let total = seed(item);
        for (const [key, element] of entries(from(item)))
          total = step.call(item, total, key, element);
        return total;
      };
    },
  ),
  define(
    "When",
    [arg("condition", "lambda"), arg("then", "any"), arg("otherwise", "any")],
    facts("any"),
    ([condition, then, otherwise]) => {
      parameters(condition, 0);
      return (item) => {
        const holds = condition.call(item);
        if (typeof holds !== "boolean") return fail("the condition of When must yield a bool");
        return holds ? then(item) : otherwise(item);
      };
    },
  ),
];

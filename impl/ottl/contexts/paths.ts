/** Paths of each context, with the contexts around it. */

import { contextNames } from "../syntax/paths.ts";
import type { Accessor } from "../runtime/access.ts";
import { visible, type ContextName } from "../runtime/item.ts";
import { mapAccessor, type Context, type PathStep } from "./fields.ts";
import { log } from "./log.ts";
import { datapoint, exemplar, metric } from "./metric.ts";
import { otelcol } from "./otelcol.ts";
import { resource, scope } from "./shared.ts";
import { span, spanevent } from "./span.ts";

const tables: Readonly<Record<ContextName, Context>> = {
  resource,
  scope,
  span,
  spanevent,
  metric,
  datapoint,
  exemplar,
  log,
};

/** The accessor, or why there is none. A path without context belongs to `own`. */
export function pathAccessor(steps: readonly PathStep[], own: ContextName): Accessor | string {
  const told = steps.map(({ name }) => name).join(".");
  const first = steps[0]!;
  const prefixed = steps.length > 1 && first.keys.length === 0 && contextNames.has(first.name);
  const named = prefixed ? (first.name === "instrumentation_scope" ? "scope" : first.name) : null;
  if (named === "otelcol") return otelcol(steps.slice(1)) ?? unknown(told, "otelcol");
  // The paths of a span event, e.g., do not begin with what is a context elsewhere.
  const inside = named !== null && (visible[own] as readonly string[]).includes(named);
  if (named !== null && !inside && tables[own][first.name] === undefined) {
    return `the path "${told}" is of the context "${named}", which a statement of the context "${own}" cannot reach (it reaches ${visible[own].join(", ")})`;
  }
  const context = inside ? (named as ContextName) : own;
  const rest = inside ? steps.slice(1) : steps;
  const head = rest[0]!;
  if (head.name === "cache") {
    if (rest.length > 1) return unknown(told, context);
    if (context !== own) {
      return `access to cache must be performed using the same statement's context, please use "${own}.cache" instead of "${told}"`;
    }
    return mapAccessor((item) => item.cache, head.keys);
  }
  const table = tables[context];
  const definition = Object.hasOwn(table, head.name) ? table[head.name] : undefined;
  return definition?.(rest) ?? unknown(told, context);
}

const unknown = (told: string, context: string): string =>
  `segment "${told}" from path is not a valid path of the ${context} context`;

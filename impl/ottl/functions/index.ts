/** Every function, by name. */

import type { ContextName } from "../runtime/item.ts";
import type { FunctionSpec, Level } from "../registry.ts";
import { editors } from "./editors.ts";
import { hashes } from "./hashes.ts";
import { lambdas } from "./lambdas.ts";
import { metrics } from "./metrics.ts";
import { network } from "./network.ts";
import { parsers } from "./parsers.ts";
import { texts } from "./texts.ts";
import { times } from "./times.ts";
import { types } from "./types.ts";
import { xml } from "./xml.ts";

export const functions: ReadonlyMap<string, FunctionSpec> = new Map(
  [editors, hashes, lambdas, metrics, network, parsers, texts, times, types, xml]
    .flat()
    .map((spec) => [spec.name, spec]),
);

/** What the transform processor has upstream and this engine has not, with the contexts that have it. */
const absent: ReadonlyMap<string, readonly ContextName[]> = new Map<string, readonly ContextName[]>(
  [
    ["aggregate_on_attribute_value", ["metric"]],
    ["aggregate_on_attributes", ["metric"]],
    ["convert_exponential_histogram_to_histogram", ["metric"]],
    ["convert_summary_quantile_val_to_gauge", ["metric"]],
    ["extract_avg_metric", ["metric"]],
    ["extract_percentile_metric", ["metric"]],
    ["merge_histogram_buckets", ["datapoint"]],
    ["ParseCEF", ["log"]],
    ["ParseCLF", ["log"]],
    ["ParseELF", ["log"]],
    ["ParseLEEF", ["log"]],
    ["set_semconv_span_name", ["span"]],
  ],
);

/** Whether upstream has a function that this engine has not. */
export const isAbsent = (name: string, context: ContextName, component: string): boolean =>
  component === "transform" && absent.get(name)?.includes(context) === true;

/** The editors that the routing connector knows. */
const routingEditors = new Set(["delete_key", "delete_matching_keys", "route"]);

/** Null when the component has no such function in the context at the level. */
export function functionNamed(
  name: string,
  context: ContextName,
  level: Level,
  component: string,
): FunctionSpec | null {
  const spec = functions.get(name);
  if (spec === undefined || level.minor < spec.since || level.minor > spec.until) return null;
  if (spec.contexts !== null && !spec.contexts.includes(context)) return null;
  if (spec.components !== null && !spec.components.includes(component)) return null;
  if (component === "routing" && spec.kind === "editor" && !routingEditors.has(name)) return null;
  return spec;
}

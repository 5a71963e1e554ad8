/** Every function, by name. */

import type { ContextName } from "../runtime/item.ts";
import type { FunctionSpec, Level } from "../registry.ts";
import { aggregations } from "./aggregation.ts";
import { editors } from "./editors.ts";
import { hashes } from "./hashes.ts";
import { histograms } from "./histograms.ts";
import { lambdas } from "./lambdas.ts";
import { logFormats } from "./log-formats.ts";
import { metrics } from "./metrics.ts";
import { network } from "./network.ts";
import { parsers } from "./parsers.ts";
import { semconv } from "./semconv.ts";
import { texts } from "./texts.ts";
import { times } from "./times.ts";
import { types } from "./types.ts";
import { xml } from "./xml.ts";

export const functions: ReadonlyMap<string, FunctionSpec> = new Map(
  [
    aggregations,
    editors,
    hashes,
    histograms,
    lambdas,
    logFormats,
    metrics,
    network,
    parsers,
    semconv,
    texts,
    times,
    types,
    xml,
  ]
    .flat()
    .map((spec) => [spec.name, spec]),
);

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

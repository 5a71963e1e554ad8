/** OTLP/JSON with one item read back into leaves: the inverse of `record.ts`. */

import type { PlainRecord, Value } from "./record.ts";
import { leafType, leavesOf } from "../symbolic/leaves.ts";
import { contextsOf } from "../symbolic/program.ts";
import type { Json } from "../../../core/trace.ts";

type Item = { readonly [key: string]: unknown };

const containers = ["", "gauge", "sum", "histogram", "exponentialHistogram", "summary"];

/** Every leaf of the only item, defaults included. */
export function readRecord(signal: "logs" | "traces" | "metrics", payload: Json): PlainRecord {
  const names = {
    logs: ["resourceLogs", "scopeLogs", "logRecords"],
    traces: ["resourceSpans", "scopeSpans", "spans"],
    metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
  }[signal] as [string, string, string];
  const outer = first(payload as Item, names[0]);
  const scoped = first(outer, names[1]);
  const item = first(scoped, names[2]);
  const holders: Record<string, Item> = {
    resource: { ...(outer["resource"] as Item), schemaUrl: outer["schemaUrl"] },
    scope: { ...(scoped["scope"] as Item), schemaUrl: scoped["schemaUrl"] },
    log: item,
    span: item,
    spanevent: first(item, "events"),
    ...metricHolders(item),
  };
  const record = new Map<string, Value>();
  for (const leaf of leavesOf(contextsOf[signal])) {
    const dot = leaf.indexOf(".");
    const [context, field] = [leaf.slice(0, dot), leaf.slice(dot + 1)];
    if (field === "cache" || field === "event_index") continue;
    const kinds = kindsWith[leaf];
    if (kinds?.includes(Number(holders["metric"]!["type"])) === false) continue;
    record.set(leaf, leafValue(leaf, field, holders[context] ?? {}));
  }
  return record;
}

/** Which kinds of metrics have the leaf; a leaf that is not there reads as nil. */
const kindsWith: Readonly<Record<string, readonly number[]>> = {
  "metric.aggregation_temporality": [2, 3, 4],
  "metric.is_monotonic": [2],
  "datapoint.value": [1, 2],
};

function metricHolders(item: Item): Record<string, Item> {
  const type = Math.max(
    0,
    containers.findIndex((name) => name !== "" && item[name] !== undefined),
  );
  const data = (item[containers[type]!] ?? {}) as Item;
  const point = first(data, "dataPoints");
  return {
    metric: { ...item, ...data, type },
    datapoint: {
      ...point,
      value:
        point["asInt"] !== undefined
          ? { intValue: point["asInt"] }
          : point["asDouble"] !== undefined
            ? { doubleValue: point["asDouble"] }
            : {},
    },
  };
}

const first = (holder: Item, list: string): Item =>
  ((holder[list] ?? []) as readonly Item[])[0] ?? {};

const bytesByWidth: Readonly<Record<string, number>> = {
  trace_id: 16,
  span_id: 8,
  parent_span_id: 8,
};

function leafValue(leaf: string, field: string, holder: Item): Value {
  const raw = field
    .split(".")
    .reduce<unknown>((inside, name) => (inside as Item | undefined)?.[camel(name)], holder);
  switch (leafType(leaf)) {
    case "map":
      return { tag: "Map", value: entries(raw) };
    case "any":
    case "number":
      return anyValue(raw as Item | undefined);
    case "string":
      return { tag: "Str", value: (raw as string | undefined) ?? "" };
    case "bool":
    case "some-bool":
      return { tag: "Bool", value: raw === true };
    case "bytes": {
      const text = (raw as string | undefined) ?? "";
      const bytes = Buffer.from(text, "hex");
      const width = bytesByWidth[field] ?? bytes.length;
      return { tag: "Bytes", value: Uint8Array.from({ length: width }, (_, i) => bytes[i] ?? 0) };
    }
    default:
      return {
        tag: "Int",
        value: BigInt.asIntN(64, BigInt((raw as string | number | undefined) ?? 0)),
      };
  }
}

const camel = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const entries = (raw: unknown): Map<string, Value> =>
  new Map(
    ((raw ?? []) as readonly Item[]).map((entry) => [
      (entry["key"] as string | undefined) ?? "",
      anyValue(entry["value"] as Item | undefined),
    ]),
  );

function anyValue(raw: Item | undefined): Value {
  const [kind, inner] = Object.entries(raw ?? {})[0] ?? ["", undefined];
  switch (kind) {
    case "stringValue":
      return { tag: "Str", value: String(inner) };
    case "intValue":
      return { tag: "Int", value: BigInt(inner as string) };
    case "doubleValue":
      return { tag: "Dbl", value: Number(inner) };
    case "boolValue":
      return { tag: "Bool", value: inner === true };
    case "bytesValue":
      return { tag: "Bytes", value: Uint8Array.from(Buffer.from(String(inner), "base64")) };
    case "arrayValue": {
      const values = (inner as Item)["values"] as readonly Item[] | undefined;
      return { tag: "List", value: (values ?? []).map(anyValue) };
    }
    case "kvlistValue":
      return { tag: "Map", value: entries((inner as Item)["values"]) };
    default:
      return { tag: "Empty" };
  }
}

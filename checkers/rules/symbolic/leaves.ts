/** The leaves of a record: what every path of OTTL reads and writes. */

import { emptyMap } from "./contents.ts";
import { inInt64, isRecordValue, type Facts } from "./facts.ts";
import {
  and,
  con,
  equal,
  int,
  is,
  length,
  lessOrEqual,
  not,
  or,
  payload,
  variable,
  type Term,
} from "./term.ts";

export type LeafType =
  | "map"
  | "any"
  | "string"
  | "int"
  | "double"
  | "bool"
  | "bytes"
  | "number"
  /** Only some kinds of metrics have it; for the others it reads as nil. */
  | "some-int"
  | "some-bool"
  | "opaque";

const attributes = { attributes: "map", cache: "map", dropped_attributes_count: "int" } as const;

/** Fields by context. `time` and `time_unix_nano` are one leaf, kept in nanoseconds. */
const fields: Readonly<Record<string, Readonly<Record<string, LeafType>>>> = {
  resource: { ...attributes, schema_url: "string" },
  scope: { ...attributes, name: "string", version: "string", schema_url: "string" },
  log: {
    ...attributes,
    body: "any",
    severity_number: "int",
    severity_text: "string",
    time_unix_nano: "int",
    observed_time_unix_nano: "int",
    flags: "int",
    trace_id: "bytes",
    span_id: "bytes",
    event_name: "string",
  },
  span: {
    ...attributes,
    name: "string",
    kind: "int",
    trace_id: "bytes",
    span_id: "bytes",
    parent_span_id: "bytes",
    "status.code": "int",
    "status.message": "string",
    start_time_unix_nano: "int",
    end_time_unix_nano: "int",
    flags: "int",
    dropped_events_count: "int",
    dropped_links_count: "int",
    trace_state: "string",
  },
  spanevent: { ...attributes, name: "string", time_unix_nano: "int", event_index: "int" },
  metric: {
    name: "string",
    description: "string",
    unit: "string",
    type: "int",
    aggregation_temporality: "some-int",
    is_monotonic: "some-bool",
    metadata: "map",
    cache: "map",
  },
  datapoint: {
    attributes: "map",
    cache: "map",
    value: "number",
    time_unix_nano: "int",
    start_time_unix_nano: "int",
    flags: "int",
  },
};

export const leafType = (leaf: string): LeafType => {
  const dot = leaf.indexOf(".");
  return fields[leaf.slice(0, dot)]?.[leaf.slice(dot + 1)] ?? "opaque";
};

/** Fixed lengths of identifiers, in bytes. */
const widths: Readonly<Record<string, number>> = { trace_id: 16, span_id: 8, parent_span_id: 8 };

/** The value of a leaf in a record of which nothing is known. `run` tells two records apart. */
export function initialLeaf(leaf: string, run: string, facts: Facts): Term {
  const type = leafType(leaf);
  const name = `${run}${leaf}`;
  switch (type) {
    case "map":
      // The scratch map lives for one item and starts empty.
      return con("Map", leaf.endsWith(".cache") ? emptyMap() : variable(name, "Int"));
    case "string":
      return con("Str", variable(name, "String"));
    case "int": {
      const value = variable(name, "Int");
      facts.add(value, inInt64(value));
      const limits = rangeOf(leaf);
      if (limits !== null) {
        facts.add(
          value,
          and(lessOrEqual(int(limits[0]), value), lessOrEqual(value, int(limits[1]))),
        );
      }
      return con("Int", value);
    }
    case "bool":
      return con("Bool", variable(name, "Bool"));
    case "double":
    case "number": {
      const value = variable(name, "Val");
      const isDouble = or(is("Dbl", value), is("Special", value));
      facts.add(
        value,
        and(
          isRecordValue(value),
          type === "double"
            ? isDouble
            : or(is("Int", value), isDouble, is("Empty", value), is("Absent", value)),
          ...(type === "double" ? [] : [hasKind(leaf, value, run)]),
        ),
      );
      return value;
    }
    case "some-int":
    case "some-bool": {
      const value = variable(name, "Val");
      const tag = type === "some-int" ? "Int" : "Bool";
      facts.add(
        value,
        and(
          isRecordValue(value),
          or(is(tag, value), is("Absent", value)),
          hasKind(leaf, value, run),
        ),
      );
      const limits = rangeOf(leaf);
      if (limits !== null) {
        const inner = payload("Int", value);
        const isInside = and(
          lessOrEqual(int(limits[0]), inner),
          lessOrEqual(inner, int(limits[1])),
        );
        facts.add(value, or(not(is("Int", value)), isInside));
      }
      return value;
    }
    case "bytes": {
      const value = variable(name, "String");
      const width = widths[leaf.slice(leaf.indexOf(".") + 1)];
      if (width !== undefined) facts.add(value, equal(length(value), int(width)));
      return con("Bytes", value);
    }
    default: {
      const value = variable(name, "Val");
      facts.add(value, and(isRecordValue(value), not(is("Absent", value))));
      return value;
    }
  }
}

/** Values of `metric.type` (METRIC_DATA_TYPE_…) for which the leaf is there. */
const kindsWith: Readonly<Record<string, readonly number[]>> = {
  "metric.aggregation_temporality": [2, 3, 4],
  "metric.is_monotonic": [2],
  "datapoint.value": [1, 2],
};

function hasKind(leaf: string, value: Term, run: string): Term {
  const kind = variable(`${run}metric.type`, "Int");
  const fits = (kindsWith[leaf] ?? []).map((wanted) => equal(kind, int(wanted)));
  return equal(not(is("Absent", value)), or(...fits));
}

/** Every leaf of the contexts. */
export const leavesOf = (contexts: readonly string[]): readonly string[] =>
  contexts.flatMap((context) =>
    Object.keys(fields[context] ?? {}).map((field) => `${context}.${field}`),
  );

/** Values that the protocol allows; a record on the wire cannot hold others. */
export const rangeOf = (leaf: string): readonly [number, number] | null =>
  ranges[leaf] ?? (/\.dropped_\w+_count$/.test(leaf) ? [0, 2 ** 32 - 1] : null);

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  "log.flags": [0, 2 ** 32 - 1],
  "span.flags": [0, 2 ** 32 - 1],
  "metric.type": [0, 5],
  "metric.aggregation_temporality": [0, 2],
  "log.severity_number": [-(2 ** 31), 2 ** 31 - 1],
  "span.kind": [-(2 ** 31), 2 ** 31 - 1],
  "span.status.code": [-(2 ** 31), 2 ** 31 - 1],
};

/** Leaves that an observer behind the Collector sees: everything but the scratch maps. */
export const isObservable = (leaf: string): boolean => !leaf.endsWith(".cache");

/** A payload as flat variables, and a run as a trace with one step per rule. */

import { makeTrace, traceState, type Json, type Trace } from "../../../core/trace.ts";
import { isJsonRecord } from "../../../core/trace.ts";
import type { AnyRule, ConcreteRun } from "./replay.ts";

/** `resource.attributes["env"]` and the like, with plain JSON values. */
export function flatten(payload: Json): Record<string, Json> {
  const out: Record<string, Json> = {};
  if (!isJsonRecord(payload)) return out;
  for (const outer of list(
    payload["resourceLogs"] ?? payload["resourceSpans"] ?? payload["resourceMetrics"],
  )) {
    const resource = outer["resource"];
    if (resource !== undefined) attributes("resource", resource, out);
    field("resource.schema_url", outer["schemaUrl"], out);
    for (const scoped of list(outer["scopeLogs"] ?? outer["scopeSpans"] ?? outer["scopeMetrics"])) {
      const scope = scoped["scope"];
      if (scope !== undefined && isJsonRecord(scope)) item("scope", scope, out);
      for (const record of list(scoped["logRecords"])) item("log", record, out);
      for (const record of list(scoped["spans"])) item("span", record, out);
      for (const record of list(scoped["metrics"])) item("metric", record, out);
    }
  }
  return out;
}

const list = (json: Json | undefined): readonly { readonly [key: string]: Json }[] =>
  Array.isArray(json) ? (json as readonly Json[]).filter(isJsonRecord) : [];

const containers = new Set(["gauge", "sum", "histogram", "exponentialHistogram", "summary"]);

function item(
  name: string,
  record: { readonly [key: string]: Json },
  out: Record<string, Json>,
): void {
  attributes(name, record, out);
  for (const [key, value] of Object.entries(record)) {
    if (key === "attributes") continue;
    if (key === "body") out["log.body"] = plainValue(value);
    else if (key === "events") for (const event of list(value)) item("spanevent", event, out);
    else if (key === "status" && isJsonRecord(value)) {
      for (const [inner, entry] of Object.entries(value)) field(`span.status.${inner}`, entry, out);
    } else if (containers.has(key) && isJsonRecord(value)) {
      out["metric.type"] = key;
      for (const [inner, entry] of Object.entries(value)) {
        if (inner !== "dataPoints") field(`metric.${snake(inner)}`, entry, out);
      }
      for (const point of list(value["dataPoints"])) item("datapoint", point, out);
    } else field(`${name}.${snake(key)}`, value, out);
  }
}

function field(name: string, value: Json | undefined, out: Record<string, Json>): void {
  if (value !== undefined && value !== "" && value !== null) out[name] = value;
}

function attributes(name: string, holder: Json, out: Record<string, Json>): void {
  if (!isJsonRecord(holder)) return;
  for (const entry of list(holder["attributes"])) {
    out[`${name}.attributes[${JSON.stringify(entry["key"] ?? "")}]`] = plainValue(
      entry["value"] ?? {},
    );
  }
}

const snake = (key: string): string =>
  key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** An OTLP AnyValue as the JSON that a reader expects. */
export function plainValue(value: Json): Json {
  if (!isJsonRecord(value)) return value;
  if ("stringValue" in value) return value["stringValue"]!;
  if ("boolValue" in value) return value["boolValue"]!;
  if ("doubleValue" in value) return value["doubleValue"]!;
  if ("intValue" in value) return Number(value["intValue"]);
  if ("bytesValue" in value) return { bytes: value["bytesValue"]! };
  const { arrayValue, kvlistValue } = value;
  if (arrayValue !== undefined && isJsonRecord(arrayValue))
    return list(arrayValue["values"]).map(plainValue);
  if (kvlistValue !== undefined && isJsonRecord(kvlistValue)) {
    return Object.fromEntries(
      list(kvlistValue["values"]).map((entry) => [
        typeof entry["key"] === "string" ? entry["key"] : "",
        plainValue(entry["value"] ?? {}),
      ]),
    );
  }
  return { empty: true };
}

export interface ShownRule {
  readonly text: string;
  readonly place: string;
}

/** The record that came in, and what each rule that it reached did to it. */
export function traceOf(
  description: string,
  run: ConcreteRun,
  describe: (rule: AnyRule) => ShownRule,
  options: { readonly focus?: AnyRule; readonly finalNote?: string } = {},
): Trace {
  let current = flatten(run.input);
  const states = [traceState({ index: 0, note: "the record that comes in" }, current)];
  for (const { rule, fired, error, after } of run.observed) {
    const isFocus = rule === options.focus;
    // A rule that did nothing is shown only when the finding is about it.
    if (!fired && error === null && !isFocus) continue;
    const next = after === null ? current : flatten(after);
    const { text, place } = describe(rule);
    const notes = [
      ...(error === null ? [] : [`error: ${error}`]),
      ...(fired || error !== null ? [] : ["its condition does not hold"]),
    ];
    states.push(
      traceState(
        {
          index: states.length,
          action: { type: text, place },
          by: "internal",
          ...(notes.length === 0 ? {} : { note: notes.join("; ") }),
        },
        withRemoved(current, next),
      ),
    );
    current = next;
  }
  const output = flatten(run.output);
  const note = options.finalNote ?? (run.delivered ? "the record that leaves" : "nothing leaves");
  states.push(
    traceState(
      {
        index: states.length,
        action: { type: run.delivered ? "leaves" : "dropped" },
        by: "internal",
        note,
      },
      run.delivered ? withRemoved(current, output) : current,
    ),
  );
  return makeTrace(description, states);
}

/** Variables that are gone are shown as gone. */
function withRemoved(
  before: Record<string, Json>,
  after: Record<string, Json>,
): Record<string, Json> {
  const gone = Object.keys(before).filter((name) => !(name in after));
  return { ...after, ...Object.fromEntries(gone.map((name) => [name, "(absent)"])) };
}

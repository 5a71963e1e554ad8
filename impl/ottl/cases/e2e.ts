/** Cases of statements on a record, with the changes that they make. */

import { compileStatement, compileValue, type CompileOptions } from "../compile.ts";
import { itemsOf } from "../items.ts";
import { decodePayload, decodeValue, encodePayload, encodeValue } from "../otlp/json.ts";
import type { Payload } from "../otlp/model.ts";
import { levelOf, type Level } from "../registry.ts";
import { runStatement } from "../sequence.ts";
import type { ContextName, Item } from "../runtime/item.ts";
import { copy, deepEqual, Instant, type Val } from "../runtime/value.ts";
import { parseStatement, parseValueExpression } from "../syntax/parser.ts";
import { prependContext } from "../syntax/paths.ts";
import { plainValue } from "../runtime/printf.ts";
import {
  array,
  decide,
  object,
  string,
  unsupported,
  type CaseResult,
  type Json,
} from "./result.ts";

/** The record of an input, as the only one of a payload. */
function payloadOf(input: Json): { payload: Payload; context: ContextName } {
  const { resource, scope, logRecord, span, event } = input;
  if (logRecord !== undefined) {
    const scopeLogs = [{ scope, logRecords: [logRecord] }];
    return { payload: decodePayload({ resourceLogs: [{ resource, scopeLogs }] }), context: "log" };
  }
  if (span !== undefined) {
    const spans = [event === undefined ? span : { ...object(span), events: [event] }];
    const scopeSpans = [{ scope, spans }];
    const payload = decodePayload({ resourceSpans: [{ resource, scopeSpans }] });
    return { payload, context: event === undefined ? "span" : "spanevent" };
  }
  return unsupported(`an input with ${Object.keys(input).join(", ")}`);
}

/** The levels at which the case holds. */
function levelsOf(row: Json): readonly Level[] {
  const gate = row["feature_gate"];
  if (gate !== undefined) return [levelOf("v0.162", [string(gate)])];
  const removed = row["removed_in"];
  const valid = row["valid_for"];
  const minorIn = (text: unknown): number => {
    const match = /v?0\.(\d+)/.exec(string(text));
    return match === null ? unsupported(`no version in ${JSON.stringify(text)}`) : Number(match[1]);
  };
  const levels = [levelOf("v0.143"), levelOf("v0.162")];
  const before = removed === undefined ? Infinity : minorIn(removed);
  let limit = Infinity;
  let from = 0;
  if (valid !== undefined) {
    const text = string(valid);
    if (/>=|since|from|\+/.test(text)) from = minorIn(text);
    else limit = /<\s*v?0|before/.test(text) ? minorIn(text) - 1 : minorIn(text);
  }
  const held = levels.filter(({ minor }) => minor < before && minor <= limit && minor >= from);
  if (held.length > 0) return held;
  const only = Number.isFinite(limit) ? limit : from > 0 ? from : before - 1;
  return [levelOf(`v0.${only}`)];
}

export function e2eCases(file: Json): CaseResult[] {
  const inputs = object(file["inputs"]);
  return array(file["cases"]).map((entry) => {
    const row = object(entry);
    const section = string(row["section"]);
    return decide(string(row["id"]), section, () => {
      for (const level of levelsOf(row)) {
        for (const prefixed of [false, true]) {
          const message = runCase(row, object(inputs[string(row["input_ref"])]), level, prefixed);
          if (message === null) continue;
          return `at v0.${level.minor}${prefixed ? " with the context in paths" : ""}: ${message}`;
        }
      }
      return null;
    });
  });
}

function runCase(row: Json, input: Json, level: Level, prefixed: boolean): string | null {
  const { payload, context } = payloadOf(input);
  const [item] = itemsOf(payload, context);
  const options: CompileOptions = { context, level, component: "transform" };
  const before = encodePayload(payload);
  if (row["expression"] !== undefined) {
    return valueCase(row, string(row["expression"]), item!, options, prefixed);
  }
  const statements = array(row["statements"] ?? [row["statement"]]).map(string);
  const errors: string[] = [];
  for (const text of statements) {
    const parsed = parseStatement(text);
    const told = prefixed ? parseStatement(prependContext(text, parsed, context)) : parsed;
    const { error } = runStatement(compileStatement(told, options), item!);
    if (error !== null) errors.push(error);
  }
  const wanted = row["error_contains"];
  if (wanted !== undefined) {
    if (!errors.some((error) => error.includes(string(wanted)))) {
      return `expected an error with "${string(wanted)}", got ${errors.join("; ") || "none"}`;
    }
  } else if (errors.length > 0 && !tolerant.has(string(row["section"]))) {
    return `unexpected error: ${errors.join("; ")}`;
  }
  const reference = decodePayload(before);
  const [expected] = itemsOf(reference, context);
  const later = level.nilIsWritten ? row["expected_changes_since_v0_161"] : undefined;
  for (const change of array(later ?? row["expected_changes"]))
    apply(object(change), expected!, context);
  return difference(expected!, item!);
}

/** Sections in which upstream looks at the record alone. */
const tolerant = new Set(["editors", "ottl_features", "statement_sequence"]);

function valueCase(
  row: Json,
  text: string,
  item: Item,
  options: CompileOptions,
  prefixed: boolean,
): string | null {
  const parsed = parseValueExpression(text);
  const told = prefixed
    ? parseValueExpression(prependContext(text, parsed, options.context))
    : parsed;
  const value = compileValue(told, options)(item);
  const expected = decodeValue(row["expected_value"] as never, "expected_value");
  if (deepEqual(expected, value)) return null;
  return `expected ${show(expected)}, got ${show(value)}`;
}

const show = (value: Val): string => {
  try {
    return JSON.stringify(encodeValue(copy(value)));
  } catch {
    return plainValue(value);
  }
};

/** Fields of records by the names of their paths. */
const fieldNames: Readonly<Record<string, string>> = {
  time: "timeUnixNano",
  time_unix_nano: "timeUnixNano",
  observed_time: "observedTimeUnixNano",
  observed_time_unix_nano: "observedTimeUnixNano",
  severity_number: "severityNumber",
  severity_text: "severityText",
  body: "body",
  flags: "flags",
  trace_id: "traceId",
  span_id: "spanId",
  parent_span_id: "parentSpanId",
  name: "name",
  version: "version",
  attributes: "attributes",
  dropped_attributes_count: "droppedAttributesCount",
  event_name: "eventName",
  trace_state: "traceState",
  kind: "kind",
};

function partOf(context: string, item: Item): Record<string, unknown> {
  const parts: Readonly<Record<string, object | null | undefined>> = {
    resource: item.resource.resource,
    scope: item.scope?.scope,
    instrumentation_scope: item.scope?.scope,
    log: item.log,
    span: item.span,
    spanevent: item.spanEvent,
  };
  const part = parts[context];
  if (part === null || part === undefined) return unsupported(`changes of the context ${context}`);
  return part as Record<string, unknown>;
}

function apply(change: Json, item: Item, own: string): void {
  const path = array(change["path"]).map(String);
  const [context = own, name = "", key] = path;
  const part = partOf(context, item);
  const field = fieldNames[name] ?? name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
  if (!(field in part)) unsupported(`changes of the field ${name}`);
  const map = part[field];
  const op = change["op"];
  if (key !== undefined) {
    if (!(map instanceof Map)) return unsupported(`changes of a key of ${name}`);
    if (op === "remove") map.delete(key);
    else map.set(key, decodeValue(change["value"] as never, path.join(".")));
    return;
  }
  if (op === "remove") {
    part[field] = map instanceof Map ? new Map() : null;
    return;
  }
  part[field] = fieldValue(field, part[field], change["value"]);
}

/** A field of one type is given as such, or as the value of that type. */
function fieldValue(field: string, current: unknown, given: unknown): unknown {
  if (field === "body") return decodeValue(given as never, field);
  const plain =
    typeof given === "object" && given !== null ? decodeValue(given as never, field) : given;
  if (current instanceof Map) return plain;
  if (typeof current === "bigint") return BigInt(plain as string);
  if (typeof current === "number") return Number(plain);
  return plain;
}

/** Only items of the record and what is around it; maps compare without order. */
function difference(expected: Item, actual: Item): string | null {
  const parts = (item: Item) => ({
    resource: item.resource.resource,
    scope: item.scope?.scope ?? null,
    span: item.span,
    spanEvent: item.spanEvent,
    log: item.log,
  });
  const [wanted, found] = [valueOf(parts(expected)), valueOf(parts(actual))];
  return deepEqual(wanted, found) ? null : firstDifference("record", wanted, found);
}

function valueOf(part: unknown): Val {
  if (typeof part !== "object" || part === null) return part as Val;
  if (part instanceof Map || part instanceof Uint8Array || part instanceof Instant)
    return part as Val;
  if (Array.isArray(part)) return part.map(valueOf);
  return new Map(Object.entries(part).map(([key, value]) => [key, valueOf(value)]));
}

function firstDifference(place: string, wanted: Val, found: Val): string {
  if (wanted instanceof Map && found instanceof Map) {
    for (const key of new Set([...wanted.keys(), ...found.keys()])) {
      const [a, b] = [wanted.get(key), found.get(key)];
      if (a !== undefined && b !== undefined && deepEqual(a, b)) continue;
      if (a === undefined) return `${place}["${key}"] should be absent, got ${show(b ?? null)}`;
      if (b === undefined) return `${place}["${key}"] is absent, expected ${show(a)}`;
      return firstDifference(`${place}["${key}"]`, a, b);
    }
  }
  return `${place}: expected ${show(wanted)}, got ${show(found)}`;
}

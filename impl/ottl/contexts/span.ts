/** Paths of a span and of its events. */

import type { Accessor } from "../runtime/access.ts";
import type { Item } from "../runtime/item.ts";
import { fail, Part } from "../runtime/value.ts";
import {
  expected,
  id,
  map,
  only,
  small,
  text,
  time,
  type Context,
  type PathDefinition,
} from "./fields.ts";
import { traceStateGet, traceStateSet } from "./trace-state.ts";

const of = (item: Item) => item.span!;
const start = time(of, "startTimeUnixNano");
const end = time(of, "endTimeUnixNano");

const kinds = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"];

function kindText(toText: (kind: string) => string, told: string): Accessor {
  return {
    get: (item) => {
      const name = kinds[of(item).kind];
      return name === undefined ? "" : toText(name);
    },
    set: (item, value) => {
      if (typeof value !== "string") return expected(value, "string");
      const kind = kinds.findIndex((name) => toText(name) === value);
      if (kind === -1) fail(`unknown span kind ${told}, ${value}`);
      of(item).kind = kind;
    },
  };
}
const kindPlain = kindText((name) => name, "string");
const kindDeprecated = kindText((name) => `SPAN_KIND_${name.toUpperCase()}`, "deprecated string");
const kind = small(of, "kind", "int32");
const code = small((item) => of(item).status, "code", "int32");
const message = text((item) => of(item).status, "message");

/** A part of the span as a whole: it can be passed on to the same path only. */
const whole =
  (name: "events" | "links", type: string): PathDefinition =>
  () => ({
    get: (item) => new Part(type, of(item)[name]),
    set: (item, value) => {
      if (value === null) of(item)[name] = [];
      else if (value instanceof Part && value.type === type) {
        (of(item) as { events: object; links: object })[name] = structuredClone(value.value);
      } else expected(value, type);
    },
  });

export const span: Context = {
  trace_id: id(of, "traceId", "trace"),
  span_id: id(of, "spanId", "span"),
  parent_span_id: id(of, "parentSpanId", "span"),
  trace_state: (steps) => {
    const { keys } = steps[0]!;
    if (keys.length === 0) return text(of, "traceState")(steps);
    const key = keys[0]!;
    if (keys.length > 1) return null;
    const name = (): string =>
      "known" in key && typeof key.known === "string"
        ? key.known
        : fail("trace_state indexing type must be a string");
    return {
      get: (item) => traceStateGet(of(item).traceState, name),
      set: (item, value) => {
        if (typeof value !== "string") return expected(value, "string");
        of(item).traceState = traceStateSet(of(item).traceState, name, value);
      },
    };
  },
  name: text(of, "name"),
  kind: (steps) => {
    if (steps.length === 1) return kind(steps);
    if (steps[1]!.name === "string") return kindPlain;
    return steps[1]!.name === "deprecated_string" ? kindDeprecated : null;
  },
  start_time_unix_nano: start.nano,
  start_time: start.at,
  end_time_unix_nano: end.nano,
  end_time: end.at,
  attributes: map((item) => of(item).attributes),
  dropped_attributes_count: small(of, "droppedAttributesCount", "uint32"),
  events: whole("events", "ptrace.SpanEventSlice"),
  dropped_events_count: small(of, "droppedEventsCount", "uint32"),
  links: whole("links", "ptrace.SpanLinkSlice"),
  dropped_links_count: small(of, "droppedLinksCount", "uint32"),
  status: (steps) => {
    if (steps.length > 1) {
      if (steps[1]!.name === "code") return code(steps);
      return steps[1]!.name === "message" ? message(steps) : null;
    }
    return {
      get: (item) => new Part("ptrace.Status", of(item).status),
      set: (item, value) => {
        if (!(value instanceof Part) || value.type !== "ptrace.Status") {
          return expected(value, "ptrace.Status");
        }
        of(item).status = { ...(value.value as { message: string; code: number }) };
      },
    };
  },
  flags: only({
    get: (item) => BigInt(of(item).flags),
    set: (item, value) => {
      if (typeof value !== "bigint") return expected(value, "int64");
      if (value !== BigInt.asUintN(32, value)) fail(`value ${value} is out of range for uint32`);
      of(item).flags = Number(value);
    },
  }),
};

const event = (item: Item) => item.spanEvent!;
const at = time(event, "timeUnixNano");

export const spanevent: Context = {
  time_unix_nano: at.nano,
  time: at.at,
  name: text(event, "name"),
  attributes: map((item) => event(item).attributes),
  dropped_attributes_count: small(event, "droppedAttributesCount", "uint32"),
  event_index: () => ({
    get: (item) => BigInt(item.eventIndex),
    set: () => fail("the 'event_index' path cannot be modified"),
  }),
};

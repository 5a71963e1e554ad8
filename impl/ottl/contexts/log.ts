/** Paths of a log record. */

import { getIn, setIn } from "../runtime/access.ts";
import { asString } from "../runtime/text.ts";
import { fail, kindName, store } from "../runtime/value.ts";
import { expected, id, map, small, text, time, type Context } from "./fields.ts";
import type { Item } from "../runtime/item.ts";

const of = (item: Item) => item.log!;
const at = time(of, "timeUnixNano");
const observed = time(of, "observedTimeUnixNano");

export const log: Context = {
  time_unix_nano: at.nano,
  time: at.at,
  observed_time_unix_nano: observed.nano,
  observed_time: observed.at,
  severity_number: small(of, "severityNumber", "int32"),
  severity_text: text(of, "severityText"),
  body: (steps) => {
    const { keys } = steps[0]!;
    if (steps.length > 1) {
      if (steps[1]!.name !== "string") return null;
      return {
        get: (item) => asString(of(item).body),
        set: (item, value) => {
          if (typeof value !== "string") return expected(value, "string");
          of(item).body = value;
        },
      };
    }
    if (keys.length === 0) {
      return {
        get: (item) => of(item).body,
        set: (item, value) => {
          store(value, (next) => {
            of(item).body = next;
          });
        },
      };
    }
    const body = (item: Item) => {
      const value = of(item).body;
      return value instanceof Map || Array.isArray(value)
        ? value
        : fail(`log bodies of type ${kindName(value)} cannot be indexed`);
    };
    return {
      get: (item) => getIn(body(item), keys, item),
      set: (item, value) => setIn(body(item), keys, item, value),
    };
  },
  attributes: map((item) => of(item).attributes),
  dropped_attributes_count: small(of, "droppedAttributesCount", "uint32"),
  flags: small(of, "flags", "uint32"),
  trace_id: id(of, "traceId", "trace"),
  span_id: id(of, "spanId", "span"),
  event_name: text(of, "eventName"),
};

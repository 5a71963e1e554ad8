/** What a statement does to a record, in a form that two engines can be compared in. */

import {
  compileStatement,
  decodePayload,
  encodePayload,
  itemsOf,
  levelOf,
  OttlBuildError,
  OttlSyntaxError,
  parseStatement,
  runStatement,
  type JsonValue,
} from "../../../impl/ottl/index.ts";
import type { Pair } from "./pairs.ts";

export interface Verdict {
  readonly kind: "refused" | "failed" | "done";
  /** The record afterwards, keys sorted. */
  readonly after: JsonValue;
}

/** What the other engine says. */
export interface Answer {
  readonly build?: string;
  readonly error?: string;
  readonly output?: unknown;
}

const level = levelOf("v0.162");

export function judge(pair: Pair): Verdict {
  const payload = decodePayload(pair.payload);
  const [item] = itemsOf(payload, pair.context);
  try {
    const statement = compileStatement(parseStatement(pair.statement), {
      context: pair.context,
      level,
      component: "transform",
    });
    const { error } = runStatement(statement, item!);
    return { kind: error === null ? "done" : "failed", after: sorted(encodePayload(payload)) };
  } catch (error) {
    if (!(error instanceof OttlBuildError) && !(error instanceof OttlSyntaxError)) throw error;
    return { kind: "refused", after: null };
  }
}

export function canonical(pair: Pair, answer: Answer): Verdict {
  if (answer.build !== undefined) return { kind: "refused", after: null };
  return {
    kind: answer.error === undefined ? "done" : "failed",
    after: sorted(encodePayload(decodePayload(answer.output))),
  };
}

/** Attributes have no order. */
function sorted(json: JsonValue): JsonValue {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) {
    const items = (json as readonly JsonValue[]).map(sorted);
    const keyed = items.every(
      (item) => typeof (item as { key?: unknown } | null)?.key === "string",
    );
    if (!keyed) return items;
    const key = (item: JsonValue): string => (item as { key: string }).key;
    return items.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  }
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, sorted(value)]));
}

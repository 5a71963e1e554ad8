/** Cases of the routing connector: which pipeline gets which items. */

import { route, type Route } from "../components/routing.ts";
import { decodePayload } from "../otlp/json.ts";
import type { Payload, Signal } from "../otlp/model.ts";
import { levelOf } from "../registry.ts";
import type { RequestInfo } from "../runtime/item.ts";
import { asString } from "../runtime/text.ts";
import {
  array,
  decide,
  object,
  string,
  unsupported,
  type CaseResult,
  type Json,
} from "./result.ts";

/** One node of the picture of a payload: a kind, a letter, and what is inside. */
interface Node {
  readonly id: string;
  readonly children: readonly Node[];
}

/** Lists of letters, one for each depth, stand for their cross product. */
function tree(given: unknown): readonly Node[] {
  if (given === null) return [];
  if (!Array.isArray(given)) return array(object(given)["children"] ?? []).map(node);
  const levels = given.map(string);
  const below = (depth: number): Node[] =>
    depth === levels.length
      ? []
      : Array.from(levels[depth]!).map((id) => ({ id, children: below(depth + 1) }));
  return below(0);
}
function node(given: unknown): Node {
  const row = object(given);
  return { id: string(row["id"]), children: array(row["children"] ?? []).map(node) };
}

const named = (key: string, value: string) => ({
  attributes: [{ key, value: { stringValue: value } }],
});

function payloadOf(signal: Signal, roots: readonly Node[]): Payload {
  const resource = (id: string) => named("resourceName", `resource${id}`);
  const scope = (id: string) => ({ name: `scope${id}` });
  switch (signal) {
    case "logs":
      return decodePayload({
        resourceLogs: roots.map((r) => ({
          resource: resource(r.id),
          scopeLogs: r.children.map((s) => ({
            scope: scope(s.id),
            logRecords: s.children.map((l) => ({ body: { stringValue: `log${l.id}` } })),
          })),
        })),
      });
    case "traces":
      return decodePayload({
        resourceSpans: roots.map((r) => ({
          resource: resource(r.id),
          scopeSpans: r.children.map((s) => ({
            scope: scope(s.id),
            spans: s.children.map((span) => ({
              name: `span${span.id}`,
              events: span.children.map((event) => ({ name: `spanevent${event.id}` })),
            })),
          })),
        })),
      });
    case "metrics":
      return decodePayload({
        resourceMetrics: roots.map((r) => ({
          resource: resource(r.id),
          scopeMetrics: r.children.map((s) => ({
            scope: scope(s.id),
            metrics: s.children.map((metric) => ({
              name: `metric${metric.id}`,
              gauge: { dataPoints: metric.children.map((p) => named("dpName", `dp${p.id}`)) },
            })),
          })),
        })),
      });
  }
}

/** Every leaf with the way to it, sorted. */
function leaves(payloads: readonly Payload[]): string[] {
  const out: string[] = [];
  for (const { resources } of payloads) {
    for (const { resource, scopes } of resources) {
      const way = asString(resource.attributes.get("resourceName") ?? null);
      for (const { scope, logRecords, spans, metrics } of scopes) {
        const at = `${way}/${scope.name}`;
        for (const log of logRecords) out.push(`${at}/${asString(log.body)}`);
        for (const span of spans) {
          out.push(
            `${at}/${span.name}`,
            ...span.events.map(({ name }) => `${at}/${span.name}/${name}`),
          );
        }
        for (const metric of metrics) {
          const points = metric.gauge?.dataPoints ?? [];
          out.push(
            `${at}/${metric.name}`,
            ...points.map(
              (p) => `${at}/${metric.name}/${asString(p.attributes.get("dpName") ?? null)}`,
            ),
          );
        }
      }
    }
  }
  return out.sort();
}

function requestOf(given: unknown): RequestInfo | null {
  if (given === null || given === undefined) return null;
  const lists = (values: unknown): Map<string, string[]> =>
    new Map(
      Object.entries(object(values ?? {})).map(([key, value]) => [
        key,
        (Array.isArray(value) ? value : [value]).map(string),
      ]),
    );
  const row = object(given);
  return {
    grpcMetadata: lists(row["grpc"]),
    clientMetadata: lists(row["http"]),
    clientAddress: "",
    authAttributes: new Map(),
  };
}

function runRow(row: Json): string | null {
  const signal = string(row["signal"]);
  if (signal !== "logs" && signal !== "traces" && signal !== "metrics") {
    return unsupported(`the signal ${signal}`);
  }
  const routes = array(row["routes"]).map((entry) => object(entry) as unknown as Route);
  const table = {
    routes,
    defaults:
      row["default"] === null || row["default"] === undefined ? [] : [string(row["default"])],
    errorMode: "propagate",
  } as const;
  const payload = payloadOf(signal, tree(row["input"]));
  const sent = route(table, payload, levelOf("v0.143"), requestOf(row["request_metadata"]));
  for (const [sink, expected] of Object.entries(object(row["expect"]))) {
    const wanted = leaves([payloadOf(signal, tree(expected))]).join(" ");
    const found = leaves(sent.get(sink) ?? []).join(" ");
    if (wanted !== found)
      return `${sink}: expected ${wanted || "nothing"}, got ${found || "nothing"}`;
  }
  return null;
}

export const routingCases = (file: Json): CaseResult[] =>
  array(file["cases"]).map((entry, i) => {
    const row = object(entry);
    const signal = String(row["signal"]);
    return decide(`${signal}#${i + 1} ${String(row["name"])}`, signal, () => runRow(row));
  });

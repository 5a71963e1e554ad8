/** The routing connector: an ordered table, where what a route takes leaves the batch. */

import { compileCondition, type CompileOptions } from "../compile.ts";
import { emptyItem, type ContextName, type Item, type RequestInfo } from "../runtime/item.ts";
import type { DataPoint, Metric, Payload, ResourceItem, ScopeItem } from "../otlp/model.ts";
import type { Level } from "../registry.ts";
import { EvaluationError } from "../runtime/value.ts";
import { parseCondition } from "../syntax/parser.ts";
import type { ErrorMode } from "../sequence.ts";

export interface Route {
  readonly context: ContextName | "request";
  /** A condition; in the `request` context `request["name"] == "value"` and the like. */
  readonly condition: string;
  readonly pipelines: readonly string[];
  /** `copy` leaves what it takes in the batch as well. */
  readonly action?: "move" | "copy";
}

export interface RoutingTable {
  readonly routes: readonly Route[];
  /** Gets what no route took; nothing when empty. */
  readonly defaults: readonly string[];
  readonly errorMode: ErrorMode;
}

type Test = (item: Item) => boolean;

/**
 * What each pipeline gets, in the order of the table.
 * @throws OttlSyntaxError, OttlBuildError, and EvaluationError when errors propagate
 */
export function route(
  table: RoutingTable,
  payload: Payload,
  level: Level,
  request: RequestInfo | null = null,
): Map<string, Payload[]> {
  const out = new Map<string, Payload[]>();
  let rest = payload;
  const send = (pipelines: readonly string[], sent: Payload): void => {
    if (sent.resources.length === 0) return;
    for (const name of pipelines)
      out.set(name, [...(out.get(name) ?? []), structuredCloneOf(sent)]);
  };
  for (const { context, condition, pipelines, action } of table.routes) {
    const test = guarded(testOf(context, condition, level, request), table.errorMode);
    const [taken, left] = split(rest, context, test, request);
    send(pipelines, taken);
    if (action !== "copy") rest = left;
  }
  send(table.defaults, rest);
  return out;
}

/** A failing condition matches nothing, unless errors propagate. */
function guarded(test: Test, mode: ErrorMode): Test {
  if (mode === "propagate") return test;
  return (item) => {
    try {
      return test(item);
    } catch (error) {
      if (error instanceof EvaluationError) return false;
      throw error;
    }
  };
}

function testOf(
  context: ContextName | "request",
  condition: string,
  level: Level,
  request: RequestInfo | null,
): Test {
  if (context === "request") return requestTest(condition, request);
  const options: CompileOptions = { context, level, component: "routing" };
  return compileCondition(parseCondition(condition), options);
}

/** gRPC metadata goes before that of the client, as upstream looks them up. */
function requestTest(condition: string, request: RequestInfo | null): Test {
  const match = /^\s*request\[\s*"([^"]*)"\s*\]\s*(==|!=)\s*"([^"]*)"\s*$/.exec(condition);
  if (match === null) {
    throw new Error(
      `a condition of the request context has the form request["key"] == "value": ${condition}`,
    );
  }
  const [, name, operator, wanted] = match as unknown as [string, string, string, string];
  const read = (values: ReadonlyMap<string, readonly string[]> | undefined): readonly string[] =>
    [...(values ?? [])].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? [];
  const known = [...read(request?.clientMetadata), ...read(request?.grpcMetadata)];
  const equal = known.includes(wanted);
  return () => known.length > 0 && equal === (operator === "==");
}

type Parts<T> = readonly [taken: T[], left: T[]];

function split(
  payload: Payload,
  context: ContextName | "request",
  test: Test,
  request: RequestInfo | null,
): readonly [Payload, Payload] {
  const { signal } = payload;
  const first = payload.resources[0];
  if (context === "request") {
    const all = first !== undefined && test({ ...emptyItem(first), request });
    const none = { signal, resources: [] };
    return all ? [payload, none] : [none, payload];
  }
  const taken: ResourceItem[] = [];
  const left: ResourceItem[] = [];
  for (const resource of payload.resources) {
    const around: Item = { ...emptyItem(resource), request };
    if (context === "resource") {
      (test(around) ? taken : left).push(resource);
      continue;
    }
    const [inScopes, outScopes] = splitScopes(
      resource.scopes,
      (scope) => (part) => {
        const item = { ...around, cache: new Map(), scope, ...part };
        return test(item);
      },
      context,
    );
    if (inScopes.length > 0) taken.push({ ...resource, scopes: inScopes });
    if (outScopes.length > 0) left.push({ ...resource, scopes: outScopes });
  }
  return [
    { signal, resources: taken },
    { signal, resources: left },
  ];
}

function splitScopes(
  scopes: readonly ScopeItem[],
  testIn: (scope: ScopeItem) => (part: Partial<Item>) => boolean,
  context: ContextName,
): Parts<ScopeItem> {
  const taken: ScopeItem[] = [];
  const left: ScopeItem[] = [];
  for (const scope of scopes) {
    const test = testIn(scope);
    const [logs, otherLogs] = parts(scope.logRecords, (log) => test({ log }));
    const [spans, otherSpans] = parts(scope.spans, (span) => test({ span }));
    const [metrics, otherMetrics] =
      context === "datapoint"
        ? splitPoints(scope.metrics, test)
        : parts(scope.metrics, (metric) => test({ metric }));
    const make = (logRecords: typeof logs, s: typeof spans, m: typeof metrics): ScopeItem | null =>
      logRecords.length + s.length + m.length === 0
        ? null
        : { ...scope, logRecords, spans: s, metrics: m };
    const one = make(logs, spans, metrics);
    const other = make(otherLogs, otherSpans, otherMetrics);
    if (one !== null) taken.push(one);
    if (other !== null) left.push(other);
  }
  return [taken, left];
}

function parts<T>(items: readonly T[], test: (item: T) => boolean): Parts<T> {
  const taken: T[] = [];
  const left: T[] = [];
  for (const item of items) (test(item) ? taken : left).push(item);
  return [taken, left];
}

const kinds = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;

function splitPoints(
  metrics: readonly Metric[],
  test: (part: Partial<Item>) => boolean,
): Parts<Metric> {
  const taken: Metric[] = [];
  const left: Metric[] = [];
  for (const metric of metrics) {
    const kind = kinds.find((name) => metric[name] !== null);
    const data = kind === undefined ? null : metric[kind];
    if (kind === undefined || data === null) {
      left.push(metric);
      continue;
    }
    const [one, other] = parts<DataPoint>(data.dataPoints, (dataPoint) =>
      test({ metric, dataPoint }),
    );
    const make = (dataPoints: readonly DataPoint[]): Metric => ({
      ...metric,
      [kind]: { ...data, dataPoints },
    });
    if (one.length > 0) taken.push(make(one));
    if (other.length > 0) left.push(make(other));
  }
  return [taken, left];
}

/** Pipelines do not share what they change. */
const structuredCloneOf = (payload: Payload): Payload => structuredClone(payload);

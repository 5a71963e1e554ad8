/** The filter processor: what matches a condition is dropped, and what is empty then as well. */

import { compileCondition } from "../compile.ts";
import { inferContext } from "../infer.ts";
import { itemsOf } from "../items.ts";
import type { Metric, Payload, Signal } from "../otlp/model.ts";
import type { Level } from "../registry.ts";
import type { ContextName, Item, RequestInfo } from "../runtime/item.ts";
import { evaluateConditions, type ErrorMode } from "../sequence.ts";
import { parseCondition } from "../syntax/parser.ts";
import { contextNamed } from "./transform.ts";

export interface DropList {
  readonly signal: Signal;
  /** Null: inferred from the paths. */
  readonly context: string | null;
  readonly errorMode: ErrorMode;
  /** Any of them drops the item. */
  readonly conditions: readonly string[];
}

/**
 * Removes what matches from the payload, in place.
 * @throws OttlSyntaxError, OttlBuildError; EvaluationError when errors propagate
 */
export function compileDropList(
  list: DropList,
  level: Level,
): (payload: Payload, request?: RequestInfo | null) => void {
  const parsed = list.conditions.map(parseCondition);
  let context: ContextName;
  if (list.context === null) {
    const inferred = inferContext(parsed, list.signal, level, "filter");
    if (inferred.kind === "failed") throw new Error(inferred.message);
    context = inferred.context;
  } else context = contextNamed(list.context);
  const conditions = parsed.map((condition) =>
    compileCondition(condition, { context, level, component: "filter" }),
  );
  return (payload, request = null) => {
    if (payload.signal !== list.signal) return;
    const dropped = new Set<object>();
    for (const item of itemsOf(payload, context, request)) {
      if (evaluateConditions(conditions, item, list.errorMode)) dropped.add(subject(item, context));
    }
    if (dropped.size > 0) remove(payload, dropped);
  };
}

/** The object that stands for the item in its list. */
function subject(item: Item, context: ContextName): object {
  const subjects: Readonly<Record<ContextName, object | null>> = {
    resource: item.resource,
    scope: item.scope,
    span: item.span,
    spanevent: item.spanEvent,
    metric: item.metric,
    datapoint: item.dataPoint,
    exemplar: item.exemplar,
    log: item.log,
  };
  return subjects[context]!;
}

/** A span without events stays; a metric without points, a scope and a resource go. */
function remove(payload: Payload, dropped: ReadonlySet<object>): void {
  const kept = <T extends object>(items: readonly T[]): T[] =>
    items.filter((item) => !dropped.has(item));
  const resources = kept(payload.resources).filter((resource) => {
    resource.scopes = kept(resource.scopes).filter((scope) => {
      scope.logRecords = kept(scope.logRecords);
      scope.spans = kept(scope.spans);
      for (const span of scope.spans) span.events = kept(span.events);
      scope.metrics = kept(scope.metrics).filter((metric) => keepsPoints(metric, kept));
      return scope.logRecords.length + scope.spans.length + scope.metrics.length > 0;
    });
    return resource.scopes.length > 0;
  });
  payload.resources.splice(0, payload.resources.length, ...resources);
}

function keepsPoints(
  metric: Metric,
  kept: <T extends object>(items: readonly T[]) => T[],
): boolean {
  const data =
    metric.gauge ?? metric.sum ?? metric.histogram ?? metric.exponentialHistogram ?? metric.summary;
  if (data === null) return true;
  const points = data as { dataPoints: { exemplars?: object[] }[] };
  points.dataPoints = kept(points.dataPoints);
  for (const point of points.dataPoints) {
    if (point.exemplars !== undefined) point.exemplars = kept(point.exemplars);
  }
  return points.dataPoints.length > 0;
}

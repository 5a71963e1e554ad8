/** The items of a payload that the statements of a context run on, in order. */

import type { DataPoint, Exemplar, Metric, Payload, Signal } from "./otlp/model.ts";
import { emptyItem, type ContextName, type Item, type RequestInfo } from "./runtime/item.ts";

/** The signal whose payloads have items of the context; null: every signal has. */
export const signalOf: Readonly<Record<ContextName, Signal | null>> = {
  resource: null,
  scope: null,
  span: "traces",
  spanevent: "traces",
  metric: "metrics",
  datapoint: "metrics",
  exemplar: "metrics",
  log: "logs",
};

/** Points of any kind of metric. */
export const pointsOf = (metric: Metric): readonly DataPoint[] =>
  (metric.gauge ?? metric.sum ?? metric.histogram ?? metric.exponentialHistogram ?? metric.summary)
    ?.dataPoints ?? [];

const exemplarsOf = (point: DataPoint): readonly Exemplar[] =>
  "exemplars" in point ? point.exemplars : [];

/** Lists are read while they are walked, so a statement sees what earlier items left. */
export function* itemsOf(
  payload: Payload,
  context: ContextName,
  request: RequestInfo | null = null,
): Generator<Item> {
  for (const resource of payload.resources) {
    const around: Item = { ...emptyItem(resource), request };
    if (context === "resource") {
      yield around;
      continue;
    }
    for (const scope of resource.scopes) {
      const item = (part: Partial<Item>): Item => ({ ...around, cache: new Map(), scope, ...part });
      switch (context) {
        case "scope":
          yield item({});
          break;
        case "log":
          for (const log of scope.logRecords) yield item({ log });
          break;
        case "span":
          for (const span of scope.spans) yield item({ span });
          break;
        case "spanevent":
          for (const span of scope.spans) {
            for (const [eventIndex, spanEvent] of span.events.entries()) {
              yield item({ span, spanEvent, eventIndex });
            }
          }
          break;
        case "metric":
          for (const metric of scope.metrics) yield item({ metric });
          break;
        case "datapoint":
          for (const metric of scope.metrics) {
            for (const dataPoint of pointsOf(metric)) yield item({ metric, dataPoint });
          }
          break;
        case "exemplar":
          for (const metric of scope.metrics) {
            for (const dataPoint of pointsOf(metric)) {
              for (const exemplar of exemplarsOf(dataPoint)) {
                yield item({ metric, dataPoint, exemplar });
              }
            }
          }
          break;
      }
    }
  }
}

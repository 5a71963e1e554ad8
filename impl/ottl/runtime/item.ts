/** One record on its way through statements, with everything around it. */

import type {
  DataPoint,
  Exemplar,
  LogRecord,
  Metric,
  ResourceItem,
  ScopeItem,
  Span,
  SpanEvent,
} from "../otlp/model.ts";
import type { Val, ValMap } from "./value.ts";

export const contexts = [
  "resource",
  "scope",
  "span",
  "spanevent",
  "metric",
  "datapoint",
  "exemplar",
  "log",
] as const;
export type ContextName = (typeof contexts)[number];

/** What the sender told about itself beside the payload. */
export interface RequestInfo {
  readonly clientMetadata: ReadonlyMap<string, readonly string[]>;
  readonly grpcMetadata: ReadonlyMap<string, readonly string[]>;
  readonly clientAddress: string;
  readonly authAttributes: ReadonlyMap<string, Val>;
}

/** Null where the context has no such part: a statement of the context never reads it. */
export interface Item {
  readonly resource: ResourceItem;
  readonly scope: ScopeItem | null;
  readonly span: Span | null;
  readonly spanEvent: SpanEvent | null;
  readonly eventIndex: number;
  readonly metric: Metric | null;
  readonly dataPoint: DataPoint | null;
  readonly exemplar: Exemplar | null;
  readonly log: LogRecord | null;
  /** Scratch space of one item. */
  readonly cache: ValMap;
  readonly request: RequestInfo | null;
  /** Names bound by the lambdas around the expression. */
  locals: Readonly<Record<string, Val>> | null;
}

export const emptyItem = (resource: ResourceItem): Item => ({
  resource,
  scope: null,
  span: null,
  spanEvent: null,
  eventIndex: 0,
  metric: null,
  dataPoint: null,
  exemplar: null,
  log: null,
  cache: new Map(),
  request: null,
  locals: null,
});

/** The contexts whose paths a statement of a context may use, itself first. */
export const visible: Readonly<Record<ContextName, readonly ContextName[]>> = {
  resource: ["resource"],
  scope: ["scope", "resource"],
  span: ["span", "scope", "resource"],
  spanevent: ["spanevent", "span", "scope", "resource"],
  metric: ["metric", "scope", "resource"],
  datapoint: ["datapoint", "metric", "scope", "resource"],
  exemplar: ["exemplar", "datapoint", "metric", "scope", "resource"],
  log: ["log", "scope", "resource"],
};

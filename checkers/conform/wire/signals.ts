/** The three signals and the three protocols: what differs between them on the wire. */

import type { OtlpProtocol, OtlpSignal } from "../../../core/subject.ts";

interface SignalFacts {
  readonly request: string;
  readonly response: string;
  /** Field of the partial success that counts what was refused. */
  readonly rejected: string;
  /** Way from the request to the single items. */
  readonly path: readonly [string, string, string];
  readonly httpPath: string;
  readonly grpcPath: string;
  /** What the items are called in sentences. */
  readonly items: string;
}

export const signals: Readonly<Record<OtlpSignal, SignalFacts>> = {
  traces: {
    request: "ExportTraceServiceRequest",
    response: "ExportTraceServiceResponse",
    rejected: "rejectedSpans",
    path: ["resourceSpans", "scopeSpans", "spans"],
    httpPath: "/v1/traces",
    grpcPath: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    items: "spans",
  },
  metrics: {
    request: "ExportMetricsServiceRequest",
    response: "ExportMetricsServiceResponse",
    rejected: "rejectedDataPoints",
    path: ["resourceMetrics", "scopeMetrics", "metrics"],
    httpPath: "/v1/metrics",
    grpcPath: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    items: "data points",
  },
  logs: {
    request: "ExportLogsServiceRequest",
    response: "ExportLogsServiceResponse",
    rejected: "rejectedLogRecords",
    path: ["resourceLogs", "scopeLogs", "logRecords"],
    httpPath: "/v1/logs",
    grpcPath: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    items: "log records",
  },
};

/** The signal that a request path belongs to, whatever stands before it. */
export function signalOfPath(path: string): OtlpSignal | null {
  for (const [signal, { httpPath, grpcPath }] of Object.entries(signals)) {
    if (path.endsWith(httpPath) || path === grpcPath) return signal as OtlpSignal;
  }
  return null;
}

export const isGrpc = (protocol: OtlpProtocol): boolean => protocol === "grpc";

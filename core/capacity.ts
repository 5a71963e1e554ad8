/**
 * A telemetry path to be sized: SDK → (Collector) → backend, its load and what is asked of it. Plain
 * data, so that it can be written to a report and read back. Times in milliseconds where the option
 * that sets them is in milliseconds, seconds elsewhere.
 */

export interface CapacityPlan {
  readonly name: string;
  /** Spans per second, and how many end at the same moment. */
  readonly lambda: number;
  readonly burst: number;
  /** Encoded size of one span in bytes, before compression, and what a queued span takes in memory. */
  readonly spanBytes: number;
  readonly heapBytes: number;
  readonly sdk: SdkSettings;
  readonly collector: CollectorSettings | null;
  /** Hop that leaves the application, and hop that reaches the backend (the same without Collector). */
  readonly sdkHop: HopSettings;
  readonly backendHop: HopSettings;
  /** Backend's own time per request in seconds, and its squared coefficient of variation. */
  readonly backendSeconds: number;
  readonly backendScv: number;
  /** Requests that the backend works on at a time, and that may wait; null: not limited. */
  readonly backendServers: number | null;
  readonly backendQueue: number | null;
  /** CPU of the application's container in cores. */
  readonly cpu: number;
  /** CPU seconds per span: ending and queueing it; encoding and sending it, compression included. */
  readonly cpuEnd: number;
  readonly cpuSend: number;
  readonly targets: {
    /** Share of spans that may be lost at λ. */
    readonly maxLoss: number;
    /** Seconds for which the backend may be away without a loss. */
    readonly outage: number;
    /** Seconds that the process has for its shutdown. */
    readonly grace: number;
    /** Longest acceptable block of the event loop, in seconds. */
    readonly loopDelay: number;
  };
  /** Where each setting comes from, e.g. "OTEL_BSP_MAX_QUEUE_SIZE" or "default". */
  readonly origins: Readonly<Record<string, string>>;
}

export interface SdkSettings {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
  /** OTLP timeout for one export with all its retries. */
  readonly timeoutMillis: number;
  readonly concurrencyLimit: number;
  readonly gzip: boolean;
}

export interface CollectorSettings {
  readonly numConsumers: number;
  /** Requests, those in flight included. */
  readonly queueSize: number;
  readonly timeoutMillis: number;
  readonly retry: {
    readonly enabled: boolean;
    readonly initialMillis: number;
    readonly maxMillis: number;
    readonly elapsedMillis: number;
    readonly multiplier: number;
  };
}

export interface HopSettings {
  readonly rttSeconds: number;
  /** Share of packets lost. */
  readonly packetLoss: number;
  /** Bytes per second; null: not limited. */
  readonly bandwidth: number | null;
  readonly tls: boolean;
}

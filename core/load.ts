/**
 * The protocol between the load generator (`sim/load`) and the program that drives a real system
 * (`MeasuredSystem.program`). The program is started as a process of its own, with nothing on its
 * command line. It prints `LoadReady` as one line of JSON once everything is loaded, reads a
 * `LoadSpec` as one line from standard input, puts the load on the system, prints a `LoadRecord` as
 * one line and exits. When standard input closes before that, it exits at once.
 */

/** The request header that carries the number of the arrival; the backend draws its delay by it. */
export const loadSequenceHeader = "x-load-sequence";

export interface LoadReady {
  readonly ready: true;
}

export interface LoadSpec {
  /** Loopback address of the backend, with its path. */
  readonly url: string;
  /** Concurrent operations that the system is configured to allow. */
  readonly servers: number;
  /** Intended start of each arrival in seconds from the start of the run: an absolute schedule. */
  readonly arrivals: readonly number[];
  /** Operations done before the run, so that connections and compiled code are warm. */
  readonly warmup: number;
  /**
   * How the schedule is followed. `spin`: to some microseconds, the generator polls in the last
   * milliseconds (costs CPU time); `timer`: to the next millisecond, leaves the CPU idle between.
   */
  readonly pacing: "spin" | "timer";
  /** Milliseconds after which one operation fails. */
  readonly timeoutMs: number;
}

/** One entry per arrival, in the order of the schedule; times in seconds from the start. */
export interface LoadRecord {
  /** Where the times below count from, in CLOCK_MONOTONIC nanoseconds; needed to account for them. */
  readonly originNs?: number;
  /** When the operation was really started. */
  readonly sent: readonly number[];
  /** The span that was active while each operation was started, and when that call returned. */
  readonly spans?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly returned: number;
  }[];
  /** When it ended; `null` when the run was given up before. */
  readonly finished: readonly (number | null)[];
  readonly outcomes: readonly LoadOutcome[];
  /** Why operations failed, with counts. */
  readonly failures: Readonly<Record<string, number>>;
  /** Event-loop delay of the program in seconds, beyond the sampling period. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly max: number };
  /** CPU time of the program during the run, in seconds. */
  readonly cpu: { readonly user: number; readonly system: number };
}

/** `rejected`: refused at once for lack of a free server; `failed`: any other failure. */
export type LoadOutcome = "completed" | "rejected" | "failed" | "unfinished";

// --- a batch processor in virtual time ----------------------------------------------------------

/** A recorded run of a batch processor: everything that decides what it does. Milliseconds. */
export interface BatchTrace {
  readonly maxExportBatchSize: number;
  readonly maxQueueSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
  /** Ends of spans, ascending; equal times are one synchronous burst. */
  readonly arrivals: readonly number[];
  /** What happens to export number k; the exporter answers after `afterMs`. */
  readonly exports: readonly { readonly afterMs: number; readonly ok: boolean }[];
}

/** What a batch processor did with a trace. */
export interface BatchReplay {
  /** Each export: when it began, and the spans in it by the number of their arrival. */
  readonly exports: readonly { readonly atMs: number; readonly spans: readonly number[] }[];
  /** Spans that reached no export. */
  readonly dropped: readonly number[];
}

/** Runs a trace through a real batch processor in virtual time; lives in `adapters/`. */
export interface BatchReplayer {
  readonly name: string;
  readonly version: string;
  replay(trace: BatchTrace): Promise<BatchReplay>;
}

// --- a span processor under load -----------------------------------------------------------------

/** How the processor in front of the exporter is set up; milliseconds as in its own options. */
export type ProcessorSettings =
  | {
      readonly kind: "batch";
      readonly maxExportBatchSize: number;
      readonly maxQueueSize: number;
      readonly scheduledDelayMillis: number;
      readonly exportTimeoutMillis: number;
    }
  | {
      readonly kind: "simple";
      /** Exports that the exporter allows at a time; it refuses every further one at once. */
      readonly concurrencyLimit: number;
    };

/**
 * What the program of a processor reads as one line, in place of a `LoadSpec`. Every export carries
 * its number in `loadSequenceHeader`. The program answers with a `ProcessorRecord`.
 */
export interface ProcessorSpec {
  readonly url: string;
  readonly processor: ProcessorSettings;
  /** Intended ends of spans in seconds from the start, ascending; equal times are one burst. */
  readonly arrivals: readonly number[];
  /** The run ends here, in seconds: what then waits is left, what is in flight is waited for. */
  readonly until: number;
  /** Exports made before the run, so that connections and compiled code are warm. */
  readonly warmup: number;
  readonly timeoutMs: number;
  /** Attributes of each span, strings of 16 characters. */
  readonly attributes: number;
  readonly compression: "none" | "gzip";
  /** Certificate of the backend, when it speaks TLS. */
  readonly ca?: string;
  /** CPU milliseconds that the application itself burns at a time, and how often. */
  readonly busy?: { readonly everyMs: number; readonly forMs: number };
}

/** One entry per arrival and per export; times in seconds from the start of the run. */
export interface ProcessorRecord {
  /** When the span really ended. */
  readonly sent: readonly number[];
  /** Number of the export that took the span; -1 dropped, -2 left at the end. */
  readonly fate: readonly number[];
  readonly exports: readonly {
    readonly start: number;
    readonly end: number;
    readonly size: number;
    readonly ok: boolean;
    /** Refused for lack of a free place, at once. */
    readonly refused: boolean;
    /** CPU time of the thread until the export call returned: serialising. */
    readonly callSeconds: number;
  }[];
  readonly failures: Readonly<Record<string, number>>;
  readonly lag: LoadRecord["lag"];
  readonly cpu: LoadRecord["cpu"];
  /** Seconds that `shutdown` took after the run, the queue of the end included. */
  readonly shutdownSeconds: number;
}

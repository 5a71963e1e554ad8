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
  /** When the operation was really started. */
  readonly sent: readonly number[];
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

/** What a sampler hands over, whatever its kind. */

export type ProfilerName = "bpftrace" | "perf" | "v8";

export const profilerNames: readonly ProfilerName[] = ["bpftrace", "perf", "v8"];

export type FrameType = "kernel" | "native" | "js" | "gc" | "unknown";

/** One named frame of a stack. */
export interface Frame {
  /** Readable name without compiler tier marks; frames are grouped by name and type. */
  readonly name: string;
  /** The name as the symbol table, the perf map or V8 gave it. */
  readonly systemName: string;
  readonly type: FrameType;
  /** Source file of a JavaScript function, as V8 names it; empty otherwise. */
  readonly file: string;
  /** Line of the function's definition, 0 when unknown. */
  readonly line: number;
  /** Where the code lies: base name of the binary, `[kernel]`, `[jit]`, or `[unknown]`. */
  readonly module: string;
  /** Instruction address as sampled, 0 for kernel frames and for V8's own samples. */
  readonly address: number;
  /** `symbol`: a function name; `module`: only the binary is known; `none`: nothing is known. */
  readonly known: "symbol" | "module" | "none";
}

/** One sample of one thread. Times are CLOCK_MONOTONIC nanoseconds, the clock of `process.hrtime`. */
export interface StackSample {
  readonly timeNs: number;
  /** Id of the process; the target or one of its children. */
  readonly process: number;
  readonly thread: number;
  /** Leaf first. Empty when the stack could not be walked. */
  readonly frames: readonly Frame[];
  /** The frames end at a thread's first function; false for a stack that was cut off. */
  readonly complete: boolean;
  /** The time that this sample stands for, where the profiler tells; otherwise one tick. */
  readonly lastsNs?: number;
}

/** A sample whose user frames are still bare addresses. */
export interface RawSample {
  readonly timeNs: number;
  readonly process: number;
  readonly thread: number;
  /** User addresses, leaf first. */
  readonly user: readonly number[];
  /** Kernel function names, leaf first. */
  readonly kernel: readonly string[];
}

/** How a sampler saw its own work; the self-checks judge it. */
export interface SamplerReport {
  readonly profiler: ProfilerName;
  readonly version: string;
  /** Samples per second of the clock that were asked for. */
  readonly hz: number;
  /** Ticks per second and CPU that the kernel really delivered; null when the tool cannot tell. */
  readonly effectiveHz: number | null;
  /** Records that the tool itself reports as lost. */
  readonly lost: number;
  /** Milliseconds from start to the first tick. */
  readonly attachMs: number;
  /** First tick and end of sampling, CLOCK_MONOTONIC nanoseconds. */
  readonly fromNs: number;
  readonly toNs: number;
  /** Why the sampling cannot be trusted as a whole; null when it ended as asked. */
  readonly problem: string | null;
  /**
   * Idle CPUs kept ticking, so that the number of samples is right but for chance. Virtual machines
   * were seen to stop the timers of idle CPUs; false where that could not be helped, or is not known.
   */
  readonly ticksKept: boolean;
  /** Children were followed, and their samples are among the others. */
  readonly followsChildren: boolean;
}

export interface RawCapture extends SamplerReport {
  readonly samples: readonly RawSample[];
}

export interface Capture extends SamplerReport {
  readonly samples: readonly StackSample[];
}

/** Waiting and system calls of the target and its children, in a run of their own. */
export interface SignalCounts {
  /** Delays from ready to running: microseconds from `from` (inclusive) to `to` (exclusive). */
  readonly runQueue: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
  }[];
  readonly runQueueByThread: readonly ThreadWait[];
  readonly syscalls: readonly {
    readonly number: number;
    readonly count: number;
    readonly totalNs: number;
  }[];
  readonly tcp: TcpCounts;
  /** CPU time by process in nanoseconds, from the scheduler. */
  readonly onCpu: ReadonlyMap<number, number>;
}

export interface ThreadWait {
  readonly thread: number;
  readonly count: number;
  readonly totalNs: number;
}

/** What the kernel told about the target's TCP sockets. */
export interface TcpCounts {
  /** Changes of state, "ESTABLISHED to FIN_WAIT1", with their counts. */
  readonly states: ReadonlyMap<string, number>;
  readonly retransmits: number;
  readonly sends: number;
  readonly sentBytes: number;
  readonly receives: number;
  readonly receivedBytes: number;
  /** Mean smoothed round-trip time in microseconds; null without any packet. */
  readonly roundTripUs: number | null;
}

/** Time that a thread was blocked, by the stack with which it left the CPU. */
export interface RawWait {
  readonly process: number;
  readonly thread: number;
  readonly user: readonly number[];
  readonly kernel: readonly string[];
  readonly totalNs: number;
}

export interface RawSignals extends SignalCounts {
  readonly blocked: readonly RawWait[];
}

export interface Signals extends SignalCounts {
  /** One entry per stack; `lastsNs` is its whole blocked time. */
  readonly blocked: readonly StackSample[];
}

/** A sampler that is attached and whose ticks have been seen. */
export interface Sampler {
  readonly attachMs: number;
  readonly followsChildren: boolean;
  /** Told of every child process that the target starts, as soon as the sampler hears of it. */
  onChild?: (pid: number) => void;
  /** Ends the sampling. Never hangs: a tool that does not end by itself is killed on a deadline. */
  stop(): Promise<RawCapture>;
}

/** Samples per second unless a claim asks otherwise: prime, so that no periodic work runs in step. */
export const defaultHz = 199;

/** The sampler could not attach. `help` says how to enable it. */
export class AttachError extends Error {
  readonly help: string;

  constructor(message: string, help: string) {
    super(message);
    this.name = "AttachError";
    this.help = help;
  }
}

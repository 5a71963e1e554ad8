/**
 * Subjects: the things that claims are made about. Content declares them, engines read them, only
 * `verify.config.ts` ties models, properties, implementations and adapters together.
 */

import type { MachineModel } from "./model.ts";
import type { CapacityPlan } from "./capacity.ts";
import type { Expectation, ModelState, Property } from "./property.ts";
import type { SystemModel } from "./system.ts";
import type { Scalar, TraceAction } from "./trace.ts";
import type { ReductionName } from "./verdict.ts";
import type { BatchReplayer, ProcessorSettings } from "./load.ts";

export type * from "./model.ts";

// --- machines ---------------------------------------------------------------------------------

/** What an implementation shows after a command; compared entry by entry with the model. */
export type Observables = Readonly<Record<string, Scalar>>;

/** One running instance of an implementation, driven in virtual time. */
export interface ImplementationDriver {
  /**
   * Sends the event and returns what was observed once the implementation is quiet again. If that is as
   * soon as no microtask is left, it may return how to read it then: many instances so wait together,
   * which is faster than a promise for each.
   */
  send(event: TraceAction): Promise<Observables> | Observables | (() => Observables);
  /** Lets virtual time pass (milliseconds) and returns what was observed. */
  advance(ms: number): Promise<Observables> | Observables;
  dispose(): Promise<void> | void;
}

/** How an engine drives an implementation of a machine; lives in `adapters/`. */
export interface Implementation {
  /** The name in ids: `subject/property@name`. */
  readonly name: string;
  readonly version: string;
  /** A fresh instance in the model's initial state, configured with the model's parameters. */
  start(parameters: Readonly<Record<string, number>>): Promise<ImplementationDriver>;
  /**
   * The abstraction map, part of the claim: what the model predicts to be observed after a step.
   * `before` and `after` are snapshots of the machine.
   */
  predict(step: {
    readonly before: ModelState;
    readonly event: TraceAction;
    readonly after: ModelState;
  }): Observables;
  /** Remarks on the mapping that a reader of the verdict should know. */
  readonly assumptions?: readonly string[];
  /** Several instances may run at the same time without meeting each other: checks are faster. */
  readonly sideBySide?: boolean;
}

export interface MachineSubject {
  readonly kind: "machine";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly model: MachineModel;
  readonly properties: readonly Property[];
  readonly implementations?: readonly Implementation[];
  /**
   * Give the claims to the solver although the model has no parameters: a second method on the same
   * question, and a proof that needs no bound on the number of states.
   */
  readonly prove?: boolean;
}

/** Several machines side by side, explored together. */
export interface SystemSubject {
  readonly kind: "system";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly model: SystemModel;
  readonly properties: readonly Property[];
  /** Reductions that the search uses where they are sound; `--reduce` overrides it. Default: none. */
  readonly reduce?: readonly ReductionName[];
}

export type ExploredSubject = MachineSubject | SystemSubject;

// --- theorems ---------------------------------------------------------------------------------

/** The sorts of theorem variables; `Real` is exact, never floating point. */
export type Sort = "Int" | "Real" | "Bool";

export interface Theorem {
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly variables: Readonly<Record<string, Sort>>;
  /** Named premises; each is an expression over the variables. */
  readonly premises: Readonly<Record<string, string>>;
  readonly conclusion: string;
  readonly expect?: Expectation;
}

export interface TheoremSubject {
  readonly kind: "theorem";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly theorems: readonly Theorem[];
}

// --- queues -----------------------------------------------------------------------------------

/** A distribution of times; all means in seconds. */
export type Distribution =
  | { readonly law: "exponential"; readonly mean: number }
  | { readonly law: "deterministic"; readonly mean: number }
  | { readonly law: "erlang"; readonly mean: number; readonly phases: number }
  | { readonly law: "hyperexponential"; readonly mean: number; readonly scv: number }
  | { readonly law: "lognormal"; readonly mean: number; readonly scv: number }
  /** Drawn from a sample with replacement; `mean` is the sample's own (see `empirical`). */
  | { readonly law: "empirical"; readonly mean: number; readonly sample: readonly number[] };

/** A queue with FCFS order: arrivals at rate λ (1/s), N servers, room for waiting customers. */
export interface QueueModel {
  /** Arrival rate λ in 1/s. */
  readonly arrivalRate: number;
  readonly service: Distribution;
  /** Number of servers N. */
  readonly servers: number;
  /** Places for waiting customers; `null` for unlimited, 0 for a loss system. */
  readonly waitingRoom: number | null;
}

export interface QueueClaimBase {
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly expect?: Expectation;
}

/** A formula for one measure of the model agrees with an independent simulation of it. */
export interface FormulaClaim extends QueueClaimBase {
  readonly kind: "formula";
  readonly measure: "mean-wait" | "loss-probability" | "wait-probability";
  /** The name under which the value is printed, e.g. "Erlang C". */
  readonly formulaName: string;
  /** The formula itself, in the measure's own unit (seconds or a probability). */
  readonly formula: (model: QueueModel) => number;
  /** Further models for which the same formula is claimed; the subject's own always is. */
  readonly also?: readonly QueueModel[];
}

/** Load put on a real system, and how its server behaves. */
export interface OperatingPoint {
  readonly name: string;
  /** Offered arrival rate λ in 1/s (Poisson). */
  readonly arrivalRate: number;
  /** Service time of the backend. */
  readonly service: Distribution;
  /** Concurrent exports allowed: the number of servers N. */
  readonly servers: number;
  /** Seconds of measured time. */
  readonly duration: number;
}

/** A real run of the system agrees with the prediction of a queue model, within its interval. */
export interface PredictionClaim extends QueueClaimBase {
  readonly kind: "prediction";
  /** The model that predicts. `erlang-b`: M/G/c/c loss system. `erlang-c`: M/M/N with waiting. */
  readonly predictor: "erlang-b" | "erlang-c";
  readonly points: readonly OperatingPoint[];
}

/** A CPU profile of the real system under load can be taken, and accounts for its CPU time. */
export interface ProfileClaim extends QueueClaimBase {
  readonly kind: "profile";
  readonly point: OperatingPoint;
  /** Samples per second of CPU time, 49 to 999; default 199. More cost more than they show. */
  readonly hz?: number;
}

/**
 * The simulator of the batch processor and the real one, fed with the same random traces of arrivals
 * and export times in virtual time, form the same batches and drop the same spans.
 */
export interface ReplayClaim extends QueueClaimBase {
  readonly kind: "replay";
  readonly traces: number;
  /** Whether exports may overlap after a failed one, as in OpenTelemetry JS (sim/queue/bulk.ts). */
  readonly overlapAfterFailure: boolean;
}

/** Load put on a span processor, and how the backend answers its exports. */
export interface ProcessorPoint {
  readonly name: string;
  /** Spans per second. */
  readonly arrivalRate: number;
  /** Spans that end at the same moment; default 1. */
  readonly burst?: number;
  /** Poisson moments (default), equal distances, or a recorded trace of times in seconds. */
  readonly pattern?: "poisson" | "periodic" | { readonly trace: readonly number[] };
  /** Backend's time per export, in seconds. */
  readonly service: Distribution;
  readonly duration: number;
  /** Milliseconds of CPU time that the application burns on the event loop at a time, and how often. */
  readonly busy?: { readonly everyMs: number; readonly forMs: number };
}

/** The real processor under load does what a queue model predicts, at every point. */
export interface ValidationClaim extends QueueClaimBase {
  readonly kind: "validation";
  /**
   * `bulk`: bulk service with the size-or-timer rule. `loss`: N exports at a time and no room.
   * `mmn`: M/M/N with unlimited room, N the exporter's concurrency limit.
   */
  readonly predictor: "bulk" | "loss" | "mmn";
  readonly processor: ProcessorSettings;
  readonly points: readonly ProcessorPoint[];
  /**
   * `figures`: throughput and utilisation within 1 %, mean wait within 5 %, p99 within 10 %, loss
   * within 0.5 percentage points; the interval alone within 5 % of saturation. `interval`: inside
   * the prediction interval, and inside the far narrower one that is left when the backend's own times
   * are given.
   */
  readonly judgedBy: "figures" | "interval";
  /** The model believes that the backend takes so many times as long as it does: a negative control. */
  readonly believedService?: number;
}

/**
 * The wall time of one operation of the real system is accounted for, part by part, at every point:
 * own CPU time, run-queue delay, CPU quota, event-loop delay, network and backend.
 */
export interface AccountClaim extends QueueClaimBase {
  readonly kind: "account";
  /** The first one's service law, with one operation at a time, calibrates the parts. */
  readonly points: readonly OperatingPoint[];
}

/** A path carries its load, survives an outage, ends in time, or has a configuration that does. */
export interface CapacityClaim extends QueueClaimBase {
  readonly kind: "capacity";
  readonly aspect: "load" | "outage" | "shutdown" | "retries" | "recommendation";
  readonly plan: CapacityPlan;
}

export type QueueClaim =
  | FormulaClaim
  | PredictionClaim
  | ProfileClaim
  | ReplayClaim
  | ValidationClaim
  | AccountClaim
  | CapacityClaim;

export interface QueueSubject {
  readonly kind: "queue";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly model: QueueModel;
  readonly claims: readonly QueueClaim[];
  /** The module that runs the real system; required for prediction and profile claims. */
  readonly system?: MeasuredSystem;
  /** The program that runs a real span processor under load; required for validation claims. */
  readonly processor?: MeasuredSystem;
  /** Runs the real batch processor in virtual time; required for replay claims. */
  readonly replayer?: BatchReplayer;
}

/** A real program that can be put under load in a process of its own. */
export interface MeasuredSystem {
  readonly name: string;
  readonly version: string;
  /** Path of the module that runs the load in a child process; lives in `adapters/`. */
  readonly program: string;
}

// --- processes --------------------------------------------------------------------------------

export type OtlpSignal = "traces" | "metrics" | "logs";
export type OtlpProtocol = "http/protobuf" | "http/json" | "grpc";

/** What both sides of OTLP have in common as subjects. */
interface WireSubject {
  readonly kind: "process";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly cwd?: string;
  /** Environment of the process besides what the harness sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** URL that answers 2xx once the process is ready. */
  readonly ready?: string;
  /** Default `traces`. */
  readonly signal?: OtlpSignal;
  /** Default `http/protobuf`. */
  readonly protocol?: OtlpProtocol;
  /** Default `none`; `mtls` shows a client certificate as well. Certificates are made at run time. */
  readonly tls?: "none" | "tls" | "mtls";
  /** Name and version of what is being judged, as far as known. */
  readonly implementation: { readonly name: string; readonly version: string };
  /** Whose constants are judged besides the specification, e.g. `opentelemetry-js`. */
  readonly profile?: string;
  /** Judges by an older specification: what was added later is left out. Default: the newest. */
  readonly spec?: SpecVersions;
  /** Known deviations by requirement slug. */
  readonly expectFor?: Readonly<Record<string, Expectation>>;
  /** Requirements that do not apply to this subject, with the reason. */
  readonly notApplicable?: Readonly<Record<string, string>>;
  /** What has to be there first, and is not: the subject is skipped with this reason. */
  readonly missing?: string;
}

/** Versions of opentelemetry-proto and of the OpenTelemetry specification, e.g. 1.11.0. */
export interface SpecVersions {
  readonly otlp?: string;
  readonly specification?: string;
}

/** A process that exports OTLP, judged from outside. */
export interface ExporterSubject extends WireSubject {
  /** What the process is to the protocol. */
  readonly role: "otlp-exporter";
  /** Command line; run without a shell, with a scrubbed environment. */
  readonly command: readonly string[];
  /** URL to request, or command to run, so that the process produces telemetry. */
  readonly drive?: string;
  /** The same for a single batch of more than 64 MiB. */
  readonly driveLarge?: string;
  /** It has a batch processor that reads OTEL_BSP_* or OTEL_BLRP_*. */
  readonly batchProcessor?: boolean;
  /** It has a simple processor: every item is handed to the exporter as it ends. */
  readonly simpleProcessor?: boolean;
  /** Items that may wait at a time before some are dropped; default 2048, the batch processors' own. */
  readonly room?: number;
  /**
   * Only these scenarios, by name, and what can be judged by them; `baseline` and `hang`, which teach
   * what the process does without faults, are always played. Default: all that apply.
   */
  readonly scenarios?: readonly string[];
  /**
   * Patience, where it is known that the process needs less than any exporter might: how long a
   * resend is looked for, after how long a process counts as silent, how many copies of it may run
   * side by side, and how long it may take to be ready (30 s) and to answer a stimulus (10 s).
   */
  readonly pace?: {
    readonly quietMs?: number;
    readonly silenceMs?: number;
    readonly jobs?: number;
    readonly readyMs?: number;
    readonly driveMs?: number;
  };
}

/** A server that receives OTLP, judged from outside. */
export interface ReceiverSubject extends WireSubject {
  readonly role: "otlp-receiver";
  /** URL of the server on this machine, e.g. `http://127.0.0.1:4318`; `{port}` is a free port. */
  readonly endpoint: string;
  /** How to start it; left out when it already runs. */
  readonly command?: readonly string[];
}

/**
 * Two exporters that are told to send the same data, and must: JSON against protobuf, HTTP against
 * gRPC, one processor against another.
 */
export interface PairSubject {
  readonly kind: "process";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly role: "otlp-pair";
  readonly left: ExporterSubject;
  readonly right: ExporterSubject;
  /**
   * `items`: the same items with the same content arrive, whatever carried them; both processes must
   * produce the same ids and times. `batches`: the same numbers of items in each request, in order.
   */
  readonly compare: "items" | "batches";
  readonly implementation: { readonly name: string; readonly version: string };
  /** Known deviations by requirement slug. */
  readonly expectFor?: Readonly<Record<string, Expectation>>;
  /** What has to be there first, and is not: the subject is skipped with this reason. */
  readonly missing?: string;
}

export type ProcessSubject = ExporterSubject | ReceiverSubject | PairSubject;

// --- recordings -------------------------------------------------------------------------------

/** A recorded run, held against the machines that it names. */
export interface RecordingSubject {
  readonly kind: "recording";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  /** OTLP/JSON lines with the spans of docs/trace.md. */
  readonly file: string;
  /** The machines by the name under which they are recorded. */
  readonly models: Readonly<Record<string, MachineModel>>;
  /** Event types, and `after <delay>` of timers, that the recording does not contain. */
  readonly unrecorded?: readonly string[];
  /** The recording may begin in the middle of a run. */
  readonly fromMiddle?: boolean;
  /** Known deviations by machine. */
  readonly expectFor?: Readonly<Record<string, Expectation>>;
}

// --- rule sets --------------------------------------------------------------------------------

/** Nobody behind the Collector learns a value: it neither leaves in clear nor shows elsewhere. */
export interface RedactionClaim {
  readonly kind: "redaction";
  readonly id: string;
  readonly title: string;
  /** OTTL path of the secret in the record that comes in, e.g. `log.attributes["email"]`. */
  readonly secret: string;
  /** OTTL condition on the record that comes in; all records when left out. */
  readonly when?: string;
  /** OTTL value that the secret must become, evaluated on the record that comes in. */
  readonly becomes?: string;
  /** OTTL values that may be learnt about the secret, e.g. `Len(log.body)`. */
  readonly release?: readonly string[];
  readonly expect?: Expectation;
}

/** Another configuration does the same to every record. */
export interface EquivalenceClaim {
  readonly kind: "equivalence";
  readonly id: string;
  readonly title: string;
  /** Files of the other configuration, merged as the Collector does. */
  readonly other: readonly string[];
  readonly expect?: Expectation;
}

export type RulesClaim = RedactionClaim | EquivalenceClaim;

/** OTTL rules of a Collector configuration. */
export interface RulesSubject {
  readonly kind: "rules";
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  /** Collector configurations, merged as the Collector does; paths from the working directory. */
  readonly files: readonly string[];
  /** Version of the Collector, e.g. `0.143.0`; read from an image in the files when left out. */
  readonly collectorVersion?: string;
  /** e.g. `-ottl.set.allowNil`. */
  readonly featureGates?: readonly string[];
  /** Values for `${env:NAME}`; what is not given may be any text. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Ask the built-in questions too (default), or only decide the claims. */
  readonly builtIn?: boolean;
  readonly claims?: readonly RulesClaim[];
  /** Known findings by property id. */
  readonly expectFor?: Readonly<Record<string, Expectation>>;
}

export type Subject =
  | MachineSubject
  | SystemSubject
  | TheoremSubject
  | QueueSubject
  | ProcessSubject
  | RecordingSubject
  | RulesSubject;

export interface VerifyConfig {
  readonly subjects: readonly Subject[];
}

/** Identity with types: the default export of `verify.config.ts`. */
export const defineConfig = (config: VerifyConfig): VerifyConfig => config;

/**
 * A machine subject, or a system of machines when the model has `machines`; `title` defaults to the
 * id.
 */
export function defineSubject(
  subject: Omit<MachineSubject, "kind" | "title"> & { readonly title?: string },
): MachineSubject;
export function defineSubject(
  subject: Omit<SystemSubject, "kind" | "title"> & { readonly title?: string },
): SystemSubject;
export function defineSubject(
  subject: (Omit<MachineSubject, "kind" | "title"> | Omit<SystemSubject, "kind" | "title">) & {
    readonly title?: string;
  },
): MachineSubject | SystemSubject {
  const title = subject.title ?? subject.id;
  const { model } = subject;
  return "machines" in model
    ? { ...subject, model, kind: "system", title }
    : { ...subject, model, kind: "machine", title };
}

/** What the receiver writes down of one request, and which answer it gets. No sockets here. */

import type { OtlpSignal } from "../../../core/subject.ts";
import type { JsonReading } from "./decode.ts";
import type { DecodedBody, Encoding } from "./otlp.ts";
import { type Answer, scripted, type Script, SUCCESS } from "./scenario.ts";
import { signalOfPath, signals } from "./signals.ts";

/** How a request ended. */
export type Ending =
  /** The whole answer was handed to the client. */
  | "answered"
  /** The client closed the connection before the answer was complete. */
  | "client-gave-up"
  /** The receiver cut the connection, as scripted or at the end of the scenario. */
  | "cut"
  | "open";

export interface RequestRecord {
  /** Number of the request in this run, from 1. */
  readonly n: number;
  /** Number of the connection that carried it, from 1. */
  readonly connection: number;
  /** Milliseconds since the faults were armed; negative before that. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly headerNames: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** False for warm-up traffic before the faults were armed. */
  readonly armed: boolean;
  readonly secure: boolean;
  /** Whether the client showed a certificate of ours. */
  readonly clientCertificate: boolean;
  /** The drive call after which this export first arrived, from 0. */
  round: number;
  /** Requests with an item in common are attempts of one export; both count from 1. */
  exportNumber: number;
  attempt: number;
  bytes: number;
  /** When the whole request had arrived. */
  readAtMs: number | null;
  /** Ids of its spans, log records or data points, without repetition. */
  spans: readonly string[];
  /** Keyed digests of their content, in the same order. */
  digests: readonly string[];
  /** Digests of the parts of each item, in the same order; empty unless asked for. */
  parts: readonly Readonly<Record<string, string>>[];
  encoding: Encoding | null;
  /** Whether the body came compressed and could be read. */
  compressed: boolean;
  /** For JSON bodies: how the text was written. */
  json: JsonReading | null;
  /** Why the body is not an export request; null when it is one. */
  problem: string | null;
  answer: Answer | null;
  answered: string;
  /** The HTTP status that was sent, if any. */
  status: number | null;
  /** The gRPC status that was sent, if any. */
  grpcStatus: number | null;
  /** When the decision was carried out: for a status, when the answer was sent. */
  answeredAtMs: number | null;
  /** When a Retry-After or a RetryInfo allows the next attempt. */
  notBeforeMs: number | null;
  ending: Ending;
  endedAtMs: number | null;
  /** Bytes of the answer's body handed to the socket. */
  sentBytes: number;
}

/** What a transport knows when a request begins. */
export interface Arrival {
  readonly connection: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly secure: boolean;
  readonly clientCertificate: boolean;
}

/** Headers whose values are needed to judge and cannot hold a secret. */
const KEPT_VALUES = new Set([
  "content-type",
  "content-encoding",
  "user-agent",
  "content-length",
  "grpc-encoding",
  "grpc-timeout",
  "te",
]);
/** Headers that scenarios set themselves. */
const OURS = /^x-verify-/;

export interface BookOptions {
  /** Rounds are export numbers when nothing drives the process. */
  readonly roundsAre: "drives" | "exports";
  readonly signal: OtlpSignal;
  /** A path to accept besides the signal's own. */
  readonly path?: string | undefined;
  /** Keep digests of the parts of items too. */
  readonly detail?: boolean;
}

/** The book of one receiver. */
export class Book {
  readonly requests: RequestRecord[] = [];
  readonly #options: BookOptions;
  readonly #firstByItem = new Map<string, RequestRecord>();
  readonly #attempts = new Map<number, number>();
  #epoch = performance.now();
  #script: Script | null = null;
  #round = -1;
  #exports = 0;
  #cuts = { afterBytes: 0, times: 0 };

  constructor(options: BookOptions) {
    this.#options = options;
  }

  get signal(): OtlpSignal {
    return this.#options.signal;
  }

  get detail(): boolean {
    return this.#options.detail === true;
  }

  now(): number {
    return performance.now() - this.#epoch;
  }

  arm(script: Script): void {
    this.#script = script;
    this.#epoch = performance.now();
  }

  heal(): void {
    this.#script = { rounds: [] };
  }

  /** The next requests are to be reset when so much of their body has arrived. */
  cutRequests(afterBytes: number, times: number): void {
    this.#cuts = { afterBytes, times };
  }

  /** Whether this request is to be reset, and after how many bytes of its body. */
  takeCut(record: RequestRecord): number | null {
    if (this.#cuts.times === 0 || this.isForeign(record)) return null;
    this.#cuts = { ...this.#cuts, times: this.#cuts.times - 1 };
    record.round = this.#round;
    return this.#cuts.afterBytes;
  }

  beginRound(): number {
    return ++this.#round;
  }

  open(arrival: Arrival): RequestRecord {
    const record: RequestRecord = {
      n: this.requests.length + 1,
      connection: arrival.connection,
      atMs: this.now(),
      method: arrival.method,
      path: arrival.path.split("?", 1)[0]!,
      headerNames: Object.keys(arrival.headers).sort(),
      headers: keptHeaders(arrival.headers),
      armed: this.#script !== null,
      secure: arrival.secure,
      clientCertificate: arrival.clientCertificate,
      round: -1,
      exportNumber: 0,
      attempt: 0,
      bytes: 0,
      readAtMs: null,
      spans: [],
      digests: [],
      parts: [],
      encoding: null,
      compressed: false,
      json: null,
      problem: null,
      answer: null,
      answered: "",
      status: null,
      grpcStatus: null,
      answeredAtMs: null,
      notBeforeMs: null,
      ending: "open",
      endedAtMs: null,
      sentBytes: 0,
    };
    this.requests.push(record);
    return record;
  }

  /** Whether a request is for another signal, which is let through without a look. */
  isForeign(record: RequestRecord): boolean {
    const signal = signalOfPath(record.path);
    return signal !== null && signal !== this.#options.signal;
  }

  hasKnownPath(record: RequestRecord): boolean {
    return (
      record.path === this.#options.path ||
      record.path.endsWith(signals[this.#options.signal].httpPath) ||
      signalOfPath(record.path) !== null
    );
  }

  /** Takes what was decoded and says which answer the script holds. */
  read(record: RequestRecord, body: DecodedBody | Error): Answer {
    record.readAtMs = this.now();
    if (body instanceof Error) record.problem = body.message;
    else {
      const byId = new Map(body.items.map((item) => [item.id, item.digest]));
      record.spans = [...byId.keys()];
      record.digests = [...byId.values()];
      record.parts = [...new Map(body.items.map(({ id, parts = {} }) => [id, parts])).values()];
      record.json = body.json;
      record.problem = body.problem ?? null;
    }
    if (!this.hasKnownPath(record)) return { kind: "status", status: 404 };
    if (!record.armed || this.#script === null) return SUCCESS;
    if (record.problem === null && record.spans.length > 0) this.#assignExport(record);
    return scripted(this.#script, record.round, record.attempt);
  }

  #assignExport(record: RequestRecord): void {
    const known = record.spans.find((id) => this.#firstByItem.has(id));
    if (known === undefined) {
      this.#exports++;
      record.exportNumber = this.#exports;
      record.round = this.#options.roundsAre === "drives" ? this.#round : this.#exports - 1;
      record.attempt = 1;
    } else {
      const first = this.#firstByItem.get(known)!;
      record.exportNumber = first.exportNumber;
      record.round = first.round;
      record.attempt = (this.#attempts.get(first.exportNumber) ?? 0) + 1;
    }
    this.#attempts.set(record.exportNumber, record.attempt);
    for (const id of record.spans) {
      if (!this.#firstByItem.has(id)) this.#firstByItem.set(id, record);
    }
  }

  /** What was open when the receiver cuts its connections was cut by it. */
  cutAll(): void {
    for (const record of this.requests) if (record.ending === "open") record.ending = "cut";
  }

  end(record: RequestRecord, ending: Ending): void {
    if (record.ending === "open") record.ending = ending;
    record.endedAtMs ??= this.now();
  }
}

function keptHeaders(headers: Arrival["headers"]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && (KEPT_VALUES.has(name) || OURS.test(name))) {
      kept[name] = value;
    }
  }
  return kept;
}

/** What is required of an OTLP receiver and can be judged from outside. */

import type { Obligation } from "../../../core/engine.ts";
import type { ReceiverSubject } from "../../../core/subject.ts";
import { type Identity, requirementObligation, type Unchecked } from "./identity.ts";
import * as probes from "./probes.ts";
import { isInForce } from "./requirements.ts";

export interface ReceiverRequirement extends Identity {
  readonly only?: "http" | "grpc" | "json";
  /** Plays what it takes and judges the replies; or why there is none. */
  readonly probe: probes.Probe | Unchecked;
}

const otlp = (anchor: string) => `https://opentelemetry.io/docs/specs/otlp/#${anchor}`;

const normative = { class: "normative", since: "1.0.0" } as const;
const must = { ...normative, level: "MUST" } as const;
const should = { ...normative, level: "SHOULD" } as const;

export const receiverRequirements: readonly ReceiverRequirement[] = [
  {
    ...must,
    id: "S1",
    slug: "accepts-plain-requests",
    title: "An uncompressed request is accepted",
    source: otlp("otlphttp-request"),
    probe: probes.acceptsPlain,
  },
  {
    ...must,
    id: "S1b",
    slug: "accepts-gzip",
    title: "A gzipped request is accepted",
    source: otlp("otlphttp-request"),
    probe: probes.acceptsGzip,
  },
  {
    ...must,
    id: "S2",
    slug: "caps-the-request",
    title: "A request of 100 MiB is refused as too large",
    source: otlp("otlphttp-request"),
    since: "1.11.0",
    probe: probes.capsLarge,
  },
  {
    ...must,
    id: "S2b",
    slug: "caps-the-decompressed-request",
    title: "A request that is 100 MiB once it is decompressed is refused as too large",
    source: otlp("otlphttp-request"),
    since: "1.11.0",
    probe: probes.capsBomb,
  },
  {
    ...must,
    id: "S3",
    slug: "full-success-leaves-partial-success-unset",
    title: "Full success is answered with a response whose partial_success is not set",
    source: otlp("full-success-1"),
    probe: probes.fullSuccess,
  },
  {
    ...should,
    id: "S4",
    slug: "accepts-empty-requests",
    title: "A request without data succeeds",
    source: otlp("empty-telemetry-envelopes"),
    probe: probes.acceptsEmpty,
  },
  {
    ...must,
    id: "S5",
    slug: "partial-success-counts",
    title: "Partial success says how much was rejected, or why it warns",
    source: otlp("partial-success-1"),
    probe: { why: "no request makes every receiver reject a part", fromOutside: false },
  },
  {
    ...must,
    id: "S6",
    slug: "answers-in-the-content-type-of-the-request",
    title: "The answer has the Content-Type of the request",
    source: otlp("otlphttp-response"),
    only: "http",
    probe: probes.answersInKind,
  },
  {
    ...must,
    id: "S7",
    slug: "errors-are-status-messages",
    title: "The body of a 4xx or 5xx is a google.rpc.Status",
    source: otlp("failures-1"),
    only: "http",
    probe: probes.errorsAreStatus,
  },
  {
    ...must,
    id: "S8",
    slug: "undecodable-data-is-400",
    title: "Data that cannot be decoded is answered 400",
    source: otlp("bad-data"),
    only: "http",
    probe: probes.refusesBadData,
  },
  {
    ...should,
    id: "S8g",
    slug: "undecodable-data-is-not-retryable",
    title: "Data that cannot be decoded gets a code that is not retried",
    source: otlp("failures"),
    only: "grpc",
    probe: probes.refusesBadData,
  },
  {
    ...should,
    id: "S8b",
    slug: "bad-data-is-described",
    title: "The Status of bad data carries a BadRequest",
    source: otlp("bad-data"),
    only: "http",
    probe: probes.describesBadData,
  },
  {
    ...should,
    id: "S9",
    slug: "overload-is-signalled",
    title: "Overload is answered 429, 503 or UNAVAILABLE, with the time to wait",
    source: otlp("otlphttp-throttling"),
    probe: { why: "no load overloads every receiver", fromOutside: true },
  },
  {
    ...must,
    id: "S10",
    slug: "ignores-unknown-fields",
    title: "Unknown fields are ignored",
    source: otlp("future-versions-and-interoperability"),
    probe: probes.ignoresUnknown,
  },
  {
    ...must,
    id: "S11",
    slug: "accepts-int64-as-number-and-string",
    title: "JSON: 64-bit integers are accepted as number and as string",
    source: otlp("json-protobuf-encoding"),
    only: "json",
    probe: probes.acceptsBothIntegers,
  },
  {
    ...must,
    id: "S11b",
    slug: "accepts-ids-in-either-case",
    title: "JSON: hexadecimal ids are accepted in either case",
    source: otlp("json-protobuf-encoding"),
    only: "json",
    probe: probes.acceptsUpperCase,
  },
  {
    ...should,
    id: "S12",
    slug: "both-encodings-on-one-port",
    title: "Protobuf and JSON are told apart by Content-Type on one port",
    source: otlp("otlphttp-request"),
    only: "http",
    probe: probes.bothEncodings,
  },
  {
    ...must,
    id: "S13",
    slug: "response-stays-within-4-mib",
    title: "A response is never larger than 4 MiB",
    source: otlp("otlphttp-response"),
    since: "1.11.0",
    probe: { why: "no request makes a receiver answer with 4 MiB", fromOutside: false },
  },
  {
    ...normative,
    level: "MUST NOT",
    id: "S14",
    slug: "no-gzip-unless-accepted",
    title: "The answer is not compressed unless Accept-Encoding allows it",
    source: otlp("otlphttp-response"),
    only: "http",
    probe: probes.noUninvitedGzip,
  },
  {
    ...normative,
    class: "convention",
    level: "MUST NOT",
    id: "S16",
    slug: "malformed-input-does-not-stop-it",
    title: "After malformed input of every kind the receiver still accepts",
    source:
      "https://opentelemetry.io/docs/specs/otel/error-handling/#basic-error-handling-principles",
    probe: probes.survivesMalformed,
  },
];

export function receiverRequirementsFor(subject: ReceiverSubject): readonly ReceiverRequirement[] {
  const { protocol = "http/protobuf" } = subject;
  return receiverRequirements.filter(({ only, ...requirement }) => {
    const speaks =
      only === undefined ||
      (only === "json" ? protocol === "http/json" : (protocol === "grpc") === (only === "grpc"));
    return speaks && isInForce(requirement, subject.spec);
  });
}

export const planReceiver = (subject: ReceiverSubject): Obligation[] =>
  receiverRequirementsFor(subject).map((requirement) =>
    requirementObligation(subject, requirement),
  );

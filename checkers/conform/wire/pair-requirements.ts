/** What is asked of two exporters that send the same data. */

import type { Obligation } from "../../../core/engine.ts";
import type { PairSubject } from "../../../core/subject.ts";
import { type Identity, requirementObligation } from "./identity.ts";

export const pairRequirements: Readonly<Record<PairSubject["compare"], Identity>> = {
  items: {
    id: "I14",
    slug: "same-items-in-both",
    title: "The same items with the same content arrive, whatever carried them",
    level: "MUST",
    class: "normative",
    source: "https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding",
    since: "1.0.0",
  },
  batches: {
    id: "I14b",
    slug: "same-batches-in-both",
    title: "Both processors form the same batches",
    level: "SHOULD",
    class: "convention",
    source: "https://opentelemetry.io/docs/specs/otel/logs/sdk/#batching-processor",
    since: "1.0.0",
  },
};

export const pairRequirement = ({ compare }: PairSubject): Identity => pairRequirements[compare];

export const planPair = (subject: PairSubject): Obligation[] => [
  requirementObligation(subject, pairRequirement(subject)),
];

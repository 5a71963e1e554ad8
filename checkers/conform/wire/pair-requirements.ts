/** What is asked of two exporters that send the same data. */

import type { Obligation } from "../../../core/engine.ts";
import type { RequirementFinding } from "../../../core/result.ts";
import type { PairSubject } from "../../../core/subject.ts";

type PairRequirement = Pick<
  RequirementFinding,
  "id" | "slug" | "level" | "class" | "source" | "since"
> & { readonly title: string };

export const pairRequirements: Readonly<Record<PairSubject["compare"], PairRequirement>> = {
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

export const pairRequirement = ({ compare }: PairSubject): PairRequirement =>
  pairRequirements[compare];

export function planPair(subject: PairSubject): Obligation[] {
  const { slug, title, level, source } = pairRequirement(subject);
  return [
    {
      id: `${subject.id}/${slug}@${subject.implementation.name}`,
      subject: subject.id,
      property: slug,
      title: `${title} (${level})`,
      source,
      engine: "conform",
      claim: "universal",
      implementation: subject.implementation,
      expect: subject.expectFor?.[slug] ?? null,
    },
  ];
}

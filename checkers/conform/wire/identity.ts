/** A requirement as text, and what plans and findings of every role make of it. */

import type { Obligation } from "../../../core/engine.ts";
import type { RequirementFinding } from "../../../core/result.ts";
import type { ProcessSubject } from "../../../core/subject.ts";

export interface Identity extends Pick<
  RequirementFinding,
  "id" | "slug" | "level" | "class" | "source" | "since"
> {
  readonly title: string;
}

/** No check of a requirement exists. */
export interface Unchecked {
  readonly why: string;
  /** Whether a check could be made from outside: those that could count against the share. */
  readonly fromOutside: boolean;
}

/** @param property the slug of a requirement, or another name that is unique for the subject */
export const obligationOf = (
  subject: ProcessSubject,
  property: string,
  { title, source }: Pick<Obligation, "title" | "source">,
): Obligation => ({
  id: `${subject.id}/${property}@${subject.implementation.name}`,
  subject: subject.id,
  property,
  title,
  source,
  engine: "conform",
  claim: "universal",
  implementation: subject.implementation,
  expect: subject.expectFor?.[property] ?? null,
});

export const requirementObligation = (
  subject: ProcessSubject,
  { slug, title, level, source }: Identity,
): Obligation => obligationOf(subject, slug, { title: `${title} (${level})`, source });

export const findingOf = (
  { id, slug, level, class: kind, source, since }: Identity,
  specVersion: string,
  finding: RequirementFinding["finding"],
  unchecked: Unchecked | null,
): RequirementFinding => ({
  id,
  slug,
  level,
  class: kind,
  source,
  since,
  specVersion,
  finding,
  ...(unchecked === null
    ? {}
    : { unchecked: { why: unchecked.why, fromOutside: unchecked.fromOutside } }),
});

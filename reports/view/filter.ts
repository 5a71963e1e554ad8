/** The filter box: `s:violated e:prove text`. No DOM, no Node. */

import type { Result } from "../../core/index.ts";
import { implementationLabel } from "./words.ts";

export interface Term {
  readonly field: "s" | "e" | "m" | "i" | "r" | "text";
  readonly value: string;
  readonly not: boolean;
}

/** What the filter understands, for the help text beside the box. */
export const filterHelp =
  's:violated or s:unexpected (status), e:prove (engine), m:name (subject), i:name (implementation), r:name (requirement), words, !not, "exact words"';

/** Terms are joined by "and"; a quoted term may contain spaces. */
export function parseFilter(text: string): Term[] {
  const terms: Term[] = [];
  const pattern = /(?<not>!?)(?:(?<field>[semir]):)?(?:"(?<quoted>[^"]*)"?|(?<word>\S+))/g;
  for (const match of text.matchAll(pattern)) {
    const { not, field, quoted, word } = match.groups ?? {};
    const value = (quoted ?? word ?? "").toLowerCase();
    if (value === "") continue;
    terms.push({ field: isField(field) ? field : "text", value, not: not === "!" });
  }
  return terms;
}

const isField = (field: string | undefined): field is Exclude<Term["field"], "text"> =>
  field !== undefined && field.length === 1 && "semir".includes(field);

function holds(term: Term, result: Result): boolean {
  switch (term.field) {
    case "s":
      if (term.value === "unexpected") return !result.asExpected;
      if (term.value === "expected") return result.asExpected;
      return result.verdict.startsWith(term.value);
    case "e":
      return result.engine.startsWith(term.value);
    case "m":
      return result.subject.toLowerCase().includes(term.value);
    case "i":
      return implementationLabel(result).toLowerCase().includes(term.value);
    case "r":
      return (
        result.requirement !== undefined &&
        `${result.requirement.id} ${result.requirement.slug} ${result.requirement.level}`
          .toLowerCase()
          .includes(term.value)
      );
    case "text":
      return [result.id, result.title, result.reason, result.evidence, result.source ?? ""]
        .join(" ")
        .toLowerCase()
        .includes(term.value);
  }
}

export const matches = (terms: readonly Term[], result: Result): boolean =>
  terms.every((term) => holds(term, result) !== term.not);

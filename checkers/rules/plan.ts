/** The obligations of a rule set: one per question and rule, with the place of the rule. */

import type { Obligation } from "../../core/engine.ts";
import type { Claim } from "../../core/verdict.ts";
import type { RulesClaim, RulesSubject } from "../../core/subject.ts";
import { hiddenSpot } from "./checks/hiding.ts";
import { showText } from "./checks/context.ts";
import { comparisonsIn } from "./checks/types.ts";
import { locationOf, type ProgramPart, type RoutingPart, type RuleSet } from "./ruleset.ts";
import type { AnyRule } from "./concrete/replay.ts";
import type { RuleText } from "./collector/sections.ts";

/** What is asked. */
export type Question =
  | { readonly ask: "parses"; readonly broken: number }
  | {
      readonly ask: "matters" | "fires" | "types" | "survives" | "hash-fails" | "copies";
      readonly part: number;
      readonly rule: AnyRule;
    }
  | {
      readonly ask: "route-fires" | "route-types" | "route-survives";
      readonly routing: number;
      readonly rule: AnyRule;
    }
  | { readonly ask: "total" | "order"; readonly routing: number }
  | { readonly ask: "hidden" | "leak-free"; readonly claim: number; readonly path: number }
  | { readonly ask: "equivalent"; readonly claim: number; readonly path: number };

export interface Planned {
  readonly obligation: Obligation;
  readonly question: Question;
}

/** Titles of questions: what holds when the answer is good. */
const groups: Readonly<Record<Question["ask"], string>> = {
  parses: "is valid OTTL",
  matters: "can act, and what it does shows",
  fires: "can act",
  types: "compares values of types that compare",
  survives: "cannot end the batch with an error",
  "hash-fails": "never leaves the value in clear when it fails",
  copies: "leaves no copy of what it hashes",
  "route-fires": "can take a record",
  "route-types": "compares values of types that compare",
  "route-survives": "cannot end the batch with an error",
  total: "every record has a way",
  order: "the order of routes decides nothing by accident",
  hidden: "the secret does not leave in clear",
  "leak-free": "nothing that leaves depends on the secret",
  equivalent: "both do the same to every record",
};

/** @param names for each claim, the ways or places for which it is decided */
export function planRules(
  subject: RulesSubject,
  rules: RuleSet,
  names: readonly (readonly string[])[],
): readonly Planned[] {
  const planned: Planned[] = [];
  const add = (
    id: string,
    claim: Claim,
    question: Question,
    title: string,
    source: RuleText | null,
    offset = 0,
  ): void => {
    const expect = subject.expectFor?.[id] ?? null;
    planned.push({
      question,
      obligation: {
        id: `${subject.id}/${id}`,
        subject: subject.id,
        property: id,
        title,
        source: subject.source ?? null,
        engine: "rules",
        claim,
        implementation: null,
        expect,
        group: groups[question.ask],
        ...(source === null ? {} : { location: locationOf(source, offset) }),
      },
    });
  };
  const about = (ask: Question["ask"], source: RuleText): string =>
    `${groups[ask]}: ${showText(source.text)}`;

  for (const [index, broken] of rules.broken.entries()) {
    add(
      `${broken.id}/parses`,
      "universal",
      { ask: "parses", broken: index },
      about("parses", broken.source),
      broken.source,
      broken.offset,
    );
  }
  if (subject.builtIn !== false) {
    const asked = rules.parts.flatMap((part, index) => partQuestions(part, index, rules));
    // One question after the other: the reports fold the proofs of one question.
    for (const ask of Object.keys(groups) as Question["ask"][]) {
      for (const { id, claim, question, source } of asked) {
        if (question.ask === ask) add(`${id}/${ask}`, claim, question, about(ask, source), source);
      }
    }
    for (const [index, part] of rules.routing.entries())
      planRouting(part, index, rules, add, about);
  }
  for (const [index, claim] of (subject.claims ?? []).entries()) {
    planClaim(claim, index, names[index] ?? [], subject, planned);
  }
  return planned;
}

interface Asked {
  readonly id: string;
  readonly claim: Claim;
  readonly question: Question;
  readonly source: RuleText;
}

function partQuestions(part: ProgramPart, index: number, rules: RuleSet): readonly Asked[] {
  const asked: Asked[] = [];
  for (const step of part.program.steps) {
    const list: readonly AnyRule[] = [
      ...step.conditions,
      ...(step.kind === "group" ? step.statements : []),
    ];
    for (const rule of list) {
      const id = rules.ids.get(rule)!;
      const ask = (
        name: "matters" | "fires" | "types" | "survives" | "hash-fails" | "copies",
        claim: Claim,
      ): void => {
        asked.push({ id, claim, question: { ask: name, part: index, rule }, source: rule.source });
      };
      ask(rule.kind === "statement" ? "matters" : "fires", "existential");
      if (comparisonsIn(rule).length > 0) ask("types", "universal");
      if (step.errorMode === "propagate") ask("survives", "universal");
      if (rule.kind === "statement" && hiddenSpot(rule) !== null) {
        if (step.errorMode !== "propagate") ask("hash-fails", "universal");
        ask("copies", "universal");
      }
    }
  }
  return asked;
}

type Add = (
  id: string,
  claim: Claim,
  question: Question,
  title: string,
  source: RuleText | null,
  offset?: number,
) => void;

function planRouting(
  part: RoutingPart,
  index: number,
  rules: RuleSet,
  add: Add,
  about: (ask: Question["ask"], source: RuleText) => string,
): void {
  if (part.routes.length === 0) return;
  const questions = ["route-fires", "route-types", "route-survives"] as const;
  for (const ask of questions) {
    for (const { condition } of part.routes) {
      if (ask === "route-types" && comparisonsIn(condition).length === 0) continue;
      if (ask === "route-survives" && part.errorMode !== "propagate") continue;
      const claim = ask === "route-fires" ? "existential" : "universal";
      const id = `${rules.ids.get(condition)!}/${ask.slice("route-".length)}`;
      add(
        id,
        claim,
        { ask, routing: index, rule: condition },
        about(ask, condition.source),
        condition.source,
      );
    }
  }
  const first = part.routes[0]!.condition.source;
  for (const ask of ["total", "order"] as const) {
    add(
      `${part.id}/${ask}`,
      "universal",
      { ask, routing: index },
      `${groups[ask]}: ${part.section}`,
      first,
    );
  }
}

function planClaim(
  claim: RulesClaim,
  index: number,
  names: readonly string[],
  subject: RulesSubject,
  planned: Planned[],
): void {
  const add = (ask: "hidden" | "leak-free" | "equivalent", path: number, name: string): void => {
    const way = name.replaceAll(" → ", "+");
    const id = [claim.id, ...(way === "" ? [] : [way]), ask].join("/");
    planned.push({
      question: { ask, claim: index, path },
      obligation: {
        id: `${subject.id}/${id}`,
        subject: subject.id,
        property: id,
        title: `${groups[ask]}: ${claim.title}${name === "" ? "" : ` (${name})`}`,
        source: subject.source ?? null,
        engine: "rules",
        claim: "universal",
        implementation: null,
        expect: subject.expectFor?.[id] ?? claim.expect ?? null,
        group: groups[ask],
      },
    });
  };
  for (const [path, name] of names.entries()) {
    if (claim.kind === "equivalence") add("equivalent", path, name);
    else {
      add("hidden", path, name);
      add("leak-free", path, name);
    }
  }
}

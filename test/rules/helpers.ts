/** Rule sets from a few lines of OTTL, asked through the engine as a run would. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { engine } from "../../checkers/rules/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { RulesSubject } from "../../core/subject.ts";

export interface Answered {
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
}

let folder: string | undefined;
let files = 0;

/** Writes a configuration to a file of its own. */
export function writeConfig(text: string): string {
  folder ??= mkdtempSync(join(tmpdir(), "verify-rules-"));
  const path = join(folder, `c${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

export function removeConfigs(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/** A transform processor with the statements, in log context. */
export const transform = (
  statements: readonly string[],
  options: {
    readonly errorMode?: string;
    readonly context?: string;
    readonly signal?: string;
  } = {},
): string =>
  [
    "processors:",
    "  transform/t:",
    `    error_mode: ${options.errorMode ?? "ignore"}`,
    `    ${options.signal ?? "log"}_statements:`,
    `      - context: ${options.context ?? "log"}`,
    "        statements:",
    ...statements.map((statement) => `          - ${JSON.stringify(statement)}`),
    "",
  ].join("\n");

/** A filter that drops logs. */
export const filter = (conditions: readonly string[], errorMode = "ignore"): string =>
  [
    "processors:",
    "  filter/f:",
    `    error_mode: ${errorMode}`,
    "    logs:",
    "      log_record:",
    ...conditions.map((condition) => `        - ${JSON.stringify(condition)}`),
    "",
  ].join("\n");

export interface TestRoute {
  readonly condition: string;
  readonly to: string;
  readonly action?: "move" | "copy";
  readonly context?: string;
}

export const routing = (
  routes: readonly TestRoute[],
  defaults: readonly string[] = ["logs/rest"],
): string =>
  [
    "connectors:",
    "  routing/r:",
    "    error_mode: ignore",
    ...(defaults.length === 0 ? [] : [`    default_pipelines: [${defaults.join(", ")}]`]),
    "    table:",
    ...routes.flatMap(({ condition, to, action, context }) => [
      `      - context: ${context ?? "resource"}`,
      `        condition: ${JSON.stringify(condition)}`,
      `        pipelines: [${to}]`,
      ...(action === undefined ? [] : [`        action: ${action}`]),
    ]),
    "service:",
    "  pipelines:",
    "    logs/in: { receivers: [otlp], exporters: [routing/r] }",
    "",
  ].join("\n");

/** All answers about a configuration. */
export async function ask(
  yaml: string,
  options: Partial<Omit<RulesSubject, "kind" | "files">> = {},
): Promise<readonly Answered[]> {
  const subject: RulesSubject = {
    kind: "rules",
    id: "s",
    title: "s",
    files: [writeConfig(yaml)],
    ...options,
  };
  const answers: Answered[] = [];
  for (const obligation of engine.plan(subject)) {
    // One after the other: they share the solver.
    const outcome = await engine.check(obligation, subject, {
      seed: 1,
      budget: { timeMs: 60_000, maxStates: 1 },
      signal: new AbortController().signal,
      progress: () => undefined,
      options: {},
    });
    answers.push({ id: obligation.property, title: obligation.title, outcome });
  }
  return answers;
}

/** Reasons of the findings: what is violated and why. */
export const findings = (answers: readonly Answered[]): readonly string[] =>
  answers
    .filter(({ outcome }) => outcome.verdict === "violated")
    .map(({ outcome }) => String(outcome.counterexample?.at["reason"]));

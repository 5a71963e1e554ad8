/** `verify rules run CONFIG --input FILE`: applies rules to recorded payloads and shows what changes. */

import { readFileSync } from "node:fs";
import { extname } from "node:path";

import { findConfigurations } from "../../checkers/rules/collector/documents.ts";
import { formatPlace } from "../../checkers/rules/collector/place.ts";
import { rulesOf, type Section } from "../../checkers/rules/collector/sections.ts";
import { DiagnosticError, ExitCode } from "../../core/diagnostic.ts";
import { compileDropList } from "../../impl/ottl/components/filter.ts";
import { route, type Route } from "../../impl/ottl/components/routing.ts";
import { compileGroup, type TransformGroup } from "../../impl/ottl/components/transform.ts";
import { rewriteRules } from "../../impl/ottl/dialect.ts";
import {
  decodePayload,
  encodePayload,
  levelOf,
  newest,
  type ErrorMode,
  type Level,
  type Payload,
  type Signal,
} from "../../impl/ottl/index.ts";
import { differences } from "./rules-diff.ts";

export interface RulesRunFlags {
  readonly input: string;
  readonly compat?: string;
  readonly errorMode?: string;
  readonly json?: boolean;
}

/** Something of the configuration that works on a payload. */
interface Step {
  readonly name: string;
  /** What a route sends where; null when the payload is changed in place. */
  readonly send: ((payload: Payload) => ReadonlyMap<string, readonly Payload[]>) | null;
  readonly change: ((payload: Payload, fail: (text: string) => void) => void) | null;
}

interface Plan {
  readonly steps: readonly Step[];
  readonly notes: readonly string[];
}

interface Outcome {
  readonly line: number;
  readonly before: unknown;
  readonly after: unknown;
  readonly routed: Readonly<Record<string, unknown>>;
  readonly errors: readonly string[];
  readonly lost: boolean;
}

export function rulesRunCommand(configs: readonly string[], flags: RulesRunFlags): number {
  const plan = configs.every((file) => [".ottl", ".rules"].includes(extname(file)))
    ? planOfDialect(configs, flags)
    : planOfCollector(configs, flags);
  const outcomes = payloadsOf(flags.input).map(([line, payload]) => apply(plan, payload, line));
  if (flags.json === true) console.log(JSON.stringify({ notes: plan.notes, outcomes }, null, 2));
  else print(plan, outcomes);
  return outcomes.some(({ lost }) => lost) ? ExitCode.violated : ExitCode.ok;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new DiagnosticError("VRF701", (error as Error).message, { place: file });
  }
}

function payloadsOf(file: string): (readonly [number, Payload])[] {
  return read(file)
    .split("\n")
    .flatMap((text, i) => {
      if (text.trim() === "") return [];
      try {
        return [[i + 1, decodePayload(JSON.parse(text))] as const];
      } catch (error) {
        throw new DiagnosticError("VRF802", (error as Error).message, {
          place: `${file}:${i + 1}`,
          help: 'each line is one OTLP/JSON payload, e.g. {"resourceLogs":[…]}',
        });
      }
    });
}

function modeOf(flags: RulesRunFlags, own: ErrorMode | null): ErrorMode {
  return (flags.errorMode as ErrorMode | undefined) ?? own ?? "ignore";
}

/** Names the place of what cannot be compiled. */
function compiled<T>(place: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new DiagnosticError("VRF701", (error as Error).message, { place });
  }
}

function planOfCollector(files: readonly string[], flags: RulesRunFlags): Plan {
  const found = findConfigurations(files.map((name) => ({ name, text: read(name) })));
  if (found.configurations.length === 0) {
    throw new DiagnosticError("VRF701", "no Collector configuration found", {
      place: files.join(", "),
      help: "name a file with receivers, processors and a service, or a text of rules (.ottl)",
    });
  }
  const level = levelOf(flags.compat ?? found.version ?? newest, found.featureGates);
  const steps = found.configurations.flatMap(({ tree }) =>
    rulesOf(tree).sections.flatMap((section) => stepsOf(section, level, flags)),
  );
  return { steps, notes: [] };
}

function stepsOf(section: Section, level: Level, flags: RulesRunFlags): Step[] {
  const at = `${section.id} (${formatPlace(section.place)})`;
  switch (section.kind) {
    case "transform":
      return section.groups
        .filter(({ signal }) => signal !== "profiles")
        .map((group) => {
          const errorMode = modeOf(flags, group.errorMode ?? section.errorMode);
          const plain = {
            ...group,
            signal: group.signal as Signal,
            errorMode,
            conditions: group.conditions.map(({ text }) => text),
            statements: group.statements.map(({ text }) => text),
          };
          return transformStep(
            at,
            plain,
            level,
            group.statements.map(({ place }) => formatPlace(place)),
          );
        });
    case "filter":
      return section.lists
        .filter(({ signal }) => signal !== "profiles")
        .map((list) => {
          const drop = compiled(at, () =>
            compileDropList(
              {
                signal: list.signal as Signal,
                context: list.context,
                errorMode: modeOf(flags, list.errorMode ?? section.errorMode),
                conditions: list.conditions.map(({ text }) => text),
              },
              level,
            ),
          );
          return { name: at, send: null, change: (payload: Payload) => drop(payload) };
        });
    case "routing": {
      const routes = section.routes.map(({ context, rule, form, pipelines, action }) => ({
        context: context as Route["context"],
        condition: form === "condition" ? rule.text : conditionOf(rule.text),
        pipelines,
        action,
      }));
      const table = {
        routes,
        defaults: section.defaultPipelines,
        errorMode: modeOf(flags, section.errorMode),
      };
      return [
        {
          name: at,
          change: null,
          send: (payload) => compiled(at, () => route(table, payload, level)),
        },
      ];
    }
    case "tail_sampling":
      return [];
  }
}

/** `route() where c` routes what fulfils `c`; without a condition everything. */
const conditionOf = (statement: string): string =>
  /^\s*route\(\s*\)\s*where\s+(.*)$/s.exec(statement)?.[1] ?? "true";

function transformStep(
  name: string,
  group: TransformGroup,
  level: Level,
  places: readonly string[],
): Step {
  const run = compiled(name, () => compileGroup(group, level));
  return {
    name,
    send: null,
    change: (payload, fail) =>
      run.run(payload, (index, { error }) => {
        if (error !== null) fail(`${places[index]}: ${group.statements[index]}: ${error}`);
      }),
  };
}

/** Rules of the dialect run in their order; routes make one table at the end. */
function planOfDialect(files: readonly string[], flags: RulesRunFlags): Plan {
  const level = levelOf(flags.compat ?? newest);
  const steps: Step[] = [];
  const notes: string[] = [];
  const routes: Route[] = [];
  for (const file of files) {
    const rules = compiled(file, () => rewriteRules(read(file)));
    for (const { statement, route: target, context, changes, line } of rules) {
      const place = `${file}:${line}`;
      for (const change of changes) notes.push(`${place}: ${change}`);
      if (changes.length > 0)
        notes.push(
          `${place}: upstream: ${target === null ? statement : `condition: ${statement}`}`,
        );
      if (target !== null) {
        const signalContext = /\bspan\./.test(statement)
          ? "span"
          : /\bmetric\./.test(statement)
            ? "metric"
            : /\blog\./.test(statement)
              ? "log"
              : "resource";
        routes.push({ context: signalContext, condition: statement, pipelines: [target] });
        continue;
      }
      const signal: Signal = /\bspan(event)?\./.test(statement)
        ? "traces"
        : context !== null || /\b(metric|datapoint)\./.test(statement)
          ? "metrics"
          : "logs";
      const group = {
        signal,
        context,
        errorMode: modeOf(flags, null),
        conditions: [],
        statements: [statement],
      };
      steps.push(transformStep(place, group, level, [place]));
    }
  }
  if (routes.length > 0) {
    const table = { routes, defaults: ["default"], errorMode: modeOf(flags, null) };
    steps.push({
      name: "routes",
      change: null,
      send: (payload) => compiled("routes", () => route(table, payload, level)),
    });
  }
  return { steps, notes };
}

function apply({ steps }: Plan, payload: Payload, line: number): Outcome {
  const before = encodePayload(payload);
  const errors: string[] = [];
  const routed: Record<string, unknown[]> = {};
  try {
    for (const { name, send, change } of steps) {
      change?.(payload, (text) => errors.push(text));
      for (const [pipeline, sent] of send?.(payload) ?? []) {
        (routed[`${name} -> ${pipeline}`] ??= []).push(...sent.map(encodePayload));
      }
    }
    return { line, before, after: encodePayload(payload), routed, errors, lost: false };
  } catch (error) {
    if (error instanceof DiagnosticError || (error as Error).name !== "EvaluationError")
      throw error;
    return { line, before, after: null, routed, errors, lost: true };
  }
}

function print(plan: Plan, outcomes: readonly Outcome[]): void {
  for (const note of plan.notes) console.log(note);
  for (const { line, before, after, routed, errors, lost } of outcomes) {
    console.log(`payload ${line}${lost ? ": lost, an error propagates" : ""}`);
    for (const text of lost ? [] : differences(before, after)) console.log(`  ${text}`);
    for (const [target, sent] of Object.entries(routed)) {
      console.log(
        `  ${target}: ${(sent as unknown[]).map((payload) => JSON.stringify(payload)).join(" ")}`,
      );
    }
    for (const error of errors) console.log(`  error ${error}`);
  }
}

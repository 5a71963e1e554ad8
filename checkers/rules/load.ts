/** From files to rule sets: YAML, sections, parsed rules, programs, and the secrets to keep out. */

import { readFileSync } from "node:fs";
import { relative } from "node:path";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { RulesSubject } from "../../core/subject.ts";
import { findConfigurations, type InputFile } from "./collector/documents.ts";
import {
  fillReferences,
  fromEnvironment,
  rulesOf,
  typeOf,
  type DropList,
  type ErrorMode,
  type FilterSection,
  type RoutingSection,
  type RuleText,
  type Signal,
  type StatementGroup,
  type TailSamplingSection,
  type TransformSection,
} from "./collector/sections.ts";
import { secretsIn } from "./collector/secrets.ts";
import type { Tree } from "./collector/tree.ts";
import { levelOf, type CompatLevel } from "./level.ts";
import { parseConditionText, parseStatementText, type Parsed } from "./ottl.ts";
import type { BrokenRule, ProgramPart, RouteRule, RoutingPart, RuleSet } from "./ruleset.ts";
import type {
  ConditionRule,
  ItemContext,
  Program,
  StatementRule,
  Step,
} from "./symbolic/program.ts";

/** Configurations found in the files of a subject, each a rule set of its own. */
export function loadRuleSets(
  files: readonly string[],
  options: Pick<RulesSubject, "collectorVersion" | "featureGates" | "environment">,
): readonly RuleSet[] {
  const found = findConfigurations(files.map(readInput));
  const gates = [...found.featureGates, ...(options.featureGates ?? [])];
  const level = levelOf(options.collectorVersion, found.version, gates);
  if (found.configurations.length === 0) {
    throw new DiagnosticError("VRF703", `${files.join(", ")} contain no Collector configuration`, {
      help: "give a file with processors, connectors or service: a Collector configuration, an OpenTelemetryCollector resource, or a rendered chart",
    });
  }
  return found.configurations.map(({ tree }) =>
    new Loader(level, options.environment ?? {}).load(tree),
  );
}

function readInput(path: string): InputFile {
  try {
    return { name: relative(process.cwd(), path) || path, text: readFileSync(path, "utf8") };
  } catch (error) {
    throw new DiagnosticError("VRF701", (error as Error).message, {
      place: path,
      help: "give the path of a Collector configuration",
    });
  }
}

class Loader {
  readonly #level: CompatLevel;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #broken: BrokenRule[] = [];
  readonly #ids = new Map<StatementRule | ConditionRule, string>();

  constructor(level: CompatLevel, environment: Readonly<Record<string, string>>) {
    this.#level = level;
    this.#environment = environment;
  }

  load(tree: Tree): RuleSet {
    const rules = rulesOf(tree);
    const parts: ProgramPart[] = [];
    const routing: RoutingPart[] = [];
    for (const section of rules.sections) {
      switch (section.kind) {
        case "transform":
          parts.push(...this.#transform(section));
          break;
        case "filter":
          parts.push(...this.#filter(section));
          break;
        case "tail_sampling":
          parts.push(...this.#sampling(section));
          break;
        case "routing":
          routing.push(...this.#routing(section));
          break;
      }
    }
    return {
      level: this.#level,
      parts,
      routing,
      broken: this.#broken,
      pipelines: rules.pipelines,
      connectors: rules.connectors,
      ids: this.#ids,
      rules,
      secrets: secretsIn(tree),
    };
  }

  #fill(source: RuleText): string {
    return fillReferences(source.text, fromEnvironment(this.#environment));
  }

  #program(signal: Signal, steps: readonly Step[]): Program {
    return { signal, steps, nilIsWritten: this.#level.ottl.nilIsWritten };
  }

  #transform(section: TransformSection): ProgramPart[] {
    const mode = section.errorMode ?? this.#level.defaultErrorMode.transform;
    return signalsOf(section.groups).map((signal) => {
      const id = `${section.id}/${signal}`;
      const groups = section.groups.filter((group) => group.signal === signal);
      const steps = groups.flatMap((group, index) =>
        this.#group(group, `${id}.${index + 1}`, section.id, group.errorMode ?? mode),
      );
      return {
        id,
        kind: "transform",
        section: section.id,
        program: this.#program(signal, steps),
        opaque: [],
      };
    });
  }

  /** Without a context, each statement of a group runs in the context that its paths ask for. */
  #group(group: StatementGroup, id: string, section: string, errorMode: ErrorMode): Step[] {
    const parse = { signal: group.signal, level: this.#level, functions: "transform" } as const;
    const statements = group.statements.flatMap((source, index) => {
      const parsed = this.#take(`${id}.${index + 1}`, source, () =>
        parseStatementText(this.#fill(source), { ...parse, context: group.context }),
      );
      return parsed === null ? [] : [{ ...parsed, source, index }];
    });
    const conditions = group.conditions.flatMap((source, index) => {
      const parsed = this.#take(`${id}.c${index + 1}`, source, () =>
        parseConditionText(this.#fill(source), { ...parse, context: group.context }),
      );
      return parsed === null ? [] : [{ ...parsed, source, index }];
    });
    const contextOf = (parsed: { readonly context: ItemContext }): ItemContext => parsed.context;
    const isBare = group.statements.every(({ path }) => !path.includes(".statements["));
    const innermost = group.context === null && !isBare;
    const runs: { context: ItemContext; rules: StatementRule[] }[] = [];
    const common = deepest([...statements, ...conditions].map(contextOf));
    for (const { value, context, source, index } of statements) {
      const rule: StatementRule = {
        kind: "statement",
        text: this.#fill(source),
        source,
        statement: value,
      };
      this.#ids.set(rule, `${id}.${index + 1}`);
      const runsIn = innermost ? common : context;
      const last = runs.at(-1);
      if (last !== undefined && last.context === runsIn) last.rules.push(rule);
      else runs.push({ context: runsIn, rules: [rule] });
    }
    const rules = conditions.map(({ value, source, index }) => {
      const rule: ConditionRule = {
        kind: "condition",
        text: this.#fill(source),
        source,
        expr: value,
      };
      this.#ids.set(rule, `${id}.c${index + 1}`);
      return rule;
    });
    return runs.map((run) => ({
      kind: "group",
      section,
      context: run.context,
      errorMode,
      conditions: rules,
      statements: run.rules,
    }));
  }

  #filter(section: FilterSection): ProgramPart[] {
    const mode = section.errorMode ?? this.#level.defaultErrorMode.filter;
    return signalsOf(section.lists).map((signal) => {
      const id = `${section.id}/${signal}`;
      const lists = section.lists.filter((list) => list.signal === signal);
      const steps = lists.flatMap((list, index) =>
        this.#drops(list, `${id}.${index + 1}`, section.id, list.errorMode ?? mode, "filter"),
      );
      return {
        id,
        kind: "filter",
        section: section.id,
        program: this.#program(signal, steps),
        opaque: section.opaque,
      };
    });
  }

  #drops(
    list: DropList,
    id: string,
    section: string,
    errorMode: ErrorMode,
    functions: "filter" | "tail_sampling",
  ): Step[] {
    const steps: { context: ItemContext; rules: ConditionRule[] }[] = [];
    for (const [index, source] of list.conditions.entries()) {
      const name = `${id}.${index + 1}`;
      const parsed = this.#take(name, source, () =>
        parseConditionText(this.#fill(source), {
          signal: list.signal,
          context: list.context,
          level: this.#level,
          functions,
        }),
      );
      if (parsed === null) continue;
      const rule: ConditionRule = {
        kind: "condition",
        text: this.#fill(source),
        source,
        expr: parsed.value,
      };
      this.#ids.set(rule, name);
      const last = steps.at(-1);
      if (last !== undefined && last.context === parsed.context) last.rules.push(rule);
      else steps.push({ context: parsed.context, rules: [rule] });
    }
    return steps.map(({ context, rules }) => ({
      kind: "drop",
      section,
      context,
      errorMode,
      conditions: rules,
    }));
  }

  /** Each policy is asked by itself; that one matches says nothing about the others. */
  #sampling(section: TailSamplingSection): ProgramPart[] {
    return section.policies.flatMap((policy, index) => {
      const id = `${section.id}/traces.${index + 1}`;
      const steps = policy.lists.flatMap((list, number) =>
        this.#drops(
          list,
          `${id}.${number + 1}`,
          section.id,
          policy.errorMode ?? "propagate",
          "tail_sampling",
        ),
      );
      if (steps.length === 0) return [];
      return [
        {
          id,
          kind: "tail_sampling" as const,
          section: section.id,
          program: this.#program("traces", steps),
          opaque: [],
        },
      ];
    });
  }

  #routing(section: RoutingSection): RoutingPart[] {
    const errorMode = section.errorMode ?? this.#level.defaultErrorMode.routing;
    const used = section.signals.length > 0 ? section.signals : guessSignals(section);
    return used.map((signal) => {
      const id = `${section.id}/${signal}`;
      const routes = section.routes.flatMap((route, index): RouteRule[] => {
        const name = `${id}.${index + 1}`;
        const parsed = this.#take(name, route.rule, () =>
          this.#route(route.rule, route.form, route.context, signal),
        );
        if (parsed === null) return [];
        const condition: ConditionRule = {
          kind: "condition",
          text: this.#fill(route.rule),
          source: route.rule,
          expr: parsed.value,
        };
        this.#ids.set(condition, name);
        return [{ route, condition, context: parsed.context }];
      });
      const copying = new Set(
        routes.filter(({ route }) => route.action === "copy").map(({ condition }) => condition),
      );
      const step: Step = {
        kind: "drop",
        section: section.id,
        context: deepest(routes.map(({ context }) => context)),
        errorMode,
        conditions: routes.map(({ condition }) => condition),
        copying,
      };
      return {
        id,
        section: section.id,
        signal,
        errorMode,
        routes,
        defaultPipelines: section.defaultPipelines,
        program: this.#program(signal, [step]),
      };
    });
  }

  #route(
    rule: RuleText,
    form: "statement" | "condition",
    context: string,
    signal: Signal,
  ): Parsed<ConditionRule["expr"]> {
    const options = { signal, context, level: this.#level, functions: "routing" } as const;
    if (form === "condition") return parseConditionText(this.#fill(rule), options);
    const parsed = parseStatementText(this.#fill(rule), options);
    if (parsed.kind === "broken") return parsed;
    return { ...parsed, value: parsed.value.where ?? { kind: "bool", value: true } };
  }

  /** The parsed rule, or `null` with the error noted. */
  #take<T>(
    id: string,
    source: RuleText,
    parse: () => Parsed<T>,
  ): { value: T; context: ItemContext } | null {
    const parsed = parse();
    if (parsed.kind === "parsed") return parsed;
    const { message, offset, unsupported } = parsed;
    this.#broken.push({ id, source, message, offset, unsupported });
    return null;
  }
}

const order: readonly ItemContext[] = [
  "resource",
  "scope",
  "metric",
  "span",
  "log",
  "datapoint",
  "spanevent",
];

function deepest(contexts: readonly ItemContext[]): ItemContext {
  return contexts.reduce<ItemContext>(
    (found, context) => (order.indexOf(context) > order.indexOf(found) ? context : found),
    "resource",
  );
}

const signalsOf = (lists: readonly { readonly signal: Signal }[]): readonly Signal[] => [
  ...new Set(lists.map(({ signal }) => signal)),
];

/** A connector that no pipeline uses yet: its contexts, or the pipelines it names, tell the signal. */
function guessSignals(section: RoutingSection): readonly Signal[] {
  const named = [
    ...section.defaultPipelines,
    ...section.routes.flatMap((route) => route.pipelines),
  ];
  const signals = new Set<Signal>(
    named.flatMap((name) => {
      const type = typeOf(name);
      return type === "logs" || type === "traces" || type === "metrics" ? [type] : [];
    }),
  );
  return signals.size > 0 ? [...signals] : ["logs"];
}

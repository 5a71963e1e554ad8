/** The parts of a Collector configuration that hold OTTL, as plain data with places. */

import type { Locator, Place } from "./place.ts";
import { at, entriesAt, itemsAt, textOf, type Tree } from "./tree.ts";

export type Signal = "logs" | "traces" | "metrics" | "profiles";
export type ErrorMode = "propagate" | "ignore" | "silent";

/** An OTTL text of the configuration. */
export interface RuleText {
  readonly text: string;
  readonly place: Place;
  readonly locate: Locator;
  /** Where it stands in its section, e.g. `log_statements[0].statements[2]`. */
  readonly path: string;
}

/** Statements with a common context, guarded by the same conditions. */
export interface StatementGroup {
  readonly signal: Signal;
  /** `null`: inferred from the paths. */
  readonly context: string | null;
  readonly errorMode: ErrorMode | null;
  /** Any of them; none means always. */
  readonly conditions: readonly RuleText[];
  readonly statements: readonly RuleText[];
  readonly place: Place;
}

export interface TransformSection {
  readonly kind: "transform";
  readonly id: string;
  readonly place: Place;
  readonly errorMode: ErrorMode | null;
  readonly groups: readonly StatementGroup[];
}

/** Conditions under which an item is dropped: any of them. */
export interface DropList {
  readonly signal: Signal;
  readonly context: string | null;
  readonly errorMode: ErrorMode | null;
  readonly conditions: readonly RuleText[];
}

export interface FilterSection {
  readonly kind: "filter";
  readonly id: string;
  readonly place: Place;
  readonly errorMode: ErrorMode | null;
  readonly lists: readonly DropList[];
  /** Parts that hold no OTTL and are not modelled, e.g. `logs.include`. */
  readonly opaque: readonly string[];
}

export interface Route {
  /** Default `resource`. */
  readonly context: string;
  readonly rule: RuleText;
  /** A statement (`route() where …`) or a bare condition. */
  readonly form: "statement" | "condition";
  readonly pipelines: readonly string[];
  readonly action: "move" | "copy";
  readonly place: Place;
}

export interface RoutingSection {
  readonly kind: "routing";
  readonly id: string;
  readonly place: Place;
  readonly errorMode: ErrorMode | null;
  readonly routes: readonly Route[];
  readonly defaultPipelines: readonly string[];
  /** The signals of the pipelines that end in it. */
  readonly signals: readonly Signal[];
}

export interface TailSamplingSection {
  readonly kind: "tail_sampling";
  readonly id: string;
  readonly place: Place;
  readonly policies: readonly {
    readonly name: string;
    readonly errorMode: ErrorMode | null;
    readonly lists: readonly DropList[];
  }[];
}

export type Section = TransformSection | FilterSection | RoutingSection | TailSamplingSection;

export interface PipelineDeclaration {
  /** e.g. `logs/prod`. */
  readonly id: string;
  readonly signal: Signal;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export interface CollectorRules {
  readonly sections: readonly Section[];
  /** Ids of the connectors: they alone join pipelines. A receiver and an exporter may share a name. */
  readonly connectors: readonly string[];
  readonly pipelines: readonly PipelineDeclaration[];
}

const signals: readonly Signal[] = ["logs", "traces", "metrics", "profiles"];

/** The type of a component: `transform/redact` is a `transform`. */
export const typeOf = (id: string): string => id.split("/")[0]!;

export function rulesOf(tree: Tree): CollectorRules {
  const pipelines = entriesAt(at(tree, "service", "pipelines")).flatMap(([id, value]) =>
    pipelineOf(id, value),
  );
  const sections: Section[] = [];
  for (const [id, value] of entriesAt(at(tree, "processors"))) {
    if (typeOf(id) === "transform") sections.push(transformOf(id, value));
    else if (typeOf(id) === "filter") sections.push(filterOf(id, value));
    else if (typeOf(id) === "tail_sampling") sections.push(tailSamplingOf(id, value));
  }
  const connectors = entriesAt(at(tree, "connectors"));
  for (const [id, value] of connectors) {
    if (typeOf(id) === "routing") sections.push(routingOf(id, value, pipelines));
  }
  return { sections, pipelines, connectors: connectors.map(([id]) => id) };
}

function pipelineOf(id: string, tree: Tree): PipelineDeclaration[] {
  const signal = signals.find((known) => known === typeOf(id));
  if (signal === undefined) return [];
  const names = (key: string): string[] =>
    itemsAt(at(tree, key)).flatMap((item) => textOf(item) ?? []);
  return [
    {
      id,
      signal,
      receivers: names("receivers"),
      processors: names("processors"),
      exporters: names("exporters"),
    },
  ];
}

function errorModeOf(tree: Tree | undefined): ErrorMode | null {
  const text = textOf(at(tree, "error_mode"));
  return text === "propagate" || text === "ignore" || text === "silent" ? text : null;
}

/**
 * A single `$` starts a reference; `$$` is a dollar. What a reference will stand for is not known
 * here, so it is kept as a marked name inside the text.
 */
export const referenceOpen = "\uE0F0";
export const referenceClose = "\uE0F1";

function resolveDollars(text: string): string {
  return text.replaceAll(/\$\$|\$\{([^}]*)\}/g, (all, name: string | undefined) =>
    all === "$$" ? "$" : `${referenceOpen}${name ?? ""}${referenceClose}`,
  );
}

/** The text with values for its references, where they are known; the others stay marked. */
export function fillReferences(
  text: string,
  valueOf: (reference: string) => string | undefined,
): string {
  if (!text.includes(referenceOpen)) return text;
  return text.replaceAll(
    new RegExp(`${referenceOpen}([^${referenceClose}]*)${referenceClose}`, "g"),
    (all, name: string) => valueOf(name) ?? all,
  );
}

/** The value of `env:NAME`, `env:NAME:-default` or `NAME` in an environment. */
export function fromEnvironment(
  environment: Readonly<Record<string, string>>,
): (reference: string) => string | undefined {
  return (reference) => {
    const name = /^(?:env:)?([A-Za-z_]\w*)(?::-.*)?$/.exec(reference)?.[1];
    return name === undefined ? undefined : environment[name];
  };
}

function ruleText(tree: Tree, path: string): RuleText[] {
  if (tree.kind !== "scalar" || tree.value === null) return [];
  const raw = String(tree.value);
  const text = resolveDollars(raw);
  // Offsets shift where a reference or a double dollar was resolved; each is as long as its mark.
  const shifts = text === raw ? null : offsetsAfterDollars(raw);
  const locate: Locator = (offset) => tree.locate(shifts?.[offset] ?? offset);
  return [{ text, place: locate(0), locate, path }];
}

/** For each character of the resolved text its offset before; a mark stands for its reference. */
function offsetsAfterDollars(raw: string): readonly number[] {
  const offsets: number[] = [];
  const pattern = /\$\$|\$\{[^}]*\}|[^]/g;
  for (let match = pattern.exec(raw); match !== null; match = pattern.exec(raw)) {
    const { index } = match;
    const isReference = match[0].startsWith("${");
    offsets.push(index);
    // `${name}` became open, name, close: one character less.
    const end = isReference ? match[0].length : 2;
    for (let skip = 2; skip < end; skip++) offsets.push(index + skip);
  }
  return offsets;
}

function ruleTexts(tree: Tree | undefined, path: string): RuleText[] {
  return itemsAt(tree).flatMap((item, index) => ruleText(item, `${path}[${index}]`));
}

function transformOf(id: string, tree: Tree): TransformSection {
  const groups: StatementGroup[] = [];
  const keys: readonly (readonly [string, Signal])[] = [
    ["trace_statements", "traces"],
    ["metric_statements", "metrics"],
    ["log_statements", "logs"],
    ["profile_statements", "profiles"],
  ];
  for (const [key, signal] of keys) {
    const items = itemsAt(at(tree, key));
    // Bare texts form one group, whose context is inferred for all of them together.
    const bare = items.flatMap((item, index) => ruleText(item, `${key}[${index}]`));
    if (bare.length > 0) {
      groups.push({
        signal,
        context: null,
        errorMode: null,
        conditions: [],
        statements: bare,
        place: bare[0]!.place,
      });
    }
    for (const [index, item] of items.entries()) {
      if (item.kind !== "map") continue;
      const path = `${key}[${index}]`;
      groups.push({
        signal,
        context: textOf(at(item, "context")) ?? null,
        errorMode: errorModeOf(item),
        conditions: ruleTexts(at(item, "conditions"), `${path}.conditions`),
        statements: ruleTexts(at(item, "statements"), `${path}.statements`),
        place: item.place,
      });
    }
  }
  return { kind: "transform", id, place: tree.place, errorMode: errorModeOf(tree), groups };
}

const filterLists: readonly (readonly [string, string, Signal, string])[] = [
  ["traces", "resource", "traces", "resource"],
  ["traces", "span", "traces", "span"],
  ["traces", "spanevent", "traces", "spanevent"],
  ["metrics", "resource", "metrics", "resource"],
  ["metrics", "metric", "metrics", "metric"],
  ["metrics", "datapoint", "metrics", "datapoint"],
  ["logs", "resource", "logs", "resource"],
  ["logs", "log_record", "logs", "log"],
];

function filterOf(id: string, tree: Tree): FilterSection {
  const lists: DropList[] = [];
  const opaque: string[] = [];
  for (const [signal, key, kind, context] of filterLists) {
    const conditions = ruleTexts(at(tree, signal, key), `${signal}.${key}`);
    if (conditions.length > 0) lists.push({ signal: kind, context, errorMode: null, conditions });
  }
  const inferred: readonly (readonly [string, Signal])[] = [
    ["trace_conditions", "traces"],
    ["metric_conditions", "metrics"],
    ["log_conditions", "logs"],
    ["profile_conditions", "profiles"],
  ];
  for (const [key, signal] of inferred) {
    const items = itemsAt(at(tree, key));
    const bare = items.flatMap((item, index) => ruleText(item, `${key}[${index}]`));
    if (bare.length > 0) lists.push({ signal, context: null, errorMode: null, conditions: bare });
    for (const [index, item] of items.entries()) {
      if (item.kind !== "map") continue;
      lists.push({
        signal,
        context: textOf(at(item, "context")) ?? null,
        errorMode: errorModeOf(item),
        conditions: ruleTexts(at(item, "conditions"), `${key}[${index}].conditions`),
      });
    }
  }
  for (const signal of ["traces", "spans", "metrics", "logs"]) {
    for (const key of ["include", "exclude"]) {
      if (at(tree, signal, key) !== undefined) opaque.push(`${signal}.${key}`);
    }
  }
  return { kind: "filter", id, place: tree.place, errorMode: errorModeOf(tree), lists, opaque };
}

function tailSamplingOf(id: string, tree: Tree): TailSamplingSection {
  const policies: TailSamplingSection["policies"][number][] = [];
  const visit = (policy: Tree, path: string): void => {
    const name = textOf(at(policy, "name")) ?? path;
    const condition = at(policy, "ottl_condition");
    if (condition !== undefined) {
      const lists = (["span", "spanevent"] as const).map((context): DropList => ({
        signal: "traces",
        context,
        errorMode: null,
        conditions: ruleTexts(at(condition, context), `${path}.ottl_condition.${context}`),
      }));
      policies.push({
        name,
        errorMode: errorModeOf(condition),
        lists: lists.filter(({ conditions }) => conditions.length > 0),
      });
    }
    for (const [key, list] of [
      ["and", "and_sub_policy"],
      ["composite", "composite_sub_policy"],
      ["drop", "drop_sub_policy"],
    ] as const) {
      for (const [index, sub] of itemsAt(at(policy, key, list)).entries()) {
        visit(sub, `${path}.${key}.${list}[${index}]`);
      }
    }
  };
  for (const [index, policy] of itemsAt(at(tree, "policies")).entries()) {
    visit(policy, `policies[${index}]`);
  }
  return { kind: "tail_sampling", id, place: tree.place, policies };
}

function routingOf(
  id: string,
  tree: Tree,
  pipelines: readonly PipelineDeclaration[],
): RoutingSection {
  const names = (list: Tree | undefined): string[] =>
    itemsAt(list).flatMap((item) => textOf(item) ?? []);
  const routes = itemsAt(at(tree, "table")).flatMap((row, index): Route[] => {
    const form = at(row, "condition") === undefined ? "statement" : "condition";
    const source = at(row, form);
    const [rule] = source === undefined ? [] : ruleText(source, `table[${index}].${form}`);
    if (rule === undefined) return [];
    return [
      {
        context: textOf(at(row, "context")) ?? "resource",
        rule,
        form,
        pipelines: names(at(row, "pipelines")),
        action: textOf(at(row, "action")) === "copy" ? "copy" : "move",
        place: row.place,
      },
    ];
  });
  return {
    kind: "routing",
    id,
    place: tree.place,
    errorMode: errorModeOf(tree),
    routes,
    defaultPipelines: names(at(tree, "default_pipelines")),
    signals: [
      ...new Set(
        pipelines.filter(({ exporters }) => exporters.includes(id)).map(({ signal }) => signal),
      ),
    ],
  };
}

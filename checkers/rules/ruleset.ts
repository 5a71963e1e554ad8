/** A configuration as programs: what is asked about, with the place of every rule. */

import type { Location } from "../../core/result.ts";
import type {
  CollectorRules,
  ErrorMode,
  PipelineDeclaration,
  Route,
  RuleText,
  Signal,
} from "./collector/sections.ts";
import type { CompatLevel } from "./level.ts";
import type { ConditionRule, ItemContext, Program, StatementRule } from "./symbolic/program.ts";

/** A rule that the parser refuses. */
export interface BrokenRule {
  readonly id: string;
  readonly source: RuleText;
  readonly message: string;
  /** Offset of the error in the text. */
  readonly offset: number;
  /** Upstream knows it, this engine does not. */
  readonly unsupported: boolean;
}

/** One processor on one signal. */
export interface ProgramPart {
  /** e.g. `transform/redact/logs`. */
  readonly id: string;
  readonly kind: "transform" | "filter" | "tail_sampling";
  readonly section: string;
  readonly program: Program;
  /** Parts of the section that are not OTTL and were left out. */
  readonly opaque: readonly string[];
}

export interface RouteRule {
  readonly route: Route;
  readonly condition: ConditionRule;
  readonly context: ItemContext;
}

/** A routing connector on one signal. */
export interface RoutingPart {
  readonly id: string;
  readonly section: string;
  readonly signal: Signal;
  readonly errorMode: ErrorMode;
  readonly routes: readonly RouteRule[];
  readonly defaultPipelines: readonly string[];
  /** The conditions in the order of the table, as one list. */
  readonly program: Program;
}

export interface RuleSet {
  readonly level: CompatLevel;
  readonly parts: readonly ProgramPart[];
  readonly routing: readonly RoutingPart[];
  readonly broken: readonly BrokenRule[];
  readonly pipelines: readonly PipelineDeclaration[];
  /** Ids of the connectors that join them. */
  readonly connectors: readonly string[];
  /** Ids of rules, stable under edits of other sections. */
  readonly ids: ReadonlyMap<StatementRule | ConditionRule, string>;
  readonly rules: CollectorRules;
  /** Texts of the configuration that must not be printed. */
  readonly secrets: readonly string[];
}

export function locationOf(source: RuleText, from = 0): Location {
  const start = source.locate(from);
  const end = source.locate(source.text.length - 1);
  return {
    file: start.file,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column + 1,
    snippet: source.text,
  };
}

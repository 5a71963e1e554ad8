/** The language behind the analysis: texts into rules, with everything that the Collector refuses. */

import {
  OttlBuildError,
  OttlUnsupportedError,
  compileCondition,
  compileStatement,
  compileValue,
} from "../../impl/ottl/compile.ts";
import { inferContext } from "../../impl/ottl/infer.ts";
import type { ContextName } from "../../impl/ottl/runtime/item.ts";
import type * as ast from "../../impl/ottl/syntax/ast.ts";
import { OttlSyntaxError } from "../../impl/ottl/syntax/lexer.ts";
import {
  parseCondition,
  parseStatement,
  parseValueExpression,
} from "../../impl/ottl/syntax/parser.ts";
import type { Signal } from "./collector/sections.ts";
import type { CompatLevel } from "./level.ts";
import { lower, lowerStatement } from "./lower.ts";
import { contextsOf, type ItemContext } from "./symbolic/program.ts";
import type { Expr, Statement } from "./symbolic/rule.ts";

export type Component = "transform" | "filter" | "tail_sampling" | "routing";

export interface ParseOptions {
  readonly signal: Signal;
  /** `null`: inferred from the paths, as the Collector does. */
  readonly context: string | null;
  readonly level: CompatLevel;
  readonly functions: Component;
}

export type Parsed<T> =
  | { readonly kind: "parsed"; readonly value: T; readonly context: ItemContext }
  | {
      readonly kind: "broken";
      readonly message: string;
      readonly offset: number;
      /** The Collector may well take it: it is this engine that does not know it. */
      readonly unsupported: boolean;
    };

export const parseStatementText = (text: string, options: ParseOptions): Parsed<Statement> =>
  parsing(text, options, parseStatement, (statement, context) => {
    compileStatement(statement, compileOptions(options, context));
    return lowerStatement(statement, context);
  });

export const parseConditionText = (text: string, options: ParseOptions): Parsed<Expr> =>
  parsing(text, options, parseCondition, (condition, context) => {
    compileCondition(condition, compileOptions(options, context));
    return lower(condition, context);
  });

export const parseValueText = (text: string, options: ParseOptions): Parsed<Expr> =>
  parsing(text, options, parseValueExpression, (value, context) => {
    compileValue(value, compileOptions(options, context));
    return lower(value, context);
  });

export const compileOptions = (
  { level, functions }: Pick<ParseOptions, "level" | "functions">,
  context: ContextName,
) => ({
  context,
  level: level.ottl,
  // Policies of the tail sampler know what the filter knows.
  component: functions === "tail_sampling" ? "filter" : functions,
});

function parsing<Tree extends ast.Statement | ast.Expression, T>(
  text: string,
  options: ParseOptions,
  parse: (text: string) => Tree,
  build: (tree: Tree, context: ContextName) => T,
): Parsed<T> {
  try {
    const tree = parse(text);
    const context = contextFor(tree, options);
    if (typeof context !== "string") return context;
    return { kind: "parsed", value: build(tree, context), context };
  } catch (error) {
    if (error instanceof OttlSyntaxError) {
      return { kind: "broken", message: error.message, offset: error.offset, unsupported: false };
    }
    if (error instanceof OttlBuildError) {
      const unsupported = error instanceof OttlUnsupportedError;
      return { kind: "broken", message: error.message, offset: error.span.start, unsupported };
    }
    throw error;
  }
}

function contextFor(
  tree: ast.Statement | ast.Expression,
  { context, signal, level, functions }: ParseOptions,
): ItemContext | Extract<Parsed<never>, { kind: "broken" }> {
  const known = contextsOf[signal];
  const broken = (message: string, unsupported = true) =>
    ({ kind: "broken", message, offset: 0, unsupported }) as const;
  if (context !== null) {
    const name = context === "instrumentation_scope" ? "scope" : context;
    const own = known.find((entry) => entry === name);
    return own ?? broken(`the context "${context}" is not analysed for ${signal}`);
  }
  if (signal === "profiles") return broken("profiles are not analysed");
  const component = functions === "tail_sampling" ? "filter" : functions;
  const inferred = inferContext([tree], signal, level.ottl, component);
  if (inferred.kind === "failed") return broken(inferred.message, false);
  return (
    known.find((entry) => entry === inferred.context) ??
    broken(`the context "${inferred.context}" is not analysed`)
  );
}

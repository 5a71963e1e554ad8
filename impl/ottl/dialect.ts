/**
 * The dialect of the specification that this project started from: `condition > action`, one rule a
 * line. It is rewritten to upstream OTTL, and each change is told.
 */

import { tokenize, type Token } from "./syntax/lexer.ts";

export interface Rewritten {
  /** Upstream text of the statement; of the condition alone for a route. */
  readonly statement: string;
  /** Where a route sends what matches. */
  readonly route: string | null;
  /** Null: to be inferred. */
  readonly context: "datapoint" | "metric" | null;
  /** What differs from the text as written. */
  readonly changes: readonly string[];
  /** From 1. */
  readonly line: number;
}

/** A line that is neither a rule, nor empty, nor a comment. */
export class DialectError extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.name = "DialectError";
    this.line = line;
  }
}

const conversions: Readonly<Record<string, string>> = {
  "gauge->sum": 'convert_gauge_to_sum("cumulative", false)',
  "sum->gauge": "convert_sum_to_gauge()",
};

/** Lines that begin with `#` are comments. @throws DialectError */
export function rewriteRules(text: string): Rewritten[] {
  return text.split("\n").flatMap((raw, i) => {
    const line = raw.trim();
    return line === "" || line.startsWith("#") ? [] : [rewriteRule(line, i + 1)];
  });
}

/** One rule; upstream statements are taken as they are. @throws DialectError */
export function rewriteRule(text: string, line = 1): Rewritten {
  const changes: string[] = [];
  const quoted = requote(text);
  if (quoted !== text) changes.push("single quotes became double quotes");
  let tokens: Token[];
  try {
    tokens = tokenize(quoted);
  } catch (error) {
    throw new DialectError((error as Error).message, line);
  }
  const arrow = arrowOf(tokens, quoted);
  let condition: string | null = null;
  let action = quoted;
  if (arrow !== null) {
    condition = quoted.slice(0, arrow.start).trim();
    action = quoted.slice(arrow.end).trim();
    if (condition === "") throw new DialectError("nothing stands before the arrow", line);
    changes.push("`condition > action` became `action where condition`");
  }
  const route = /^route\(\s*"((?:[^"\\]|\\.)*)"\s*\)$/.exec(action);
  if (route !== null) {
    changes.push(
      `route("${route[1]}") became a row of the routing table, whose pipeline is "${route[1]}"`,
    );
    return { statement: condition ?? "true", route: route[1]!, context: null, changes, line };
  }
  const onMetric = rewriteMetricAttributes(action, condition);
  if (onMetric !== null) {
    changes.push("metric.attributes became datapoint.attributes: a metric has no attributes");
    action = onMetric.action;
    condition = onMetric.condition;
  }
  const converted = /^convert\(\s*(?:[a-z_.]+\s*,\s*)?"(\w+)"\s*(?:,\s*"(\w+)"\s*)?\)$/.exec(
    action,
  );
  let context: Rewritten["context"] = onMetric === null ? null : "datapoint";
  if (converted !== null) {
    const to = converted[2] ?? converted[1]!;
    const from = converted[2] === undefined ? (to === "sum" ? "gauge" : "sum") : converted[1]!;
    const known = conversions[`${from}->${to}`];
    if (known === undefined) {
      throw new DialectError(`upstream has no conversion from ${from} to ${to}`, line);
    }
    changes.push(`convert became ${known}`);
    action = known;
    context = "metric";
  }
  const short = /^limit\((.*),\s*(\d+)\s*\)$/.exec(action);
  if (short !== null) {
    changes.push("limit got an empty list of keys that are kept first");
    action = `limit(${short[1]}, ${short[2]}, [])`;
  }
  const statement = condition === null ? action : `${action} where ${condition}`;
  return { statement, route: null, context, changes, line };
}

/** Outside double-quoted strings, `'a"b'` becomes `"a\"b"`. */
function requote(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'/g, (whole, inner?: string) =>
    inner === undefined ? whole : `"${inner.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`,
  );
}

/** The last `>` outside parentheses that an action follows: a call that begins in lower case. */
function arrowOf(tokens: readonly Token[], text: string): Token | null {
  let depth = 0;
  let found: Token | null = null;
  for (const [i, token] of tokens.entries()) {
    if (token.kind === "LParen" || token.text === "[") depth++;
    if (token.kind === "RParen" || token.text === "]") depth--;
    if (depth !== 0 || token.text !== ">" || token.kind !== "OpComparison") continue;
    const rest = text.slice(token.end);
    if (tokens[i + 1]?.kind === "Lowercase" && /^\s*[a-z][a-z0-9_]*\s*\(.*\)\s*$/s.test(rest)) {
      found = token;
    }
  }
  return found;
}

function rewriteMetricAttributes(
  action: string,
  condition: string | null,
): { action: string; condition: string | null } | null {
  if (!/\bmetric\.attributes\b/.test(`${action} ${condition ?? ""}`)) return null;
  const rename = (text: string): string =>
    text.replace(/\bmetric\.attributes\b/g, "datapoint.attributes");
  return { action: rename(action), condition: condition === null ? null : rename(condition) };
}

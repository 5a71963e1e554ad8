/** Paths and the contexts they begin with. */

import { expressionsIn, type Expression, type Field, type Path, type Statement } from "./ast.ts";

/** Every name by which a path can begin with a context. */
export const contextNames: ReadonlySet<string> = new Set([
  "resource",
  "scope",
  "instrumentation_scope",
  "span",
  "spanevent",
  "metric",
  "datapoint",
  "exemplar",
  "log",
  "profile",
  "profilesample",
  "otelcol",
  "request",
]);

export interface SplitPath {
  /** e.g. `log`; `instrumentation_scope` reads as `scope`; null when the path names none. */
  readonly context: string | null;
  readonly fields: readonly Field[];
}

/** The context is a first segment without index, followed by a dot. */
export function splitContext(path: Path): SplitPath {
  const first = path.fields[0]!;
  if (path.fields.length === 1 || first.keys.length > 0 || !contextNames.has(first.name)) {
    return { context: null, fields: path.fields };
  }
  return {
    context: first.name === "instrumentation_scope" ? "scope" : first.name,
    fields: path.fields.slice(1),
  };
}

/** Paths in the order of the text; the names bound by a lambda are not paths. */
export function pathsIn(root: Expression | Statement): Path[] {
  const bound = new Set<string>();
  const paths: Path[] = [];
  for (const node of expressionsIn(root)) {
    if (node.kind === "lambda") for (const name of node.params) bound.add(name);
    if (node.kind === "path" && !bound.has(node.fields[0]!.name)) paths.push(node);
  }
  return paths.sort((a, b) => a.span.start - b.span.start);
}

/** The text with `context.` before every path that names none of `names`. */
export function prependContext(
  text: string,
  root: Expression | Statement,
  context: string,
  names: ReadonlySet<string> = contextNames,
): string {
  let out = "";
  let copied = 0;
  for (const path of pathsIn(root)) {
    const first = path.fields[0]!;
    if (path.fields.length > 1 && first.keys.length === 0 && names.has(first.name)) continue;
    out += `${text.slice(copied, path.span.start)}${context}.`;
    copied = path.span.start;
  }
  return out + text.slice(copied);
}

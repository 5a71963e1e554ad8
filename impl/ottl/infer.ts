/** The context of a group of texts whose paths name theirs. */

import { enums } from "./contexts/enums.ts";
import { functionNamed } from "./functions/index.ts";
import { signalOf } from "./items.ts";
import type { Signal } from "./otlp/model.ts";
import type { Level } from "./registry.ts";
import { contexts, visible, type ContextName } from "./runtime/item.ts";
import { expressionsIn, type Expression, type Statement } from "./syntax/ast.ts";
import { pathsIn, splitContext } from "./syntax/paths.ts";

/** The innermost context first. */
const priority: readonly ContextName[] = [
  "log",
  "exemplar",
  "datapoint",
  "metric",
  "spanevent",
  "span",
  "scope",
  "resource",
];

export type Inferred =
  | { readonly kind: "inferred"; readonly context: ContextName }
  | { readonly kind: "failed"; readonly message: string };

/** What upstream's inference chooses for texts that run together. */
export function inferContext(
  roots: readonly (Statement | Expression)[],
  signal: Signal,
  level: Level,
  component: string,
): Inferred {
  const candidates = contexts.filter(
    (context) => signalOf[context] === null || signalOf[context] === signal,
  );
  const functions = new Set<string>();
  const symbols = new Set<string>();
  const rank = (context: string): number => {
    const place = priority.indexOf(context as ContextName);
    return place === -1 ? priority.length : place;
  };
  let chosen: string | null = null;
  for (const root of roots) {
    for (const path of pathsIn(root)) {
      const { context } = splitContext(path);
      if (context === null) {
        const told = path.fields.map(({ name }) => name).join(".");
        return {
          kind: "failed",
          message: `the path "${told}" names no context, so none can be inferred; write e.g. ${candidates.at(-1)}.${told}`,
        };
      }
      if (context === "otelcol") continue;
      if (chosen === null || rank(context) < rank(chosen)) chosen = context;
    }
    for (const node of expressionsIn(root)) {
      if (node.kind === "call") functions.add(node.name);
      if (node.kind === "enum") symbols.add(node.name);
    }
  }
  if (chosen === null) {
    return { kind: "failed", message: "no path names a context, so none can be inferred" };
  }
  const refused = (context: ContextName): string | null => {
    for (const name of functions) {
      if (functionNamed(name, context, level, component) === null) {
        return `inferred context "${context}" does not support the function "${name}"`;
      }
    }
    for (const name of symbols) {
      const known =
        enums[context][name] !== undefined ||
        functionNamed(name, context, level, component) !== null;
      if (!known) return `inferred context "${context}" does not support the enum symbol "${name}"`;
    }
    return null;
  };
  if (!(candidates as readonly string[]).includes(chosen)) {
    return { kind: "failed", message: `inferred context "${chosen}" is not a valid candidate` };
  }
  const context = chosen as ContextName;
  const message = refused(context);
  if (message === null) return { kind: "inferred", context };
  const below = candidates
    .filter((candidate) => candidate !== context && visible[candidate].includes(context))
    .sort((a, b) => rank(a) - rank(b));
  const lower = below.find((candidate) => refused(candidate) === null);
  return lower === undefined ? { kind: "failed", message } : { kind: "inferred", context: lower };
}

/** Values of a configuration that must not be printed: what stands under names that promise secrets. */

import type { Tree } from "./tree.ts";

const secretName =
  /secret|token|passw(?:or)?d|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credential|client_id|dsn$|connection_string/i;
const headerName = /headers?$/i;
/** Shorter values would blank out ordinary words. */
const minimumLength = 4;

export function secretsIn(tree: Tree): readonly string[] {
  const found = new Set<string>();
  const take = (value: string): void => {
    // A reference is no secret; what it stands for is not here.
    if (value.length >= minimumLength && !/^\$\{[^}]*\}$/.test(value)) found.add(value);
  };
  const walk = (node: Tree, isSecret: boolean): void => {
    if (node.kind === "scalar") {
      if (typeof node.value === "string") {
        // A rule that writes a secret as a literal: set(attributes["api_key"], "...").
        for (const match of node.value.matchAll(/\["([^"]*)"\]\s*,\s*"([^"]+)"/g)) {
          if (secretName.test(match[1]!)) take(match[2]!);
        }
      }
      if (isSecret && typeof node.value === "string") {
        take(node.value);
        for (const word of node.value.split(/[\s,;=:]+/)) if (word.length >= 8) take(word);
      }
      // Passwords in URLs.
      if (typeof node.value === "string") {
        for (const match of node.value.matchAll(/\/\/[^\s/@:]*:([^\s/@]+)@/g)) take(match[1]!);
      }
    } else if (node.kind === "list") {
      for (const item of node.items) walk(item, isSecret);
    } else {
      for (const [key, value] of node.entries) {
        // A component may be called after what it handles: only values are secret, not sections.
        const isNamed = value.kind !== "map" && secretName.test(key);
        walk(value, isSecret || isNamed || headerName.test(key));
      }
    }
  };
  walk(tree, false);
  return [...found].sort((a, b) => b.length - a.length);
}

/**
 * Where a fault could be planted in the compiler and the search: fixed operators over fixed files.
 * Nobody chooses the places: every site is listed, and a seed picks among them.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The compiler, the search and the temporal algorithms; not what only words or draws. */
export const sources = [
  "semantics/system.ts",
  ...[
    "cells",
    "channel",
    "expand",
    "footprint",
    "frontier",
    "kind",
    "layout",
    "narrow",
    "pending",
    "product",
    "selection",
    "store",
    "words",
  ].map((name) => `semantics/packed/${name}.ts`),
  ...["instrument", "oracle", "recorder"].map((name) => `semantics/trace/${name}.ts`),
  ...["graph", "recurrence", "safety"].map((name) => `checkers/explore/${name}.ts`),
  ...["buchi", "components", "ctl", "fair", "loops", "normal", "product", "search", "word"].map(
    (name) => `checkers/explore/temporal/${name}.ts`,
  ),
  ...["crew", "level"].map((name) => `checkers/explore/parallel/${name}.ts`),
  ...["access", "ample", "blocks", "exchange", "plan", "reads", "reducer", "symmetry", "views"].map(
    (name) => `checkers/explore/reduce/${name}.ts`,
  ),
];

export interface Operator {
  readonly name: string;
  readonly find: RegExp;
  readonly replace: string;
}

export const operators: readonly Operator[] = [
  { name: "shift a bound: < to <=", find: / < (?=[\w(])/g, replace: " <= " },
  { name: "shift by one: + 1 left out", find: / \+ 1\b/g, replace: "" },
  { name: "turn a test: === to !==", find: / === /g, replace: " !== " },
  { name: "weaken a test: && to ||", find: / && /g, replace: " || " },
  // Not in types, whose names are capitals.
  { name: "drop a mask: & to |", find: / & (?=[~a-z0-9(])/g, replace: " | " },
  { name: "skip a continue", find: /\bcontinue;/g, replace: ";" },
  {
    name: "answer the opposite: return true/false",
    find: /\breturn (?:true|false);/g,
    replace: "",
  },
  {
    name: "forget an element: push left out",
    find: /^ *[\w.#[\]!]+\.push\([^()]*\);$/gm,
    replace: "",
  },
  {
    name: "forget a step: an update left out",
    find: /^ *[\w.#[\]!]+ (?:\+=|-=|\|=) [^;]+;$/gm,
    replace: "",
  },
  {
    name: "ignore history",
    find: /\bsnapshot\.historyValue\b/g,
    replace: "({} as typeof snapshot.historyValue)",
  },
  { name: "shift a bound: > to >=", find: / > (?=[\w(])/g, replace: " >= " },
  { name: "drop a negation: ! left out", find: /(?<=[( ])!(?=[\w(])/g, replace: "" },
  { name: "shift the other way: << to >>>", find: / << /g, replace: " >>> " },
];

/** One change of one place. */
export interface Site {
  readonly operator: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** The whole file with the change. */
  readonly source: string;
}

export function sitesOf({ name, find, replace }: Operator): Site[] {
  return sources.flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8");
    return [...source.matchAll(find)].flatMap(({ index, 0: found }) => {
      const line = source.slice(0, index).split("\n").length + (found.startsWith("\n") ? 1 : 0);
      const text = source.split("\n")[line - 1]!.trim();
      if (/^(?:\*|\/\*|\/\/|import|export type|type |readonly)/.test(text)) return [];
      const opposite = found.includes("true") ? "return false;" : "return true;";
      const changed = found.startsWith("return ") ? opposite : replace;
      return [
        {
          operator: name,
          file,
          line,
          text,
          source: source.slice(0, index) + changed + source.slice(index + found.length),
        },
      ];
    });
  });
}

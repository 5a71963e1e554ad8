/** YAML as a tree in which every value knows its place, merged as the Collector merges its files. */

import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  Scalar,
  type Document,
  type Node,
} from "yaml";

import { DiagnosticError } from "../../../core/diagnostic.ts";
import {
  alignScalar,
  formatPlace,
  type Locator,
  type Place,
  type ScalarStyle,
  type SourceText,
} from "./place.ts";

interface TreeBase {
  readonly place: Place;
}
export interface TreeScalar extends TreeBase {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly locate: Locator;
}
export interface TreeList extends TreeBase {
  readonly kind: "list";
  readonly items: readonly Tree[];
}
export interface TreeMap extends TreeBase {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Tree>;
}
export type Tree = TreeScalar | TreeList | TreeMap;

/**
 * The documents of a text.
 * @throws {DiagnosticError} VRF701 with the place of the first YAML error.
 */
export function parseTrees(source: SourceText): readonly Tree[] {
  const documents = parseAllDocuments(source.text, { merge: true, uniqueKeys: true });
  const trees: Tree[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new DiagnosticError("VRF701", error.message.split("\n")[0]!.replace(/ at line.*/, ""), {
        place: formatPlace(source.place(error.pos[0])),
        help: "the file must be YAML; templates (Helm) must be rendered first, e.g. with helm template",
      });
    }
    if (document.contents !== null) trees.push(convert(document.contents, document, source));
  }
  return trees;
}

function convert(node: Node, document: Document, source: SourceText): Tree {
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (target !== undefined) return convert(target, document, source);
  }
  const start = node.range?.[0] ?? 0;
  const place = source.place(start);
  if (isMap(node)) return { kind: "map", place, entries: entriesOf(node.items, document, source) };
  if (isSeq(node)) {
    const items = (node.items as readonly Node[]).map((item) => convert(item, document, source));
    return { kind: "list", place, items };
  }
  if (isScalar(node)) return convertScalar(node, source, place);
  return { kind: "scalar", place, value: null, locate: () => place };
}

function entriesOf(
  items: readonly unknown[],
  document: Document,
  source: SourceText,
): Map<string, Tree> {
  const entries = new Map<string, Tree>();
  for (const item of items) {
    if (!isPair(item)) continue;
    const key = isScalar(item.key) ? String(item.key.value) : String(item.key);
    const value = item.value as Node | null;
    const keyStart = (item.key as Node | null)?.range?.[0] ?? 0;
    const tree: Tree =
      value === null ? nullAt(source.place(keyStart)) : convert(value, document, source);
    if (key === "<<" && tree.kind !== "scalar") {
      for (const merged of tree.kind === "list" ? tree.items : [tree]) {
        if (merged.kind !== "map") continue;
        for (const [name, inherited] of merged.entries) {
          if (!entries.has(name)) entries.set(name, inherited);
        }
      }
    } else {
      entries.set(key, tree);
    }
  }
  return entries;
}

const nullAt = (place: Place): TreeScalar => ({
  kind: "scalar",
  place,
  value: null,
  locate: () => place,
});

const styles: Readonly<Record<string, ScalarStyle>> = {
  [Scalar.QUOTE_DOUBLE]: "double",
  [Scalar.QUOTE_SINGLE]: "single",
  [Scalar.BLOCK_LITERAL]: "block",
  [Scalar.BLOCK_FOLDED]: "block",
};

function convertScalar(node: Scalar, source: SourceText, place: Place): TreeScalar {
  const { value } = node;
  if (typeof value !== "string") {
    const plain =
      typeof value === "number" || typeof value === "boolean"
        ? value
        : typeof value === "bigint"
          ? Number(value)
          : null;
    return { kind: "scalar", place, value: plain, locate: () => place };
  }
  const style = styles[node.type ?? ""] ?? "plain";
  const [from, to] = node.range ?? [0, 0];
  const skip = style === "plain" ? 0 : style === "block" ? blockHeader(source.text, from) : 1;
  const raw = source.text.slice(from + skip, to);
  // Most texts are never pointed into: align on demand.
  let offsets: readonly number[] | null | undefined;
  const locate: Locator = (offset) => {
    offsets ??= alignScalar(raw, value, style);
    if (offsets === null || value.length === 0) return place;
    const last = offsets.at(-1)! + 1;
    return source.place(from + skip + (offsets[offset] ?? last));
  };
  return { kind: "scalar", place, value, locate };
}

/** Length of `|-` and the like, with the line break and the first indentation. */
function blockHeader(text: string, from: number): number {
  const lineEnd = text.indexOf("\n", from);
  return lineEnd === -1 ? 1 : lineEnd + 1 - from;
}

/**
 * Merges configuration files as the Collector does: maps entry by entry, anything else (lists too)
 * is replaced by the later file. Keys such as `processors::batch` are nested maps.
 */
export function mergeTrees(earlier: Tree, later: Tree): Tree {
  if (earlier.kind !== "map" || later.kind !== "map") return later;
  const entries = new Map(earlier.entries);
  for (const [key, value] of later.entries) {
    const before = entries.get(key);
    entries.set(key, before === undefined ? value : mergeTrees(before, value));
  }
  return { kind: "map", place: later.place, entries };
}

/** Writes `a::b: c` as `a: { b: c }`, at every level, as the Collector's configuration maps do. */
export function nestKeys(tree: Tree): Tree {
  if (tree.kind === "scalar") return tree;
  if (tree.kind === "list") return { ...tree, items: tree.items.map(nestKeys) };
  let result: TreeMap = { kind: "map", place: tree.place, entries: new Map() };
  for (const [key, value] of tree.entries) {
    const nested = key
      .split("::")
      .reduceRight<Tree>(
        (inner, part) => ({ kind: "map", place: value.place, entries: new Map([[part, inner]]) }),
        nestKeys(value),
      );
    result = { ...(mergeTrees(result, nested) as TreeMap), place: tree.place };
  }
  return result;
}

/** The value under a chain of keys, if it is there. */
export function at(tree: Tree | undefined, ...keys: readonly string[]): Tree | undefined {
  let here = tree;
  for (const key of keys) here = here?.kind === "map" ? here.entries.get(key) : undefined;
  return here;
}

export const textOf = (tree: Tree | undefined): string | undefined =>
  tree?.kind === "scalar" && tree.value !== null ? String(tree.value) : undefined;

export const entriesAt = (tree: Tree | undefined): readonly (readonly [string, Tree])[] =>
  tree?.kind === "map" ? [...tree.entries] : [];

/** Items of a list; a scalar counts as a list of one, as the Collector's decoder has it. */
export const itemsAt = (tree: Tree | undefined): readonly Tree[] =>
  tree === undefined || (tree.kind === "scalar" && tree.value === null)
    ? []
    : tree.kind === "list"
      ? tree.items
      : [tree];

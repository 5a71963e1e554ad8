/** Geometry and sums of flame graphs (icicles: the root is on top). No DOM, no Node. */

import type { FlameNode } from "../../core/index.ts";

export interface FlameBox {
  readonly node: FlameNode;
  /** The way to the node from the root, as child indexes joined by dots; "" is the root. */
  readonly path: string;
  readonly depth: number;
  /** Share of the width, 0 to 1, of the frame that fills the view. */
  readonly left: number;
  readonly width: number;
  /** An ancestor of the frame that fills the view, drawn at full width. */
  readonly above: boolean;
}

export function nodeAt(root: FlameNode, path: string): FlameNode | null {
  let node: FlameNode = root;
  if (path === "") return node;
  for (const part of path.split(".")) {
    const child = node.children[Number(part)];
    if (child === undefined) return null;
    node = child;
  }
  return node;
}

export const parentPath = (path: string): string | null =>
  path === "" ? null : path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";

const childPath = (path: string, index: number): string =>
  path === "" ? String(index) : `${path}.${index}`;

/** The boxes when `focus` fills the width; frames narrower than `least` (a share) are left out. */
export function layoutFlame(root: FlameNode, focus = "", least = 0.0015): FlameBox[] {
  const boxes: FlameBox[] = [];
  const parts = focus === "" ? [] : focus.split(".");
  let node = root;
  let path = "";
  for (const [depth, part] of parts.entries()) {
    boxes.push({ node, path, depth, left: 0, width: 1, above: true });
    const child = node.children[Number(part)];
    if (child === undefined) return layoutFlame(root, "", least);
    path = childPath(path, Number(part));
    node = child;
  }
  const whole = node.total || 1;
  const stack = [{ node, path, depth: parts.length, left: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node: current, path: here, depth, left } = next;
    const width = current.total / whole;
    if (width < least) continue;
    boxes.push({ node: current, path: here, depth, left, width, above: false });
    let offset = left;
    for (const [index, child] of current.children.entries()) {
      stack.push({ node: child, path: childPath(here, index), depth: depth + 1, left: offset });
      offset += child.total / whole;
    }
  }
  return boxes.sort((a, b) => a.depth - b.depth || a.left - b.left);
}

export interface FlameRow {
  readonly name: string;
  readonly type: NonNullable<FlameNode["type"]>;
  readonly self: number;
  /** Samples with this function anywhere on the stack; recursion is counted once. */
  readonly total: number;
}

/** Self and total per function, largest self first. */
export function flameTable(root: FlameNode): FlameRow[] {
  const rows = new Map<
    string,
    { name: string; type: FlameRow["type"]; self: number; total: number }
  >();
  const open = new Map<string, number>();
  type Visit = { readonly node: FlameNode; readonly leave: boolean };
  const stack: Visit[] = root.children.map((node) => ({ node, leave: false }));
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { node, leave } = visit;
    const type = node.type ?? "unknown";
    const key = `${type} ${node.name}`;
    const nested = open.get(key) ?? 0;
    if (leave) {
      open.set(key, nested - 1);
      continue;
    }
    const row = rows.get(key) ?? { name: node.name, type, self: 0, total: 0 };
    row.self += node.self;
    if (nested === 0) row.total += node.total;
    rows.set(key, row);
    open.set(key, nested + 1);
    stack.push({ node, leave: true });
    for (const child of node.children) stack.push({ node: child, leave: false });
  }
  return [...rows.values()].sort((a, b) => b.self - a.self || b.total - a.total);
}

/** Samples below frames whose name contains the text, each counted once. */
export function matchedSamples(root: FlameNode, text: string): number {
  const wanted = text.toLowerCase();
  if (wanted === "") return 0;
  let sum = 0;
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.name.toLowerCase().includes(wanted)) sum += node.total;
    else stack.push(...node.children);
  }
  return sum;
}

/**
 * Change of each frame's share against another run, in parts of the whole: +0.1 is ten points more.
 * Frames are the same if the names on the way from the root are. Keys are paths in `root`.
 */
export function flameDifference(root: FlameNode, base: FlameNode): Map<string, number> {
  const changes = new Map<string, number>();
  const share = (node: FlameNode | undefined, whole: FlameNode): number =>
    node === undefined || whole.total === 0 ? 0 : node.total / whole.total;
  type Pair = { readonly path: string; readonly node: FlameNode; readonly other?: FlameNode };
  const stack: Pair[] = [{ path: "", node: root, other: base }];
  for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
    const { path, node, other } = pair;
    changes.set(path, share(node, root) - share(other, base));
    const others = new Map(other?.children.map((child) => [frameKey(child), child]));
    for (const [index, child] of node.children.entries()) {
      const same = others.get(frameKey(child));
      stack.push({
        path: childPath(path, index),
        node: child,
        ...(same === undefined ? {} : { other: same }),
      });
    }
  }
  return changes;
}

const frameKey = (node: FlameNode): string => `${node.type ?? "unknown"} ${node.name}`;

export interface FlameChange {
  readonly name: string;
  readonly type: FlameRow["type"];
  /** Change of the share of self and of total, in parts of the whole. */
  readonly self: number;
  readonly total: number;
}

/** Change per function, also of functions that only one run has; largest change of self first. */
export function flameChanges(root: FlameNode, base: FlameNode): FlameChange[] {
  const rows = new Map<
    string,
    { name: string; type: FlameRow["type"]; self: number; total: number }
  >();
  for (const [node, sign] of [
    [root, 1],
    [base, -1],
  ] as const) {
    for (const row of flameTable(node)) {
      const key = `${row.type} ${row.name}`;
      const change = rows.get(key) ?? { name: row.name, type: row.type, self: 0, total: 0 };
      change.self += (sign * row.self) / (node.total || 1);
      change.total += (sign * row.total) / (node.total || 1);
      rows.set(key, change);
    }
  }
  return [...rows.values()].sort((a, b) => Math.abs(b.self) - Math.abs(a.self));
}

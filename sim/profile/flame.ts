/** Views of a capture: flame graph, folded stacks, tables of functions. All count samples. */

import type { Exhibit, FlameNode } from "../../core/exhibit.ts";
import type { Frame, FrameType, StackSample } from "./capture.ts";

/** Smallest share of all samples that gets a rectangle of its own. */
export const cullShare = 0.001;

interface Node {
  readonly name: string;
  readonly type: FrameType;
  total: number;
  self: number;
  readonly children: Map<string, Node>;
}

const makeNode = (name: string, type: FrameType): Node => ({
  name,
  type,
  total: 0,
  self: 0,
  children: new Map(),
});

const placeholder = (name: string): Frame => ({
  name,
  systemName: name,
  type: "unknown",
  file: "",
  line: 0,
  module: "[unknown]",
  address: 0,
  known: "none",
});
const noStack = placeholder("[no stack]");
const truncated = placeholder("[truncated]");

/** The frames from the root of the stack to its leaf; a cut-off stack says so at its root. */
export function rootFirst(sample: StackSample): readonly Frame[] {
  if (sample.frames.length === 0) return [noStack];
  const frames = sample.frames.toReversed();
  return sample.complete ? frames : [truncated, ...frames];
}

/**
 * The tree of all stacks, without branches below `cullShare`; the largest child comes first.
 * @param weight what one sample counts; default 1
 */
export function flameTree(
  samples: readonly StackSample[],
  rootName: string,
  weight: (sample: StackSample) => number = () => 1,
): FlameNode {
  const root = makeNode(rootName, "unknown");
  for (const sample of samples) {
    const count = weight(sample);
    root.total += count;
    let node = root;
    for (const frame of rootFirst(sample)) {
      const key = `${frame.type} ${frame.name}`;
      let child = node.children.get(key);
      if (child === undefined) {
        child = makeNode(frame.name, frame.type);
        node.children.set(key, child);
      }
      child.total += count;
      node = child;
    }
    node.self += count;
  }
  const least = root.total * cullShare;
  const freeze = (node: Node): FlameNode => ({
    name: node.name,
    total: node.total,
    self: node.self,
    type: node.type,
    children: [...node.children.values()]
      .filter((child) => child.total >= least)
      .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
      .map((child) => freeze(child)),
  });
  return freeze(root);
}

/**
 * Folded stacks: `root;…;leaf count`, one line per distinct stack, sorted.
 * @param weight what one sample counts; default 1
 */
export function foldedStacks(
  samples: readonly StackSample[],
  rootName: string,
  weight: (sample: StackSample) => number = () => 1,
): string {
  const counts = new Map<string, number>();
  const clean = (name: string): string => name.replaceAll(/[;\s]+/g, " ");
  for (const sample of samples) {
    const line = [rootName, ...rootFirst(sample).map((frame) => clean(frame.name))].join(";");
    counts.set(line, (counts.get(line) ?? 0) + weight(sample));
  }
  const lines = [...counts].map(([line, count]) => `${line} ${count}\n`);
  return lines.sort().join("");
}

export interface FunctionCount {
  readonly name: string;
  readonly type: FrameType;
  readonly self: number;
  /** Samples with the function anywhere on the stack, once each in spite of recursion. */
  readonly total: number;
}

/** Every function that was seen, by falling self count. */
export function functionCounts(samples: readonly StackSample[]): FunctionCount[] {
  const counts = new Map<string, { name: string; type: FrameType; self: number; total: number }>();
  for (const sample of samples) {
    const seen = new Set<string>();
    for (const [index, { name, type }] of sample.frames.entries()) {
      const key = `${type} ${name}`;
      let count = counts.get(key);
      if (count === undefined) {
        count = { name, type, self: 0, total: 0 };
        counts.set(key, count);
      }
      if (index === 0) count.self += 1;
      if (!seen.has(key)) count.total += 1;
      seen.add(key);
    }
  }
  return [...counts.values()].sort((a, b) => b.self - a.self || b.total - a.total);
}

/** Samples by the type of their leaf, in percent of all. */
export function shareByType(samples: readonly StackSample[]): Record<FrameType, number> {
  const shares: Record<FrameType, number> = { kernel: 0, native: 0, js: 0, gc: 0, unknown: 0 };
  for (const sample of samples) {
    // The collector runs in many small functions; any of them on the stack means collection.
    const isCollection = sample.frames.some((frame) => frame.type === "gc");
    shares[isCollection ? "gc" : (sample.frames[0]?.type ?? "unknown")] += 1;
  }
  for (const type of Object.keys(shares) as FrameType[]) {
    shares[type] = percent(shares[type], samples.length);
  }
  return shares;
}

/** With one decimal; 0 of 0 is 0. */
export const percent = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10;

/** Two tables: where time is spent, and which JavaScript it is spent for. */
export function functionTables(samples: readonly StackSample[], provenance: string): Exhibit[] {
  const counts = functionCounts(samples);
  const row = (one: FunctionCount): (string | number)[] => [
    one.name,
    one.type,
    one.self,
    percent(one.self, samples.length),
    one.total,
    percent(one.total, samples.length),
  ];
  const columns = ["function", "kind", "self", "self %", "total", "total %"];
  const javaScript = counts.filter((one) => one.type === "js").sort((a, b) => b.total - a.total);
  return [
    {
      kind: "table",
      title: "Functions by time spent in themselves",
      columns,
      rows: counts.slice(0, 15).map((one) => row(one)),
      note: `${provenance}. self: the function was running; total: it was running or waiting for a function it called.`,
    },
    {
      kind: "table",
      title: "JavaScript functions by time including what they call",
      columns,
      rows: javaScript.slice(0, 15).map((one) => row(one)),
      note: "Functions that V8 inlined into their callers do not appear; their time counts for the caller.",
    },
  ];
}

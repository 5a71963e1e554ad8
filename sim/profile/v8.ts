/**
 * The last rung: V8's own CPU profiler, through Node's `--cpu-prof`. No privileges, any platform. It
 * sees the JavaScript of the main thread only and samples wall time: a sample also falls on a
 * function while its thread waits for a CPU. `(program)` is everything outside JavaScript.
 */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { Frame, StackSample } from "./capture.ts";
import { isRecord } from "./json.ts";
import { shortPath } from "./short-path.ts";

/** Node options that make the process write its profile into `folder` when it exits. */
export const v8Arguments = (folder: string, hz: number): string[] => [
  "--cpu-prof",
  `--cpu-prof-dir=${folder}`,
  `--cpu-prof-interval=${Math.round(1e6 / hz)}`,
];

export interface CpuProfile {
  readonly pid: number;
  /** 0 for the main thread, otherwise the id of the worker. */
  readonly thread: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Samples that are not idle. */
  readonly samples: readonly StackSample[];
  readonly idle: number;
}

/** The parts of the .cpuprofile format (Chrome DevTools protocol, Profiler.Profile) used here. */
interface ProfileFile {
  readonly startTime: number;
  readonly endTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

const isProfileFile = (value: unknown): value is ProfileFile =>
  isRecord(value) &&
  typeof value["startTime"] === "number" &&
  typeof value["endTime"] === "number" &&
  Array.isArray(value["nodes"]) &&
  value["nodes"].every((node) => isRecord(node) && isRecord(node["callFrame"]));

/** All profiles that Node wrote into the folder; files that cannot be read are left out. */
export function readCpuProfiles(folder: string): CpuProfile[] {
  const profiles: CpuProfile[] = [];
  for (const name of readdirSync(folder)) {
    const match = /^CPU\.\d+\.\d+\.(\d+)\.(\d+)\.\d+\.cpuprofile$/.exec(name);
    if (match === null) continue;
    let file: unknown;
    try {
      file = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
    } catch {
      continue; // the process died while it wrote
    }
    if (isProfileFile(file)) profiles.push(convert(file, Number(match[1]), Number(match[2])));
  }
  return profiles;
}

function convert(file: ProfileFile, pid: number, thread: number): CpuProfile {
  const base = process.cwd();
  const parents = new Map<number, number>();
  const frames = new Map<number, Frame | null>();
  for (const node of file.nodes) {
    frames.set(node.id, frameOf(node.callFrame, base));
    for (const child of node.children ?? []) parents.set(child, node.id);
  }
  const stacks = new Map<number, readonly Frame[]>();
  const stackOf = (id: number): readonly Frame[] => {
    let stack = stacks.get(id);
    if (stack === undefined) {
      const list: Frame[] = [];
      for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
        const frame = frames.get(at);
        if (frame !== null && frame !== undefined) list.push(frame);
      }
      stack = list;
      stacks.set(id, stack);
    }
    return stack;
  };
  const idleNodes = new Set(
    file.nodes.filter((node) => node.callFrame.functionName === "(idle)").map((node) => node.id),
  );
  const samples: StackSample[] = [];
  let idle = 0;
  let timeUs = file.startTime;
  for (const [index, id] of (file.samples ?? []).entries()) {
    timeUs += file.timeDeltas?.[index] ?? 0;
    if (idleNodes.has(id)) idle += 1;
    else {
      // Ticks come late on a busy machine and are not made up for: a sample lasts until the next.
      const lastsUs = file.timeDeltas?.[index + 1] ?? Math.max(0, file.endTime - timeUs);
      samples.push({
        timeNs: timeUs * 1000,
        process: pid,
        thread: pid,
        frames: stackOf(id),
        complete: true,
        lastsNs: lastsUs * 1000,
      });
    }
  }
  return { pid, thread, fromNs: file.startTime * 1000, toNs: file.endTime * 1000, samples, idle };
}

function frameOf(call: ProfileFile["nodes"][number]["callFrame"], base: string): Frame | null {
  const { functionName, url, lineNumber } = call;
  if (functionName === "(root)") return null;
  const common = { address: 0, known: "symbol", systemName: functionName } as const;
  if (functionName === "(garbage collector)") {
    return { ...common, name: functionName, type: "gc", file: "", line: 0, module: "[v8]" };
  }
  if (functionName === "(program)") {
    return { ...common, name: functionName, type: "native", file: "", line: 0, module: "[v8]" };
  }
  const file = shortPath(url.startsWith("file:") ? fileURLToPath(url) : url, base);
  const line = Math.max(0, lineNumber + 1);
  const place = file === "" ? "" : ` ${path.basename(file)}:${line}`;
  const name = `${functionName === "" ? "(anonymous)" : functionName}${place}`;
  return { ...common, name, type: "js", file, line, module: "[jit]" };
}

/** CFS bandwidth control: how long a process's control group was kept from running (cpu.stat). */

import { readFileSync } from "node:fs";

export interface Throttling {
  readonly totalNs: number;
  /** Periods in which the group ran into its quota. */
  readonly periods: number;
}

/**
 * Finds the group of a process now, and reads its counters later, also when the process is gone.
 * The reader gives null where the group has no cpu controller.
 */
export function throttlingOf(pid: number): () => Throttling | null {
  const folders = foldersOf(pid);
  return () => {
    for (const folder of folders) {
      const found = parse(folder);
      if (found !== null) return found;
    }
    return null;
  };
}

function foldersOf(pid: number): string[] {
  let groups: string;
  try {
    groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    return [];
  }
  return groups.split("\n").flatMap((line) => {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line);
    if (match === null) return [];
    const [, number, controllers = "", group = ""] = match;
    if (number === "0" && controllers === "") {
      return [`/sys/fs/cgroup${group}`, `/sys/fs/cgroup/unified${group}`]; // version 2
    }
    return controllers.split(",").includes("cpu")
      ? [`/sys/fs/cgroup/cpu${group}`, `/sys/fs/cgroup/${controllers}${group}`]
      : [];
  });
}

function parse(folder: string): Throttling | null {
  let text: string;
  try {
    text = readFileSync(`${folder}/cpu.stat`, "utf8");
  } catch {
    return null;
  }
  const value = (name: string): number | null => {
    const found = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1];
    return found === undefined ? null : Number(found);
  };
  const us = value("throttled_usec"); // version 2
  const ns = value("throttled_time"); // version 1
  const periods = value("nr_throttled");
  if (periods === null || (us === null && ns === null)) return null;
  return { totalNs: ns ?? 1000 * us!, periods };
}

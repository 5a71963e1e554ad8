/**
 * The map of generated code that V8 writes with `--perf-basic-prof` to /tmp/perf-PID.map: one line
 * per piece of code, "START SIZE NAME" in hexadecimal. There are no timestamps: where ranges
 * overlap, because code was freed and its place used again, the later line is taken.
 */

import { existsSync, readFileSync, rmSync } from "node:fs";

export interface CodeMap {
  readonly entries: number;
  /** Name of the code at an address; null when the map has none. */
  lookup(address: number): string | null;
}

/** Not the user's TMPDIR: V8 has this path built in. */
export const perfMapPath = (pid: number): string => `/tmp/perf-${pid}.map`;

/**
 * The map of a process, removed from the disk unless the process still lives and writes to it. Empty
 * when it wrote none.
 */
export function takePerfMap(pid: number): CodeMap {
  const file = perfMapPath(pid);
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // shows as unknown frames
  }
  removePerfMap(pid);
  return parsePerfMap(text);
}

/** Removes what a process has left behind; nothing of a process that still lives. */
export function removePerfMap(pid: number): void {
  if (!existsSync(`/proc/${pid}`)) rmSync(perfMapPath(pid), { force: true });
}

export function parsePerfMap(text: string): CodeMap {
  const entries: { start: number; end: number; name: string; order: number }[] = [];
  let longest = 0;
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]+) ([0-9a-f]+) (.+)$/i.exec(line);
    if (match === null) continue;
    const start = Number.parseInt(match[1]!, 16);
    const size = Number.parseInt(match[2]!, 16);
    if (size === 0) continue;
    longest = Math.max(longest, size);
    entries.push({ start, end: start + size, name: match[3]!, order: entries.length });
  }
  entries.sort((a, b) => a.start - b.start || a.order - b.order);
  return {
    entries: entries.length,
    lookup(address) {
      let low = 0;
      let high = entries.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (entries[middle]!.start <= address) low = middle + 1;
        else high = middle;
      }
      let best: (typeof entries)[number] | null = null;
      for (let index = low - 1; index >= 0; index--) {
        const entry = entries[index]!;
        if (entry.start + longest <= address) break; // nothing before can reach this far
        if (entry.end > address && (best === null || entry.order > best.order)) best = entry;
      }
      return best?.name ?? null;
    },
  };
}

/** A name of V8's map in its parts: `JS:*main /dir/file.js:10:14`. */
export interface CodeName {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly isJavaScript: boolean;
}

// ~ interpreted, ^ baseline (Sparkplug), + Maglev, * TurboFan; ' marks code for one context.
const functionName = /^(?:JS|LazyCompile|Function|Script|Eval):([~^+*]?'?)(.*)$/;

export function readCodeName(text: string): CodeName {
  const match = functionName.exec(text);
  if (match === null) {
    const pattern = /^RegExp\W*(?:src: )?(.*)$/.exec(text)?.[1];
    if (pattern === undefined) return { name: text, file: "", line: 0, isJavaScript: false };
    const shown = pattern.length > 40 ? `${pattern.slice(0, 40)}…` : pattern;
    return { name: `RegExp ${shown}`, file: "", line: 0, isJavaScript: true };
  }
  const rest = match[2]!;
  const place =
    /^(.*?) ?((?:file:\/\/|\/|node:|[A-Za-z]:|evalmachine|\[)[^ ].*?):(\d+):(\d+)'?$/.exec(rest);
  if (place === null) {
    const bare = rest.replace(/'$/, "").trim();
    return { name: bare === "" ? "(anonymous)" : bare, file: "", line: 0, isJavaScript: true };
  }
  return {
    name: place[1]!.trim() === "" ? "(anonymous)" : place[1]!.trim(),
    file: place[2]!.replace(/^file:\/\//, ""),
    line: Number(place[3]),
    isJavaScript: true,
  };
}

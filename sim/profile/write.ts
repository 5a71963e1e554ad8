/** The profile as files, for tools that show more than a report can. */

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { slug } from "../../core/property.ts";
import { foldedStacks } from "./flame.ts";
import { toPprof } from "./pprof.ts";
import type { Taken, Waiting } from "./take.ts";

/**
 * Writes pprof, folded stacks and the OTLP request; returns the paths, relative to the working
 * directory if below.
 */
export async function writeProfileFiles(
  outDir: string,
  id: string,
  taken: Taken,
  waiting: Waiting | null,
  comments: readonly string[],
  otlp: Uint8Array,
): Promise<string[]> {
  const folder = path.join(outDir, "profile", slug(id));
  mkdirSync(folder, { recursive: true });
  const { capture, startedAt } = taken;
  const pprof = await toPprof(capture, {
    timeNanos: startedAt,
    durationNanos: Math.max(0, Math.round(capture.toNs - capture.fromNs)),
    comments,
  });
  const written: string[] = [];
  const write = (name: string, content: string | Uint8Array): void => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const relative = path.relative(process.cwd(), file);
    written.push(relative.startsWith("..") ? path.relative(outDir, file) : relative);
  };
  write("profile.pb.gz", pprof);
  write("profile.folded", foldedStacks(capture.samples, "process"));
  write("profile.otlp.pb", otlp);
  if (waiting !== null) {
    write(
      "off-cpu.folded",
      foldedStacks(waiting.signals.blocked, "process", (one) =>
        Math.round((one.lastsNs ?? 0) / 1000),
      ),
    );
  }
  return written;
}

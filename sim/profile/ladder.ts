/** Which profiler is used: the best that attaches, or exactly the one that was asked for. */

import { DiagnosticError } from "../../core/diagnostic.ts";
import { profilerNames, type ProfilerName } from "./capture.ts";
import type { ProfilerStatus } from "./detect.ts";

/** `auto` may fall back and says so; the others never substitute; `off` profiles nothing. */
export type Mode = "auto" | "ebpf" | "perf" | "v8" | "off";

const rungs: Readonly<Record<Mode, readonly ProfilerName[]>> = {
  auto: profilerNames,
  ebpf: ["bpftrace"],
  perf: ["perf"],
  v8: ["v8"],
  off: [],
};

export interface Choice {
  readonly chosen: ProfilerStatus | null;
  /** Better profilers that did not attach. */
  readonly passedOver: readonly ProfilerStatus[];
  readonly tried: readonly ProfilerStatus[];
}

/** @throws {DiagnosticError} VRF006 for an unknown word. */
export function readMode(option: string | number | boolean | undefined): Mode {
  if (option === undefined || option === "") return "auto";
  const mode = (Object.keys(rungs) as Mode[]).find((one) => one === option);
  if (mode !== undefined) return mode;
  throw new DiagnosticError("VRF006", `--profile=${String(option)} is not a profiler`, {
    help: `use one of ${Object.keys(rungs).join(", ")}`,
  });
}

export async function chooseProfiler(
  mode: Mode,
  detect: (name: ProfilerName) => Promise<ProfilerStatus>,
): Promise<Choice> {
  const passedOver: ProfilerStatus[] = [];
  for (const name of rungs[mode]) {
    const status = await detect(name);
    if (status.state !== "unavailable")
      return { chosen: status, passedOver, tried: [...passedOver, status] };
    passedOver.push(status);
  }
  return { chosen: null, passedOver, tried: passedOver };
}

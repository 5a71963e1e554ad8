/** `verify replay`: does a recorded counterexample still show what it showed? */

import { findConfig } from "../../runner/load-config.ts";
import { parseEngines } from "../../runner/plan.ts";
import type { SubjectSource } from "../../runner/protocol.ts";
import { replay } from "../../runner/replay.ts";
import { loadCounterexample } from "../../runner/store.ts";
import { interruptible } from "../interrupt.ts";

export interface ReplayFlags {
  readonly config?: string;
  readonly engine?: string;
  readonly outDir: string;
  readonly json?: boolean;
}

export async function replayCommand(target: string, flags: ReplayFlags): Promise<number> {
  const [engine] = parseEngines(flags.engine === undefined ? [] : [flags.engine]);
  const stored = loadCounterexample(target, flags.outDir, engine);
  const source: SubjectSource =
    flags.config === undefined && stored.source !== undefined
      ? stored.source
      : { kind: "config", path: findConfig(flags.config, process.cwd()) };
  const { signal, release } = interruptible();
  try {
    const report = await replay({
      source,
      stored,
      engineOptions: { profile: "auto", outDir: flags.outDir },
      signal,
      progress: (message) => {
        if (flags.json !== true) process.stderr.write(`${message}\n`);
      },
    });
    if (flags.json === true) console.log(JSON.stringify(report, null, 2));
    else console.log(`${report.says}: ${report.id} (${report.engine})\n  ${report.message}`);
    return report.exitCode;
  } finally {
    release();
  }
}

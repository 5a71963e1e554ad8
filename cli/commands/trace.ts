/** `verify trace FILE`: is a recorded run explained by the models, or where does it stop being so? */

import { relative, resolve } from "node:path";

import { findConfig } from "../../runner/load-config.ts";
import { execute } from "../execute.ts";
import type { RunFlags } from "../options.ts";

export interface TraceFlags extends RunFlags {
  readonly unrecorded?: readonly string[];
  readonly fromMiddle: boolean;
}

export async function traceCommand(file: string, flags: TraceFlags): Promise<number> {
  const config = findConfig(flags.config, process.cwd());
  return execute(
    {
      source: {
        kind: "recording",
        config,
        file: resolve(file),
        unrecorded: flags.unrecorded ?? [],
        fromMiddle: flags.fromMiddle,
      },
      selection: {
        engines: ["trace"],
        ...(flags.grep === undefined ? {} : { grep: flags.grep }),
      },
      engineOptions: { outDir: flags.outDir },
      replaySuffix: flags.config === undefined ? "" : ` -c ${relative(process.cwd(), config)}`,
      isAdHoc: true,
    },
    flags,
  );
}

/** `verify run` and the single-engine commands. */

import { relative } from "node:path";

import { findConfig } from "../../runner/load-config.ts";
import { parseEngines } from "../../runner/plan.ts";
import { execute } from "../execute.ts";
import type { RunFlags } from "../options.ts";

export async function runCommand(names: readonly string[], flags: RunFlags): Promise<number> {
  const path = findConfig(flags.config, process.cwd());
  return execute(
    {
      source: { kind: "config", path },
      selection: {
        only: names,
        ...(flags.grep === undefined ? {} : { grep: flags.grep }),
        ...(flags.engine === undefined ? {} : { engines: parseEngines(flags.engine) }),
        ...(flags.shard === undefined ? {} : { shard: flags.shard }),
      },
      engineOptions: { profile: flags.profile, outDir: flags.outDir },
      replaySuffix: flags.config === undefined ? "" : ` -c ${relative(process.cwd(), path)}`,
    },
    flags,
  );
}

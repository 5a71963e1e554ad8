/** `verify list`: what there is to check. */

import { ExitCode } from "../../core/diagnostic.ts";
import { findConfig } from "../../runner/load-config.ts";
import { parseEngines } from "../../runner/plan.ts";
import { planRun } from "../../runner/run.ts";
import type { RunFlags } from "../options.ts";

export async function listCommand(names: readonly string[], flags: RunFlags): Promise<number> {
  const path = findConfig(flags.config, process.cwd());
  const { subjects, obligations } = await planRun(
    { kind: "config", path },
    {
      only: names,
      ...(flags.grep === undefined ? {} : { grep: flags.grep }),
      ...(flags.engine === undefined ? {} : { engines: parseEngines(flags.engine) }),
    },
  );
  if (flags.json === true) {
    console.log(JSON.stringify(obligations, null, 2));
    return ExitCode.ok;
  }
  for (const subject of subjects) {
    const own = obligations.filter((obligation) => obligation.subject === subject.id);
    if (own.length === 0) continue;
    console.log(`\n${subject.id}  (${subject.kind}) ${subject.title}`);
    for (const { id, engine, title, expect } of own) {
      const note = expect === null ? "" : `  [expected: ${expect.verdict}]`;
      console.log(`  ${engine.padEnd(8)} ${id}${note}\n           ${title}`);
    }
  }
  console.log(`\n${obligations.length} obligations`);
  return ExitCode.ok;
}

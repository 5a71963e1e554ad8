/** `verify run` and the single-engine commands. */

import { relative, resolve } from "node:path";

import { DiagnosticError, ExitCode } from "../../core/diagnostic.ts";
import { findConfig } from "../../runner/load-config.ts";
import { parseEngines } from "../../runner/plan.ts";
import { runDefaults } from "../../runner/run.ts";
import { execute } from "../execute.ts";
import type { RunFlags } from "../options.ts";

/** A solver that was asked for must be there; the folder for queries is made before workers write. */
async function prepareSolver(
  flags: Pick<RunFlags, "solver" | "emitSmt">,
): Promise<Readonly<Record<string, string>>> {
  const { solver = "built-in", emitSmt } = flags;
  if (solver !== "built-in") {
    const { nativeVersion } = await import("../../solver/native.ts");
    if (nativeVersion(solver) === null) {
      throw new DiagnosticError("VRF601", `--solver ${solver}: the program cannot be started`, {
        help: `install ${solver}, or leave the option out: the built-in Z3 needs nothing`,
        exitCode: ExitCode.environment,
      });
    }
  }
  if (emitSmt === undefined) return { solver };
  const folder = resolve(emitSmt);
  const { startEmission } = await import("../../solver/emit.ts");
  startEmission(folder);
  return { solver, emitSmt: folder };
}

export async function runCommand(names: readonly string[], flags: RunFlags): Promise<number> {
  const path = findConfig(flags.config, process.cwd());
  const solver = await prepareSolver(flags);
  return execute(
    {
      source: { kind: "config", path },
      selection: {
        only: names,
        ...(flags.grep === undefined ? {} : { grep: flags.grep }),
        ...(flags.engine === undefined ? {} : { engines: parseEngines(flags.engine) }),
        ...(flags.shard === undefined ? {} : { shard: flags.shard }),
      },
      engineOptions: {
        profile: flags.profile,
        outDir: flags.outDir,
        ...solver,
        ...optional("profileFrom", flags.profileFrom),
        ...optional("profileBase", flags.profileBase),
        ...optional("profileTo", flags.profileTo),
        ...optional("suite", flags.suite),
        ...optional("reduce", flags.reduce === false ? "none" : flags.reduce),
        ...(flags.fingerprints === true ? { fingerprints: true } : {}),
        ...(flags.depth === undefined ? {} : { depth: flags.depth }),
        ...(flags.threads === undefined ? {} : { threads: flags.threads }),
      },
      replaySuffix: flags.config === undefined ? "" : ` -c ${relative(process.cwd(), path)}`,
      replayOptions: { explore: searchOptions(flags) },
    },
    flags,
  );
}

/** What a search has to be told to find the same states and to end in the same place. */
function searchOptions(flags: RunFlags): string {
  const { reduce, fingerprints, maxStates, maxMemory } = flags;
  return [
    ...(reduce === undefined ? [] : [reduce === false ? " --no-reduce" : ` --reduce ${reduce}`]),
    ...(fingerprints === true ? [" --fingerprints"] : []),
    ...(maxStates === runDefaults.maxStates ? [] : [` --max-states ${maxStates}`]),
    ...(maxMemory === undefined ? [] : [` --max-memory ${maxMemory}`]),
  ].join("");
}

const optional = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [name]: value };

/**
 * Runs a command as on a machine where some programs are not installed: its PATH is one folder of
 * links to every program of the present PATH but those.
 *
 * usage: node tools/without.ts bpftrace,chromium -- COMMAND [ARGUMENT...]
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** Fills `folder` with links; the first program of a name wins, as it does in a shell. */
export function linkPrograms(folder: string, path: string, hidden: ReadonlySet<string>): void {
  const seen = new Set<string>(hidden);
  for (const directory of path.split(delimiter)) {
    if (directory === "") continue;
    let names: string[];
    try {
      names = readdirSync(directory);
    } catch {
      continue; // the PATH may name folders that do not exist
    }
    for (const name of names) {
      if (seen.has(name)) continue;
      seen.add(name);
      symlinkSync(resolve(directory, name), join(folder, name));
    }
  }
}

if (import.meta.main) {
  const [list = "", separator, program, ...args] = process.argv.slice(2);
  if (separator !== "--" || program === undefined) {
    console.error("usage: node tools/without.ts PROGRAM,... -- COMMAND [ARGUMENT...]");
    process.exit(2);
  }
  const folder = mkdtempSync(join(tmpdir(), "verify-path-"));
  try {
    linkPrograms(folder, process.env["PATH"] ?? "", new Set(list.split(",")));
    const { status, signal, error } = spawnSync(program, args, {
      stdio: "inherit",
      env: { ...process.env, PATH: folder },
    });
    if (error) console.error(error.message);
    if (signal) console.error(`ended by ${signal}`);
    process.exitCode = status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

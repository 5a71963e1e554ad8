/** `verify show`: the last run as a page. */

import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

import { ExitCode } from "../../core/diagnostic.ts";
import { loadReport } from "../../runner/store.ts";
import { writeReports } from "../write-reports.ts";

export async function showCommand(flags: { outDir: string; open: boolean }): Promise<number> {
  const file = join(flags.outDir, "report.html");
  await writeReports(loadReport(flags.outDir), [{ name: "html", file }], { color: "never" });
  console.log(resolve(file));
  if (flags.open && process.stdout.isTTY) openInBrowser(resolve(file));
  return ExitCode.ok;
}

function openInBrowser(file: string): void {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(command, [file], { detached: true, stdio: "ignore" });
  child.on("error", () => console.log(`open it in a browser: ${command} is not here`));
  child.unref();
}

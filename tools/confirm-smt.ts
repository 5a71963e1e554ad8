/**
 * `node tools/confirm-smt.ts FOLDER [SECONDS]`: what `verify prove --emit-smt FOLDER` wrote, asked of
 * every installed solver. Each file is confirmed, contradicted, or not decided; the last two are
 * listed. Exit code 1 for a contradiction or when nothing confirms anything.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Line {
  readonly file: string;
  readonly obligation: string;
  readonly role: string;
  readonly expect: string;
}

const [folder, seconds = "20"] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node tools/confirm-smt.ts FOLDER [SECONDS]");
  process.exit(2);
}
const lines = readFileSync(join(folder, "index.ndjson"), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Line);
const files = new Map(lines.map((line) => [line.file, line]));
for (const file of files.keys()) {
  const text = readFileSync(join(folder, file), "utf8");
  if (createHash("sha256").update(text).digest("hex").slice(0, 16) !== file.slice(0, 16)) {
    console.error(`${file} is not what its name says`);
    process.exit(1);
  }
}
console.log(
  `${files.size} files, ${lines.length} uses by ${new Set(lines.map(({ obligation }) => obligation)).size} results`,
);

let contradicted = 0;
let confirmed = 0;
for (const solver of ["z3", "cvc5"]) {
  const version = spawnSync(solver, ["--version"], { encoding: "utf8" });
  if (version.error !== undefined) {
    console.log(`${solver}: not installed`);
    continue;
  }
  const open: string[] = [];
  let good = 0;
  for (const [file, { expect, obligation, role }] of files) {
    const { stdout } = spawnSync(solver, [join(folder, file)], {
      encoding: "utf8",
      timeout: Number(seconds) * 1000,
      killSignal: "SIGKILL",
    });
    const answer = /^(sat|unsat|unknown)$/m.exec(stdout)?.[1] ?? "no answer";
    if (answer === expect) good++;
    else {
      const isOpposite = answer === "sat" || answer === "unsat";
      if (isOpposite) contradicted++;
      open.push(
        `  ${file} ${isOpposite ? "CONTRADICTED" : "not decided"}: ${obligation}, ${role} (expected ${expect}, ${answer})`,
      );
    }
  }
  confirmed += good;
  console.log(`${version.stdout.split("\n")[0]}: ${good} of ${files.size} confirmed`);
  for (const line of open) console.log(line);
}
process.exit(contradicted > 0 || confirmed === 0 ? 1 : 0);

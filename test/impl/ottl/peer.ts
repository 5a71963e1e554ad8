/** The Go engine, where the toolchain and its modules are present: built, and asked. */

import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Answer } from "./judge.ts";
import type { Pair } from "./pairs.ts";

export const peerVersion = "v0.162.0";

const source = new URL("../../../bench/peers/ottl/", import.meta.url);
const transform =
  "github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor";

/**
 * The path of the program, null without a Go toolchain or its modules. The functions that only the
 * transform processor has are internal to it, and the package around them needs modules that are
 * not served everywhere: their files are laid beside the peer, as they are.
 */
export function buildPeer(folder: string): string | null {
  const found = spawnSync("go", ["mod", "download", "-json", `${transform}@${peerVersion}`], {
    cwd: folder,
    encoding: "utf8",
  });
  if (found.status !== 0) return null;
  const { Dir: upstream } = JSON.parse(found.stdout) as { Dir: string };
  const work = join(folder, "ottl");
  cpSync(source, work, { recursive: true });
  const beside = join(work, "transformprocessor");
  mkdirSync(beside);
  copyFileSync(join(upstream, "go.mod"), join(beside, "go.mod"));
  for (const name of ["metrics", "traces", "logparsingfuncs"]) {
    const [from, to] = [join(upstream, "internal", name), join(beside, "internal", name)];
    mkdirSync(to, { recursive: true });
    for (const file of readdirSync(from)) {
      const wanted =
        /^func_.*(?<!_test)\.go$|^metric_datapoint\.go$/.test(file) &&
        !file.includes("exponential_hist");
      if (wanted) copyFileSync(join(from, file), join(to, file));
    }
  }
  copyFileSync(
    join(work, "transform", "metrics.go"),
    join(beside, "internal", "metrics", "functions.go"),
  );
  const path = join(folder, "peer");
  const built = spawnSync("go", ["build", "-o", path, "."], { cwd: work, stdio: "ignore" });
  return built.status === 0 ? path : null;
}

/** An answer for each pair, in order. */
export function ask(peer: string, folder: string, pairs: readonly Pair[]): Answer[] {
  const [input, output] = [join(folder, "pairs.jsonl"), join(folder, "answers.jsonl")];
  writeFileSync(input, pairs.map((pair) => JSON.stringify(pair)).join("\n"));
  spawnSync("sh", ["-c", '"$0" < "$1" > "$2"', peer, input, output]);
  const answers = readFileSync(output, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  if (answers.length !== pairs.length) {
    throw new Error(`the Go engine answered ${answers.length} of ${pairs.length} pairs`);
  }
  return answers;
}

/** The Go engine panicked: no answer that ours could share. */
export const panicked = (answer: Answer): boolean => answer.error?.startsWith("panic") === true;

/** The Go engine, where the toolchain and its modules are present: built, and asked. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Answer } from "./judge.ts";
import type { Pair } from "./pairs.ts";

export const peerVersion = "v0.162.0";

/** The path of the program, null without a Go toolchain or its modules. */
export function buildPeer(folder: string): string | null {
  const path = join(folder, "peer");
  const built = spawnSync("go", ["build", "-o", path, "."], {
    cwd: new URL("../../../bench/peers/ottl/", import.meta.url),
    stdio: "ignore",
  });
  return built.status === 0 ? path : null;
}

/** An answer for each pair, in order. */
export function ask(peer: string, folder: string, pairs: readonly Pair[]): Answer[] {
  const [input, output] = [join(folder, "pairs.jsonl"), join(folder, "answers.jsonl")];
  writeFileSync(input, pairs.map((pair) => JSON.stringify(pair)).join("\n"));
  spawnSync("sh", ["-c", '"$0" < "$1" > "$2"', peer, input, output]);
  return readFileSync(output, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

/** The Go engine panicked: no answer that ours could share. */
export const panicked = (answer: Answer): boolean => answer.error?.startsWith("panic") === true;

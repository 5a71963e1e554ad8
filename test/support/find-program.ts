/** Optional programs are looked up as a shell would, so that tools/without.ts can hide them. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The file of the first of these programs that is on the PATH. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

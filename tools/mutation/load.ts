/** Loads a changed copy of a module; its relative imports lead to the originals. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

export async function loadCopy<Module>(original: URL, text: string): Promise<Module> {
  const folder = mkdtempSync(join(tmpdir(), "verify-mutant-"));
  try {
    const file = join(folder, basename(original.pathname));
    const absolute = text.replaceAll(
      /(from ")(\.[^"]+)(")/g,
      (_, before: string, path: string, after: string) =>
        before + new URL(path, original).href + after,
    );
    writeFileSync(file, absolute);
    return (await import(pathToFileURL(file).href)) as Module;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One described fault: a place in the source and what stands there instead. */
export interface Fault {
  readonly name: string;
  /** Must occur exactly once in the source. */
  readonly replace: string;
  readonly by: string;
}

/** Loads the module with the fault. */
export function loadFaulty<Module>(original: URL, { name, replace, by }: Fault): Promise<Module> {
  const text = readFileSync(original, "utf8");
  const count = text.split(replace).length - 1;
  if (count !== 1) throw new Error(`"${name}": the text to change occurs ${count} times`);
  return loadCopy<Module>(
    original,
    text.replace(replace, () => by),
  );
}

/** Loads a changed copy of a module; its relative imports lead to the originals. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

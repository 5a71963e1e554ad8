/** The page of the HTML report, built from the current sources into a directory of its own. */

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "vite";

/** Builds the page that is shipped and returns where it is. */
export async function buildPage(): Promise<URL> {
  const outDir = await mkdtemp(join(tmpdir(), "verify-page-"));
  const environment = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production"; // vitest's own value would keep the checks of development
  try {
    await build({
      configFile: fileURLToPath(new URL("../../reports/app/vite.config.ts", import.meta.url)),
      logLevel: "error",
      mode: "production",
      build: { outDir },
    });
  } finally {
    process.env["NODE_ENV"] = environment;
  }
  return pathToFileURL(join(outDir, "index.html"));
}

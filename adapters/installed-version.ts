/** The version of a package that is really installed, as the asking module resolves it. */

import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

export function installedVersion(packageName: string, from: string): string {
  const file = findPackageJSON(packageName, from);
  if (file === undefined) return "unknown";
  const manifest: { version?: string } = JSON.parse(readFileSync(file, "utf8"));
  return manifest.version ?? "unknown";
}

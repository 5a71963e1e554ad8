/** Names of source files as they may be shown. */

import path from "node:path";

/** A path without the part that says where on this machine the project lies. */
export function shortPath(file: string, base: string): string {
  if (!path.isAbsolute(file)) return file;
  const packages = file.lastIndexOf("/node_modules/");
  if (packages !== -1) return file.slice(packages + 1);
  const relative = path.relative(base, file);
  return relative.startsWith("..") ? path.basename(file) : relative;
}

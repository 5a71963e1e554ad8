/** Locates a module beside another one, for worker threads and child processes. */

/**
 * The URL of a sibling module with the extension of the asking one: `.ts` in the repository, `.js`
 * in the built package. The compiler rewrites import specifiers but not strings.
 * @example siblingModule(import.meta.url, "./worker")
 */
export function siblingModule(moduleUrl: string, specifier: string): URL {
  const extension = /\.[cm]?[jt]s$/.exec(new URL(moduleUrl).pathname)?.[0] ?? ".js";
  return new URL(`${specifier}${extension}`, moduleUrl);
}

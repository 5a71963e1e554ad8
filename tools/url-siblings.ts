/**
 * The files that a built file starts or reads by URL at run time, which the compiler does not
 * follow: `new URL("./x", import.meta.url)` and `siblingModule(import.meta.url, "./x")` (workers and
 * child programs, core/module-url.ts). Folders, targets that are computed, and comments are left out.
 */
export function urlSiblings(text: string): string[] {
  const code = text.replaceAll(/^\s*(\/?\*|\/\/).*$/gm, "");
  const url = /new URL\(\s*(["'`])(\.{1,2}\/[^"'`$]*[^"'`$/])\1,\s*import\.meta\.url/g;
  const sibling = /siblingModule\(\s*import\.meta\.url,\s*(["'`])(\.{1,2}\/[^"'`$]+)\1/g;
  return [
    ...[...code.matchAll(url)].map((match) => match[2] ?? ""),
    ...[...code.matchAll(sibling)].map((match) => `${match[2] ?? ""}.js`),
  ];
}

/**
 * Keeps the code in the documentation the code that is tested: the block after a line
 * `<!-- file: PATH -->` is replaced by that file.
 *
 * usage: node tools/embed.ts FILE.md...
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

export function embed(markdown: string): string {
  const marked = /^<!-- file: (\S+) -->\n+(?:```\w*\n[^]*?\n```\n)?/gm;
  return markdown.replaceAll(marked, (_, path: string) => {
    const language = path.split(".").at(-1) ?? "";
    const text = readFileSync(join(root, path), "utf8").trimEnd();
    return `<!-- file: ${path} -->\n\n\`\`\`${language}\n${text}\n\`\`\`\n`;
  });
}

if (import.meta.main) {
  for (const file of process.argv.slice(2)) {
    writeFileSync(file, embed(readFileSync(file, "utf8")));
  }
}

/** What a search has met of a subject, for `-v`. */

import type { Coverage } from "../../core/index.ts";
import { coverageNote, coverageRows, growthText, sparkline } from "../view/coverage.ts";
import { formatNumber } from "../view/words.ts";
import { oneLine, wrap } from "./style.ts";

/** Items shown of a list; the HTML report has all of them. */
const shown = 12;

export function coverageLines(coverage: Coverage, width: number): readonly string[] {
  const lines = wrap(`coverage (${coverageNote(coverage)})`, width, "  ");
  for (const machine of coverage.machines) {
    const rows = coverageRows(machine);
    const facts = rows
      .filter(({ of }) => of > 0)
      .map(({ what, covered, of }) => `${what} ${formatNumber(covered)} of ${formatNumber(of)}`);
    const name = oneLine(machine.machines.join(", "));
    lines.push(...wrap(`${name}: ${facts.join(", ")}`, width, "    "));
    for (const { why, items } of rows.flatMap(({ missing }) => missing)) {
      const more = items.length > shown ? `; and ${items.length - shown} more` : "";
      const text = `${why}: ${items.slice(0, shown).map(oneLine).join("; ")}${more}`;
      lines.push(...wrap(text, width, "      "));
    }
  }
  const { growth } = coverage;
  if (growth.length > 0) {
    lines.push(...wrap(`growth: ${growthText(growth)}`, width, "    "));
    lines.push(`    ${sparkline(growth, Math.min(60, width - 4))}`);
  }
  return lines;
}

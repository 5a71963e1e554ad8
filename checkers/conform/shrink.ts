/** Makes a violating command sequence minimal: no command of it can be left out. */

import type { ExecutedCommand } from "./commands.ts";

/**
 * Leaves out one run of commands after the other, long ones first, as long as `violates` stays true.
 * Deterministic; calls `violates` at most about n² times for n commands.
 */
export async function shrink(
  commands: readonly ExecutedCommand[],
  violates: (commands: readonly ExecutedCommand[]) => Promise<boolean>,
): Promise<readonly ExecutedCommand[]> {
  let best = commands;
  for (let size = Math.max(1, Math.floor(best.length / 2)); size >= 1;) {
    let removed = false;
    for (let start = 0; start + size <= best.length;) {
      const shorter = [...best.slice(0, start), ...best.slice(start + size)];
      if (await violates(shorter)) {
        best = shorter;
        removed = true;
      } else {
        start += 1;
      }
    }
    if (size > 1) size = Math.floor(size / 2);
    else if (!removed) break;
  }
  return best;
}

/** Makes a violating command sequence minimal: no command of it can be left out. */

import type { Command, ExecutedCommand } from "./commands.ts";

type Commands = readonly (Command | ExecutedCommand)[];

const toDeadline: Command = { kind: "time", until: "deadline" };

/**
 * Leaves out one run of commands after the other, long ones first, and lets time pass just to a
 * deadline where it passed further or in pieces, as long as `violates` stays true. Deterministic;
 * calls `violates` at most about n² times for n commands.
 */
export async function shrink(
  commands: Commands,
  violates: (commands: Commands) => Promise<boolean>,
): Promise<Commands> {
  let best = commands;
  const keep = async (candidate: Commands): Promise<boolean> => {
    const good = await violates(candidate);
    if (good) best = candidate;
    return good;
  };
  for (const [index, command] of best.entries()) {
    if ("waitMs" in command) await keep(best.with(index, toDeadline));
  }
  for (let size = Math.max(1, Math.floor(best.length / 2)); size >= 1;) {
    let removed = false;
    for (let start = 0; start + size <= best.length;) {
      if (await keep([...best.slice(0, start), ...best.slice(start + size)])) removed = true;
      else start += 1;
    }
    if (size > 1) size = Math.floor(size / 2);
    else if (!removed) break;
  }
  return best;
}

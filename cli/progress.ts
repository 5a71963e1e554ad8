/** Turns run events into the live progress on standard error. */

import type { RunEvent } from "../runner/events.ts";
import { useColor, type RunFlags } from "./options.ts";

export interface RunProgress {
  readonly onEvent: (event: RunEvent) => void;
  close(): void;
}

type ProgressFlags = Pick<RunFlags, "quiet" | "json" | "color">;

/** Silent with `--quiet` and `--json`. */
export async function openProgress(flags: ProgressFlags): Promise<RunProgress> {
  if (flags.quiet === true || flags.json === true) return { onEvent: () => {}, close: () => {} };
  const { createProgress } = await import("../reports/terminal/progress.ts");
  const progress = createProgress({
    stream: process.stderr,
    color: useColor(flags.color, process.stderr),
  });
  const running = new Map<string, { id: string; engine: string; message?: string }>();
  const counts: Record<string, number> = {};
  let done = 0;
  let total = 0;
  const update = (): void =>
    progress.update({ done, total, counts, running: [...running.values()] });

  const onEvent = (event: RunEvent): void => {
    switch (event.type) {
      case "planned":
        total = event.obligations;
        break;
      case "started":
        running.set(`${event.engine}:${event.id}`, { id: event.id, engine: event.engine });
        break;
      case "progress":
        running.set(`${event.engine}:${event.id}`, {
          id: event.id,
          engine: event.engine,
          message: event.message,
        });
        break;
      case "finished": {
        const { result } = event;
        running.delete(`${result.engine}:${result.id}`);
        done += 1;
        counts[result.verdict] = (counts[result.verdict] ?? 0) + 1;
        if (!result.asExpected) counts["unexpected"] = (counts["unexpected"] ?? 0) + 1;
        progress.finished(result);
        break;
      }
      case "reported":
        progress.stop();
    }
    update();
  };
  return { onEvent, close: () => progress.stop() };
}

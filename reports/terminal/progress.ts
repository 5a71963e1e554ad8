/**
 * Live progress. On a terminal: a few lines that are redrawn in place. Elsewhere (CI logs, pipes):
 * one line per finished result and no control characters. Knows counts and names, no engine.
 */

import { verdicts, type Bound, type Verdict } from "../../core/index.ts";
import { boundText, tone, verdictSymbol } from "../view/words.ts";
import { columns, cut, oneLine, painter, toneFormat } from "./style.ts";

export interface ProgressState {
  readonly done: number;
  readonly total: number;
  readonly counts: Readonly<Partial<Record<Verdict | "unexpected", number>>>;
  readonly running: readonly {
    readonly id: string;
    readonly engine: string;
    /** What the engine is doing, in a few words. */
    readonly message?: string;
  }[];
}

export interface FinishedResult {
  readonly id: string;
  readonly engine: string;
  readonly verdict: Verdict;
  readonly bound: Bound | null;
  readonly asExpected: boolean;
}

export interface Progress {
  /** New counts or a new message; cheap to call often. */
  update(state: ProgressState): void;
  /** One obligation is decided; call `update` with the new counts as well. */
  finished(result: FinishedResult): void;
  /** Removes what is drawn in place and shows the cursor again. Safe to call twice. */
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: {
    write(text: string): unknown;
    readonly isTTY?: boolean | undefined;
    readonly columns?: number | undefined;
  };
  readonly color: boolean;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}

/** Redrawing more often than this is only flicker. */
const frameMs = 80;
const runningLines = 4;

export function createProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY === true ? liveProgress(options) : lineProgress(options);
}

/** `✗ violated  id (explore, depth 4)`; the bound always stands beside a bounded verdict. */
function resultText(result: FinishedResult, color: boolean): string {
  const paint = painter(color);
  const bound = oneLine(boundText(result));
  const facts = [result.engine, ...(bound === "" ? [] : [`within ${bound}`])].join(", ");
  const verdict = paint(
    toneFormat[tone(result)],
    `${verdictSymbol[result.verdict]} ${result.verdict}`,
  );
  return `${verdict}  ${oneLine(result.id)} (${facts})${result.asExpected ? "" : " UNEXPECTED"}`;
}

function lineProgress({ stream, color }: ProgressOptions): Progress {
  let state: ProgressState | null = null;
  let finished = 0;
  return {
    update(next) {
      state = next;
    },
    finished(result) {
      finished += 1;
      const total = state === null ? "" : `/${state.total}`;
      stream.write(`[${finished}${total}] ${resultText(result, color)}\n`);
    },
    stop() {},
  };
}

function liveProgress({ stream, color, now = () => performance.now() }: ProgressOptions): Progress {
  const paint = painter(color);
  let state: ProgressState | null = null;
  let drawn = 0;
  let last = -Infinity;
  let stopped = false;

  const erase = (): string => {
    const up = drawn === 0 ? "" : `\u001b[${drawn}A\r\u001b[J`;
    drawn = 0;
    return up;
  };

  const draw = (): void => {
    if (state === null || stopped) return;
    const width = Math.max(20, (stream.columns ?? 80) - 1);
    const lines = frame(state, width, paint);
    const start = drawn === 0 ? "\u001b[?25l" : "";
    stream.write(`${start}${erase()}${lines.join("\n")}\n`);
    drawn = lines.length;
    last = now();
  };

  return {
    update(next) {
      if (stopped) return;
      state = next;
      if (now() - last >= frameMs || next.done === next.total) draw();
    },
    finished(result) {
      // What went wrong stays on the screen; the rest is in the counts.
      if (stopped || result.asExpected) return;
      stream.write(`${erase()}${resultText(result, color)}\n`);
      draw();
    },
    stop() {
      if (stopped) return;
      stream.write(`${erase()}\u001b[?25h`);
      stopped = true;
    },
  };
}

function frame(state: ProgressState, width: number, paint: ReturnType<typeof painter>): string[] {
  const cells = 24;
  const filled = state.total === 0 ? 0 : Math.round((cells * state.done) / state.total);
  const bar = "█".repeat(filled) + "░".repeat(cells - filled);
  const counts = verdicts
    .filter((verdict) => (state.counts[verdict] ?? 0) > 0)
    .map((verdict) => `${verdictSymbol[verdict]} ${state.counts[verdict]} ${verdict}`);
  const unexpected = state.counts.unexpected ?? 0;
  if (unexpected > 0) counts.push(`${unexpected} unexpected`);
  const text = ` ${state.done}/${state.total}  ${counts.join(" · ")}`;
  const head =
    columns(bar + text) <= width ? `${paint("cyan", bar)}${text}` : cut(text.trim(), width);
  const lines = [head];
  for (const entry of state.running.slice(0, runningLines)) {
    const message = entry.message === undefined ? "" : `: ${oneLine(entry.message)}`;
    lines.push(paint("gray", cut(`  ${entry.engine} ${oneLine(entry.id)}${message}`, width)));
  }
  const more = state.running.length - runningLines;
  if (more > 0) lines.push(paint("gray", `  and ${more} more`));
  return lines;
}

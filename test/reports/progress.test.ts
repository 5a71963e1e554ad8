import { describe, expect, it } from "vitest";

import { createProgress, type ProgressState } from "../../reports/terminal/progress.ts";

function sink(isTTY: boolean) {
  const written: string[] = [];
  return {
    written,
    stream: { isTTY, columns: 60, write: (text: string) => written.push(text) },
    text: () => written.join(""),
  };
}

const state: ProgressState = {
  done: 1,
  total: 4,
  counts: { proved: 1 },
  running: [{ id: "breaker/one-trial", engine: "explore", message: "1200 states\u001b[2J" }],
};

const bounded = {
  id: "breaker/conforms",
  engine: "conform",
  verdict: "holds-bounded",
  bound: { sequences: 100 },
  asExpected: true,
} as const;

describe("progress without a terminal", () => {
  it("is one plain line per result, with the bound", () => {
    const { stream, text } = sink(false);
    const progress = createProgress({ stream, color: false });
    progress.update(state);
    progress.finished(bounded);
    progress.finished({ ...bounded, verdict: "violated", bound: null, asExpected: false });
    progress.stop();
    expect(text()).toBe(
      "[1/4] ≤ holds-bounded  breaker/conforms (conform, within sequences 100)\n" +
        "[2/4] ✗ violated  breaker/conforms (conform) UNEXPECTED\n",
    );
  });
});

describe("progress on a terminal", () => {
  it("shows counts and what runs, harmless and within the width", () => {
    const { stream, text } = sink(true);
    const progress = createProgress({ stream, color: false, now: () => 0 });
    progress.update(state);
    expect(text()).toContain("1/4  ✓ 1 proved");
    expect(text()).toContain("explore breaker/one-trial: 1200 states");
    expect(text()).not.toContain("\u001b[2J");
    for (const line of text().split("\n")) expect(line.length).toBeLessThan(80);
  });

  it("redraws in place, at most once per frame", () => {
    let time = 0;
    const { stream, written } = sink(true);
    const progress = createProgress({ stream, color: false, now: () => time });
    progress.update(state);
    progress.update(state);
    expect(written).toHaveLength(1);
    time = 1000;
    progress.update(state);
    expect(written).toHaveLength(2);
    expect(written[1]).toContain("\u001b[2A");
  });

  it("keeps unexpected results on the screen and cleans up once", () => {
    const { stream, text, written } = sink(true);
    const progress = createProgress({ stream, color: false, now: () => 0 });
    progress.update(state);
    progress.finished(bounded);
    expect(text()).not.toContain("breaker/conforms");
    progress.finished({ ...bounded, verdict: "error", bound: null, asExpected: false });
    expect(text()).toContain("! error  breaker/conforms");
    progress.stop();
    expect(text().endsWith("\u001b[?25h")).toBe(true);
    const count = written.length;
    progress.stop();
    progress.update(state);
    expect(written).toHaveLength(count);
  });
});

/** What a busy machine takes is measured, and nothing that it may have made is believed. */

import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";

import { describe, expect, it } from "vitest";

import { judgeCalmly } from "../../checkers/conform/wire/calm.ts";
import {
  type Disturbed,
  disturbedMs,
  isDisturbed,
  watchStarvation,
} from "../../checkers/conform/wire/disturbance.ts";
import {
  busy,
  deviates,
  gate,
  gated,
  holds,
  type Judgement,
  sendsOnce,
  settle,
  unknown,
  waited,
} from "../../checkers/conform/wire/judgement.ts";
import { honoursRetryAfterSeconds } from "../../checkers/conform/wire/judges.ts";
import type { Reference } from "../../checkers/conform/wire/ledger.ts";
import type { ScenarioRun } from "../../checkers/conform/wire/play.ts";

const calm: Disturbed = { durationMs: 10_000, lags: [], starved: [] };
/** The harness late by 100 ms at 1 s, the process kept waiting for 300 ms until 5 s. */
const disturbed: Disturbed = {
  durationMs: 10_000,
  lags: [{ atMs: 1_000, ms: 100 }],
  starved: [{ atMs: 5_000, ms: 300 }],
};

describe("what a busy machine takes", () => {
  it("is added up over the time in question", () => {
    expect(disturbedMs(disturbed, 0, 10_000)).toBe(400);
    expect(disturbedMs(disturbed, 1_001, 4_600)).toBe(0);
    expect(disturbedMs(disturbed, 4_800, 4_900)).toBe(300); // in the midst of it
    expect(disturbedMs({ ...disturbed, starved: null }, 0, 10_000)).toBe(100);
  });

  it("spoils a run by one long pause, or by many short ones", () => {
    expect(isDisturbed(calm)).toBe(false);
    expect(isDisturbed(disturbed)).toBe(true);
    const at = (count: number) => ({
      ...calm,
      starved: Array.from({ length: count }, (_, index) => ({ atMs: 100 * (index + 1), ms: 20 })),
    });
    expect(isDisturbed(at(20))).toBe(false);
    expect(isDisturbed(at(40))).toBe(true);
    // before the faults were armed nothing is judged
    expect(isDisturbed({ ...calm, starved: [{ atMs: -10, ms: 3_000 }] })).toBe(false);
  });

  it("is known of processes that compete for the CPUs", async () => {
    const loop = "const end = Date.now() + 600; while (Date.now() < end);";
    const loops: ChildProcess[] = Array.from({ length: 2 * availableParallelism() + 1 }, () =>
      spawn(process.execPath, ["-e", loop], { stdio: "ignore" }),
    );
    const watches = loops.map(({ pid }) => watchStarvation(pid));
    await Promise.all(loops.map((one) => new Promise((resolve) => one.once("exit", resolve))));
    const waits = watches.map(({ stop }) => stop());
    if (process.platform !== "linux") {
      expect(waits.every((one) => one === null)).toBe(true);
      return;
    }
    const total = waits.flatMap((one) => one ?? []).reduce((sum, { ms }) => sum + ms, 0);
    expect(total).toBeGreaterThan(0);
  });

  it("is not known of a process that is not there", () => {
    expect(watchStarvation(undefined).stop()).toBeNull();
    expect(watchStarvation(2 ** 30).stop()).toBeNull();
  });
});

describe("a judgement", () => {
  const both: readonly Judgement[] = [holds("it was seen"), deviates("it was not", {})];

  it.each(both)("that $kind is believed within its gates, and not beyond", (judgement) => {
    const narrow = gated(judgement, gate(0, 6_000, 250));
    expect(settle(narrow, calm)).toBe(narrow);
    expect(settle(narrow, disturbed)).toMatchObject({ kind: "unknown", busy: true });
    expect(settle(gated(judgement, gate(0, 4_000, 250)), disturbed).kind).toBe(judgement.kind);
    expect(settle(gated(judgement, gate(0, 6_000, 500)), disturbed).kind).toBe(judgement.kind);
    // one that fails is enough
    const two = gated(gated(judgement, gate(0, 6_000, 500)), gate(4_000, 6_000, 200));
    expect(settle(two, disturbed).kind).toBe("unknown");
    // what must come within a time that has already passed tolerates nothing
    expect(settle(gated(judgement, gate(0, 100, -1)), calm).kind).toBe("unknown");
  });

  it("about what did not come needs half of the time undisturbed", () => {
    const judgement = gated(deviates("nothing arrived", {}), waited(4_500, 5_000));
    expect(settle(judgement, calm).kind).toBe("deviates");
    expect(settle(judgement, disturbed).kind).toBe("unknown");
  });

  it("that nothing was sent again is watched since the first answer, and not beyond its end", () => {
    const answered = (n: number, endedAtMs: number) => ({
      n,
      exportNumber: n,
      attempt: 1,
      atMs: endedAtMs - 1,
      endedAtMs,
      answered: "401",
    });
    const run = (...requests: readonly object[]) =>
      ({ ...calm, requests }) as unknown as ScenarioRun;
    const judge = (one: ScenarioRun) => sendsOnce(one, ["401"], () => "401", 8_000);
    // the last export of a process is answered after the time in question, or right before its end
    for (const one of [
      run(answered(1, 2_000), answered(2, 7_990)),
      run(answered(1, 2_000), answered(2, 9_000)),
    ]) {
      expect(judge(one)).toMatchObject({ kind: "holds", gates: [{ fromMs: 2_000, toMs: 8_000 }] });
    }
    expect(judge(run(answered(1, 9_000)))).toMatchObject({ kind: "unknown" });
    const again = { ...answered(2, 3_000), exportNumber: 1, attempt: 2 };
    expect(judge(run(answered(1, 2_000), again))).toMatchObject({ kind: "deviates" });
  });

  it("that a hint was heeded bears what holds up a process that waits anyway", () => {
    const hinted = {
      n: 1,
      exportNumber: 1,
      attempt: 1,
      atMs: 900,
      answeredAtMs: 1_000,
      notBeforeMs: 9_000,
      answer: { kind: "status", status: 503, retryAfterS: 8 },
    };
    const next = { ...hinted, n: 2, attempt: 2, atMs: 9_100, answer: { kind: "success" } };
    const verdict = (...starved: Disturbed["starved"] & object) => {
      const run = { ...calm, requests: [hinted, next], starved } as unknown as ScenarioRun;
      return settle(honoursRetryAfterSeconds(run, {} as Reference), run).kind;
    };
    expect(verdict()).toBe("holds");
    expect(verdict({ atMs: 3_000, ms: 400 }, { atMs: 5_000, ms: 400 })).toBe("holds");
    // held up since before the hint it may not even have known of it
    expect(verdict({ atMs: 9_050, ms: 400 })).toBe("unknown");
    expect(verdict({ atMs: 9_050, ms: 6_000 })).toBe("unknown");
    expect(verdict({ atMs: 5_000, ms: 1_200 })).toBe("unknown");
  });

  it("that is open on a disturbed machine says so", () => {
    const open = unknown("nothing was seen");
    expect(settle(open, calm)).toBe(open);
    expect(settle(open, disturbed)).toMatchObject({
      busy: true,
      reason: "the machine was too busy to tell: nothing was seen",
    });
  });
});

describe("a run that is spoilt", () => {
  const runs = [disturbed, disturbed, calm] as unknown as readonly ScenarioRun[];
  const judgement = gated(holds("it was seen"), gate(0, 6_000, 250));

  it("is played again until one is not", async () => {
    const judged = await judgeCalmly(
      (number) => Promise.resolve(runs[number]!),
      () => judgement,
    );
    expect(judged).toMatchObject({ number: 2, judgement: { kind: "holds" } });
  });

  it("stays open when none is calm", async () => {
    const played: number[] = [];
    const judged = await judgeCalmly(
      (number) => {
        played.push(number);
        return Promise.resolve(runs[0]!);
      },
      () => judgement,
      3,
    );
    expect(judged.judgement).toMatchObject({ kind: "unknown", busy: true });
    expect(played).toEqual([3, 4, 5, 6, 7]);
  });

  it("is played again for what a judge could not tell, calm or not", async () => {
    const judged = await judgeCalmly(
      () => Promise.resolve(runs[2]!),
      () => busy("too few waits"),
    );
    expect(judged).toMatchObject({ number: 4, judgement: { reason: "too few waits" } });
  });
});

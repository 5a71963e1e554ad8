import { describe, expect, test } from "vitest";

import * as fc from "fast-check";

import { faultsOf } from "../../sim/profile/account-check.ts";
import {
  accountExports,
  partNames,
  residualOf,
  witnessOf,
  type ExportAccount,
} from "../../sim/profile/export-account.ts";
import type { ThreadEvent, ThreadTrace } from "../../sim/profile/thread-trace.ts";

const traceOf = (events: ThreadEvent[], toNs = 1_000_000): ThreadTrace => ({
  fromNs: 0,
  toNs,
  lost: 0,
  problem: null,
  events: events.toSorted((a, b) => a.timeNs - b.timeNs),
});
const out = (timeNs: number, ready = false): ThreadEvent => ({ kind: "out", timeNs, ready });
const into = (timeNs: number, wokenNs = 0, byOwn = false): ThreadEvent => ({
  kind: "in",
  timeNs,
  wokenNs,
  byOwn,
});
const net = (kind: "write" | "arrival" | "read", timeNs: number, socket = "a"): ThreadEvent => ({
  kind,
  timeNs,
  socket,
});

/** One export, 100 to 1000: every part has its own length. */
const events: ThreadEvent[] = [
  into(50, 40),
  // prepare: 100 running, preempted for 30, running 20, blocked 10, ready 5, running 15
  out(200, true),
  into(230),
  out(250),
  into(265, 260),
  net("write", 270),
  net("write", 280), // the end of the last write counts
  out(290),
  // network: 280 to 600, though the thread runs from 500 on: something else
  into(500, 495),
  net("arrival", 600),
  out(640, true), // event-loop delay 40, ready 60, 20 more
  into(700),
  net("read", 720),
  // finish: running 180, preempted 100
  out(800, true),
  into(900),
  out(1100),
];
const operation = { fromNs: 100, toNs: 1000 };
const expected = {
  "own CPU": 100 + 20 + 15 + 180,
  "run-queue delay": 30 + 5 + 60 + 100,
  "CPU quota (throttled)": 0,
  "event-loop delay": 40 + 20,
  "own threads": 0,
  "other waiting": 10,
  "network and backend": 320,
};
const inNs = (account: ExportAccount): Record<string, number> =>
  Object.fromEntries(partNames.map((name) => [name, Math.round(account.parts[name] * 1e9)]));

describe("the account of one export", () => {
  test("every instant is in one part, and what is blocked for no known reason stays unexplained", () => {
    const account = accountExports(traceOf(events), [operation], 0);
    expect(inNs(account)).toEqual(expected);
    // Blocked for a reason that no event tells is measured, but explains nothing.
    expect(account.ratio).toBeCloseTo((900 - 10) / 900, 12);
    expect(account.wall).toBeCloseTo(900e-9, 15);
  });

  test("waiting that a thread of the same process ends is explained by it", () => {
    const own = events.map((one) =>
      one.kind === "in" && one.timeNs === 265 ? into(265, 260, true) : one,
    );
    const account = accountExports(traceOf(own), [operation], 0);
    expect(inNs(account)).toEqual({ ...expected, "own threads": 10, "other waiting": 0 });
    expect(account.ratio).toBeCloseTo(1, 12);
  });

  test("time under a quota is taken from the ready time, never more than there is", () => {
    const ready = 200; // all of the trace: 5 outside the export's own phases, while it waited
    const half = accountExports(traceOf(events), [operation], (ready + 10) / 2);
    expect(inNs(half)["CPU quota (throttled)"]).toBeCloseTo(195 / 2, -1);
    const all = accountExports(traceOf(events), [operation], 1e9);
    expect(inNs(all)).toEqual({
      ...expected,
      "run-queue delay": 0,
      "CPU quota (throttled)": expected["run-queue delay"],
    });
    expect(all.ratio).toBeCloseTo((900 - 10) / 900, 12);
  });

  test("exports that overlap: each adds up, shared time is told, and no instant counts twice", () => {
    const trace = traceOf([
      into(0, 0),
      net("write", 100, "a"),
      net("write", 200, "b"),
      out(300),
      net("arrival", 600, "b"),
      into(610, 605),
      net("read", 620, "b"),
      net("arrival", 650, "a"),
      net("read", 700, "a"),
      out(900),
    ]);
    const account = accountExports(
      trace,
      [
        { fromNs: 50, toNs: 750 },
        { fromNs: 150, toNs: 640 },
      ],
      0,
    );
    expect(account.explained).toBe(2);
    // From its arrival to the waking of the thread, b's answer waits for a reason that no event tells.
    expect(account.ratio).toBeCloseTo(1 - 5 / 1190, 9);
    const { timeline } = account;
    expect(Math.round(timeline.open * 1e9)).toBe(700);
    expect(Math.round(timeline.summed * 1e9)).toBe(1190);
    const states = timeline.running + timeline.ready + timeline.waiting;
    expect(states).toBeCloseTo(timeline.open, 15);
    expect(Math.round(timeline.running * 1e9)).toBe(250 + 140);
  });

  test("negative control: what the trace does not show is not explained", () => {
    const without = (kind: ThreadEvent["kind"]) =>
      accountExports(traceOf(events.filter((one) => one.kind !== kind)), [operation], 0);
    for (const kind of ["write", "arrival", "read"] as const) {
      expect(without(kind)).toMatchObject({ explained: 0, ratio: 0 });
    }
    const point = {
      name: "p",
      arrivalRate: 1,
      service: { law: "exponential", mean: 1 },
      servers: 1,
      duration: 1,
    } as const;
    const many = Array.from({ length: 30 }, () => operation);
    const run = { point, drawn: 0, rejected: 0, throttled: 0, witness: null, problem: null };
    const account = accountExports(traceOf(events), many, 0);
    expect(faultsOf({ ...run, account }).join()).toMatch(/add up to 3\.3 %/);
    expect(faultsOf({ ...run, account, problem: "it died" })[0]).toMatch(/it died/);
  });

  test("the kernel's own account is a witness: events that miss time are found out", () => {
    const trace = traceOf(events);
    // From 100 to 1000 the thread runs for 485 ns and is ready for 200.
    const seen = witnessOf(trace, { fromNs: 100, toNs: 1000, onCpu: 0.7, ready: 0.2 });
    expect(Math.round(seen.running.traced * 1e9)).toBe(100 + 20 + 25 + 140 + 100 + 100);
    expect(Math.round(seen.ready.traced * 1e9)).toBe(200);
    expect([seen.running.charged, seen.ready.charged]).toEqual([0.7, 0.2]);
    const run = {
      point: {
        name: "p",
        arrivalRate: 1,
        service: { law: "exponential", mean: 1 },
        servers: 1,
        duration: 1,
      },
      account: { ...accountExports(trace, [operation], 0), operations: 30, ratio: 1 },
      drawn: 0,
      rejected: 0,
      throttled: 0,
      problem: null,
    } as const;
    const judge = (traced: number, kernel: number, ready: [number, number] = [0.2, 0.2]) =>
      faultsOf({
        ...run,
        witness: {
          running: { traced, charged: kernel },
          ready: { traced: ready[0], charged: ready[1] },
          atOnce: 0.03,
        },
      });
    expect(judge(1, 1.05)).toEqual([]);
    expect(judge(1, 1.2).join()).toMatch(
      /running for 1000 ms, by the kernel's own account .* 1200/,
    );
    // Thirty milliseconds of switches that the kernel counts as running: 20 ms and 5 % are left.
    expect(judge(1, 1.08, [0.2, 0.16])).toEqual([]);
    expect(judge(1, 1.11).join()).toMatch(/running/);
    expect(judge(1, 0.92).join()).toMatch(/running/);
    expect(judge(1, 1, [0.2, 0.13]).join()).toMatch(/ready/);
    expect(judge(1, 1, [0.2, 0.24]).join()).toMatch(/ready/);
  });

  test("a wait for a CPU that is not over is not yet charged by the kernel, so it is not compared", () => {
    const trace = traceOf(events); // ready from 200 to 230
    const ready = (fromNs: number, toNs: number): number =>
      Math.round(witnessOf(trace, { fromNs, toNs, onCpu: 0, ready: 0 }).ready.traced * 1e9);
    expect(ready(100, 215)).toBe(0);
    expect(ready(215, 231)).toBe(30);
    expect(ready(100, 231)).toBe(30);
  });

  test("a wake-up that gets a CPU at once is told apart from a wait", () => {
    const atOnce = (list: ThreadEvent[]): number =>
      Math.round(
        witnessOf(traceOf(list), { fromNs: 10, toNs: 900_000, onCpu: 0, ready: 0 }).atOnce * 1e9,
      );
    expect(atOnce([into(20), out(100), into(150, 120)])).toBe(30);
    expect(atOnce([into(20), out(100), into(800_000, 120)])).toBe(0); // a wait
    expect(atOnce([into(20), out(100, true), into(150, 120)])).toBe(0); // preempted, not woken
    expect(atOnce([into(20), out(100), into(150, 90)])).toBe(0); // an older wake-up
    expect(atOnce([into(20), out(100), into(150, 120), into(170, 160)])).toBe(30);
    expect(atOnce([into(9, 5), out(100), into(900_100, 899_950)])).toBe(0); // outside
  });

  test("random traces: parts are never negative, each export adds up, states cover the time", () => {
    const step = fc.record({
      gap: fc.integer({ min: 1, max: 50 }),
      kind: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
        const list: ThreadEvent[] = [into(1, 0)];
        const operations: { fromNs: number; toNs: number }[] = [];
        let now = 1;
        let running = true;
        let phase = 0;
        let from = 0;
        for (const { gap, kind } of steps) {
          now += gap;
          if (kind === 0) {
            list.push(
              running ? out(now, gap % 2 === 0) : into(now, gap % 3 === 0 ? now - gap + 1 : 0),
            );
            running = !running;
          } else if (phase === 0) {
            from = now;
            list.push(net("write", now + 1));
            now += 1;
            phase = 1;
          } else if (phase === 1) {
            list.push(net("arrival", now));
            phase = 2;
          } else {
            list.push(net("read", now));
            operations.push({ fromNs: from, toNs: now + 1 });
            now += 2;
            phase = 0;
          }
        }
        const account = accountExports(traceOf(list, now + 10), operations, 7);
        if (operations.length === 0) return;
        expect(account.explained).toBe(operations.length);
        const { wall, parts } = account;
        expect(account.ratio).toBeCloseTo(1 - parts["other waiting"] / wall, 9);
        for (const name of partNames) expect(account.parts[name]).toBeGreaterThanOrEqual(-1e-15);
        const { running: run, ready, waiting, open, summed } = account.timeline;
        expect(run + ready + waiting).toBeCloseTo(open, 12);
        expect(summed).toBeCloseTo(open, 12);
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  test("the residual is named by the part that moves with it", () => {
    const account = accountExports(traceOf(events), [operation], 0);
    const model = { ...account.parts, "event-loop delay": 10e-9, "own CPU": 400e-9 };
    const residual = residualOf(account, model, -100e-9);
    expect(Math.round(residual.seconds * 1e9)).toBe(900 - (900 - 50 + 85 - 100));
    expect(residual.largest).toBe("network and backend");
    expect(residualOf(account, model, 0).largest).toBe("own CPU"); // shorter than the model
  });
});

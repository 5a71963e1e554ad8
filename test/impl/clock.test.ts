import { describe, expect, it } from "vitest";

import { maxDelayMs, systemClock, VirtualClock } from "../../impl/platform/clock.ts";

describe("VirtualClock", () => {
  it("fires in the order of deadlines, then in the order in which timers were set", async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
    clock.setTimeout(note("late"), 20);
    clock.setTimeout(note("first"), 10);
    clock.setTimeout(note("second"), 10);
    clock.setTimeout(note("beyond"), 21);
    await clock.advance(20);
    expect(fired).toEqual(["first@10", "second@10", "late@20"]);
    expect(clock.now()).toBe(20);
    expect(clock.nextDeadline).toBe(21);
  });

  it("finishes the microtasks of one deadline before the next", async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimeout(() => {
      order.push("timer 1");
      void Promise.resolve()
        .then(() => order.push("microtask 1"))
        .then(() => order.push("microtask 2"));
    }, 1);
    clock.setTimeout(() => order.push("timer 2"), 2);
    await clock.advance(5);
    expect(order).toEqual(["timer 1", "microtask 1", "microtask 2", "timer 2"]);
  });

  it("fires timers that are set on the way, and those set by pending microtasks", async () => {
    const clock = new VirtualClock(1000);
    const fired: number[] = [];
    void Promise.resolve().then(() =>
      clock.setTimeout(() => {
        fired.push(clock.now());
        clock.setTimeout(() => fired.push(clock.now()), 3);
        clock.setTimeout(() => fired.push(clock.now()), 30);
      }, 5),
    );
    await clock.advance(10);
    expect(fired).toEqual([1005, 1008]);
  });

  it("forgets cleared timers, also those of the same deadline", async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => clock.clearTimeout(second), 1);
    const second = clock.setTimeout(() => fired.push("second"), 1);
    clock.clearTimeout({});
    await clock.advance(1);
    expect(fired).toEqual([]);
    expect(clock.nextDeadline).toBeNull();
  });

  it("does not move without being told, nor backwards", async () => {
    const clock = new VirtualClock(7);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push("due now"), 0);
    expect(fired).toEqual([]);
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    await clock.advance(0);
    expect(fired).toEqual(["due now"]);
    expect(clock.now()).toBe(7);
  });
});

describe("systemClock", () => {
  it("calls back, forgets what is cleared, and refuses delays that hosts cannot hold", async () => {
    const fired: string[] = [];
    const cleared = systemClock.setTimeout(() => fired.push("cleared"), 0);
    systemClock.clearTimeout(cleared);
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(resolve, 0);
    });
    expect(fired).toEqual([]);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
    for (const delay of [-1, maxDelayMs + 1, Number.NaN]) {
      expect(() => systemClock.setTimeout(() => {}, delay)).toThrow(RangeError);
    }
  });
});

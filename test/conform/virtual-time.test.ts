import { promisify } from "node:util";

import { afterEach, describe, expect, it } from "vitest";

import { VirtualTime } from "../../adapters/virtual-time.ts";

const globals = () => ({
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  Date: globalThis.Date,
  performanceNow: Object.getOwnPropertyDescriptor(performance, "now"),
});
const real = globals();

describe("VirtualTime", () => {
  const times: VirtualTime[] = [];
  const start = (): VirtualTime => {
    const time = new VirtualTime();
    times.push(time);
    return time;
  };
  afterEach(() => {
    for (const time of times.splice(0)) time.dispose();
    expect(globals()).toEqual(real);
  });

  it("moves only when told, for code that lives in it", async () => {
    const time = start();
    const fired: number[] = [];
    const begin = time.run(() => Date.now());
    time.run(() => setTimeout(() => fired.push(Date.now() - begin), 60_000));
    await time.advance(59_999);
    expect(fired).toEqual([]);
    await time.advance(1);
    expect(fired).toEqual([60_000]);
    expect(time.run(() => [new Date().getTime(), performance.now()])).toEqual([
      begin + 60_000,
      begin + 60_000,
    ]);
  });

  it("follows promises, timers and intervals that start in it", async () => {
    const time = start();
    const begin = time.run(() => Date.now());
    const log: number[] = [];
    const done = time.run(async () => {
      await promiseFor(10);
      log.push(Date.now() - begin);
      const interval = setInterval(() => {
        log.push(Date.now() - begin);
        if (log.length === 3) clearInterval(interval);
      }, 5);
      setTimeout((value: number) => log.push(value), 100, -1);
    });
    await time.advance(10);
    await done;
    await time.advance(1000);
    expect(log).toEqual([10, 15, 20, -1]);
  });

  it("is invisible outside: timers, dates and promisified timers are the real ones", async () => {
    const time = start();
    const inside = time.run(() => Date.now());
    expect(Math.abs(Date.now() - inside)).toBeGreaterThan(1e9);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0); // would never come in virtual time
    });
    await promisify(setTimeout)(0);
    expect(new Date(0).toISOString()).toBe("1970-01-01T00:00:00.000Z");
    expect(new Date() instanceof Date).toBe(true);
    expect(new Date() instanceof real.Date).toBe(true);
  });

  it("keeps two of them apart", async () => {
    const [first, second] = [start(), start()];
    const fired: string[] = [];
    first.run(() => setTimeout(() => fired.push("first"), 10));
    second.run(() => setTimeout(() => fired.push("second"), 10));
    await second.advance(10);
    expect(fired).toEqual(["second"]);
    second.dispose();
    await first.advance(10);
    expect(fired).toEqual(["second", "first"]);
  });

  it("gives back handles that packages can use as Node's", async () => {
    const time = start();
    const fired: string[] = [];
    const handle = time.run(() => setTimeout(() => fired.push("late"), 10));
    expect(handle.hasRef()).toBe(true);
    expect(handle.unref().hasRef()).toBe(false);
    await time.advance(6);
    handle.refresh();
    await time.advance(6);
    expect(fired).toEqual([]);
    clearTimeout(handle); // from outside as well
    await time.advance(60);
    expect(fired).toEqual([]);
  });

  it("puts the real globals back with the last one, and only once", () => {
    const [first, second] = [start(), start()];
    first.dispose();
    first.dispose();
    expect(globals()).not.toEqual(real);
    second.dispose();
    expect(globals()).toEqual(real);
  });
});

const promiseFor = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

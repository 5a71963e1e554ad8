import {
  array,
  asyncProperty,
  boolean,
  check,
  defaultReportMessage,
  scheduler as anyOrder,
  type Scheduler,
} from "fast-check";
import { describe, expect, it } from "vitest";

import { VirtualClock } from "../../impl/platform/clock.ts";
import {
  BreakerOpenError,
  CircuitBreaker,
  type BreakerEvent,
  type BreakerState,
} from "../../impl/resilience/circuit-breaker.ts";
import { load, mutants } from "../conform/mutants.ts";

const options = { threshold: 3, resetTimeoutMs: 1000 };
const boom = new Error("boom");
const fail = (): Promise<never> => Promise.reject(boom);

const failTimes = async (breaker: CircuitBreaker, times: number): Promise<void> => {
  for (let n = 0; n < times; n++) await expect(breaker.execute(fail)).rejects.toBe(boom);
};

describe("CircuitBreaker", () => {
  it("passes results and errors on, also of functions that are not asynchronous", async () => {
    const breaker = new CircuitBreaker(options);
    expect(await breaker.execute(() => 42)).toBe(42);
    expect(await breaker.execute(() => Promise.resolve("later"))).toBe("later");
    const thrower = (): never => {
      throw boom;
    };
    await expect(breaker.execute(thrower)).rejects.toBe(boom);
    expect(breaker.failures).toBe(1);
  });

  it("is open before the caller learns of the failure that opened it", async () => {
    const breaker = new CircuitBreaker({ ...options, threshold: 1 });
    const seen = await breaker.execute(fail).catch(() => breaker.state);
    expect(seen).toBe("open");
  });

  it("calls the function at once, in the caller's turn", () => {
    const breaker = new CircuitBreaker(options);
    let called = false;
    void breaker.execute(() => (called = true));
    expect(called).toBe(true);
    expect(breaker.active).toBe(1);
  });

  it("rejects without calling, and says for how long", async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ ...options, clock });
    await failTimes(breaker, 3);
    await clock.advance(400);
    let called = false;
    const rejected = breaker.execute(() => (called = true));
    await expect(rejected).rejects.toMatchObject({ state: "open", retryAfterMs: 600 });
    await expect(rejected).rejects.toBeInstanceOf(BreakerOpenError);
    expect(called).toBe(false);
  });

  it("while half-open admits trialLimit calls at a time", async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ ...options, trialLimit: 2, clock });
    await failTimes(breaker, 3);
    await clock.advance(1000);
    const trial = Promise.withResolvers<string>();
    const trials = [1, 2].map(() => breaker.execute(() => trial.promise));
    await expect(breaker.execute(fail)).rejects.toMatchObject({
      state: "halfOpen",
      retryAfterMs: 0,
    });
    trial.resolve("up again");
    expect(await Promise.all(trials)).toEqual(["up again", "up again"]);
    // The first result closed the circuit; the second belongs to the period before.
    expect(breaker).toMatchObject({ state: "closed", active: 0, failures: 0 });
  });

  it("tells listeners about changes and rejections, until they leave", async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ ...options, threshold: 1, clock });
    const events: BreakerEvent[] = [];
    const leave = breaker.subscribe((event) => events.push(event));
    await failTimes(breaker, 1);
    await expect(breaker.execute(fail)).rejects.toThrow(BreakerOpenError);
    await clock.advance(1000);
    await breaker.execute(() => "fine");
    leave();
    await failTimes(breaker, 1);
    expect(events).toEqual([
      { type: "state", from: "closed", to: "open" },
      { type: "rejected", state: "open" },
      { type: "state", from: "open", to: "halfOpen" },
      { type: "state", from: "halfOpen", to: "closed" },
    ]);
  });

  it("leaves no timer behind when disposed", async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ ...options, clock });
    await failTimes(breaker, 3);
    expect(clock.nextDeadline).toBe(1000);
    breaker.dispose();
    expect(clock.nextDeadline).toBeNull();
    expect(breaker.state).toBe("open");
  });

  it("refuses options out of range", () => {
    for (const wrong of [
      { threshold: 0 },
      { threshold: 1.5 },
      { trialLimit: 0 },
      { resetTimeoutMs: -1 },
      { resetTimeoutMs: Number.NaN },
      { resetTimeoutMs: 2 ** 31 },
    ]) {
      expect(() => new CircuitBreaker({ ...options, ...wrong })).toThrow(RangeError);
    }
  });
});

interface Change {
  readonly from: BreakerState;
  readonly to: BreakerState;
}

/**
 * Concurrent calls, whose results and whose start are released in an order that fast-check chooses,
 * with time passing in between. The changes of state must be those that follow from the results in
 * the order of their release, a result counting only in the period that admitted its call.
 */
async function race(
  makeBreaker: (clock: VirtualClock) => CircuitBreaker,
  scheduler: Scheduler,
  outcomes: readonly boolean[],
): Promise<void> {
  const clock = new VirtualClock();
  const breaker = makeBreaker(clock);
  const seen: Change[] = [];
  const expected: Change[] = [];
  let state: BreakerState = "closed";
  let period = 0;
  let failures = 0;
  const change = (to: BreakerState): void => {
    expected.push({ from: state, to });
    state = to;
    period += 1;
    failures = 0;
  };
  breaker.subscribe((event) => {
    if (event.type === "rejected") return;
    seen.push({ from: event.from, to: event.to });
    if (event.to === "halfOpen") change("halfOpen"); // when, is the clock's business
  });
  const released = (admittedIn: number, succeeds: boolean): void => {
    if (admittedIn !== period) return;
    if (state === "halfOpen") change(succeeds ? "closed" : "open");
    else if (succeeds) failures = 0;
    else if ((failures += 1) === options.threshold) change("open");
  };

  const time = scheduler.scheduleSequence([1, 2, 3, 4].map(() => () => clock.advance(600)));
  const calls = outcomes.map(async (succeeds, index) => {
    await scheduler.schedule(Promise.resolve(), `start ${index}`);
    const call = breaker.execute(async () => {
      const admittedIn = period;
      await scheduler.schedule(Promise.resolve(), `result ${index}`);
      released(admittedIn, succeeds);
      if (!succeeds) throw boom;
    });
    const error: unknown = await call.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Error && error.name === "BreakerOpenError")) {
      expect(error).toBe(succeeds ? null : boom);
    }
  });
  await scheduler.waitIdle();
  await Promise.all([...calls, time.task]);
  expect(seen).toEqual(expected);
  expect(breaker).toMatchObject({ state, failures });
}

const races = (makeBreaker: (clock: VirtualClock) => CircuitBreaker) =>
  check(
    asyncProperty(
      anyOrder(),
      array(boolean(), { minLength: 6, maxLength: 12, size: "max" }),
      (scheduler, outcomes) => race(makeBreaker, scheduler, outcomes),
    ),
    { seed: 20261123, numRuns: 500 },
  );

describe("races of concurrent calls", () => {
  it("are decided by the results of the present period alone, in every order", async () => {
    const details = await races((clock) => new CircuitBreaker({ ...options, clock }));
    expect(details.failed, defaultReportMessage(details)).toBe(false);
  });

  it.for([mutants.lateFailureCounts, mutants.successDoesNotReset, mutants.opensLater])(
    "show that $name",
    async (mutant) => {
      const { create } = await load(mutant);
      const { failed } = await races((clock) => create({ ...options, clock }));
      expect(failed).toBe(true);
    },
  );
});

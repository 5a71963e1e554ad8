/**
 * Virtual time for packages that take no clock and call the global timers and `Date` instead.
 *
 * The globals are replaced while at least one `VirtualTime` lives, but the replacements look at the
 * asynchronous context first: only code that was started through `run` (and everything it awaits,
 * schedules or resolves) sees the virtual clock, everybody else in the same thread gets the real
 * functions. So several implementations can be driven side by side, each in its own time, and the
 * engine, the runner and their timeouts never notice.
 *
 * Covered: setTimeout, setInterval, clearTimeout, clearInterval, Date, performance.now. Not covered:
 * `node:timers`, `node:timers/promises`, `process.hrtime`, and setImmediate, which needs no time.
 */

import { AsyncLocalStorage } from "node:async_hooks";

import { maxDelayMs, turnDone, VirtualClock, type Timer } from "../impl/platform/clock.ts";

const current = new AsyncLocalStorage<VirtualClock>();

/** What setTimeout and setInterval return; as much of Node's `Timeout` as packages use. */
class VirtualTimeout {
  readonly #clock: VirtualClock;
  readonly #callback: () => void;
  readonly #delayMs: number;
  readonly #repeat: boolean;
  #timer: Timer | null = null;
  #referenced = true;

  constructor(clock: VirtualClock, callback: () => void, delayMs: unknown, repeat: boolean) {
    this.#clock = clock;
    this.#callback = callback;
    this.#delayMs = nodeDelay(delayMs, repeat);
    this.#repeat = repeat;
    this.refresh();
  }

  refresh(): this {
    this.clear();
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      if (this.#repeat) this.refresh();
      this.#callback();
    }, this.#delayMs);
    return this;
  }

  clear(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }
}

/** Node's reading of a delay; a plain setTimeout(f, 0) may be 0 here, since order is kept. */
function nodeDelay(delayMs: unknown, repeat: boolean): number {
  const number = Number(delayMs ?? 0);
  if (!(number >= 0) || number > maxDelayMs) return 1;
  return repeat ? Math.max(1, number) : number;
}

type AnyFunction = (...parameters: unknown[]) => unknown;

/** A stand-in for a global function which keeps its properties, e.g. `util.promisify.custom`. */
function replace(real: AnyFunction, virtual: (clock: VirtualClock) => AnyFunction): AnyFunction {
  return new Proxy(real, {
    apply(target, receiver, parameters: unknown[]) {
      const clock = current.getStore();
      if (clock !== undefined) return virtual(clock)(...parameters);
      return Reflect.apply(target, receiver, parameters);
    },
  });
}

const schedule =
  (repeat: boolean) =>
  (clock: VirtualClock): AnyFunction =>
  (callback, delayMs, ...rest) =>
    new VirtualTimeout(clock, () => (callback as AnyFunction)(...rest), delayMs, repeat);

/** Works from any context: a handle knows where it belongs. */
function replaceClear(real: AnyFunction): AnyFunction {
  return new Proxy(real, {
    apply(target, receiver, parameters: unknown[]) {
      const [handle] = parameters;
      if (handle instanceof VirtualTimeout) return handle.clear();
      return Reflect.apply(target, receiver, parameters);
    },
  });
}

function replaceDate(real: DateConstructor): DateConstructor {
  const now = replace(real.now, (clock) => () => clock.now());
  return new Proxy(real, {
    get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
    apply: (target) => {
      const clock = current.getStore();
      return clock === undefined ? target() : new target(clock.now()).toString();
    },
    construct(target, parameters: unknown[], newTarget) {
      const clock = current.getStore();
      const values = parameters.length === 0 && clock !== undefined ? [clock.now()] : parameters;
      return Reflect.construct(target, values, newTarget) as Date;
    },
  });
}

let users = 0;
let restore: (() => void)[] = [];

function install(): void {
  const put = (owner: object, name: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, {
      value,
      configurable: true,
      writable: true,
      enumerable: before?.enumerable ?? false,
    });
    restore.push(() => {
      if (before === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, before);
    });
  };
  const real = globalThis as unknown as Record<string, AnyFunction>;
  for (const name of ["setTimeout", "setInterval"]) {
    put(globalThis, name, replace(real[name]!, schedule(name === "setInterval")));
  }
  for (const name of ["clearTimeout", "clearInterval"]) {
    put(globalThis, name, replaceClear(real[name]!));
  }
  const { performance } = globalThis;
  const performanceNow = performance.now.bind(performance) as AnyFunction;
  put(
    performance,
    "now",
    replace(performanceNow, (clock) => () => clock.now()),
  );
  put(globalThis, "Date", replaceDate(globalThis.Date));
}

/** One virtual clock with the code that lives by it. Call `dispose` when done. */
export class VirtualTime {
  // Not 0: packages take 0 for "never". Nobody knows what packages wait for: a whole turn each time.
  readonly #clock = new VirtualClock(1_000_000_000_000, turnDone);
  #disposed = false;

  constructor() {
    if (users === 0) install();
    users += 1;
  }

  /** Runs `body`, and everything that it starts, in this time. */
  run<T>(body: () => T): T {
    return current.run(this.#clock, body);
  }

  /** Lets time pass; returns when everything due has run, each with a turn of the event loop. */
  advance(ms: number): Promise<void> {
    return this.run(() => this.#clock.advance(ms));
  }

  /** Returns after a turn of the event loop; no time passes. */
  settle(): Promise<void> {
    return turnDone();
  }

  /** The last one to be disposed puts the real globals back. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    users -= 1;
    if (users > 0) return;
    for (const undo of restore.toReversed()) undo();
    restore = [];
  }
}

/**
 * Time as a dependency: everything in `impl/` takes a `Clock`, so that a test can let an hour pass in
 * no time and a fault that needs an exact moment can be put there.
 */

/** A pending timer. `unref` lets a process end although the timer has not fired. */
export interface Timer {
  unref?(): unknown;
}

export interface Clock {
  /** Milliseconds since an arbitrary origin; never runs backwards on a virtual clock. */
  now(): number;
  /** Calls `callback` once, `delayMs` from now. Delays above 2^31-1 ms are refused. */
  setTimeout(callback: () => void, delayMs: number): Timer;
  /** Forgets a timer; one that has fired or is unknown is ignored. */
  clearTimeout(timer: Timer): void;
}

/** The longest delay that timers of JavaScript hosts can hold; beyond it they fire at once. */
export const maxDelayMs = 2 ** 31 - 1;

function checkDelay(delayMs: number): void {
  if (!(delayMs >= 0 && delayMs <= maxDelayMs)) {
    throw new RangeError(`a delay must be from 0 to ${maxDelayMs} ms, got ${delayMs}`);
  }
}

/** The time of this computer. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, delayMs) {
    checkDelay(delayMs);
    return globalThis.setTimeout(callback, delayMs);
  },
  clearTimeout(timer) {
    globalThis.clearTimeout(timer as ReturnType<typeof globalThis.setTimeout>);
  },
};

interface PendingTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

// Taken before anybody can replace them: waiting must not depend on the time under test.
const { setImmediate, queueMicrotask } = globalThis;

/**
 * Resolves when every microtask that is queued now, and all that they queue, have run, however long the
 * chain; no task of the event loop runs meanwhile. Node empties the queue of microtasks before it looks
 * for ticks, so a tick that a microtask asks for comes exactly when none is left.
 */
export function microtasksDone(): Promise<void> {
  return whenQuiet(nothing);
}

const nothing = (): void => {};

interface Waiting {
  /** Reads and resolves. */
  readonly answer: () => void;
  readonly reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

/**
 * What `read` returns once every microtask has run, see `microtasksDone`. Who waits at the same time is
 * answered by the same tick. Not to be called by code that itself runs as a tick (`process.nextTick`).
 */
export function whenQuiet<T>(read: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) queueMicrotask(askForTick);
    waiting.push({ answer: () => resolve(read()), reject });
  });
}

function askForTick(): void {
  process.nextTick(answerAll);
}

function answerAll(): void {
  const all = waiting;
  waiting = [];
  for (const { answer, reject } of all) {
    try {
      answer();
    } catch (error) {
      reject(error);
    }
  }
}

/**
 * Resolves after a turn of the event loop: microtasks, ticks, and what was put off with `setImmediate`
 * have run. For code that is not known to use promises and its clock only; about five times dearer.
 */
export function turnDone(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * A clock that stands still until it is told to move. Timers fire one deadline after the other, in
 * the order of their deadlines and, at the same deadline, in the order in which they were set;
 * `now()` is the deadline while a timer runs, and the microtasks of one deadline are finished
 * before the next one is due.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #settle: () => Promise<void>;
  readonly #timers: PendingTimer[] = [];

  /** `settle` is how the code that lives by this clock is known to be quiet between two deadlines. */
  constructor(startMs = 0, settle: () => Promise<void> = microtasksDone) {
    this.#nowMs = startMs;
    this.#settle = settle;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    checkDelay(delayMs);
    const timer: PendingTimer = { dueMs: this.#nowMs + delayMs, callback, unref: () => timer };
    // After all timers that are due earlier or at the same time.
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.dueMs > timer.dueMs) index--;
    this.#timers.splice(index, 0, timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    const index = this.#timers.indexOf(timer as PendingTimer);
    if (index !== -1) this.#timers.splice(index, 1);
  }

  /** The next deadline, or `null` when no timer is pending. */
  get nextDeadline(): number | null {
    return this.#timers[0]?.dueMs ?? null;
  }

  /**
   * Moves time forward by `ms` if nothing is due on the way, and says whether it did. For callers who know
   * that no microtask is pending which could set a timer.
   */
  skip(ms: number): boolean {
    if (!(ms >= 0)) throw new RangeError(`time cannot pass by ${ms} ms`);
    const next = this.#timers[0];
    if (next !== undefined && next.dueMs <= this.#nowMs + ms) return false;
    this.#nowMs += ms;
    return true;
  }

  /** Moves time forward by `ms`; fires everything due on the way, including timers set on the way. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`time cannot pass by ${ms} ms`);
    const endMs = this.#nowMs + ms;
    await this.#settle();
    for (;;) {
      const next = this.#timers[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#timers.shift();
      this.#nowMs = next.dueMs;
      next.callback();
      await this.#settle();
    }
    this.#nowMs = endMs;
  }
}

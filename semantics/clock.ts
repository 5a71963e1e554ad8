/**
 * A simulated clock for XState actors. XState's own SimulatedClock jumps to the end of an interval
 * before it fires what was due inside, so that timers started on the way come late; this one goes
 * from deadline to deadline.
 */

interface Timeout {
  readonly id: number;
  readonly deadline: number;
  readonly run: () => void;
}

export class DeadlineClock {
  #now = 0;
  #nextId = 1;
  #timeouts: Timeout[] = [];

  now(): number {
    return this.#now;
  }

  setTimeout(run: (...args: never[]) => void, delay: number): number {
    const id = this.#nextId++;
    this.#timeouts.push({ id, deadline: this.#now + delay, run });
    return id;
  }

  clearTimeout(id: number): void {
    this.#timeouts = this.#timeouts.filter((timeout) => timeout.id !== id);
  }

  /** The next deadline; equal ones in the order in which they were set. Null when none is set. */
  nextDeadline(): number | null {
    return this.#next()?.deadline ?? null;
  }

  /** Moves to a moment that is not after the next deadline, without firing what is due then. */
  moveTo(time: number): void {
    const next = this.nextDeadline();
    if (time < this.#now || (next !== null && time > next)) {
      throw new RangeError(`cannot move the clock from ${this.#now} to ${time}: due at ${next}`);
    }
    this.#now = time;
  }

  /** Moves to the next deadline and fires it. */
  fireNext(): void {
    const next = this.#next();
    if (next === undefined) throw new RangeError("no timer is set");
    this.clearTimeout(next.id);
    this.#now = next.deadline;
    next.run();
  }

  #next(): Timeout | undefined {
    let first: Timeout | undefined;
    for (const timeout of this.#timeouts) {
      if (first === undefined || timeout.deadline < first.deadline) first = timeout;
    }
    return first;
  }
}

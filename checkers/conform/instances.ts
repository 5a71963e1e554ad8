/**
 * Instances of an implementation side by side: each goes through a sequence of its own, step by step, and
 * those whose answer has to be waited for wait together. It only says whether anything differed.
 */

import type { ImplementationDriver, Observables } from "../../core/subject.ts";
import type { Scalar, TraceAction } from "../../core/trace.ts";
import { microtasksDone } from "./lockstep.ts";

export interface Predicted {
  readonly names: readonly string[];
  readonly values: readonly Scalar[];
}

export interface PredictedStep {
  readonly event: TraceAction;
  /** Milliseconds that pass; null for an event. */
  readonly ms: number | null;
  readonly predicted: Predicted;
}

export class Instance {
  readonly driver: ImplementationDriver;
  readonly #steps: readonly PredictedStep[];
  #at = 0;
  /** How to read the answer to the present step; null: there is none, or it is told by a promise. */
  #read: (() => Observables) | null = null;
  /** `failed`: it threw. */
  outcome: "running" | "agreed" | "differed" | "failed" = "running";

  constructor(driver: ImplementationDriver, steps: readonly PredictedStep[]) {
    this.driver = driver;
    this.#steps = steps;
  }

  /** Takes steps until one is not answered at once. Returns what has to be waited for, if it is known. */
  proceed(): Promise<void> | null {
    try {
      for (;;) {
        const step = this.#steps[this.#at];
        if (step === undefined) {
          this.outcome = "agreed";
          return null;
        }
        const { driver } = this;
        const answer = step.ms === null ? driver.send(step.event) : driver.advance(step.ms);
        if (typeof answer === "function") {
          this.#read = answer;
          return null;
        }
        if (answer instanceof Promise) return this.#await(answer);
        if (!this.#compare(answer)) return null;
      }
    } catch {
      this.outcome = "failed";
      return null;
    }
  }

  /** Reads the answer; to be called when no microtask is left. */
  read(): void {
    const read = this.#read;
    if (read === null) return;
    this.#read = null;
    try {
      this.#compare(read());
    } catch {
      this.outcome = "failed";
    }
  }

  async #await(answer: Promise<Observables>): Promise<void> {
    try {
      this.#compare(await answer);
    } catch {
      this.outcome = "failed";
    }
  }

  #compare(observed: Observables): boolean {
    const agreed = agrees(observed, this.#steps[this.#at]!.predicted);
    if (agreed) this.#at += 1;
    else this.outcome = "differed";
    return agreed;
  }
}

/** Until each has come to its end; `heard` is called whenever some have answered. */
export async function runSideBySide(
  instances: readonly Instance[],
  heard: () => void,
): Promise<void> {
  let running = instances;
  while (running.length > 0) {
    const waits: Promise<void>[] = [];
    for (const instance of running) {
      const wait = instance.proceed();
      if (wait !== null) waits.push(wait);
    }
    if (waits.length < running.length) {
      await microtasksDone();
      for (const instance of running) instance.read();
    }
    if (waits.length > 0) await Promise.all(waits);
    heard();
    running = running.filter(({ outcome }) => outcome === "running");
  }
}

export function agrees(observed: Observables, { names, values }: Predicted): boolean {
  for (let index = 0; index < names.length; index++) {
    if (!Object.is(observed[names[index]!], values[index])) return false;
  }
  return true;
}

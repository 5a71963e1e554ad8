/** The model as the oracle: one XState actor on a clock that the engine moves. */

import { createActor, type AnyActorRef } from "xstate";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { ModelState } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { Json, TraceAction } from "../../core/trace.ts";

interface ModelTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Timers that follow each other without any time passing are taken for an endless loop after this many. */
const maxTimersPerInstant = 1000;

export class ModelRun {
  readonly #actor: AnyActorRef;
  #timers: ModelTimer[] = [];
  #nowMs = 0;
  #failure: { readonly error: unknown } | null = null;

  /** The actor is started; the machine's `input` are the model's parameters and fixed input. */
  constructor(model: MachineModel) {
    this.#actor = createActor(model.machine, {
      input: { ...model.input, ...parameterValues(model) },
      logger: () => {},
      clock: {
        setTimeout: (callback, delayMs) => {
          const timer = { dueMs: this.#nowMs + delayMs, callback: () => callback() };
          this.#timers.push(timer);
          return timer;
        },
        clearTimeout: (timer) => {
          this.#timers = this.#timers.filter((pending) => pending !== timer);
        },
      },
    });
    this.#actor.subscribe({ error: (error: unknown) => (this.#failure = { error }) });
    this.#actor.start();
    this.#throwFailure("the initial state");
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get state(): ModelState {
    return this.#actor.getSnapshot() as ModelState;
  }

  /** Milliseconds to the next deadline; `null` when no timer is pending. */
  get untilDeadline(): number | null {
    if (this.#timers.length === 0) return null;
    return Math.min(...this.#timers.map((timer) => timer.dueMs)) - this.#nowMs;
  }

  /** As much of `ms` as passes before something is due: what a timer leads to is seen at its instant. */
  nextPart(ms: number): number {
    const { untilDeadline } = this;
    return untilDeadline !== null && untilDeadline <= ms ? untilDeadline : ms;
  }

  /** Remaining milliseconds of all pending timers; part of what distinguishes two configurations. */
  get pending(): readonly number[] {
    return this.#timers.map((timer) => timer.dueMs - this.#nowMs);
  }

  send(event: TraceAction): void {
    // A machine that is done takes no more events; XState would print a warning.
    if (this.state.status !== "active") return;
    this.#actor.send(event);
    this.#throwFailure(`event ${event.type}`);
  }

  /** Time passes; timers due on the way fire in order of their deadlines, then of their setting. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    let fired = 0;
    for (;;) {
      const untilDeadline = this.untilDeadline;
      if (untilDeadline === null || this.#nowMs + untilDeadline > endMs) break;
      fired = untilDeadline > 0 ? 0 : fired + 1;
      if (fired > maxTimersPerInstant) {
        throw new DiagnosticError(
          "VRF107",
          `more than ${maxTimersPerInstant} timers fire without any time passing`,
          { help: "give the delayed transitions of the loop a delay above 0" },
        );
      }
      this.#nowMs += untilDeadline;
      const next = this.#timers.find((timer) => timer.dueMs === this.#nowMs)!;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.callback();
      this.#throwFailure("a delayed transition");
    }
    this.#nowMs = endMs;
  }

  stop(): void {
    if (this.#failure === null) this.#actor.stop();
  }

  #throwFailure(during: string): void {
    if (this.#failure === null) return;
    const { error } = this.#failure;
    throw new DiagnosticError(
      "VRF104",
      `the model failed at ${during}: ${error instanceof Error ? error.message : String(error)}`,
      { place: this.#actor.id, help: "guards and actions must not throw", cause: error },
    );
  }
}

/** The parameters at the values that are explored. */
export function parameterValues(model: MachineModel): Record<string, number> {
  return Object.fromEntries(
    Object.entries(model.parameters ?? {}).map(([name, { explore }]) => [name, explore]),
  );
}

/** Dotted paths of the active leaf states of a snapshot's `value`. */
export function activeStates(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([name, inner]) => {
    const below = activeStates(inner);
    return below.length === 0 ? [name] : below.map((path) => `${name}.${path}`);
  });
}

/** The control state as one word, e.g. `halfOpen`, or `link.up + queue.idle` for parallel states. */
export const stateName = (state: ModelState): string => activeStates(state.value).join(" + ");

/** The context without the parameters, as far as JSON can say it. */
export function variables(model: MachineModel, state: ModelState): Record<string, Json> {
  const parameters = new Set(Object.keys(model.parameters ?? {}));
  const entries = Object.entries((state.context ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    entries
      .filter(([name, value]) => !parameters.has(name) && value !== undefined)
      .map(([name, value]) => [name, toJson(value)]),
  );
}

function toJson(value: unknown): Json {
  if (typeof value === "bigint") return { "#bigint": value.toString() };
  return JSON.parse(JSON.stringify(value) ?? "null") as Json;
}

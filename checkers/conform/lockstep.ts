/**
 * Model and implementation side by side: one command sequence is given to both, and after every step
 * the observables that the model predicts are compared with those of the implementation.
 *
 * A clause of conformance is only blamed for the *first* difference of a run: what follows a
 * difference says nothing any more, because model and implementation are no longer in the same
 * situation. A first difference that belongs to another clause therefore ends the run.
 */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { ModelState } from "../../core/property.ts";
import type {
  Implementation,
  ImplementationDriver,
  MachineModel,
  Observables,
} from "../../core/subject.ts";
import type { Scalar, TraceAction } from "../../core/trace.ts";
import { timePasses, type Command, type ExecutedCommand } from "./commands.ts";
import { ModelRun, parameterValues } from "./model-run.ts";

/** What is claimed: of which steps (by the model state before and the command) and observables. */
export interface Clause {
  readonly applies: (before: ModelState, event: TraceAction) => boolean;
  readonly observables: readonly string[] | null;
}

export interface Step {
  readonly event: TraceAction;
  readonly before: ModelState;
  readonly after: ModelState;
  readonly predicted: Observables;
  readonly observed: Observables;
  /** Time after the step. */
  readonly timeMs: number;
  /** Whether the clause speaks about this step. */
  readonly applies: boolean;
}

export interface Difference {
  readonly observable: string;
  readonly expected: Scalar;
  readonly observed: Scalar;
}

export interface Run {
  readonly initial: ModelState;
  readonly steps: readonly Step[];
  /** The commands that were carried out, up to and including the one that showed a difference. */
  readonly executed: readonly ExecutedCommand[];
  /** How the run ended: nothing differed; the clause is violated; another clause is. */
  readonly end: "agreed" | "violated" | "elsewhere";
  /** Of the last step. */
  readonly difference: Difference | null;
}

/** How long an adapter may take for one step unless told otherwise, in real milliseconds. */
export const defaultAnswerMs = 5000;
/** Time that passes when the model has no pending timer. */
const idleMs = 1000;

// Taken at load time: adapters may replace the globals for the code that they drive.
const {
  setTimeout: realSetTimeout,
  clearTimeout: realClearTimeout,
  setImmediate: realSetImmediate,
  queueMicrotask: realQueueMicrotask,
} = globalThis;

/**
 * Resolves when no microtask is left. Node empties their queue before it looks for ticks, so a tick that
 * a microtask asks for comes exactly then.
 */
export function microtasksDone(): Promise<void> {
  return new Promise((resolve) => {
    realQueueMicrotask(() => process.nextTick(resolve));
  });
}

/**
 * Lets the tasks run that an implementation has put off to a later turn of the event loop, in which
 * nothing may come of them: no time passes, and nothing was asked of it.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    realSetImmediate(resolve);
  });
}

/** What was observed, however the driver tells. */
export async function observedIn(
  answer: ReturnType<ImplementationDriver["send"]>,
): Promise<Observables> {
  if (typeof answer !== "function") return await answer;
  await microtasksDone();
  return answer();
}

/** @throws {DiagnosticError} VRF401 when the adapter throws, does not answer or shows too little. */
export async function runLockstep(
  model: MachineModel,
  implementation: Implementation,
  clause: Clause,
  commands: readonly (Command | ExecutedCommand)[],
  answerMs = defaultAnswerMs,
): Promise<Run> {
  const run = new ModelRun(model);
  const steps: Step[] = [];
  const executed: ExecutedCommand[] = [];
  const initial = run.state;
  const guard = <T>(what: string, action: () => Promise<T> | T): Promise<T> =>
    answered(implementation, what, answerMs, action);
  const driver = await guard("start", () => implementation.start(parameterValues(model)));

  /** One step on both sides; the difference if there is one. What was put off before it has its turn. */
  const step = async (
    event: TraceAction,
    onModel: () => void,
    onDriver: () => ReturnType<ImplementationDriver["send"]>,
  ): Promise<{ readonly difference: Difference; readonly violated: boolean } | null> => {
    const before = run.state;
    onModel();
    const after = run.state;
    await eventLoopTurn();
    const observed = await guard(`step ${steps.length + 1} (${event.type})`, () =>
      observedIn(onDriver()),
    );
    const predicted = await guard("predict", () =>
      implementation.predict({ before, event, after }),
    );
    const applies = clause.applies(before, event);
    steps.push({ event, before, after, predicted, observed, timeMs: run.nowMs, applies });
    return compare(implementation, clause, applies, predicted, observed);
  };

  const wait = async (ms: number): ReturnType<typeof step> => {
    let left = ms;
    do {
      const part = run.nextPart(left);
      const found = await step(
        { type: timePasses, ms: part },
        () => run.advance(part),
        () => driver.advance(part),
      );
      if (found !== null) return found;
      left -= part;
    } while (left > 0);
    return null;
  };

  try {
    for (const command of commands) {
      let found: Awaited<ReturnType<typeof step>>;
      const action = carryOut(command, run.untilDeadline);
      executed.push(action);
      if ("waitMs" in action) found = await wait(action.waitMs);
      else {
        found = await step(
          action.event,
          () => run.send(action.event),
          () => driver.send(action.event),
        );
      }
      if (found !== null) {
        const end = found.violated ? "violated" : "elsewhere";
        return { initial, steps, executed, end, difference: found.difference };
      }
    }
    return { initial, steps, executed, end: "agreed", difference: null };
  } finally {
    run.stop();
    await guard("dispose", () => driver.dispose());
  }
}

/** The command in absolute terms. */
export function carryOut(
  command: Command | ExecutedCommand,
  untilDeadline: number | null,
): ExecutedCommand {
  if (!("kind" in command)) return command;
  if (command.kind === "event") return { event: command.event };
  if (untilDeadline === null) return { waitMs: idleMs };
  const offset = { before: -1, deadline: 0, after: 1 }[command.until];
  return { waitMs: Math.max(0, untilDeadline + offset) };
}

function compare(
  implementation: Implementation,
  clause: Clause,
  applies: boolean,
  predicted: Observables,
  observed: Observables,
): { readonly difference: Difference; readonly violated: boolean } | null {
  let elsewhere: Difference | null = null;
  for (const name of clause.observables ?? []) {
    if (!(name in predicted)) {
      throw adapterError(
        implementation,
        `the observable "${name}" of the property is not predicted`,
      );
    }
  }
  for (const [observable, expected] of Object.entries(predicted)) {
    const value = observed[observable];
    if (value === undefined) {
      throw adapterError(implementation, `the observable "${observable}" was not observed`);
    }
    if (Object.is(value, expected)) continue;
    const difference = { observable, expected, observed: value };
    if (applies && (clause.observables?.includes(observable) ?? true)) {
      return { difference, violated: true };
    }
    elsewhere ??= difference;
  }
  return elsewhere === null ? null : { difference: elsewhere, violated: false };
}

async function answered<T>(
  implementation: Implementation,
  what: string,
  answerMs: number,
  action: () => Promise<T> | T,
): Promise<T> {
  let timer: ReturnType<typeof realSetTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = realSetTimeout(() => {
      reject(adapterError(implementation, `no answer to ${what} within ${answerMs} ms`));
    }, answerMs);
  });
  try {
    return await Promise.race([Promise.resolve(action()), silence]);
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw adapterError(implementation, `${what}: ${message}`, error);
  } finally {
    realClearTimeout(timer);
  }
}

function adapterError(
  implementation: Implementation,
  message: string,
  cause?: unknown,
): DiagnosticError {
  return new DiagnosticError("VRF401", `${implementation.name}: ${message}`, {
    help: "nothing is concluded about the implementation until its adapter works",
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * What a short exploration at the explored parameter values saw, per place. Facts that fail on it are
 * no invariants; facts that hold on it are candidates and no more: they were seen for one value of
 * the parameters.
 */

import type { MachineModel } from "../../core/subject.ts";
import {
  build,
  type ExactEnvironment,
  type ExactValue,
  evaluateExact,
  type Expression,
  rational,
} from "../../expr/index.ts";
import { ModelFault } from "../../semantics/fault.ts";
import { compileMachine, type System } from "../../semantics/system.ts";

const limits = { states: 1500, timeMs: 400 };

export interface Observation {
  /** The active leaves, joined as in the labels of locations. */
  readonly place: string;
  readonly environment: ExactEnvironment;
  readonly numbers: ReadonlyMap<string, bigint>;
}

/** Reachable states, breadth first; where the machine fails or has too many, as far as it went. */
export function observe(model: MachineModel): readonly Observation[] {
  const until = performance.now() + limits.timeMs;
  const found: Observation[] = [];
  try {
    const system = compileMachine(model);
    const queue = [system.initial()];
    const seen = new Set(queue);
    for (const state of queue) {
      found.push(observation(system, state));
      if (found.length >= limits.states || performance.now() > until) break;
      const pairs = system.successors(state);
      for (let index = 1; index < pairs.length; index += 2) {
        const target = pairs[index] ?? state;
        if (seen.has(target)) continue;
        seen.add(target);
        queue.push(target);
      }
    }
  } catch (thrown) {
    // What was seen before the machine failed was still reachable.
    if (!(thrown instanceof ModelFault) && !(thrown instanceof Error && "code" in thrown))
      throw thrown;
  }
  return found;
}

function observation(system: System, state: number): Observation {
  const snapshot = system.snapshot(state);
  const context = snapshot.context as Readonly<Record<string, unknown>>;
  const values = new Map<string, ExactValue>();
  const numbers = new Map<string, bigint>();
  for (const [name, value] of Object.entries(context)) {
    if (typeof value === "boolean" || typeof value === "string") values.set(name, value);
    if (!Number.isSafeInteger(value)) continue;
    values.set(name, rational(Number(value)));
    numbers.set(name, BigInt(Number(value)));
  }
  return {
    place: system.active(state).join("+"),
    environment: { variable: (name) => values.get(name), state: snapshot.value },
    numbers,
  };
}

/** The candidates that no observed state refutes. */
export function unrefuted(
  candidates: readonly Expression[],
  observations: readonly Observation[],
): readonly Expression[] {
  return candidates.filter((fact) =>
    observations.every(({ environment }) => {
      try {
        return evaluateExact(fact, environment) === true;
      } catch (thrown) {
        if (thrown instanceof TypeError || thrown instanceof RangeError) return false;
        throw thrown;
      }
    }),
  );
}

/** Sums and differences of two variables that were the same in every state seen, and upper limits. */
export function learned(
  variables: readonly string[],
  observations: readonly Observation[],
): readonly Expression[] {
  const facts: Expression[] = [];
  const steady = (combine: (numbers: ReadonlyMap<string, bigint>) => bigint): bigint | null => {
    const seen = new Set(observations.map(({ numbers }) => combine(numbers)));
    const [only] = seen;
    return seen.size === 1 && only !== undefined ? only : null;
  };
  for (const [index, a] of variables.entries()) {
    for (const b of variables.slice(index + 1)) {
      for (const operator of ["+", "-"] as const) {
        const value = steady((numbers) => {
          const [x, y] = [numbers.get(a) ?? 0n, numbers.get(b) ?? 0n];
          return operator === "+" ? x + y : x - y;
        });
        const sum = build.binary(operator, build.name(a), build.name(b));
        if (value !== null) facts.push(build.binary("==", sum, build.int(value)));
      }
    }
  }
  return facts;
}

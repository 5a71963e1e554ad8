/** Discrete time: the tick is the greatest common divisor of all constant delays. */

import type { AnyStateMachine } from "xstate";

import { DiagnosticError } from "../core/diagnostic.ts";
import { actionsOf, allNodes } from "./nodes.ts";

/** @throws {DiagnosticError} VRF106 when a delay is computed at run time */
export function tickOf(machine: AnyStateMachine): number {
  let tick = 0;
  for (const delay of delaysOf(machine)) {
    if (typeof delay !== "number") {
      throw new DiagnosticError(
        "VRF106",
        `the machine "${machine.id}" computes a delay at run time, so time: "discrete" has no tick`,
        { help: 'use constant delays, or time: "untimed"', place: machine.id },
      );
    }
    tick = gcd(tick, delay);
  }
  return tick === 0 ? 1 : tick;
}

/** Every delay in the machine: numbers, or `null` where it is a function. */
function delaysOf(machine: AnyStateMachine): readonly (number | null)[] {
  const named = machine.implementations.delays as Record<string, unknown>;
  const resolve = (delay: unknown): number | null => {
    const value = typeof delay === "string" ? named[delay] : delay;
    return typeof value === "number" ? value : null;
  };
  const delays: (number | null)[] = [];
  for (const node of allNodes(machine)) {
    for (const after of node.after) delays.push(resolve(after.delay));
    for (const action of actionsOf(node)) {
      const raise = action as { readonly type?: unknown; readonly delay?: unknown } | null;
      if (raise?.type === "xstate.raise" && raise.delay !== undefined) {
        delays.push(resolve(raise.delay));
      }
    }
  }
  return delays;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

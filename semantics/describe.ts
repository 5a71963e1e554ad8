/** States of a machine for people. */

import type { AnyMachineSnapshot } from "xstate";

import { variablesOf, type AnyModel } from "../core/system.ts";
import type { Scalar } from "../core/trace.ts";
import { activePaths } from "./nodes.ts";

/** `state` and the variables of a snapshot, as they appear in traces and in `at`. */
export function describeSnapshot(
  snapshot: AnyMachineSnapshot,
  model: AnyModel,
): Readonly<Record<string, Scalar>> {
  const context = snapshot.context as Record<string, unknown>;
  const described: Record<string, Scalar> = { state: activePaths(snapshot).join("+") };
  for (const name of Object.keys(variablesOf(model))) described[name] = scalar(context[name]);
  return described;
}

function scalar(value: unknown): Scalar {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") {
    return value;
  }
  return value === null || value === undefined ? null : (JSON.stringify(value) ?? null);
}

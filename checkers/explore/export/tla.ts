/**
 * A state graph for TLC: one variable, the number of the state; control state, active paths and model
 * variables are operators of it, so that invariants and temporal formulas speak of the model.
 */

import type { Scalar } from "../../../core/trace.ts";
import { identifier, remark, type Explicit } from "./explicit.ts";

export function tlaOf(explicit: Explicit): string {
  const { title, states, edges, variables } = explicit;
  const module = identifier(title);
  const sequence = (values: readonly string[]): string => `<<${values.join(", ")}>>[s + 1]`;
  const value = (scalar: Scalar): string => {
    if (typeof scalar === "boolean") return scalar ? "TRUE" : "FALSE";
    if (typeof scalar === "number") return String(scalar);
    return scalar === null ? '"null"' : JSON.stringify(scalar);
  };
  const lines = [
    `---- MODULE ${module} ----`,
    `\\* ${remark(explicit)}`,
    "\\* TLC: SPECIFICATION Spec, CHECK_DEADLOCK FALSE (a done machine stutters)",
    "EXTENDS Integers, Sequences",
    "VARIABLE s",
    "",
    `control == ${sequence(states.map(({ control }) => JSON.stringify(control)))}`,
    `active == ${sequence(states.map(({ active }) => `{${active.map((path) => JSON.stringify(path)).join(", ")}}`))}`,
    "at(path) == path \\in active",
    ...variables.map(
      (name) =>
        `v_${identifier(name)} == ${sequence(states.map(({ variables: of }) => value(of[name] ?? null)))}`,
    ),
    "",
    "Init == s = 0",
    "Step == {",
    edges
      .map(({ from, to, label }) => `  <<${from}, ${JSON.stringify(label)}, ${to}>>`)
      .join(",\n"),
    "}",
    "Next == \\E e \\in Step : e[1] = s /\\ s' = e[3]",
    "Spec == Init /\\ [][Next]_s",
    "====",
  ];
  return [...lines, ""].join("\n");
}

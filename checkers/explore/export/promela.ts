/**
 * A state graph for Spin. One process whose steps are the transitions; control state and variables are
 * variables of their own, so that formulas speak of the model: `ltl p { [] (at_open -> <> at_closed) }`.
 * The environment may fall silent (`break`), as it may here.
 */

import type { Scalar } from "../../../core/trace.ts";
import { identifier, remark, type Explicit } from "./explicit.ts";

export function promelaOf(explicit: Explicit): string {
  const { states, edges, variables } = explicit;
  const controls = [...new Set(states.map(({ control }) => control))];
  const texts = [
    ...new Set(states.flatMap(({ variables: of }) => Object.values(of).filter(isText))),
  ];
  const value = (scalar: Scalar): number => {
    if (typeof scalar === "number") return scalar;
    if (typeof scalar === "boolean") return scalar ? 1 : 0;
    return scalar === null ? -1 : texts.indexOf(scalar) + 1;
  };
  const names = new Map(variables.map((name) => [name, `v_${identifier(name)}`]));
  const assign = (index: number): string => {
    const { control, variables: of } = states[index]!;
    return [
      `s = ${index}`,
      `control = ${controls.indexOf(control)}`,
      ...variables.map((name) => `${names.get(name)!} = ${value(of[name] ?? null)}`),
    ].join("; ");
  };
  const paths = new Map<string, Set<number>>();
  for (const { control, active } of states) {
    for (const path of active) {
      const parts = path.split(".");
      for (let length = 1; length <= parts.length; length++) {
        const ancestor = parts.slice(0, length).join(".");
        const own = paths.get(ancestor) ?? new Set();
        paths.set(ancestor, own.add(controls.indexOf(control)));
      }
    }
  }
  const lines = [
    `/* ${remark(explicit)} */`,
    ...controls.map((control, index) => `/* control ${index}: ${control} */`),
    ...texts.map((text, index) => `#define e_${identifier(text)} ${index + 1}`),
    ...[...paths].map(
      ([path, own]) =>
        `#define at_${identifier(path)} (${[...own].map((index) => `control == ${index}`).join(" || ")})`,
    ),
    ...assign(0)
      .split("; ")
      .map((start) => `int ${start};`),
    "active proctype model() {",
    "  do",
    ...edges.map(
      ({ from, to, label }) =>
        `  :: d_step { s == ${from} -> ${assign(to)} } /* ${label.replaceAll("*/", "* /")} */`,
    ),
    "  :: break",
    "  od",
    "}",
  ];
  return [...lines, ""].join("\n");
}

const isText = (scalar: Scalar): scalar is string => typeof scalar === "string";

/** Declared ranges in words. */

import type { VariableType } from "../core/subject.ts";

export function rangeText(type: VariableType): string {
  if (type === "bool") return "true or false";
  if ("int" in type) return `an integer from ${type.int[0]} to ${type.int[1] ?? "unlimited"}`;
  if ("enum" in type) return `one of ${type.enum.join(", ")}`;
  return `one of ${type.values.map((value) => JSON.stringify(value) ?? "undefined").join(", ")}`;
}

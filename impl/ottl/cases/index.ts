/** Conformance cases as data: whatever the file holds, every case is passed, failed or unsupported. */

import { e2eCases } from "./e2e.ts";
import { functionCases } from "./functions.ts";
import { object, type CaseResult } from "./result.ts";
import { routingCases } from "./routing.ts";
import { unitCases } from "./unit.ts";

export type { CaseResult } from "./result.ts";

/** Null when the file holds no cases of a known format. */
export function runCases(json: unknown): CaseResult[] | null {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return null;
  const file = object(json);
  if ("inputs" in file && "cases" in file) return e2eCases(file);
  if ("functions" in file) return functionCases(file);
  if ("cases" in file) return routingCases(file);
  const lists = Object.entries(file).filter(([, value]) => Array.isArray(value));
  return lists.length > 0 ? unitCases(file) : null;
}

/** A baseline is the JSON report of an earlier run: what it already knows does not fail this one. */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { Report } from "../core/result.ts";
import { fingerprint } from "./exit-code.ts";
import { readJson } from "./store.ts";

/** Fingerprints of the results that did not go as expected in the baseline. */
export function loadBaseline(path: string): ReadonlySet<string> {
  let report: Partial<Report>;
  try {
    report = readJson(path) as Partial<Report>;
  } catch (error) {
    throw new DiagnosticError("VRF009", (error as Error).message, {
      help: "a baseline is a file written with --reporter json=FILE",
    });
  }
  if (report?.schemaVersion !== 1 || !Array.isArray(report.results)) {
    throw new DiagnosticError("VRF009", `${path} is not a report of verify`, {
      help: "a baseline is a file written with --reporter json=FILE",
    });
  }
  return new Set(report.results.filter((result) => !result.asExpected).map(fingerprint));
}

/**
 * Prints one plain line, `N passed, N failed`, from the JSON that vitest wrote; tests that vitest
 * did not run are added as `, N skipped`. Fails when the file shows a failure or no test at all.
 *
 * usage: node tools/test-summary.ts FILE
 */

import { readFileSync } from "node:fs";

interface VitestSummary {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

export function summarizeTests(summary: VitestSummary): { line: string; isGreen: boolean } {
  // A file that cannot be loaded fails as a suite and counts no test.
  const failed = Math.max(
    summary.numFailedTests,
    summary.success ? 0 : 1,
    Math.min(1, summary.numFailedTestSuites),
  );
  const skipped = summary.numPendingTests + summary.numTodoTests;
  return {
    line:
      `${summary.numPassedTests} passed, ${failed} failed` +
      (skipped > 0 ? `, ${skipped} skipped` : ""),
    isGreen: failed === 0 && summary.numPassedTests > 0,
  };
}

if (import.meta.main) {
  const { line, isGreen } = summarizeTests(
    JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as VitestSummary,
  );
  console.log(line);
  if (!isGreen) process.exitCode = 1;
}

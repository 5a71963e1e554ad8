/** What a run leaves behind in `.verify`: the last report, and each counterexample as a file. */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { DiagnosticError } from "../core/diagnostic.ts";
import type { EngineName, Report, Result } from "../core/result.ts";
import type { Counterexample } from "../core/trace.ts";
import type { SubjectSource } from "./protocol.ts";
import { prepareFolder, writeText } from "./write-file.ts";

export const reportFile = "report.json";

/** A counterexample with everything that replaying it needs. */
export interface StoredCounterexample {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly engine: EngineName;
  readonly seed: number;
  readonly verdict: string;
  readonly counterexample: Counterexample;
  /** Where its subject comes from, when no configuration file holds it. */
  readonly source?: SubjectSource;
}

const fileName = (result: Pick<Result, "id" | "engine">): string =>
  `${result.id.replaceAll(/[^a-z0-9@.-]+/gi, "_")}.${result.engine}.json`;

/**
 * Before a run, so that it is not made in vain.
 * @throws {DiagnosticError} VRF604 when nothing can be written there
 */
export function prepareStore(outDir: string): void {
  prepareFolder(join(outDir, "counterexamples"));
}

/** @throws {DiagnosticError} VRF604 */
export function saveRun(outDir: string, report: Report, source: SubjectSource): void {
  const folder = join(outDir, "counterexamples");
  writeJson(join(outDir, reportFile), report);
  for (const result of report.results) {
    const path = join(folder, fileName(result));
    // A stale counterexample would replay something that this run no longer says.
    if (result.counterexample === null) rmSync(path, { force: true });
    else {
      const stored: StoredCounterexample = {
        schemaVersion: 1,
        id: result.id,
        engine: result.engine,
        seed: report.seed,
        verdict: result.verdict,
        counterexample: result.counterexample,
        ...(source.kind === "config" ? {} : { source }),
      };
      writeJson(path, stored);
    }
  }
}

export function loadReport(outDir: string): Report {
  const path = join(outDir, reportFile);
  if (!existsSync(path)) {
    throw new DiagnosticError("VRF008", `there is no report in ${outDir}`, {
      help: "verify run writes one",
    });
  }
  return readJson(path) as Report;
}

/** The counterexample in a file, or the one of the last run with this id. */
export function loadCounterexample(
  idOrFile: string,
  outDir: string,
  engine: EngineName | undefined,
): StoredCounterexample {
  if (existsSync(idOrFile)) return checkStored(readJson(idOrFile), idOrFile);
  const report = loadReport(outDir);
  const found = report.results.filter(
    (result) => result.id === idOrFile && (engine === undefined || result.engine === engine),
  );
  const withTrace = found.filter((result) => result.counterexample !== null);
  if (withTrace.length > 1) {
    throw new DiagnosticError("VRF008", `${idOrFile} has counterexamples of several engines`, {
      help: `choose one: --engine ${withTrace.map((result) => result.engine).join("|")}`,
    });
  }
  const [result] = withTrace;
  if (result === undefined) {
    const why =
      found.length === 0
        ? `the last run has no result ${idOrFile}${engine === undefined ? "" : ` of ${engine}`}`
        : `${idOrFile} has no counterexample: it was ${found[0]!.verdict}`;
    throw new DiagnosticError("VRF008", why, {
      help: "verify list shows the ids; or give the path of a counterexample file",
    });
  }
  const path = join(outDir, "counterexamples", fileName(result));
  return checkStored(readJson(path), path);
}

function checkStored(value: unknown, path: string): StoredCounterexample {
  const stored = value as Partial<StoredCounterexample> | null;
  if (
    stored?.schemaVersion !== 1 ||
    stored.id === undefined ||
    stored.counterexample === undefined
  ) {
    throw new DiagnosticError("VRF008", `${path} is not a counterexample of verify`, {
      help: "verify run writes them to .verify/counterexamples",
    });
  }
  return stored as StoredCounterexample;
}

export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch (error) {
    throw new DiagnosticError("VRF008", `${path} cannot be read: ${(error as Error).message}`);
  }
}

function writeJson(path: string, value: unknown): void {
  writeText(path, `${JSON.stringify(value, null, 1)}\n`);
}

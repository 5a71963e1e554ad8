/** Reporters: a finished report as text. Each is imported only when it is asked for. */

import { DiagnosticError, type Report } from "../core/index.ts";

export type ReporterName = "pretty" | "json" | "junit" | "sarif" | "matrix" | "html";

export const reporterNames: readonly ReporterName[] = [
  "pretty",
  "json",
  "junit",
  "sarif",
  "matrix",
  "html",
];

export interface RenderOptions {
  /** ANSI colours; only `pretty` uses them. */
  readonly color: boolean;
  /** Only what is unexpected, and the summary. */
  readonly quiet?: boolean;
  /** Evidence, assumptions, numbers and full traces too. */
  readonly verbose?: boolean;
  /** Columns of the terminal. */
  readonly width?: number;
}

/**
 * The report in one of the formats.
 * @throws {DiagnosticError} VRF007 for an unknown name; VRF602 when the HTML page was not built.
 */
export async function renderReport(
  name: ReporterName,
  report: Report,
  options: RenderOptions,
): Promise<string> {
  switch (name) {
    case "pretty":
      return (await import("./terminal/pretty.ts")).renderPretty(report, options);
    case "json":
      return (await import("./json/json.ts")).renderJson(report);
    case "junit":
      return (await import("./junit/junit.ts")).renderJunit(report);
    case "sarif":
      return (await import("./sarif/sarif.ts")).renderSarif(report);
    case "matrix":
      return (await import("./matrix/matrix.ts")).renderMatrix(report);
    case "html":
      return await (await import("./html/html.ts")).renderHtml(report);
    default:
      throw new DiagnosticError("VRF007", `there is no reporter "${String(name)}"`, {
        help: `use one of ${reporterNames.join(", ")}`,
      });
  }
}

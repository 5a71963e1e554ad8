import { DiagnosticError, ExitCode, type Report } from "../../core/index.ts";

export function renderHtml(_report: Report): Promise<string> {
  throw new DiagnosticError("VRF602", "the page of the HTML report has not been built", {
    help: "run `npm run build:report`",
    exitCode: ExitCode.environment,
  });
}

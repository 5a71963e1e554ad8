/**
 * The HTML report: one file that opens offline. The page (reports/app) is built beforehand; here
 * the report is put into it as compressed data, never as markup or script.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify, stripVTControlCharacters } from "node:util";
import { gzip } from "node:zlib";

import { DiagnosticError, ExitCode, type Report } from "../../core/index.ts";
import { renderJson } from "../json/json.ts";
import { drawDiagrams } from "./diagrams.ts";
import { renderFallback } from "./fallback.ts";

const compress = promisify(gzip);

/** Where the built page is, in the source tree and in the package alike (tools/build.ts). */
const templatePlaces = [new URL("../app/dist/index.html", import.meta.url)];

/** Marks in the page that are replaced here; see reports/app/index.html. */
const marks = {
  policy: "verify:content-security-policy",
  fallback: "<!--verify:fallback-->",
  data: "verify:data",
} as const;

/** @throws {DiagnosticError} VRF602 when the page was not built. */
export async function renderHtml(
  report: Report,
  places: readonly URL[] = templatePlaces,
): Promise<string> {
  const template = await readTemplate(places);
  const clean = harmless(report);
  const payload = `{"diagrams":${JSON.stringify(await drawDiagrams(clean))},"report":${renderJson(clean, 0)}}`;
  const data = (await compress(payload, { level: 9 })).toString("base64");
  // Functions as replacements: a "$&" in a string would otherwise be expanded.
  return (
    template
      .replace(marks.policy, () => contentSecurityPolicy(template))
      .replace(marks.data, () => data)
      // Last, because the strings of a report may contain anything, even these marks.
      .replace(marks.fallback, () => renderFallback(clean))
  );
}

/** A copy without terminal escape sequences and control characters in its strings. */
function harmless<T>(value: T): T {
  const visit = (entry: unknown): unknown => {
    if (typeof entry === "string") {
      return (
        stripVTControlCharacters(entry)
          // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
          .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd")
      );
    }
    if (Array.isArray(entry)) return entry.map(visit);
    if (entry !== null && typeof entry === "object") {
      return Object.fromEntries(Object.entries(entry).map(([key, inner]) => [key, visit(inner)]));
    }
    return entry;
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- same shape, only strings change
  return visit(value) as T;
}

/**
 * Nothing is fetched, and only the page's own scripts run, recognised by their hashes. Styles stay
 * open: the page sets positions through style attributes.
 */
export function contentSecurityPolicy(template: string): string {
  const hashes: string[] = [];
  for (const match of template.matchAll(
    /<script(?<attributes>[^>]*)>(?<code>[\s\S]*?)<\/script>/g,
  )) {
    const { attributes = "", code = "" } = match.groups ?? {};
    if (/\btype="(?!module")/.test(attributes)) continue; // data, not run
    hashes.push(`'sha256-${createHash("sha256").update(code).digest("base64")}'`);
  }
  return [
    "default-src 'none'",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

async function readTemplate(places: readonly URL[]): Promise<string> {
  for (const place of places) {
    try {
      const template = await readFile(place, "utf8");
      if (Object.values(marks).every((mark) => template.includes(mark))) return template;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  throw new DiagnosticError("VRF602", "the page of the HTML report has not been built", {
    help: "run `npm run build:report` once, then repeat; the other reporters work without it",
    exitCode: ExitCode.environment,
  });
}

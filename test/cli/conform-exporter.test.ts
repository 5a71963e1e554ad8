/** `verify conform otlp-exporter` as a user runs it, on a process that carries secrets everywhere. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { expect, test } from "vitest";

import type { Report } from "../../core/result.ts";
import { inTempFolder, verify, type CliResult } from "./run-cli.ts";

const program = fileURLToPath(new URL("../fixtures/wire/exporter.ts", import.meta.url));
const planted = "hunter2-planted-secret";
const inEnvironment = "environment-secret-4711";

const conform = (folder: string, sins: string, ...more: string[]): Promise<CliResult> =>
  verify(
    [
      "conform",
      "otlp-exporter",
      "--out-dir",
      folder,
      "--command",
      `"${process.execPath}" "${program}" ${sins}`,
      "--ready",
      "http://127.0.0.1:{port}/",
      ...more,
    ],
    { env: { OTEL_EXPORTER_OTLP_HEADERS: `authorization=${inEnvironment}` } },
  );

/** Every artifact as text; what the page carries compressed is unpacked. */
function artifacts(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
      const packed = [...text.matchAll(/[A-Za-z0-9+/=]{200,}/g)]
        .map(([match]) => Buffer.from(match, "base64"))
        .filter((bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b)
        .map((bytes) => gunzipSync(bytes).toString());
      if (entry.name.endsWith(".html")) expect(packed).not.toHaveLength(0);
      return [text, ...packed];
    });
}

test("plays the faults, prints the account, and no secret reaches an artifact", async () => {
  await inTempFolder(async (folder) => {
    const { stdout, stderr } = await conform(
      folder,
      "secret,retry-all",
      "--drive",
      "http://127.0.0.1:{port}/work",
      "--reporter",
      "pretty",
      "--reporter",
      `html=${join(folder, "report.html")}`,
      "--reporter",
      `junit=${join(folder, "junit.xml")}`,
      "--verbose",
    );
    expect(stdout).toMatch(/scenario\s+ended\s+delivered\s+duplicated\s+lost/);
    for (const scenario of [
      "503 with Retry-After",
      "Outage of 30 s",
      "No answer",
      "401",
      "SIGTERM with a full queue",
    ]) {
      expect(stdout).toContain(scenario);
    }
    const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
    const refuted = report.results.filter(({ verdict }) => verdict === "violated");
    expect(refuted.map(({ property }) => property)).toContain("no-retry-on-401");
    for (const text of [stdout, stderr, ...artifacts(folder)]) {
      expect(text).not.toContain(planted);
      expect(text).not.toContain(inEnvironment);
    }
  });
}, 180_000);

test("a silent process is inconclusive, never a pass", async () => {
  await inTempFolder(async (folder) => {
    const { code, stdout } = await conform(
      folder,
      "mute",
      "--drive",
      "http://127.0.0.1:{port}/work",
    );
    expect(code).toBe(3);
    expect(stdout).toMatch(/inconclusive/);
    expect(stdout).toMatch(/no stimulus seen/);
    const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
    const verdicts = new Set(report.results.map(({ verdict }) => verdict));
    expect(verdicts).toEqual(new Set(["inconclusive", "skipped"]));
  });
}, 180_000);

test("a process that does not start is one clear diagnostic", async () => {
  await inTempFolder(async (folder) => {
    const { code, stdout } = await verify([
      "conform",
      "otlp-exporter",
      "--out-dir",
      folder,
      "--command",
      "node nowhere.mjs",
    ]);
    expect(stdout).toMatch(/VRF402/);
    expect(code).toBe(2);
  });
});

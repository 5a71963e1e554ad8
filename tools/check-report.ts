/**
 * Holds the report of a run over the workbench's own subjects against what the workbench promises:
 * the JSON follows the shipped schema; explore, prove, conform and sim each have a result that holds
 * and a pinned violation with a counterexample; a profile is real or says why it is not; the page is
 * one file that fetches nothing.
 *
 * usage: node tools/check-report.ts REPORT.json [REPORT.html] [--without-ebpf]
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { Ajv2020 } from "ajv/dist/2020.js";

import { wasTooBusy } from "../core/outcome.ts";
import type { Report, Result } from "../core/result.ts";

const engines = ["explore", "prove", "conform", "sim"] as const;

export function reportFaults(report: Report, options: { withoutEbpf: boolean }): string[] {
  const faults: string[] = [];
  const must = (condition: boolean, fault: string): void => {
    if (!condition) faults.push(fault);
  };
  must(report.exitCode === 0, `exit code ${report.exitCode}`);
  // Measurements on a shared machine may have to say that it was too busy; nothing else may.
  must(report.results.length > 0, "no results");
  for (const result of report.results) {
    must(
      result.asExpected || isDisturbed(result),
      `${result.engine} ${result.id}: ${result.verdict}, not as expected`,
    );
    if (result.verdict === "violated") {
      must(result.counterexample !== null, `${result.id}: violated without a counterexample`);
    }
  }
  for (const engine of engines) {
    const own = report.results.filter((result) => result.engine === engine);
    const holds = own.some(({ verdict }) => verdict === "proved" || verdict === "holds-bounded");
    must(holds, `${engine}: nothing proved or bounded`);
    must(own.some(isPinnedViolation), `${engine}: no pinned violation`);
  }
  const profiles = report.results.filter(({ engine }) => engine === "profile");
  must(profiles.length > 0, "no profile result");
  for (const profile of profiles) faults.push(...profileFaults(profile, options.withoutEbpf));
  return faults;
}

const isDisturbed = (result: Result): boolean =>
  wasTooBusy(result) ||
  (result.verdict === "inconclusive" &&
    (result.method === "measurement" || result.engine === "profile"));

const isPinnedViolation = ({ verdict, expected, asExpected }: Result): boolean =>
  verdict === "violated" && asExpected && expected.length === 1 && expected[0] === "violated";

/** A profile was taken and says with what, or it was skipped and says why. */
function profileFaults(profile: Result, withoutEbpf: boolean): string[] {
  if (isDisturbed(profile)) return []; // it failed its own check, shows no graph, and is no pass
  if (profile.verdict === "skipped") {
    return profile.reason === "" ? [`${profile.id}: skipped without a reason`] : [];
  }
  const isAccount = profile.exhibits.some(({ kind }) => kind === "bars");
  if (isAccount && withoutEbpf) return [`${profile.id}: an account where bpftrace is hidden`];
  if (isAccount) return [];
  const provenances = profile.exhibits
    .filter((exhibit) => exhibit.kind === "flamegraph")
    .map(({ provenance }) => provenance);
  if (provenances.length === 0) return [`${profile.id}: ${profile.verdict} without a flame graph`];
  return withoutEbpf && provenances.some((provenance) => /bpf/i.test(provenance))
    ? [`${profile.id}: claims eBPF where bpftrace is hidden: ${provenances.join("; ")}`]
    : [];
}

export function schemaFaults(report: unknown): string[] {
  const file = join(import.meta.dirname, "../reports/schema/report.schema.json");
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  const validate = ajv.compile(JSON.parse(readFileSync(file, "utf8")) as object);
  if (validate(report)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `schema: ${instancePath || "/"} ${message ?? "is not valid"}`,
  );
}

export function pageFaults(html: string): string[] {
  const faults: string[] = [];
  const external = /<(?:script|img|iframe|source)\b[^>]*\bsrc\s*=\s*["']?(?!data:)[^"'>\s]+/i.exec(
    html,
  );
  if (external !== null) faults.push(`page loads something: ${external[0].slice(0, 100)}`);
  const link = /<link\b[^>]*\bhref\s*=\s*["']?(?!data:|#)[^"'>\s]+/i.exec(html);
  if (link !== null) faults.push(`page links a resource: ${link[0].slice(0, 100)}`);
  if (!html.includes("circuit-breaker")) faults.push("page does not mention the circuit breaker");
  return faults;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { "without-ebpf": { type: "boolean", default: false } },
  });
  const [json = "", html] = positionals;
  const report = JSON.parse(readFileSync(json, "utf8")) as Report;
  const faults = [
    ...schemaFaults(report),
    ...reportFaults(report, { withoutEbpf: values["without-ebpf"] }),
    ...(html === undefined ? [] : pageFaults(readFileSync(html, "utf8"))),
  ];
  for (const { id, reason } of report.results.filter(isDisturbed)) {
    console.log(`not decided on this machine: ${id}: ${reason}`);
  }
  for (const fault of faults) console.error(`report: ${fault}`);
  console.log(`report of ${report.results.length} results: ${faults.length} faults`);
  if (faults.length > 0) process.exitCode = 1;
}

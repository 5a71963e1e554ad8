/** Whole subjects: plan, check, replay, silence, a process that does not start, secrets. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, it } from "vitest";

import { otlpExporterJs } from "../../adapters/otlp-exporter-js.ts";
import { checkExporter, planExporter, replayExporter } from "../../checkers/conform/wire/index.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Outcome } from "../../core/result.ts";
import type { ExporterSubject } from "../../core/subject.ts";
import { context, fixture, judge, obeysTimeout, play, reference } from "./helpers.ts";

async function check(subject: ExporterSubject, property: string): Promise<Outcome> {
  const obligation = planExporter(subject).find((one) => one.property === property)!;
  return await checkExporter(obligation, subject, context());
}

const obligationOf = (subject: ExporterSubject, property: string) =>
  planExporter(subject).find((one) => one.property === property)!;

describe.concurrent("a process subject", () => {
  it("plans one obligation per requirement and per scenario, without starting anything", () => {
    const obligations = planExporter(otlpExporterJs);
    expect(new Set(obligations.map(({ id }) => id)).size).toBe(obligations.length);
    expect(obligations.every(({ id }) => id.endsWith("@exporter-trace-otlp-proto"))).toBe(true);
    const pinned = obligations.filter(({ expect: expected }) => expected !== null);
    expect(pinned.map(({ property }) => property)).toEqual([
      "caps-the-request-body",
      "timeout-bounds-a-dripping-answer",
      "timeout-covers-retries",
      "zero-timeout-means-no-limit",
      "exports-one-at-a-time",
      "export-timeout-cancels",
    ]);
  });

  it("plays the scenarios that it names, and judges what can be judged by them", () => {
    const all = new Set(planExporter(otlpExporterJs).map(({ property }) => property));
    const some = planExporter({ ...otlpExporterJs, scenarios: ["drip"] });
    const named = some.map(({ property }) => property);
    expect(named.filter((name) => name.startsWith("scenario-"))).toEqual([
      "scenario-baseline",
      "scenario-hang",
      "scenario-drip",
    ]);
    expect(named).toContain("timeout-bounds-a-dripping-answer");
    expect(named).not.toContain("export-timeout-cancels");
    expect(named.filter((name) => !all.has(name))).toEqual([]);
  });

  it("is judged with evidence, a replayed counterexample, and replays", async () => {
    const bad = fixture("retry-all,secret");
    const outcome = await check(bad, "no-retry-on-401");
    expect(outcome).toMatchObject({
      verdict: "violated",
      method: "wire",
      requirement: { id: "C5", level: "MUST NOT", class: "normative", finding: "deviates" },
      counterexample: { at: { requirement: "C5", scenario: "unauthorized", resent: true } },
    });
    const good = await check(bad, "posts-to-signal-path");
    expect(good).toMatchObject({ verdict: "holds-bounded", requirement: { finding: "conforms" } });
    expect(good.bound).toMatchObject({ scenarios: "baseline" });
    const account = await check(bad, "scenario-unauthorized");
    expect(account.stats).toMatchObject({ ended: 6, delivered: 0, duplicated: 0, lost: 6 });

    const kept = JSON.stringify([outcome, good, account]);
    expect(kept).toContain("traces");
    expect(kept).not.toContain("hunter2");

    const counterexample = structuredClone(outcome.counterexample!);
    const obligation = obligationOf(bad, "no-retry-on-401");
    const again = await replayExporter(obligation, bad, counterexample, context());
    expect(again).toMatchObject({
      kind: "reproduced",
      counterexample: { at: counterexample.at },
    });
    const mended = await replayExporter(obligation, fixture(), counterexample, context());
    expect(mended.kind).toBe("passes");
    const gone = fixture("", { command: ["/no/such/program"] });
    expect((await replayExporter(obligation, gone, counterexample, context())).kind).toBe(
      "infeasible",
    );
    const other = obligationOf(bad, "timeout-bounds-a-hang");
    expect((await replayExporter(other, bad, counterexample, context())).kind).toBe("infeasible");
  });

  it("is inconclusive when it is silent", async () => {
    const silent = fixture("mute", { pace: { quietMs: 300, silenceMs: 1_000, jobs: 3 } });
    for (const property of ["scenario-baseline", "posts-to-signal-path", "no-retry-on-401"]) {
      const outcome = await check(silent, property);
      expect(outcome.verdict).toBe("inconclusive");
      expect(outcome.reason).toMatch(/^no stimulus seen/);
    }
  });

  it("is told to use --drive when nothing drives it", async () => {
    const { drive: _, ...undriven } = fixture("mute", { pace: { quietMs: 300, silenceMs: 800 } });
    const outcome = await check(undriven, "scenario-baseline");
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("--drive");
  });

  it("that does not start is VRF402, told once", async () => {
    const gone = fixture("", {
      command: [
        process.execPath,
        "-e",
        "throw new Error('no database, password=hunter2-planted-secret')",
      ],
    });
    const first = await check(gone, "scenario-baseline").catch((error: unknown) => error);
    expect(first).toBeInstanceOf(DiagnosticError);
    expect(first).toMatchObject({ code: "VRF402" });
    expect((first as DiagnosticError).message).toContain("no database");
    expect((first as DiagnosticError).help).toContain("no database");
    expect(JSON.stringify(first) + (first as Error).message).not.toContain("hunter2");
    expect((await check(gone, "posts-to-signal-path")).verdict).toBe("skipped");
  });

  it("is not confused with something else on its port", async () => {
    const other = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const outcome = await check(fixture("", { ready: url, drive: url }), "scenario-baseline").catch(
      (error: unknown) => error,
    );
    other.close();
    expect(outcome).toMatchObject({ code: "VRF402" });
    expect((outcome as DiagnosticError).message).toContain("something else");
  });

  it.each(["http://example.com/", "https://127.0.0.1/", "not a url"])(
    "is never looked for elsewhere: %s",
    async (ready) => {
      const outcome = await check(fixture("", { ready }), "scenario-baseline").catch(
        (error: unknown) => error,
      );
      expect(outcome).toMatchObject({ code: "VRF006" });
    },
  );

  it("can be driven by a command", async () => {
    const command = `${process.execPath} -e "require('node:http').get('http://127.0.0.1:{port}/work')"`;
    const run = await play(fixture("", { drive: command }), "baseline");
    expect(run.reportedEnded).toBeNull();
    expect(new Set(run.requests.flatMap(({ spans }) => spans)).size).toBe(6);
  });
});

describe.concurrent("the published JavaScript exporter", () => {
  it("waits for a dripping answer beyond its timeout, though it obeys it in silence", async () => {
    const [hang, drip] = await Promise.all([
      play(otlpExporterJs, "hang"),
      play(otlpExporterJs, "drip"),
    ]);
    expect(judge("timeout-bounds-a-hang", hang)).toMatchObject({ kind: "holds" });
    const timeoutObeyed = obeysTimeout(hang);
    expect(timeoutObeyed).toBe(true);
    const known = { ...reference, perDrive: 60, timeoutObeyed };
    expect(judge("timeout-bounds-a-dripping-answer", drip, known)).toMatchObject({
      kind: "deviates",
    });
  });
});

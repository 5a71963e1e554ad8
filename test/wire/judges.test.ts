/** Every check accuses the exporter that commits its sin, and none accuses the one without. */

import { describe, expect, it, vi } from "vitest";

import { ledgerOf } from "../../checkers/conform/wire/ledger.ts";
import { requirements } from "../../checkers/conform/wire/requirements.ts";
import type { Scenario } from "../../checkers/conform/wire/scenario.ts";
import { scenarios as allScenarios, sizeBurst } from "../../checkers/conform/wire/scenarios.ts";
import {
  firstRound,
  fixture,
  impatient,
  judge,
  learn,
  obeysTimeout,
  pace,
  play,
  reference,
} from "./helpers.ts";

// These tests wait most of the time.
vi.setConfig({ maxConcurrency: 9 });

/** [requirement, the scenario that shows it, the sin that breaks it] */
const controls: readonly (readonly [string, string, string])[] = [
  ["posts-to-v1-traces", "baseline", "wrong-path"],
  ["base-endpoint-keeps-its-path", "answers", "wrong-path"],
  ["content-type-is-declared", "baseline", "wrong-type"],
  ["body-is-an-export-request", "baseline", "broken-body"],
  ["gzip-is-declared-and-gunzips", "answers", "false-gzip"],
  ["sends-no-empty-request", "baseline", "empty"],
  ["user-agent-names-the-exporter", "baseline", "anonymous"],
  ["keeps-connections-alive", "baseline", "new-connections"],
  ["retries-retryable-statuses", "throttled", "no-retry"],
  ["retries-unanswered-requests", "disconnect", "no-retry-after-close"],
  ["retries-refused-connections", "disconnect", "no-retry"],
  ["honours-retry-after-seconds", "throttled", "hasty"],
  ["honours-retry-after-date", "throttled", "hasty"],
  ["waits-before-retries", "disconnect", "hasty"],
  ["no-retry-on-401", "unauthorized", "retry-all"],
  ["no-retry-on-permanent-errors", "answers", "retry-all"],
  ["drops-refused-data", "unauthorized", "hoard"],
  ["no-retry-on-partial-success", "answers", "retry-partial"],
  ["tolerates-unknown-response-fields", "answers", "resend"],
  ["no-resend-after-success", "baseline", "resend"],
  ["caps-the-response-body", "answers", "greedy"],
  ["timeout-bounds-a-hang", "hang", "no-timeout"],
  ["timeout-bounds-a-dripping-answer", "drip", "idle-timeout"],
  ["timeout-covers-retries", "late-hang", "no-deadline"],
  ["shutdown-flushes", "sigterm", "no-flush"],
  ["shutdown-ends", "sigterm", "immortal"],
  ["faults-do-not-end-the-process", "unauthorized", "fragile"],
];

/** Where the whole scenario would only wait longer. */
const shortcuts: Readonly<Record<string, (scenario: Scenario) => Scenario>> = {
  immortal: impatient,
  "idle-timeout": impatient,
  // waiting for ever can be told from waiting long only beyond the default timeout of 10 s
  "no-timeout": firstRound(11_500),
  "no-deadline": firstRound(6_500),
};

describe.concurrent("negative controls", () => {
  it("has one for every requirement", () => {
    const controlled = new Set(controls.map(([slug]) => slug));
    expect(requirements.map(({ slug }) => slug).filter((slug) => !controlled.has(slug))).toEqual(
      [],
    );
  });

  it.each(controls)("%s is refuted in %s by the sin %s", async (slug, scenario, sins) => {
    const run = await play(fixture(sins), scenario, shortcuts[sins]);
    expect(judge(slug, run)).toMatchObject({ kind: "deviates" });
  });
});

describe.concurrent("an exporter without sins", () => {
  const names = [...new Set(requirements.flatMap(({ scenarios }) => scenarios))];

  it.each(names)("is not accused in scenario %s", async (name) => {
    const run = await play(fixture(), name);
    const judged = requirements
      .filter(({ scenarios }) => scenarios.includes(name))
      .map(({ slug }) => ({ slug, judgement: judge(slug, run) }));
    expect(judged.filter(({ judgement }) => judgement.kind !== "holds")).toEqual([]);
    expect(judged).not.toEqual([]);
  });
});

describe.concurrent("what cannot be known is not judged", () => {
  it("a process that does not compress may be configured in code", async () => {
    const run = await play(fixture("no-gzip"), "answers");
    expect(judge("gzip-is-declared-and-gunzips", run)).toMatchObject({ kind: "unknown" });
  });

  it("an exporter that does not retry says nothing about Retry-After", async () => {
    const run = await play(fixture("no-retry"), "throttled", firstRound(1_000));
    expect(judge("honours-retry-after-seconds", run)).toMatchObject({ kind: "unknown" });
  });

  it("a process that ignores the timeout is not accused of a dripping answer", async () => {
    const [hang, drip] = await Promise.all([
      play(fixture("no-timeout"), "hang", firstRound(3_000)),
      play(fixture("no-timeout"), "drip", impatient),
    ]);
    const timeoutObeyed = obeysTimeout(hang);
    expect(timeoutObeyed).toBe(false);
    const known = { ...reference, timeoutObeyed };
    expect(judge("timeout-bounds-a-dripping-answer", drip, known)).toMatchObject({
      kind: "unknown",
    });
    expect(judge("timeout-bounds-a-hang", hang, known)).toMatchObject({ kind: "unknown" });
  });

  it("a stimulus that never repeats gives no reference", async () => {
    const baseline = await play(fixture("moody,uncounted"), "baseline");
    expect(learn(baseline).perDrive).toBeNull();
    const steady = await play(fixture("uncounted"), "baseline");
    expect(learn(steady).perDrive).toBe(3);
  });

  it("a stimulus that fails under a fault leaves the account open", async () => {
    const run = await play(fixture("fragile"), "unauthorized");
    expect(run.stimulusFailed).toContain("exit code 3");
    expect(ledgerOf(run, reference)).toMatchObject({ ended: null, lost: null });
  });

  it("a process that ends by itself is compared with its fault-free end", async () => {
    const run = await play(fixture("fragile"), "unauthorized");
    const known = { ...reference, endsByItself: "exit code 3" };
    expect(judge("faults-do-not-end-the-process", run, known)).toMatchObject({ kind: "holds" });
  });

  it("losses at SIGTERM are not judged when nobody counted", async () => {
    const run = await play(fixture("uncounted,no-flush"), "sigterm");
    const known = { ...reference, perDrive: null };
    expect(judge("shutdown-flushes", run, known)).toMatchObject({ kind: "unknown" });
    expect(judge("shutdown-flushes", run)).toMatchObject({ kind: "deviates" });
  });

  it("spans of the readiness check that still wait in the queue belong to the account", async () => {
    const subject = fixture("uncounted", { ready: "http://127.0.0.1:{port}/work" });
    const known = { ...learn(await play(subject, "baseline")), timeoutObeyed: true };
    expect(known).toMatchObject({ perDrive: 3, atStart: 3 });
    const run = await play(subject, "sigterm");
    const { ended, delivered, lost } = ledgerOf(run, known);
    expect(run.warmUpSpans).toBe(0);
    expect(ended).toBe(delivered);
    expect(lost).toBe(0);
    expect(judge("shutdown-flushes", run, known)).toMatchObject({ kind: "holds" });
    // With an account beyond the queue, a loss is no finding, and a full delivery still is one.
    const beyond = { ...known, perDrive: 3_000 };
    expect(judge("shutdown-flushes", run, beyond)).toMatchObject({ kind: "unknown" });
  });

  it("a burst leaves room for what the readiness check has put into the queue", () => {
    const sigterm = allScenarios(pace).find(({ name }) => name === "sigterm")!;
    const times = (perDrive: number, atStart: number) =>
      sizeBurst(sigterm, { perDrive, atStart }).steps.find((step) => step.do === "drive")?.times;
    expect(times(50, 0)).toBe(40);
    expect(times(50, 50)).toBe(39);
    expect(times(4_000, 0)).toBe(1);
  });
});

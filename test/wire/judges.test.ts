/** Every check accuses the exporter that commits its sin, and none accuses the one without. */

import { describe, expect, it, vi } from "vitest";

import { tooBusy } from "../../core/outcome.ts";
import type { ExporterSubject, OtlpProtocol } from "../../core/subject.ts";
import { judgeCalmly } from "../../checkers/conform/wire/calm.ts";
import type { Judgement } from "../../checkers/conform/wire/judgement.ts";
import { ledgerOf, type Reference } from "../../checkers/conform/wire/ledger.ts";
import type { ScenarioRun } from "../../checkers/conform/wire/play.ts";
import { requirements, requirementsFor } from "../../checkers/conform/wire/requirements.ts";
import type { Scenario } from "../../checkers/conform/wire/scenario.ts";
import { scenarios as allScenarios, sizeBurst } from "../../checkers/conform/wire/scenarios.ts";
import {
  firstRound,
  hurried,
  fixture,
  impatient,
  judge,
  learn,
  obeysTimeout,
  pace,
  play,
  reference,
  scenariosOf,
} from "./helpers.ts";

// These tests wait most of the time.
vi.setConfig({ maxConcurrency: 14 });

/** [requirement, the scenario that shows it, the sin that breaks it] */
type Control = readonly [string, string, string];
const overHttp: readonly Control[] = [
  ["posts-to-signal-path", "baseline", "wrong-path"],
  ["base-endpoint-keeps-its-path", "answers", "wrong-path"],
  ["content-type-is-declared", "baseline", "wrong-type"],
  ["body-is-an-export-request", "baseline", "broken-body"],
  ["gzip-is-declared-and-gunzips", "answers", "false-gzip"],
  ["sends-no-empty-request", "baseline", "empty"],
  ["user-agent-names-the-exporter", "baseline", "anonymous"],
  ["keeps-connections-alive", "baseline", "new-connections"],
  ["retries-429", "retryable", "no-retry"],
  ["retries-502", "retryable", "no-retry"],
  ["retries-503", "retryable", "no-retry"],
  ["retries-504", "retryable", "no-retry"],
  ["retries-reset-connections", "retryable", "no-retry"],
  ["retries-unanswered-requests", "retryable", "no-retry-after-close"],
  ["retries-interrupted-requests", "interrupted", "no-retry"],
  ["retries-refused-connections", "disconnect", "no-retry"],
  ["honours-retry-after-seconds", "throttled", "hasty"],
  ["honours-retry-after-date", "throttled", "hasty"],
  ["honours-obsolete-dates", "retry-after-dates", "no-old-dates"],
  ["ignores-unusable-retry-after", "retry-after-forms", "pedantic"],
  ["waits-before-retries", "retryable", "hasty"],
  ["backoff-grows", "backoff", "steady"],
  ["js-at-most-six-requests", "backoff", "hasty"],
  ["js-backoff-constants", "backoff", "hasty"],
  ["survives-idle-close", "idle-close", "forgetful"],
  ["no-retry-on-401", "unauthorized", "retry-all"],
  ["no-retry-on-permanent-errors", "answers", "retry-all"],
  ["no-retry-on-bad-data", "answers", "retry-all"],
  ["no-retry-after-oversized-response", "answers", "retry-all"],
  ["drops-refused-data", "unauthorized", "hoard"],
  ["no-retry-on-partial-success", "answers", "retry-partial"],
  ["tolerates-unknown-response-fields", "answers", "resend"],
  ["no-resend-after-success", "baseline", "resend"],
  ["caps-the-response-body", "answers", "greedy"],
  ["caps-the-request-body", "large", "boundless"],
  ["timeout-bounds-a-hang", "hang", "no-timeout"],
  ["timeout-bounds-a-missing-body", "late-headers", "no-timeout"],
  ["timeout-bounds-a-dripping-answer", "drip", "idle-timeout"],
  ["timeout-covers-retries", "late-hang", "no-deadline"],
  ["signal-endpoint-as-is", "signal-endpoint", "ignores-signal"],
  ["signal-endpoint-without-path", "root-endpoint", "ignores-signal"],
  ["signal-headers-win", "headers", "ignores-signal"],
  ["signal-compression-wins", "headers", "no-gzip"],
  ["headers-are-percent-decoded", "headers", "raw-headers"],
  ["signal-timeout-wins", "signal-timeout", "no-timeout"],
  ["export-timeout-cancels", "processor-timeout", "no-timeout"],
  ["trusts-the-configured-ca", "tls", "no-ca"],
  ["shows-the-client-certificate", "mtls", "no-client-certificate"],
  ["refuses-untrusted-servers", "untrusted", "trusts-all"],
  ["empty-values-mean-unset", "empty-values", "empty-is-a-value"],
  ["unusable-values-are-ignored", "unusable-values", "strict-values"],
  ["negative-timeout-means-default", "negative-timeout", "literal-timeouts"],
  ["zero-timeout-means-no-limit", "zero-timeout", "literal-timeouts"],
  ["exports-one-at-a-time", "batches-at-sigterm", "overlap"],
  ["simple-exports-one-at-a-time", "simple", "overlap"],
  ["batches-stay-within-the-limit", "batches", "big-batches"],
  ["full-batches-go-at-once", "batches", "lazy-batches"],
  ["queue-is-bounded", "queue", "endless-queue"],
  ["json-ids-are-hexadecimal", "baseline", "base64-ids"],
  ["json-enums-are-integers", "baseline", "enum-names"],
  ["json-keys-are-lower-camel-case", "baseline", "snake-case"],
  ["json-int64-is-a-string", "baseline", "numeric-int64"],
  ["json-special-doubles-are-strings", "baseline", "null-nan"],
  ["json-bytes-are-base64", "baseline", "bad-base64"],
  ["json-int-value-fits", "baseline", "huge-int"],
  ["shutdown-flushes", "sigterm", "no-flush"],
  ["shutdown-ends", "sigterm", "immortal"],
  ["export-does-not-block-for-ever", "blackhole", "sulky"],
  ["faults-do-not-end-the-process", "unauthorized", "fragile"],
  ["malformed-answers-do-not-stop-exports", "malformed", "sulky"],
];
const overGrpc: readonly Control[] = [
  ["calls-the-export-method", "baseline", "wrong-path"],
  ["scheme-decides-on-tls", "tls", "no-ca"],
  ["grpc-headers", "baseline", "wrong-type"],
  ["body-is-an-export-request", "baseline", "broken-body"],
  ["caps-the-response-body", "answers", "greedy"],
  ["no-retry-on-permanent-errors", "answers", "retry-all"],
  ["no-retry-on-resource-exhausted", "exhausted", "retry-all"],
  ["no-retry-on-partial-success", "answers", "retry-partial"],
  ["retries-cancelled", "retryable", "no-retry"],
  ["retries-deadline-exceeded", "retryable", "no-retry"],
  ["retries-aborted", "retryable", "no-retry"],
  ["retries-out-of-range", "retryable", "no-retry"],
  ["retries-unavailable", "retryable", "no-retry"],
  ["retries-data-loss", "retryable", "no-retry"],
  ["retries-throttled-resource-exhausted", "retryable", "no-retry"],
  ["honours-retry-info", "throttled", "hasty"],
  ["retries-cut-calls", "retryable", "no-retry-after-close"],
  ["survives-idle-close", "idle-close", "forgetful"],
];

/** Where the whole scenario would only wait longer. */
const shortcuts: Readonly<Record<string, (scenario: Scenario) => Scenario>> = {
  immortal: impatient,
  "idle-timeout": impatient,
  "no-retry": hurried,
  "no-retry-after-close": hurried,
  pedantic: hurried,
  sulky: hurried,
  // waiting for ever can be told from waiting long only beyond the default timeout of 10 s
  "no-timeout": firstRound(13_000),
  "no-deadline": firstRound(6_500),
};

const fills = (scenario: string): boolean =>
  ["batches", "batches-at-sigterm", "queue"].includes(scenario);

/** Batches have to be filled; the burst before SIGTERM must fit into the queue. */
function driveQuery(scenario: string): string {
  if (scenario === "sigterm") return "?spans=50";
  return fills(scenario) ? "?spans=60" : "";
}

/** The fixture with what every scenario may need. */
const full = (sins: string, protocol: OtlpProtocol, scenario = ""): ExporterSubject =>
  fixture(sins, {
    protocol,
    drive: `http://127.0.0.1:{port}/work${driveQuery(scenario)}`,
    driveLarge: "http://127.0.0.1:{port}/work?spans=3&size=23000000",
    batchProcessor: true,
    simpleProcessor: true,
    // batches of one are what a simple processor makes
    ...(scenario === "simple" ? { env: { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "1" } } : {}),
    profile: "opentelemetry-js",
  });

const played = new Map<string, Promise<ScenarioRun>>();

/** One run serves every requirement that the same sin breaks in the same scenario. */
function playOnce(
  sins: string,
  protocol: OtlpProtocol,
  scenario: string,
  number = 0,
): Promise<ScenarioRun> {
  const key = `${protocol} ${scenario} ${sins} ${number}`;
  let one = played.get(key);
  if (one === undefined) {
    const change = scenario === "baseline" ? undefined : shortcuts[sins];
    one = play(full(sins, protocol, scenario), scenario, change);
    played.set(key, one);
  }
  return one;
}

/** What the first run shows that a busy machine has not spoilt. */
async function judgedCalmly(
  slug: string,
  sins: string,
  protocol: OtlpProtocol,
  scenario: string,
): Promise<Judgement> {
  const { judgement } = await judgeCalmly(
    (number) => playOnce(sins, protocol, scenario, number),
    (run) => judge(slug, run, knownFor(scenario)),
  );
  return judgement;
}

/** A machine that is never calm shows nothing: that is no failure of a check, and no pass either. */
const skipWhenBusy = (skip: (note: string) => void, judgement: Judgement): void => {
  if (judgement.kind === "unknown" && judgement.reason.includes(tooBusy)) skip(judgement.reason);
};

const filling: Reference = { ...reference, perDrive: 60 };
const knownFor = (scenario: string): Reference => (fills(scenario) ? filling : reference);

const everyScenario = (protocol: OtlpProtocol) => scenariosOf(full("", protocol));
const applying = (protocol: OtlpProtocol) =>
  requirementsFor(full("", protocol), new Set(everyScenario(protocol).map(({ name }) => name)));

describe.concurrent("negative controls", () => {
  it("has one for every requirement", () => {
    // of jitter: the test of samples below, which no busy machine can disturb
    const overJson = new Set(["backoff-has-jitter", ...overHttp.map(([slug]) => slug)]);
    const all = new Set([...overJson, ...overGrpc.map(([slug]) => slug)]);
    const missing = [
      ...applying("http/json").filter(({ slug }) => !overJson.has(slug)),
      ...applying("grpc").filter(({ slug }) => !all.has(slug)),
    ];
    expect(missing.map(({ slug }) => slug)).toEqual([]);
    expect(requirements.filter(({ slug }) => !all.has(slug))).toEqual([]);
  });

  it.for(overHttp)(
    "%s is refuted in %s by the sin %s",
    async ([slug, scenario, sins], { skip }) => {
      const judgement = await judgedCalmly(slug, sins, "http/json", scenario);
      skipWhenBusy(skip, judgement);
      expect(judgement).toMatchObject({ kind: "deviates" });
    },
  );

  it.for(overGrpc)(
    "gRPC: %s is refuted in %s by the sin %s",
    async ([slug, scenario, sins], { skip }) => {
      const judgement = await judgedCalmly(slug, sins, "grpc", scenario);
      skipWhenBusy(skip, judgement);
      expect(judgement).toMatchObject({ kind: "deviates" });
    },
  );
});

describe("jitter is judged by its sample", () => {
  /** A run whose first waits are these; `lagMs` is a pause of the harness around each of them. */
  function runWith(waits: readonly number[], lagMs = 0): ScenarioRun {
    const requests = waits.flatMap((ms, index) =>
      [0, ms].map((offset, attempt) => ({
        n: 2 * index + attempt + 1,
        atMs: 10_000 * index + offset,
        answeredAtMs: 10_000 * index + offset,
        notBeforeMs: null,
        exportNumber: index + 1,
        attempt: attempt + 1,
        answer: attempt === 0 ? { kind: "status", status: 503 } : { kind: "success" },
      })),
    );
    const lags = lagMs === 0 ? [] : requests.map(({ atMs }) => ({ atMs, ms: lagMs }));
    return { requests, lags, starved: [], protocol: "http/json" } as unknown as ScenarioRun;
  }
  const steady = [1_000, 1_003, 1_001, 1_006, 1_002, 1_004, 1_001, 1_005];
  const spread = [870, 1_190, 1_010, 930, 1_120, 1_060, 810, 1_150];

  it.each([
    ["steady waits", steady, 0, "deviates"],
    ["steady waits of which a busy machine has delayed one", [...steady, 1_400], 0, "deviates"],
    ["spread waits", spread, 0, "holds"],
    ["too few steady waits to be sure", steady.slice(0, 4), 0, "unknown"],
    ["two waits", spread.slice(0, 2), 0, "unknown"],
    ["steady waits on a busy machine", steady, 300, "unknown"],
    ["spread waits that pauses would explain", spread, 300, "unknown"],
  ] as const)("%s", (_, waits, lagMs, expected) => {
    expect(judge("backoff-has-jitter", runWith(waits, lagMs)).kind).toBe(expected);
  });
});

describe.concurrent("an exporter without sins", () => {
  const both = (["http/json", "grpc"] as const).flatMap((protocol) =>
    everyScenario(protocol).map(({ name }) => [protocol, name] as const),
  );

  it.for(both)("over %s is not accused in scenario %s", async ([protocol, name], { skip }) => {
    const judged = await Promise.all(
      applying(protocol)
        .filter(({ scenarios, profile }) => scenarios.includes(name) && profile === undefined)
        .map(async ({ slug }) => ({
          slug,
          judgement: await judgedCalmly(slug, "", protocol, name),
        })),
    );
    // too few waits to tell jitter from noise is no accusation
    const isAccused = ({ judgement }: (typeof judged)[number]) =>
      judgement.kind === "deviates" || (judgement.kind === "unknown" && judgement.busy !== true);
    expect(judged.filter(isAccused)).toEqual([]);
    for (const { judgement } of judged) skipWhenBusy(skip, judgement);
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

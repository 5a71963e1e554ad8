/**
 * The profile engine: puts the real system of a queue subject under load, samples its stacks, and
 * shows the profile only when it accounts for the CPU time that the kernel measured. The best
 * profiler that really attaches is used, and always named; `--profile=ebpf` accepts no substitute.
 */

import { createHash } from "node:crypto";
import path from "node:path";

import type { CheckContext, Engine, Obligation } from "../../core/engine.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Exhibit } from "../../core/exhibit.ts";
import { makeOutcome, type OutcomeDetails } from "../../core/outcome.ts";
import type { Outcome } from "../../core/result.ts";
import type {
  AccountClaim,
  MeasuredSystem,
  OperatingPoint,
  ProfileClaim,
  QueueClaim,
  QueueSubject,
  Subject,
} from "../../core/subject.ts";
import type { Observation } from "../../core/verdict.ts";
import {
  accountFacts,
  accountFor,
  accountSentence,
  leastSamples,
  type Account,
} from "./account.ts";
import { checkAccount } from "./account-check.ts";
import { AttachError, defaultHz } from "./capture.ts";
import { detectProfiler, profilerTitles, type ProfilerStatus } from "./detect.ts";
import { cullShare, flameTree, functionTables } from "./flame.ts";
import { importPprof } from "./import.ts";
import { chooseProfiler, readMode, type Choice, type Mode } from "./ladder.ts";
import { toOtlpProfiles } from "./otlp.ts";
import { profilesUrl, sendProfile } from "./send.ts";
import { loadOf, takeProfile, takeWaiting, type Taken, type Waiting } from "./take.ts";
import { waitingExhibits } from "./waiting.ts";
import { writeProfileFiles } from "./write.ts";

type FlameExhibit = Extract<Exhibit, { kind: "flamegraph" }>;

interface Task {
  readonly subject: QueueSubject;
  readonly claim: ProfileClaim;
}

type AnyClaim = ProfileClaim | AccountClaim;
const isOurs = (claim: QueueClaim): claim is AnyClaim =>
  claim.kind === "profile" || claim.kind === "account";

export const engine: Engine = {
  name: "profile",
  version: "1",

  plan(subject: Subject): readonly Obligation[] {
    if (subject.kind !== "queue") return [];
    return subject.claims
      .filter((claim) => isOurs(claim))
      .map((claim) => ({
        id: `${subject.id}/${claim.id}`,
        subject: subject.id,
        property: claim.id,
        title: claim.title,
        source: claim.source ?? subject.source ?? null,
        engine: "profile",
        claim: "universal",
        implementation:
          subject.system === undefined
            ? null
            : { name: subject.system.name, version: subject.system.version },
        expect: claim.expect ?? null,
        exclusive: true,
      }));
  },

  async check(obligation, subject, context) {
    return runAny(obligation, subject, context);
  },

  /** A profile has no counterexample to follow; it is taken again and judged again. */
  async replay(obligation, subject, _counterexample, context) {
    const outcome = await runAny(obligation, subject, context);
    return outcome.verdict === "holds-bounded"
      ? { kind: "passes", message: `taken again: ${outcome.evidence}` }
      : { kind: "infeasible", message: `no usable profile could be taken: ${outcome.reason}` };
  },
};

async function runAny(
  obligation: Obligation,
  subject: Subject,
  context: CheckContext,
): Promise<Outcome> {
  if (subject.kind === "queue") {
    const claim = subject.claims.find((one) => one.id === obligation.property);
    if (claim?.kind === "profile") return run(obligation, { subject, claim }, context);
    if (claim?.kind === "account") return runAccount(subject, claim, context);
  }
  throw new DiagnosticError("VRF004", `${obligation.id} is not a profile claim`, {
    place: subject.id,
  });
}

function systemOf(subject: QueueSubject, claim: AnyClaim): MeasuredSystem {
  if (subject.system !== undefined) return subject.system;
  throw new DiagnosticError(
    "VRF501",
    `${claim.kind} claim "${claim.id}" has no real system to put under load`,
    { place: subject.id, help: "give the subject a `system` (see MeasuredSystem)" },
  );
}

/** An account needs tracepoints: there is no other source of it, so nothing to fall back to. */
async function runAccount(
  subject: QueueSubject,
  claim: AccountClaim,
  context: CheckContext,
): Promise<Outcome> {
  const system = systemOf(subject, claim);
  const mode = readMode(context.options["profile"]);
  if (mode !== "auto" && mode !== "ebpf") {
    return conclude({
      kind: "skipped",
      reason: `an account needs the tracepoints of eBPF; switched off by --profile=${mode}`,
    });
  }
  const refused = (reason: string, evidence = ""): Outcome => {
    if (mode === "auto") return conclude({ kind: "skipped", reason }, { evidence });
    const message = "--profile=ebpf accepts no substitute, and its tracepoints cannot be used here";
    return conclude(
      { kind: "error", reason },
      { evidence, diagnostics: [{ code: "VRF601", message }] },
    );
  };
  context.progress("trying whether bpftrace attaches to tracepoints");
  const status = await detectProfiler("bpftrace", context.signal);
  if (status.state !== "available") return refused(refusal(status), status.evidence.join("; "));
  try {
    return await checkAccount(claim, system, context);
  } catch (error) {
    if (context.signal.aborted) return stopped();
    if (error instanceof AttachError) return refused(`${error.message} (${error.help})`);
    throw error;
  }
}

const conclude = (observation: Observation, details: OutcomeDetails = {}): Outcome =>
  makeOutcome({ claim: "universal", method: null, observation }, details);

async function run(obligation: Obligation, task: Task, context: CheckContext): Promise<Outcome> {
  const file = context.options["profileFrom"];
  if (typeof file === "string") return imported(file, task, context);
  const system = systemOf(task.subject, task.claim);
  const mode = readMode(context.options["profile"]);
  if (mode === "off") return conclude({ kind: "skipped", reason: "switched off by --profile=off" });
  const hz = task.claim.hz ?? defaultHz;
  if (!Number.isInteger(hz) || hz < 49 || hz > 999) {
    throw new DiagnosticError("VRF501", `a sampling rate of ${hz} Hz is not possible`, {
      place: `${task.subject.id}, claim "${task.claim.id}"`,
      help: "give a whole number from 49 to 999",
    });
  }
  context.progress("trying which profiler attaches");
  const choice = await chooseProfiler(mode, (name) => detectProfiler(name, context.signal));
  if (context.signal.aborted) return stopped();
  if (choice.chosen === null) return nothingAttaches(mode, choice);

  const { name } = choice.chosen;
  const { point } = task.claim;
  context.progress(`${name} attaches; ${system.name} runs under load for ${point.duration} s`);
  const { signal } = context;
  const take = async (rate: number): Promise<{ taken: Taken; account: Account }> => {
    const taken = await takeProfile({
      profiler: name,
      hz: rate,
      seconds: point.duration,
      signal,
      run: loadOf(system, point, context.seed),
    });
    return { taken, account: accountFor(taken.capture, taken.readings) };
  };
  try {
    let { taken, account } = await take(hz);
    const faster = task.claim.hz === undefined ? fasterRate(hz, account) : null;
    if (faster !== null && !signal.aborted) {
      context.progress(`${account.samples} samples at ${hz} Hz are few; again at ${faster} Hz`);
      ({ taken, account } = await take(faster));
    }
    if (signal.aborted) return stopped();
    let waiting: Awaited<ReturnType<typeof takeWaiting>> | null = null;
    const { state } = choice.chosen;
    if (name === "bpftrace" && state === "available" && account.state === "ok") {
      waiting = await waitingOf(system, point, context);
      if (signal.aborted) return stopped();
      // Part of what was asked for: a profile that lost its half is not handed out as a whole one.
      if (waiting !== null && "problem" in waiting) {
        account = { ...account, state: "unusable", reasons: [`waiting: ${waiting.problem}`] };
        waiting = null;
      }
    }
    return await judge(obligation, task, choice, { taken, account, waiting }, context);
  } catch (error) {
    if (signal.aborted) return stopped();
    if (error instanceof AttachError) return lateRefusal(mode, choice, error);
    throw error; // the load failed: a diagnostic of its own
  }
}

function waitingOf(
  system: MeasuredSystem,
  point: OperatingPoint,
  context: CheckContext,
): ReturnType<typeof takeWaiting> {
  context.progress("once more, under the tracepoints of waiting");
  const seconds = Math.min(point.duration, mostWaitingSeconds);
  return takeWaiting({
    seconds,
    signal: context.signal,
    run: loadOf(system, { ...point, duration: seconds }, context.seed),
  });
}

/** Waiting is not sampled but followed event by event: a short run shows all of it. */
const mostWaitingSeconds = 3;

// Above it the samples themselves begin to cost: at 997 Hz profiles read 12 % high.
const fastestRetry = 499;

/** A rate that gives enough samples where only their number was wanting; null when none does. */
function fasterRate(hz: number, account: Account): number | null {
  if (!account.isTooFew || account.reasons.length !== 1 || account.samples === 0) return null;
  const wanted = Math.ceil((hz * 1.5 * leastSamples) / account.samples);
  const rate = Math.min(fastestRetry, wanted + (wanted % 2 === 0 ? 1 : 0));
  return rate > hz ? rate : null;
}

const stopped = (): Outcome =>
  conclude({ kind: "unknown", reason: "stopped before the profile was complete" });

function nothingAttaches(mode: Mode, choice: Choice): Outcome {
  const reason = choice.tried.map((one) => refusal(one)).join("; ");
  const evidence = choice.tried.flatMap((one) => one.evidence).join("; ");
  if (mode === "auto") {
    return conclude({ kind: "skipped", reason: `no profiler attaches: ${reason}` }, { evidence });
  }
  // Asked for by name: a missing environment is a failure of the run (exit code 4), not a pass.
  const message = `--profile=${mode} accepts no substitute, and it does not attach here`;
  return conclude(
    { kind: "error", reason },
    { evidence, diagnostics: [{ code: "VRF601", message }] },
  );
}

function lateRefusal(mode: Mode, choice: Choice, error: AttachError): Outcome {
  const name = choice.chosen?.name ?? "the profiler";
  const reason = `${name} attached in a trial, but not to the process under load: ${error.message}`;
  return mode === "auto"
    ? conclude({ kind: "unknown", reason })
    : conclude(
        { kind: "error", reason },
        { diagnostics: [{ code: "VRF601", message: `${reason}; ${error.help}` }] },
      );
}

const refusal = (one: ProfilerStatus): string =>
  `${one.name} is ${one.state}: ${one.reason}${one.help === "" ? "" : ` (to enable it: ${one.help})`}`;

/** The profile as an OTLP request; its id derives from what was seen, not from a random number. */
function otlpOf(system: MeasuredSystem, taken: Taken, id: string): Uint8Array {
  const { capture, startedAt, target, spans } = taken;
  const digest = createHash("sha256").update(`${id} ${startedAt} ${target}`).digest();
  return toOtlpProfiles(capture, {
    timeNanos: startedAt,
    spans,
    resource: {
      "service.name": system.name,
      "service.version": system.version,
      "process.pid": target,
      "process.executable.name": "node",
      "process.runtime.name": "nodejs",
      "process.runtime.version": process.versions.node,
      "host.arch": process.arch === "x64" ? "amd64" : process.arch,
      "os.type": process.platform === "win32" ? "windows" : process.platform,
    },
    scope: { name: `verify-workbench/${capture.profiler}`, version: capture.version },
    profileId: digest.subarray(0, 16),
  });
}

async function sendTo(
  context: CheckContext,
  otlp: Uint8Array,
): Promise<{ accepted: boolean; sentence: string } | null> {
  const endpoint = context.options["profileTo"];
  if (typeof endpoint !== "string") return null;
  const url = profilesUrl(endpoint);
  const { accepted, message } = await sendProfile(url, otlp, context.signal);
  const verb = accepted ? "accepted by" : "not accepted by";
  return { accepted, sentence: `OTLP profile ${verb} ${url.host}: ${message}.` };
}

/** The flame graph of another run, for the difference. */
async function baseOf(context: CheckContext, name: string): Promise<Pick<FlameExhibit, "base">> {
  const file = context.options["profileBase"];
  if (typeof file !== "string") return {};
  const { samples } = await importPprof(file);
  return { base: { title: path.basename(file), root: flameTree(samples, name) } };
}

/** A profile from a file: shown, but there is nothing here that it could be checked against. */
async function imported(file: string, task: Task, context: CheckContext): Promise<Outcome> {
  const profile = await importPprof(file);
  const name = task.subject.system?.name ?? task.subject.id;
  const { samples, clock, seconds, periodNs, durationNs } = profile;
  const provenance = `imported from ${path.basename(file)}, ${clock} time`;
  return conclude(
    {
      kind: "unknown",
      reason:
        "an imported profile has no independent measure of its CPU time to be checked against",
    },
    {
      evidence: `${samples.length} samples of ${path.basename(file)} stand for ${seconds?.toFixed(2) ?? "an unknown number of"} s. ${profile.comments.join(" ")}`,
      stats: { samples: samples.length },
      exhibits: [
        {
          kind: "flamegraph",
          title: `Where ${name} spends its time [imported]`,
          provenance,
          root: flameTree(samples, name),
          facts: {
            samples: samples.length,
            "time (s)": seconds,
            "period (ms)": periodNs / 1e6,
            "duration (s)": durationNs / 1e9,
          },
          ...(await baseOf(context, name)),
        },
        ...functionTables(samples, provenance),
      ],
    },
  );
}

async function judge(
  obligation: Obligation,
  task: Task,
  choice: Choice,
  profile: { taken: Taken; account: Account; waiting: Waiting | null },
  context: CheckContext,
): Promise<Outcome> {
  const { taken, account, waiting } = profile;
  const { capture } = taken;
  const system = task.subject.system!;
  const tool = capture.profiler === "v8" ? "V8 CPU profiler" : capture.profiler;
  const clock = capture.profiler === "v8" ? "wall time of the main thread" : "CPU time";
  const provenance = `${tool} (${capture.version}), ${capture.hz} Hz, ${clock}`;
  const fallback = choice.passedOver.length === 0 ? "" : ` [fallback: ${tool}]`;

  const assumptions = [
    `profiler: ${profilerTitles[capture.profiler]}`,
    ...choice.passedOver.map((one) => `fallback, because ${refusal(one)}`),
    ...(choice.chosen?.state === "degraded" ? [refusal(choice.chosen)] : []),
    `load: ${task.claim.point.arrivalRate} operations per second for ${task.claim.point.duration} s, ` +
      "generated in the same process by timers; its share is part of the profile",
    "functions that V8 inlined count for their callers",
  ];
  const exhibits: Exhibit[] = [
    {
      kind: "flamegraph",
      title: `Where ${system.name} ${system.version} spends its CPU time${fallback}`,
      provenance: `${provenance}; branches below ${cullShare * 100} % are left out`,
      root: flameTree(capture.samples, system.name),
      facts: accountFacts(capture, account),
      ...(await baseOf(context, system.name)),
    },
    ...functionTables(capture.samples, provenance).map((one) => ({
      ...one,
      title: `${one.title}${fallback}`,
    })),
    ...waitingExhibits(waiting, system.name),
  ];
  const otlp = otlpOf(system, taken, obligation.id);
  const files =
    typeof context.options["outDir"] === "string"
      ? await writeProfileFiles(
          context.options["outDir"],
          obligation.id,
          taken,
          waiting,
          [provenance, accountSentence(capture, account)],
          otlp,
        )
      : [];
  const sent = await sendTo(context, otlp);
  const evidence = [
    `Taken with ${tool} (${capture.version})${fallback === "" ? "" : ", a fallback"}.`,
    accountSentence(capture, account),
    ...choice.tried.map((one) => {
      const seen = [...one.evidence, one.reason].filter((text) => text !== "");
      return `Trial of ${one.name}: ${one.state}; ${seen.join("; ")}.`;
    }),
    ...(files.length === 0 ? [] : [`Written: ${files.join(", ")}.`]),
    ...(sent === null ? [] : [sent.sentence]),
  ].join(" ");
  const details: OutcomeDetails = {
    assumptions,
    evidence,
    exhibits,
    stats: {
      samples: capture.samples.length,
      hz: capture.hz,
      seconds: Math.round(account.seconds * 1000) / 1000,
      attachMs: Math.round(capture.attachMs),
    },
  };

  if (account.state === "ok" && sent?.accepted === false) {
    return conclude({ kind: "unknown", reason: sent.sentence }, details);
  }
  if (account.state === "ok") {
    const bound = {
      samples: account.samples,
      hz: capture.hz,
      seconds: Math.round(account.seconds * 100) / 100,
      profiler: tool,
    };
    return makeOutcome(
      { claim: "universal", method: "measurement", bound, observation: { kind: "holds" } },
      details,
    );
  }
  const reason = `the profile fails its self-check (${provenance}): ${account.reasons.join("; ")}`;
  // A picture of a profile that cannot be trusted would be believed; only the facts stay.
  const facts = Object.entries(accountFacts(capture, account));
  return conclude(
    { kind: account.state === "broken" ? "error" : "unknown", reason },
    {
      ...details,
      exhibits: [
        {
          kind: "table",
          title: `Self-check of the profile${fallback}`,
          columns: ["fact", "value"],
          rows: facts.map(([fact, value]) => [fact, value]),
        },
      ],
    },
  );
}

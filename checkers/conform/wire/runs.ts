/** The scenario runs of one subject: played once, a few at a time, shared by all requirements. */

import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { ExporterSubject } from "../../../core/subject.ts";
import { isLoopback } from "./child.ts";
import { learnCalmly, obeysCalmly } from "./calm.ts";
import { isDisturbed } from "./disturbance.ts";
import { settle } from "./judgement.ts";
import { learn, type Reference, spansSeen } from "./ledger.ts";
import { canPlaySideBySide, playScenario, type ScenarioRun } from "./play.ts";
import { redact } from "./redact.ts";
import { type Requirement, requirementsFor } from "./requirements.ts";
import { defaultPace, scenarios, sizeBurst } from "./scenarios.ts";
import type { Scenario } from "./scenario.ts";

/** Nothing ever arrived: there is nothing to judge. */
export class SilentError extends Error {}

const SIDE_BY_SIDE = 3;

export class SubjectRuns {
  readonly #subject: ExporterSubject;
  readonly #runs = new Map<string, Promise<ScenarioRun>>();
  /** Further runs of a scenario, by its name and their number from 1. */
  readonly #again = new Map<string, Promise<ScenarioRun>>();
  readonly #abort = new AbortController();
  readonly #pool: Pool;
  readonly #requirements: readonly Requirement[];
  /** One report of a process that does not start is enough. */
  toldThatItDidNotStart = false;
  /** Whether a busy machine has spoilt what the runs without faults and without answers should teach. */
  referenceSpoilt = false;
  /** Whether any run was disturbed by a busy machine. */
  wasDisturbed = false;
  #reference: Promise<Reference> | null = null;
  #progress: (message: string) => void = () => {};

  constructor(subject: ExporterSubject) {
    this.#subject = subject;
    checkLoopback(subject);
    const jobs = canPlaySideBySide(subject) ? (subject.pace?.jobs ?? SIDE_BY_SIDE) : 1;
    this.#pool = new Pool(jobs);
    const list = scenarios({ ...defaultPace, ...subject.pace }, subject);
    this.#requirements = requirementsFor(subject, new Set(list.map(({ name }) => name)));
    const baseline = list[0]!;
    // The longest first: others fill the gaps while a finding is confirmed by a second run.
    const early = [
      "baseline",
      "backoff",
      "drip",
      "hang",
      "late-hang",
      "retryable",
      "answers",
      "retry-after-forms",
      "negative-timeout",
      "zero-timeout",
      "disconnect",
      "throttled",
    ];
    const place = ({ name }: Scenario) =>
      early.includes(name) ? early.indexOf(name) : early.length;
    for (const scenario of list.toSorted((a, b) => place(a) - place(b))) {
      this.#runs.set(
        scenario.name,
        scenario.name === "sigterm" ? this.#startBurst(scenario) : this.#start(scenario),
      );
    }
    for (const scenario of list) this.#confirmEarly(scenario).catch(() => {});
    // A process that cannot be started, or stays silent without faults, is not tried ten times.
    this.#listenFirst(baseline).catch((error: unknown) => this.#abort.abort(error));
  }

  async #listenFirst(baseline: Scenario): Promise<void> {
    const run = await this.scenario(baseline.name);
    if (spansSeen(run) > 0 || run.requests.length > 0) return;
    const { drive } = this.#subject;
    throw new SilentError(
      `no stimulus seen: nothing arrived within ${(run.durationMs / 1000).toFixed(1)} s; ${
        drive === undefined
          ? "use --drive URL|COMMAND to make the process produce spans"
          : `does ${redact(drive)} make the process produce spans, and does it read OTEL_EXPORTER_OTLP_ENDPOINT?`
      }`,
    );
  }

  /** Messages of runs go to whoever is waiting at the moment. */
  listen(progress: (message: string) => void): void {
    this.#progress = progress;
  }

  /** @throws the reason why nothing can be judged, whichever scenario showed it. */
  async scenario(name: string): Promise<ScenarioRun> {
    const run = this.#runs.get(name);
    if (run === undefined) throw new Error(`no scenario is called ${name}`);
    return await run;
  }

  /** The same scenario once more: a finding counts only when it comes back. */
  again(scenario: Scenario, number = 1): Promise<ScenarioRun> {
    const key = `${scenario.name} ${number}`;
    const known = this.#again.get(key);
    if (known !== undefined) return known;
    const run = this.#start(scenario, true);
    this.#again.set(key, run);
    return run;
  }

  reference(): Promise<Reference> {
    this.#reference ??= this.#learnReference();
    return this.#reference;
  }

  async #learnReference(): Promise<Reference> {
    const first = await this.scenario("baseline");
    const numbered = (scenario: Scenario) => (number: number) =>
      number === 0 ? this.scenario(scenario.name) : this.again(scenario, number);
    const { scenario: hang } = await this.scenario("hang");
    if (spansSeen(first) === 0) this.#abort.signal.throwIfAborted();
    const [learnt, obeys] = await Promise.all([
      learnCalmly(numbered(first.scenario)),
      obeysCalmly(numbered(hang)),
    ]);
    this.referenceSpoilt = learnt.spoilt || obeys.spoilt;
    return { ...learnt.fact, timeoutObeyed: obeys.fact };
  }

  /** Ends what is being played. */
  stop(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Starts the second run that a finding needs at once, instead of when its obligation comes up. */
  async #confirmEarly(scenario: Scenario): Promise<void> {
    const run = await this.scenario(scenario.name);
    const reference = await this.reference();
    const isWanted = this.#requirements.some(({ scenarios: names, judge }) => {
      if (!names.includes(scenario.name)) return false;
      const judgement = settle(judge(run, reference), run);
      return judgement.kind === "deviates" || (judgement.kind === "unknown" && judgement.busy);
    });
    if (isWanted) await this.again(run.scenario);
  }

  /** The burst is sized by what one stimulus produces without faults. */
  async #startBurst(scenario: Scenario): Promise<ScenarioRun> {
    const learnt = learn(await this.scenario("baseline"));
    return await this.#start(sizeBurst(scenario, learnt, this.#subject.room));
  }

  #start(scenario: Scenario, urgent = false): Promise<ScenarioRun> {
    const { signal } = this.#abort;
    const run = this.#pool.run(urgent, async () => {
      signal.throwIfAborted();
      this.#progress(`playing "${scenario.title}"`);
      try {
        return await playScenario(this.#subject, scenario, signal);
      } catch (error) {
        // a port that somebody took in the meantime says nothing about the process
        const isPort = /EADDRINUSE|address already in use/i.test(said(error));
        if ((error instanceof DiagnosticError && !isPort) || signal.aborted) throw error;
        this.#progress(`playing "${scenario.title}" once more: ${String(error)}`);
        return await playScenario(this.#subject, scenario, signal);
      }
    });
    run.then(
      (one) => (this.wasDisturbed ||= isDisturbed(one)),
      () => {}, // reported to whoever asks for it
    );
    return run;
  }
}

const said = (error: unknown): string =>
  error instanceof DiagnosticError ? `${error.message} ${error.help ?? ""}` : String(error);

/** At most `size` tasks at a time, urgent ones first, otherwise in the order given. */
class Pool {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(size: number) {
    this.#free = Math.max(1, size);
  }

  async run<T>(urgent: boolean, task: () => Promise<T>): Promise<T> {
    if (this.#free === 0) {
      await new Promise<void>((resolve) => {
        if (urgent) this.#waiting.unshift(resolve);
        else this.#waiting.push(resolve);
      });
    } else this.#free--;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** The harness talks to this machine only. */
function checkLoopback(subject: ExporterSubject): void {
  for (const [option, value] of [
    ["--ready", subject.ready],
    ["--drive", subject.drive],
  ] as const) {
    if (value === undefined || !/^[a-z]+:\/\//i.test(value)) {
      if (option === "--ready" && value !== undefined) throw badUrl(option, value, subject.id);
      continue;
    }
    const probe = value.replaceAll("{port}", "1");
    if (!URL.canParse(probe)) throw badUrl(option, value, subject.id);
    const url = new URL(probe);
    if (url.protocol !== "http:" || !isLoopback(url)) throw badUrl(option, value, subject.id);
  }
}

const badUrl = (option: string, value: string, place: string): DiagnosticError =>
  new DiagnosticError("VRF006", `${option} ${value} is not an http URL on this machine`, {
    place,
    help: "use http://127.0.0.1:PORT/…; the workbench never talks to other hosts",
  });

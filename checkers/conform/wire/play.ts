/** Plays one scenario: a receiver of its own, a process of its own, one script of faults. */

import { randomInt } from "node:crypto";
import { createServer } from "node:net";

import { splitCommand } from "../../../core/command-line.ts";
import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { ExporterSubject, OtlpProtocol, OtlpSignal } from "../../../core/subject.ts";
import { type CertificateFiles, makeCertificates, writeCertificates } from "./certificates.ts";
import { type Child, request, scrub, startChild } from "./child.ts";
import { type Pause, watchLag, watchStarvation } from "./disturbance.ts";
import { redact } from "./redact.ts";
import { startReceiver, type Receiver, type RequestRecord } from "./receiver.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { SideOptions } from "./side.ts";
import { isGrpc } from "./signals.ts";

/** Something that happened besides a request. */
export interface RunEvent {
  readonly atMs: number;
  readonly what:
    | "cut-requests"
    | "drive"
    | "refuse"
    | "blackhole"
    | "idle-close"
    | "listen"
    | "heal"
    | "SIGTERM"
    | "exit";
  readonly note: string;
}

/** What was seen while a scenario was played. */
export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly signal: OtlpSignal;
  readonly protocol: OtlpProtocol;
  /** Requests since the faults were armed, in order of arrival. */
  readonly requests: readonly RequestRecord[];
  /** Spans that arrived before the faults were armed: start-up and readiness polling. */
  readonly warmUpSpans: number;
  readonly events: readonly RunEvent[];
  /** Spans the process says it ended since the faults were armed; null when it does not say. */
  readonly reportedEnded: number | null;
  readonly reportedBy: "a line on its output" | "the answers to the drive requests" | null;
  /** Why a stimulus failed while faults were played; then nobody knows what has ended. */
  readonly stimulusFailed: string | null;
  /** Drive calls made, in rounds. */
  readonly drives: readonly number[];
  readonly durationMs: number;
  readonly terminatedAtMs: number;
  /** Whether it ended after SIGTERM without SIGKILL, how, and after how long. */
  readonly exit: { readonly byItself: boolean; readonly how: string; readonly ms: number };
  /** It had ended before SIGTERM was sent. */
  readonly endedEarly: boolean;
  /** Pauses of more than 10 ms of the event loop of the harness. */
  readonly lags: readonly Pause[];
  /** Waits for a CPU of the process under test; null where the system does not say. */
  readonly starved: readonly Pause[] | null;
}

/** The process could not be started or driven; the text names the cause. */
export class StartError extends DiagnosticError {
  constructor(message: string, place: string, help: string) {
    super("VRF402", message, { place, help });
    this.name = "StartError";
  }
}

const READY_TIMEOUT_MS = 30_000;
const DRIVE_TIMEOUT_MS = 10_000;
const WARM_UP_QUIET_MS = 600;
const WARM_UP_MAX_MS = 5_000;
const UNDRIVEN_BURST_MS = 3_000;
const HEADER = "x-verify-spans-ended";

class StimulusFailure {
  readonly message: string;
  readonly output: string;

  constructor(message: string, output: string) {
    this.message = redact(message);
    this.output = output;
  }
}

export async function playScenario(
  subject: ExporterSubject,
  scenario: Scenario,
  signal: AbortSignal,
  detail = false,
): Promise<ScenarioRun> {
  const { signal: otlpSignal, protocol } = wireOf(subject);
  const secured = scenario.tls ?? (subject.tls === "none" ? undefined : subject.tls);
  const tls = secured === undefined ? null : prepareTls(secured);
  const receiver = await startReceiver({
    roundsAre: subject.drive === undefined ? "exports" : "drives",
    signal: otlpSignal,
    transport: isGrpc(protocol) ? "grpc" : "http",
    tls: tls?.side ?? null,
    path: scenario.path,
    detail,
  });
  const lag = watchLag();
  let starvation: ReturnType<typeof watchStarvation> | null = null;
  let child: Child | null = null;
  try {
    const port = usesPort(subject) ? await freePort() : null;
    const at = (text: string) => (port === null ? text : text.replaceAll("{port}", String(port)));
    const ready = subject.ready === undefined ? null : at(subject.ready);
    if (ready !== null && (await request(ready, 1_000)) !== null) {
      throw new StartError(
        `something else already answers at ${ready}`,
        subject.id,
        "stop that process, or put {port} into --command, --ready and --drive for a free port",
      );
    }
    child = startChild(subject.command.map(at), {
      cwd: subject.cwd,
      env: environment(subject, scenario, { receiver: receiver.port, process: port }, tls),
    });
    const watched = watchStarvation(child.pid);
    starvation = watched;
    const play = new Play(subject, scenario, receiver, child, signal, at);
    if (ready !== null) await play.awaitReady(ready);
    // Without a stimulus the process may speak as soon as it runs: arm the faults at once.
    if (subject.drive !== undefined) await play.quiet(WARM_UP_QUIET_MS, WARM_UP_MAX_MS);
    return await play.run(lag.stop, watched.stop);
  } finally {
    await child?.stop(0);
    await receiver.close();
    lag.stop();
    starvation?.stop();
    tls?.files?.remove();
  }
}

/** What a subject speaks, with the defaults of the specification. */
export const wireOf = (
  subject: Pick<ExporterSubject, "signal" | "protocol">,
): { readonly signal: OtlpSignal; readonly protocol: OtlpProtocol } => ({
  signal: subject.signal ?? "traces",
  protocol: subject.protocol ?? "http/protobuf",
});

interface Tls {
  readonly side: NonNullable<SideOptions["tls"]>;
  /** What the process is given; null when it is not to trust the server. */
  readonly files: CertificateFiles | null;
  readonly clientCertificate: boolean;
}

function prepareTls(kind: "tls" | "mtls" | "untrusted"): Tls {
  const certificates = makeCertificates();
  const clientCertificate = kind === "mtls";
  return {
    side: { certificates, clientCertificate },
    files: kind === "untrusted" ? null : writeCertificates(certificates),
    clientCertificate,
  };
}

function tlsVariables(tls: Tls | null): Record<string, string> {
  if (tls === null || tls.files === null) return {};
  const { ca, clientCert, clientKey } = tls.files;
  return {
    OTEL_EXPORTER_OTLP_CERTIFICATE: ca,
    ...(tls.clientCertificate
      ? {
          OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: clientCert,
          OTEL_EXPORTER_OTLP_CLIENT_KEY: clientKey,
        }
      : {}),
  };
}

/** What the process is told; everything else about telemetry was removed. */
function environment(
  subject: ExporterSubject,
  scenario: Scenario,
  ports: { readonly receiver: number; readonly process: number | null },
  tls: Tls | null,
): Record<string, string> {
  const { signal, protocol } = wireOf(subject);
  const endpoint = `${tls === null ? "http" : "https"}://127.0.0.1:${ports.receiver}`;
  const fill = (text: string) =>
    text.replaceAll("{signal}", signal.toUpperCase()).replaceAll("{endpoint}", endpoint);
  const exporting = (name: OtlpSignal) => (name === signal ? "otlp" : "none");
  return {
    ...scrub(process.env),
    ...(ports.process === null ? {} : { PORT: String(ports.process) }),
    ...subject.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}${scenario.basePath}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_TIMEOUT: String(scenario.timeoutMs),
    ...(scenario.gzip === true ? { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" } : {}),
    ...tlsVariables(tls),
    OTEL_TRACES_EXPORTER: exporting("traces"),
    OTEL_METRICS_EXPORTER: exporting("metrics"),
    OTEL_LOGS_EXPORTER: exporting("logs"),
    OTEL_TRACES_SAMPLER: "always_on",
    OTEL_BSP_SCHEDULE_DELAY: String(scenario.scheduleDelayMs),
    OTEL_BLRP_SCHEDULE_DELAY: String(scenario.scheduleDelayMs),
    OTEL_METRIC_EXPORT_INTERVAL: String(scenario.scheduleDelayMs),
    ...Object.fromEntries(
      Object.entries(scenario.env ?? {}).map(([name, value]) => [fill(name), fill(value)]),
    ),
  };
}

const usesPort = (subject: ExporterSubject): boolean =>
  [...subject.command, subject.ready ?? "", subject.drive ?? ""].some((part) =>
    part.includes("{port}"),
  );

/** Whether scenarios can be played side by side: only with a port of their own, or with none. */
export const canPlaySideBySide = (subject: ExporterSubject): boolean =>
  usesPort(subject) || (subject.ready === undefined && subject.drive === undefined);

class Play {
  readonly #subject: ExporterSubject;
  readonly #scenario: Scenario;
  readonly #receiver: Receiver;
  readonly #child: Child;
  readonly #signal: AbortSignal;
  readonly #at: (text: string) => string;
  readonly #events: RunEvent[] = [];
  readonly #drives: number[] = [];
  #round = -1;
  #abandoned = -2;
  #seenAtDrive = 0;
  #reportedByAnswers: number | null = 0;
  #stimulusFailed: string | null = null;

  constructor(
    subject: ExporterSubject,
    scenario: Scenario,
    receiver: Receiver,
    child: Child,
    signal: AbortSignal,
    at: (text: string) => string,
  ) {
    this.#subject = subject;
    this.#scenario = scenario;
    this.#receiver = receiver;
    this.#child = child;
    this.#signal = signal;
    this.#at = at;
  }

  async awaitReady(url: string): Promise<void> {
    const patience = this.#subject.pace?.readyMs ?? READY_TIMEOUT_MS;
    const deadline = performance.now() + patience;
    for (;;) {
      this.#refuseWhenAborted();
      const answer = await request(url, 1_000);
      const how = this.#child.status();
      if (how !== null) {
        // Without these variables it starts: that it does not now is something to judge.
        const isPort = /EADDRINUSE|address already in use/i.test(this.#child.tail());
        if (this.#scenario.env !== undefined && !isPort) return;
        throw this.#notStarted(`it ended before it was ready: ${how}`);
      }
      if (answer !== null && answer.status >= 200 && answer.status < 300) return;
      if (performance.now() > deadline) {
        throw this.#notStarted(`${url} did not answer 2xx within ${patience / 1000} s`);
      }
      await this.#pause(100);
    }
  }

  /** Waits until nothing has arrived and nothing was open for `ms`. */
  async quiet(ms: number, maxMs: number): Promise<void> {
    const { requests } = this.#receiver;
    const deadline = performance.now() + maxMs;
    let since = performance.now();
    let seen = requests.length;
    while (performance.now() < deadline && performance.now() - since < ms) {
      await this.#pause(25);
      if (requests.length !== seen || requests.some((record) => record.ending === "open")) {
        since = performance.now();
        seen = requests.length;
      }
    }
  }

  async run(
    lag: () => readonly Pause[],
    starvation: () => readonly Pause[] | null,
  ): Promise<ScenarioRun> {
    const firstArmed = this.#receiver.requests.length;
    const reportedBefore = this.#child.reportedSpans() ?? 0;
    this.#receiver.arm(this.#scenario.script);
    let terminatedAtMs = 0;
    let endedEarly = false;
    let exit = { byItself: true, how: "", ms: 0 };
    let silent = false;
    for (const step of this.#scenario.steps) {
      this.#refuseWhenAborted();
      if (step.do !== "terminate") {
        if (silent) continue; // whoever says nothing for so long is not waited for again
        await this.#step(step);
        // while connections were not accepted, nobody could speak
        const couldSpeak = this.#events.every(({ what }) => what !== "blackhole");
        silent = step.do === "await-attempt" && this.#receiver.requests.length === 0 && couldSpeak;
        continue;
      }
      endedEarly = this.#child.status() !== null;
      terminatedAtMs = this.#receiver.now();
      if (!endedEarly) this.#note("SIGTERM", "asked to end");
      const { byItself, ms } = await this.#child.stop(step.graceMs);
      exit = { byItself, how: await this.#child.ended, ms };
      this.#note("exit", byItself ? exit.how : `killed after ${step.graceMs} ms`);
      await this.#pause(50); // what it sent last may still be in the socket
    }
    const durationMs = this.#receiver.now();
    await this.#receiver.close();
    const saidNothing = endedEarly && this.#receiver.requests.length === 0;
    if (this.#scenario.name === "baseline" && saidNothing && exit.how !== "exit code 0") {
      throw this.#notStarted(`it ended before it sent anything: ${exit.how}`);
    }

    const toRun = performance.now() - this.#receiver.now();
    const sinceArmed = ({ atMs, ms }: Pause) => ({ atMs: atMs - toRun, ms });
    const byLine = this.#child.reportedSpans();
    const byAnswers = this.#drives.length === 0 ? null : this.#reportedByAnswers;
    const requests = this.#receiver.requests.slice(firstArmed);
    const warmUp = this.#receiver.requests.slice(0, firstArmed);
    return {
      scenario: this.#scenario,
      ...wireOf(this.#subject),
      requests,
      warmUpSpans: new Set(warmUp.flatMap((record) => record.spans)).size,
      events: this.#events,
      reportedEnded: byLine === null ? byAnswers : byLine - reportedBefore,
      reportedBy:
        byLine !== null
          ? "a line on its output"
          : byAnswers !== null
            ? "the answers to the drive requests"
            : null,
      stimulusFailed: this.#stimulusFailed,
      drives: this.#drives,
      durationMs,
      terminatedAtMs,
      exit,
      endedEarly,
      lags: lag().map(sinceArmed),
      starved: starvation()?.map(sinceArmed) ?? null,
    };
  }

  async #step(step: Exclude<Step, { do: "terminate" }>): Promise<void> {
    switch (step.do) {
      case "drive":
        await this.#drive(step);
        return;
      case "wait":
        await this.#pause(step.ms);
        return;
      case "refuse":
        this.#note("refuse", "connections are refused from here on");
        await this.#receiver.refuse();
        return;
      case "blackhole":
        this.#note("blackhole", "connections are not answered at all from here on");
        await this.#receiver.blackhole();
        return;
      case "cut-requests":
        this.#note("cut-requests", `the next request is reset after ${step.afterBytes} bytes`);
        this.#receiver.cutRequests(step.afterBytes, step.times);
        return;
      case "idle-close":
        this.#note("idle-close", "idle connections are closed");
        this.#receiver.closeIdle();
        return;
      case "listen":
        await this.#receiver.listen();
        this.#note("listen", "connections are accepted again");
        return;
      case "heal":
        this.#receiver.heal();
        this.#note("heal", "every request is accepted from here on");
        return;
      case "quiet":
        await this.quiet(step.ms, step.maxMs);
        return;
      case "await-attempt": {
        if (this.#abandoned === this.#round) return; // an earlier attempt has not come either
        const deadline = performance.now() + step.maxMs;
        while (performance.now() < deadline && !this.#reached(step.attempt)) {
          if (this.#child.status() !== null) return; // nothing more will come
          await this.#pause(25);
        }
        if (!this.#reached(step.attempt)) this.#abandoned = this.#round;
      }
    }
  }

  #reached(attempt: number): boolean {
    return this.#receiver.requests.some(
      (record) =>
        record.armed &&
        record.ending !== "open" &&
        (record.attempt === 0
          ? // undecodable: its attempts cannot be told apart; one that was cut has not arrived
            record.n > this.#seenAtDrive && record.answer?.kind !== "cut-request"
          : record.attempt >= attempt && record.round === this.#round),
    );
  }

  async #drive(step: Extract<Step, { do: "drive" }>): Promise<void> {
    const drive = step.large === true ? this.#subject.driveLarge : this.#subject.drive;
    this.#round = this.#receiver.beginRound();
    this.#seenAtDrive = this.#receiver.requests.length;
    if (drive === undefined) {
      // Nothing to call: give the process time to produce the burst by itself.
      if (step.times !== undefined) await this.#pause(UNDRIVEN_BURST_MS);
      return;
    }
    let calls = 0;
    const started = performance.now();
    for (let time = 0; time < (step.times ?? 1); time++) {
      if (time > 0 && performance.now() - started > (step.maxMs ?? Infinity)) break;
      this.#refuseWhenAborted();
      const counted = await this.#stimulate(this.#at(drive));
      if (counted instanceof StimulusFailure) {
        // Without faults that is a wrong command line; with faults it is something to judge.
        if (this.#scenario.name === "baseline")
          throw this.#notStarted(counted.message, counted.output);
        this.#stimulusFailed = counted.message;
        this.#note("drive", counted.message);
        return;
      }
      calls++;
      if (counted === null) this.#reportedByAnswers = null;
      else if (this.#reportedByAnswers !== null) this.#reportedByAnswers += counted;
    }
    this.#drives.push(calls);
    this.#note("drive", calls === 1 ? "stimulus" : `stimulus, ${calls} times`);
  }

  /** One stimulus; the number of spans it ended, when the answer says so. */
  async #stimulate(drive: string): Promise<number | null | StimulusFailure> {
    if (/^https?:\/\//.test(drive)) {
      const answer = await request(drive, this.#subject.pace?.driveMs ?? DRIVE_TIMEOUT_MS);
      if (answer === null || answer.status >= 400) {
        const how = this.#child.status();
        const seen = answer === null ? "no answer" : `status ${answer.status}`;
        return new StimulusFailure(
          `the stimulus ${drive} failed: ${seen}${how === null ? "" : `; the process has ended, ${how}`}`,
          this.#child.tail(),
        );
      }
      const counted = Number(answer.headers[HEADER] ?? Number.NaN);
      return Number.isSafeInteger(counted) && counted >= 0 ? counted : null;
    }
    const command = startChild(splitCommand(drive), {
      cwd: this.#subject.cwd,
      env: scrub(process.env),
    });
    const timer = setTimeout(() => void command.stop(0), 30_000);
    const how = await command.ended;
    clearTimeout(timer);
    if (how !== "exit code 0") {
      const failure = new StimulusFailure(`the stimulus "${drive}" failed: ${how}`, command.tail());
      await command.stop(0);
      return failure;
    }
    await command.stop(0);
    return null;
  }

  #note(what: RunEvent["what"], note: string): void {
    this.#events.push({ atMs: this.#receiver.now(), what, note });
  }

  #notStarted(message: string, output = this.#child.tail()): StartError {
    const said = output.trim() === "" ? "it printed nothing" : `it printed:\n${output}`;
    return new StartError(
      // a command line or a URL may carry secrets of its own
      `${redact(`${this.#subject.command.join(" ")}: ${message}`)}${quoteError(output)}`,
      this.#subject.id,
      `run the command by hand with OTEL_EXPORTER_OTLP_ENDPOINT set; ${said}`,
    );
  }

  #refuseWhenAborted(): void {
    this.#signal.throwIfAborted();
  }

  async #pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#refuseWhenAborted();
  }
}

/** The one line of an output that most likely says why. */
function quoteError(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((text) => /error|cannot|not found|refused|in use/i.test(text));
  const said = (line ?? lines.at(-1))?.trim().slice(0, 200);
  return said === undefined ? "" : `; it printed "${said}"`;
}

/** Below the range from which systems take the ports of outgoing connections. */
const FIRST_PORT = 10_000;
const PORTS = 20_000;

/** A port that was free a moment ago, and that no outgoing connection will take. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await listenOnce(FIRST_PORT + randomInt(PORTS));
    if (port !== null) return port;
  }
}

/** The port, when it is free. */
function listenOnce(port: number): Promise<number | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(port)));
  });
}

/** The profiling loop on a process that runs already. */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { accountFor } from "./account.ts";
import { detectProfiler } from "./detect.ts";
import { chooseProfiler, readMode, type Choice } from "./ladder.ts";
import { profilingLoop, type Round, type SamplingConfiguration } from "./loop.ts";
import { OpampSampling } from "./opamp-sampling.ts";
import { toOtlpProfiles } from "./otlp.ts";
import { profilesUrl, sendProfile } from "./send.ts";
import { takeProfile, type Taken } from "./take.ts";

export interface AttachOptions {
  readonly pid: number;
  /** OTLP endpoint that gets the profiles. */
  readonly to: string;
  /** `auto`, `ebpf` or `perf`: V8's own profiler cannot be attached from outside. */
  readonly profile: string;
  readonly sampling: SamplingConfiguration;
  /** OpAMP server that may change the sampling while it runs. */
  readonly opamp?: string;
  readonly rounds?: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * Runs until the signal fires, the process ends, or the rounds are over.
 * @throws {DiagnosticError} VRF601 when no profiler attaches, VRF402 when there is no such process.
 */
export async function attachLoop(options: AttachOptions): Promise<readonly Round[]> {
  const { pid, signal, log } = options;
  const isAlive = (): boolean => existsSync(`/proc/${pid}`);
  if (!isAlive()) throw new DiagnosticError("VRF402", `there is no process ${pid}`);
  const url = profilesUrl(options.to);
  const choice = await chooseProfiler(readMode(options.profile), (name) =>
    name === "v8" ? Promise.resolve(notFromOutside) : detectProfiler(name, signal),
  );
  const { chosen } = choice;
  if (chosen === null) throw nothingAttaches(choice);
  for (const one of choice.passedOver) log(`${one.name} is ${one.state}: ${one.reason}`);
  log(
    `profiles of process ${pid} by ${chosen.title}${chosen.reason === "" ? "" : ` (degraded: ${chosen.reason})`}`,
  );

  const server =
    options.opamp === undefined
      ? null
      : new OpampSampling(new URL(options.opamp), versionSeven(Date.now()));
  const ended = new AbortController();
  const all: Round[] = [];
  await profilingLoop<Taken>(
    {
      configuration: () =>
        server === null
          ? Promise.resolve(options.sampling)
          : server.configuration((failure) => log(`OpAMP: ${failure}`)),
      async collect({ hz, seconds }) {
        const taken = await takeProfile({
          profiler: chosen.name,
          hz,
          seconds,
          signal,
          async run({ onSpawn }) {
            await onSpawn(pid);
            await wait(seconds * 1000, signal);
          },
        });
        const account = accountFor(taken.capture, taken.readings);
        return {
          profile: taken,
          reason: account.state === "ok" ? null : account.reasons.join("; "),
        };
      },
      convert: ({ capture, startedAt }) =>
        toOtlpProfiles(capture, {
          timeNanos: startedAt,
          resource: { "process.pid": pid, "process.executable.name": executable(pid) },
          scope: { name: `verify-workbench/${capture.profiler}`, version: capture.version },
          profileId: randomBytes(16),
        }),
      send: (request) => sendProfile(url, request, signal),
      wait: (ms) => wait(ms, signal),
      now: () => performance.now(),
      report(round) {
        all.push(round);
        const { hz, seconds, everySeconds } = round.configuration;
        const what = `${seconds} s at ${hz} Hz, every ${everySeconds} s`;
        log(`${what}: ${round.outcome}${round.message === "" ? "" : ` (${round.message})`}`);
        if (!isAlive()) ended.abort();
      },
    },
    AbortSignal.any([signal, ended.signal]),
    options.rounds,
  );
  return all;
}

const notFromOutside = {
  name: "v8",
  title: "V8 CPU profiler",
  state: "unavailable",
  reason: "it has to be started with the process",
  help: "start the process with --cpu-prof",
  evidence: [],
} as const;

function nothingAttaches({ tried }: Choice): DiagnosticError {
  const reasons = tried.map((one) => `${one.name}: ${one.reason}`).join("; ");
  return new DiagnosticError("VRF601", `no profiler attaches to a running process: ${reasons}`, {
    help: "verify doctor says how to enable one",
    exitCode: 4,
  });
}

function executable(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await pause(ms, undefined, { signal });
  } catch {
    // stopped: the caller looks at the signal
  }
};

/** A UUID of version 7 (RFC 9562), as OpAMP wants for an instance. */
function versionSeven(now: number): Uint8Array {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}

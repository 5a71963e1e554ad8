/**
 * Continuous profiling: read the sampling configuration, collect, convert, send, wait according to
 * the rate, and again. The configuration may change at any time; it is read anew in every round.
 */

/** How, and how often, samples are taken. */
export interface SamplingConfiguration {
  readonly enabled: boolean;
  /** Samples per second of CPU time, 49 to 999. */
  readonly hz: number;
  /** Length of one profile in seconds. */
  readonly seconds: number;
  /** From the start of one profile to the start of the next, in seconds. */
  readonly everySeconds: number;
}

export const defaultSampling: SamplingConfiguration = {
  enabled: true,
  hz: 99,
  seconds: 5,
  everySeconds: 60,
};

/** What one round did, for a log. */
export interface Round {
  readonly configuration: SamplingConfiguration;
  readonly outcome: "sent" | "not accepted" | "not usable" | "switched off" | "failed";
  readonly message: string;
}

export interface LoopParts<Profile> {
  /** The configuration that holds now. Must not throw: keep the last good one. */
  configuration(): Promise<SamplingConfiguration>;
  /** Takes one profile. `reason` says why it must not be sent; null when it may. */
  collect(
    configuration: SamplingConfiguration,
  ): Promise<{ readonly profile: Profile; readonly reason: string | null }>;
  convert(profile: Profile): Uint8Array;
  send(request: Uint8Array): Promise<{ readonly accepted: boolean; readonly message: string }>;
  /** Resolves after the time, or earlier when the signal fires. */
  wait(ms: number): Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  report(round: Round): void;
}

/** Runs until the signal fires, or for a number of rounds. A failed round is reported and followed by the next. */
export async function profilingLoop<Profile>(
  parts: LoopParts<Profile>,
  signal: AbortSignal,
  rounds = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    const started = parts.now();
    const configuration = await parts.configuration();
    parts.report({ configuration, ...(await once(parts, configuration)) });
    if (round + 1 === rounds) return;
    const left = configuration.everySeconds * 1000 - (parts.now() - started);
    if (!signal.aborted) await parts.wait(Math.max(0, left));
  }
}

async function once<Profile>(
  parts: LoopParts<Profile>,
  configuration: SamplingConfiguration,
): Promise<Omit<Round, "configuration">> {
  if (!configuration.enabled) return { outcome: "switched off", message: "" };
  try {
    const { profile, reason } = await parts.collect(configuration);
    if (reason !== null) return { outcome: "not usable", message: reason };
    const { accepted, message } = await parts.send(parts.convert(profile));
    return { outcome: accepted ? "sent" : "not accepted", message };
  } catch (error) {
    return { outcome: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Reads a configuration from JSON: `{"enabled": true, "hz": 99, "seconds": 5, "everySeconds": 60}`, any
 * part of it; what is not given keeps its present value.
 * @throws {Error} that names the field that is wrong
 */
export function readSampling(text: string, present: SamplingConfiguration): SamplingConfiguration {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("the sampling configuration is not an object");
  }
  const given = new Map(Object.entries(value));
  for (const name of given.keys()) {
    if (!(name in defaultSampling)) throw new Error(`"${name}" is not known`);
  }
  const number = (name: "hz" | "seconds" | "everySeconds", least: number, most: number): number => {
    const found = given.get(name) ?? present[name];
    if (typeof found !== "number" || !(found >= least && found <= most)) {
      throw new Error(`"${name}" must be a number from ${least} to ${most}`);
    }
    return found;
  };
  const enabled = given.get("enabled") ?? present.enabled;
  if (typeof enabled !== "boolean") throw new Error('"enabled" must be true or false');
  const hz = number("hz", 49, 999);
  if (!Number.isInteger(hz)) throw new Error('"hz" must be a whole number');
  const seconds = number("seconds", 1, 600);
  const everySeconds = number("everySeconds", 1, 86_400);
  if (everySeconds < seconds) throw new Error('"everySeconds" is shorter than "seconds"');
  return { enabled, hz, seconds, everySeconds };
}

/** `verify profile attach`: profiles of a running process, sent as OTLP, again and again. */

import { DiagnosticError, ExitCode } from "../../core/diagnostic.ts";
import { readSampling, defaultSampling } from "../../sim/profile/loop.ts";
import { interruptible } from "../interrupt.ts";

export interface AttachFlags {
  readonly pid: number;
  readonly to: string;
  readonly opamp?: string;
  readonly hz?: number;
  readonly seconds?: number;
  readonly every?: number;
  readonly rounds?: number;
  readonly profile: string;
}

/** 0 when at least one profile was sent, 3 otherwise. */
export async function profileAttachCommand(flags: AttachFlags): Promise<number> {
  const { attachLoop } = await import("../../sim/profile/attach.ts");
  const given = { hz: flags.hz, seconds: flags.seconds, everySeconds: flags.every };
  let sampling;
  try {
    sampling = readSampling(JSON.stringify(given), defaultSampling);
  } catch (error) {
    throw new DiagnosticError("VRF006", error instanceof Error ? error.message : String(error));
  }
  const { signal, release } = interruptible();
  try {
    const rounds = await attachLoop({
      pid: flags.pid,
      to: flags.to,
      profile: flags.profile,
      sampling,
      signal,
      log: (line) => console.log(line),
      ...(flags.opamp === undefined ? {} : { opamp: flags.opamp }),
      ...(flags.rounds === undefined ? {} : { rounds: flags.rounds }),
    });
    return rounds.some(({ outcome }) => outcome === "sent") ? ExitCode.ok : ExitCode.inconclusive;
  } finally {
    release();
  }
}

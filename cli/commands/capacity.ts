/** `verify capacity`: sizes a telemetry path; needs no configuration file. */

import { readFileSync } from "node:fs";

import type { CapacityPlan, HopSettings } from "../../core/capacity.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import { parseCpu, parseRate, parseSeconds, parseShare } from "../../sim/capacity/quantities.ts";
import { defaultCollector, readCollector, readSdk } from "../../sim/capacity/read-settings.ts";
import { readSelfTelemetry } from "../../sim/calibrate/telemetry.ts";
import { capacitySubject } from "../../sim/capacity/subject.ts";
import { execute } from "../execute.ts";
import type { RunFlags } from "../options.ts";

export interface CapacityFlags extends RunFlags {
  readonly lambda?: string;
  readonly telemetry?: string;
  readonly burst: number;
  readonly rtt: string;
  readonly agentRtt: string;
  readonly packetLoss: string;
  readonly bandwidth?: string;
  readonly maxLoss: string;
  readonly surviveOutage: string;
  readonly grace: string;
  readonly loopDelay: string;
  readonly cpu: string;
  readonly cpuPerSpan?: string;
  readonly spanBytes: number;
  readonly heapBytes: number;
  readonly tls?: boolean;
  readonly gzip?: boolean;
  readonly collector?: string;
  readonly exporter?: string;
  readonly direct?: boolean;
  readonly backendTime: string;
  readonly backendScv: string;
  readonly backendServers?: number;
  readonly backendQueue?: number;
  readonly name: string;
}

/** Measured with OpenTelemetry JS 2 on one core: creating and ending, encoding, compressing a span. */
const cpuEnd = 8e-6;
const cpuSend = 6e-6;
const cpuGzip = 3e-6;

export async function capacityCommand(flags: CapacityFlags): Promise<number> {
  const plan = await planOf(flags, process.env);
  return execute(
    {
      source: { kind: "data", subjects: [capacitySubject(plan)] },
      selection: { engines: ["sim"] },
      engineOptions: { outDir: flags.outDir },
      replaySuffix: "",
      isAdHoc: true,
    },
    flags,
  );
}

async function planOf(
  flags: CapacityFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<CapacityPlan> {
  const read = readSdk(environment);
  const yaml =
    flags.collector === undefined
      ? null
      : readCollector(readText(flags.collector, "--collector"), flags.collector, flags.exporter);
  const gzip = flags.gzip === true || read.sdk.gzip;
  const tls = flags.tls ?? read.tls ?? false;
  const perSpan =
    flags.cpuPerSpan === undefined ? null : parseSeconds(flags.cpuPerSpan, "--cpu-per-span");
  const send = cpuSend + (gzip ? cpuGzip : 0);
  const far: HopSettings = {
    rttSeconds: parseSeconds(flags.rtt, "--rtt"),
    packetLoss: parseShare(flags.packetLoss, "--packet-loss"),
    bandwidth:
      flags.bandwidth === undefined ? null : (await parseRate(flags.bandwidth, "--bandwidth")) / 8,
    tls: yaml?.tls ?? tls,
  };
  const near: HopSettings = {
    rttSeconds: parseSeconds(flags.agentRtt, "--agent-rtt"),
    packetLoss: 0,
    bandwidth: null,
    tls: false,
  };
  const isDirect = flags.direct === true;
  const maxLoss = parseShare(flags.maxLoss, "--max-loss");
  if (!(maxLoss > 0)) {
    throw new DiagnosticError("VRF006", "--max-loss: no simulation can show a loss of zero", {
      place: "--max-loss",
      help: "give the largest share that you accept, e.g. 0.01%",
    });
  }
  return {
    name: flags.name,
    lambda: await lambdaOf(flags),
    burst: flags.burst,
    spanBytes: flags.spanBytes,
    heapBytes: flags.heapBytes,
    sdk: { ...read.sdk, gzip },
    collector: isDirect ? null : (yaml?.collector ?? defaultCollector),
    sdkHop: isDirect ? { ...far, tls } : near,
    backendHop: far,
    backendSeconds: parseSeconds(flags.backendTime, "--backend-time"),
    backendScv: scvOf(flags.backendScv),
    backendServers: flags.backendServers ?? null,
    backendQueue: flags.backendQueue ?? null,
    cpu: parseCpu(flags.cpu, "--cpu"),
    cpuEnd: perSpan === null ? cpuEnd : (perSpan * cpuEnd) / (cpuEnd + send),
    cpuSend: perSpan === null ? send : (perSpan * send) / (cpuEnd + send),
    targets: {
      maxLoss,
      outage: parseSeconds(flags.surviveOutage, "--survive-outage"),
      grace: parseSeconds(flags.grace, "--grace"),
      loopDelay: parseSeconds(flags.loopDelay, "--loop-delay"),
    },
    origins: { ...read.origins, ...yaml?.origins },
  };
}

function scvOf(text: string): number {
  const scv = text.trim() === "" ? Number.NaN : Number(text);
  if (scv >= 0 && scv < Infinity) return scv;
  throw new DiagnosticError("VRF006", `--backend-scv: "${text}" is no such quantity`, {
    place: "--backend-scv",
    help: "a squared coefficient of variation is 0 (always the same) or more; 1 is exponential",
  });
}

/** λ as given, or as recorded by the path about itself. */
async function lambdaOf(flags: CapacityFlags): Promise<number> {
  if (flags.lambda !== undefined) return parseRate(flags.lambda, "--lambda");
  if (flags.telemetry !== undefined) {
    return readSelfTelemetry(readText(flags.telemetry, "--telemetry"), flags.telemetry).arrivalRate;
  }
  throw new DiagnosticError("VRF006", "the load is not known", {
    place: "--lambda",
    help: "give --lambda, or --telemetry with recorded OTLP/JSON metrics of the SDK or the Collector",
  });
}

function readText(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new DiagnosticError("VRF006", `${file} cannot be read`, {
      place: option,
      help: error instanceof Error ? error.message : "check the path",
    });
  }
}

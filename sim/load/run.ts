/**
 * One measured run: a real system under open-loop Poisson load in a process of its own, with a
 * backend of known service law in another one, all on loopback.
 */

import { fileURLToPath } from "node:url";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { siblingModule } from "../../core/module-url.ts";
import { deriveSeed } from "../../core/random.ts";
import type { MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import { poissonSchedule } from "./arrivals.ts";
import { startChild } from "./child.ts";
import { readNumber, readRecord } from "./messages.ts";
import { serviceDemands, type BackendSpec } from "./demands.ts";
import { summarise, type LoadResult } from "./result.ts";

export interface LoadOptions {
  /** Decides arrivals and service demands; the same seed gives the same load. */
  readonly seed: number;
  /** Arguments for Node.js itself in the loaded process, e.g. `--perf-basic-prof`. */
  readonly nodeArgs?: readonly string[];
  /** Called with the loaded process's id and the backend's port, before the load; awaited. */
  readonly onSpawn?: (pid: number, port: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
  /**
   * Default `timer`: arrivals on the next millisecond, no CPU time between them. `spin` polls: exact
   * on an idle machine, but on a busy one the scheduler makes a polling process wait far longer.
   */
  readonly pacing?: "spin" | "timer";
}

const timeoutMs = 10_000;
const backendProgram = fileURLToPath(siblingModule(import.meta.url, "./backend"));

/**
 * Runs the system at one operating point.
 * @throws {DiagnosticError} VRF402 when a process does not start or stops before its result; VRF501
 *   when the operating point is not valid.
 */
export async function runLoad(
  system: MeasuredSystem,
  point: OperatingPoint,
  options: LoadOptions,
): Promise<LoadResult> {
  const intended = poissonSchedule(point.arrivalRate, point.duration, options.seed);
  const backendSpec: BackendSpec = {
    seed: deriveSeed(options.seed, "backend"),
    service: point.service,
  };
  const demand = serviceDemands(backendSpec); // also refuses a bad service law before any process
  if (!Number.isInteger(point.servers) || point.servers < 1) {
    throw new DiagnosticError("VRF501", `${point.servers} servers at point "${point.name}"`, {
      help: "the number of concurrent operations is a whole number from 1",
    });
  }
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const backend = startChild(backendProgram, signal);
  const loaded = startChild(system.program, { nodeArgs: options.nodeArgs ?? [], ...signal });
  try {
    const ready = loaded.receive();
    ready.catch(() => {}); // awaited below; the backend may fail first
    backend.send(backendSpec);
    const port = readNumber(await backend.receive(), "port");
    await ready;
    await options.onSpawn?.(loaded.pid, port);
    loaded.send({
      url: `http://127.0.0.1:${port}/v1/traces`,
      servers: point.servers,
      arrivals: intended,
      warmup: 3 * point.servers,
      pacing: options.pacing ?? "timer",
      timeoutMs,
    });
    const record = readRecord(await loaded.receive(), intended.length, system.program);
    backend.send({ report: true });
    const delivered = readNumber(await backend.receive(), "delivered");
    return summarise(point, intended, demand, record, delivered);
  } finally {
    await Promise.all([loaded.stop(), backend.stop()]);
  }
}

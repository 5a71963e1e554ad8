/**
 * One measured run of a span processor: open-loop load in a process of its own, a backend of known
 * service law in another one, all on loopback.
 */

import { fileURLToPath } from "node:url";

import type { ProcessorRecord, ProcessorSettings, ProcessorSpec } from "../../core/load.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import { siblingModule } from "../../core/module-url.ts";
import { deriveSeed } from "../../core/random.ts";
import type { MeasuredSystem, ProcessorPoint } from "../../core/subject.ts";
import { scheduleOf } from "./arrivals.ts";
import { startChild } from "./child.ts";
import { serviceDemands, type BackendFault, type BackendSpec } from "./demands.ts";
import { readNumber, readProcessorRecord } from "./messages.ts";

export interface ProcessorLoadOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly faults?: readonly BackendFault[];
  readonly timeoutMs?: number;
  readonly attributes?: number;
  readonly compression?: "none" | "gzip";
  /** Called with the loaded process's id before the load; awaited. */
  readonly onSpawn?: (pid: number) => void | Promise<void>;
  /** The backend elsewhere: words before its command, and the address that it listens on. */
  readonly elsewhere?: { readonly prefix: readonly string[]; readonly host: string };
  /** The backend speaks TLS, and the exporter trusts this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface ProcessorRun {
  readonly point: ProcessorPoint;
  readonly processor: ProcessorSettings;
  readonly intended: readonly number[];
  /** The delay that the backend drew, or would have drawn, for export number k. */
  readonly demand: (index: number) => number;
  readonly record: ProcessorRecord;
  /** Exports that the backend says it answered well: a witness independent of the system. */
  readonly delivered: number;
}

const backendProgram = fileURLToPath(siblingModule(import.meta.url, "./backend"));

/** @throws {DiagnosticError} VRF402 when a process does not start or stops; VRF501 on a bad point */
export async function runProcessor(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  point: ProcessorPoint,
  options: ProcessorLoadOptions,
): Promise<ProcessorRun> {
  const intended = scheduleOf(point, options.seed);
  const backendSpec: BackendSpec = {
    seed: deriveSeed(options.seed, "backend"),
    service: point.service,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.elsewhere === undefined ? {} : { host: options.elsewhere.host }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  };
  const demand = serviceDemands(backendSpec);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const backend = startChild(backendProgram, {
    ...signal,
    ...(options.elsewhere === undefined ? {} : { prefix: options.elsewhere.prefix }),
  });
  const loaded = startChild(system.program, signal);
  try {
    const ready = loaded.receive();
    ready.catch(() => {}); // awaited below; the backend may fail first
    backend.send(backendSpec);
    const port = readNumber(await backend.receive(), "port");
    await ready;
    await options.onSpawn?.(loaded.pid);
    const host = options.elsewhere?.host ?? "127.0.0.1";
    const scheme = options.tls === undefined ? "http" : "https";
    const spec: ProcessorSpec = {
      url: `${scheme}://${host}:${port}/v1/traces`,
      processor,
      arrivals: intended,
      until: point.duration,
      warmup: 30,
      timeoutMs: options.timeoutMs ?? 10_000,
      attributes: options.attributes ?? 4,
      compression: options.compression ?? "none",
      ...(options.tls === undefined ? {} : { ca: options.tls.cert }),
      ...(point.busy === undefined ? {} : { busy: point.busy }),
    };
    loaded.send(spec);
    const record = readProcessorRecord(await loaded.receive(), intended.length, system.program);
    backend.send({ report: true });
    const delivered = readNumber(await backend.receive(), "delivered");
    return { point, processor, intended, demand, record, delivered };
  } finally {
    await Promise.all([loaded.stop(), backend.stop()]);
  }
}

/** @throws {DiagnosticError} VRF003 */
export function processorOf(subject: {
  readonly id: string;
  readonly processor?: MeasuredSystem;
}): MeasuredSystem {
  if (subject.processor !== undefined) return subject.processor;
  throw new DiagnosticError("VRF003", `the subject ${subject.id} has no processor to be measured`, {
    place: subject.id,
    help: "give it a `processor` (see adapters/otel-processor.ts) or remove its validation claims",
  });
}

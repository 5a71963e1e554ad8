/** Reads what the child processes print; a record that is not complete is never evaluated. */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { LoadRecord, ProcessorRecord } from "../../core/load.ts";

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose => typeof value === "object" && value !== null;
const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);
const outcomes = new Set<unknown>(["completed", "rejected", "failed", "unfinished"]);

/** A number that the backend was asked for. @throws {DiagnosticError} VRF402 */
export function readNumber(message: unknown, name: "port" | "delivered"): number {
  const value = isObject(message) ? message[name] : undefined;
  if (isNumber(value)) return value;
  throw new DiagnosticError("VRF402", `the backend of the load run did not tell its "${name}"`);
}

function isRecord(message: unknown, count: number): message is LoadRecord {
  if (!isObject(message)) return false;
  const { sent, finished, outcomes: ends, failures, lag, cpu } = message;
  const list = (value: unknown, ok: (item: unknown) => boolean): boolean =>
    Array.isArray(value) && value.length === count && value.every((item) => ok(item));
  const numbers = (value: unknown, names: readonly string[]): boolean =>
    isObject(value) && names.every((name) => isNumber(value[name]));
  return (
    list(sent, isNumber) &&
    list(finished, (item) => item === null || isNumber(item)) &&
    list(ends, (item) => outcomes.has(item)) &&
    isObject(failures) &&
    numbers(lag, ["p50", "p99", "max"]) &&
    numbers(cpu, ["user", "system"])
  );
}

/** @throws {DiagnosticError} VRF401 when the message is not a complete record of `count` arrivals. */
export function readRecord(message: unknown, count: number, program: string): LoadRecord {
  if (isRecord(message, count)) return message;
  throw new DiagnosticError("VRF401", `${program} did not print a complete load record`, {
    help: `it must have one entry for each of the ${count} arrivals; the protocol is core/load.ts`,
  });
}

function isProcessorRecord(message: unknown, count: number): message is ProcessorRecord {
  if (!isObject(message)) return false;
  const { sent, fate, exports, failures, lag, cpu, shutdownSeconds } = message;
  const numbers = (value: unknown, names: readonly string[]): boolean =>
    isObject(value) && names.every((name) => isNumber(value[name]));
  const list = (value: unknown): boolean =>
    Array.isArray(value) && value.length === count && value.every((item) => isNumber(item));
  return (
    list(sent) &&
    list(fate) &&
    Array.isArray(exports) &&
    exports.every((one) => numbers(one, ["start", "end", "size", "callSeconds"])) &&
    isObject(failures) &&
    numbers(lag, ["p50", "p99", "max"]) &&
    numbers(cpu, ["user", "system"]) &&
    isNumber(shutdownSeconds)
  );
}

/** @throws {DiagnosticError} VRF401 when the message is not a complete record of `count` arrivals. */
export function readProcessorRecord(
  message: unknown,
  count: number,
  program: string,
): ProcessorRecord {
  if (isProcessorRecord(message, count)) return message;
  throw new DiagnosticError("VRF401", `${program} did not print a complete processor record`, {
    help: `it must have one entry for each of the ${count} arrivals; the protocol is core/load.ts`,
  });
}

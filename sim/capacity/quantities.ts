/** Quantities as people write them on a command line; anything else is an expression for mathjs. */

import { DiagnosticError } from "../../core/diagnostic.ts";

function bad(option: string, text: string, help: string): never {
  throw new DiagnosticError("VRF006", `${option}: "${text}" is no such quantity`, {
    place: option,
    help,
  });
}

const seconds: Readonly<Record<string, number>> = {
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
};

/** "80ms", "30s", "2m" as seconds; plain numbers are seconds. */
export function parseSeconds(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|min|m|h)?$/.exec(text.trim());
  if (match === null) return bad(option, text, "write a duration such as 80ms, 30s or 2m");
  return Number(match[1]) * seconds[match[2] ?? "s"]!;
}

/** Collector durations may be put together: "1m30s". */
export function parseGoDuration(text: string, option: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|m|h)/g)];
  const all = parts.map(([part]) => part).join("");
  if (text.trim() === "0") return 0;
  if (parts.length === 0 || all !== text.trim()) {
    return bad(option, text, "write a duration such as 5s, 300ms or 1m30s");
  }
  return parts.reduce((sum, [, value, unit]) => sum + Number(value) * seconds[unit!]!, 0);
}

/** "0.1%" or "0.001" as a share. */
export function parseShare(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?(?:e-?\d+)?)\s*(%)?$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
  if (!(value >= 0 && value < 1)) return bad(option, text, "write a share such as 0.1% or 0.001");
  return value;
}

/** "500m" or "0.5" as cores, the way Kubernetes writes them. */
export function parseCpu(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(m)?$/.exec(text.trim());
  const value = match === null ? 0 : Number(match[1]) / (match[2] === "m" ? 1000 : 1);
  if (!(value > 0)) return bad(option, text, "write cores such as 500m, 0.5 or 2");
  return value;
}

const isUnit = (value: unknown): value is { toNumber(unit: string): number } =>
  typeof value === "object" && value !== null && "toNumber" in value && "units" in value;

/** A positive number, or an expression for one with units, e.g. "2 * 1500" or "180000 / minute". */
export async function parseRate(text: string, option: string): Promise<number> {
  const plain = Number(text);
  if (Number.isFinite(plain) && text.trim() !== "") {
    return plain > 0 ? plain : bad(option, text, "a rate is positive");
  }
  try {
    const math = await import("mathjs");
    const value: unknown = math.evaluate(text);
    const rate = isUnit(value) ? value.toNumber("Hz") : value;
    if (typeof rate === "number" && rate > 0 && Number.isFinite(rate)) return rate;
  } catch {
    // said below
  }
  return bad(
    option,
    text,
    "write spans per second, or an expression such as 2 * 1500 or 180000 / minute",
  );
}

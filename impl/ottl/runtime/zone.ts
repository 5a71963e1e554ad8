/** Instants in their zones: civil fields, offsets, and back. */

import { fail, Instant } from "./value.ts";

export interface Civil {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** From 0, Sunday. */
  readonly weekday: number;
}

const second = 1_000_000_000n;

export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        timeZoneName: "longOffset",
        hourCycle: "h23",
      });
    } catch {
      return fail(`unknown time zone ${zone}`);
    }
    formats.set(zone, format);
  }
  return format;
}

/** @throws EvaluationError when there is no such zone */
export function checkZone(zone: string): void {
  if (zone !== "UTC" && parseOffset(zone) === null) formatOf(zone);
}

function parseOffset(zone: string): number | null {
  const match = /^([+-])(\d{2}):?(\d{2})(?::?(\d{2}))?$/.exec(zone);
  if (match === null) return null;
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return match[1] === "-" ? -size : size;
}

/** Seconds east of UTC. */
export function offsetAt(zone: string, unixSeconds: bigint): number {
  if (zone === "UTC") return 0;
  const fixed = parseOffset(zone);
  if (fixed !== null) return fixed;
  const parts = formatOf(zone).formatToParts(new Date(Number(unixSeconds) * 1000));
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  return parseOffset(name.replace("GMT", "")) ?? 0;
}

export function civil(instant: Instant): Civil {
  const seconds = floorDiv(instant.ns, second);
  const local = seconds + BigInt(offsetAt(instant.zone, seconds));
  const days = Number(floorDiv(local, 86_400n));
  const rest = Number(local - BigInt(days) * 86_400n);
  const { year, month, day } = fromDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    nanosecond: Number(instant.ns - seconds * second),
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

/** The instant of a civil time; fields out of range carry over. */
export function fromCivil(
  fields: Omit<Civil, "weekday" | "nanosecond">,
  nanoseconds: bigint,
  zone: string,
): Instant {
  const local =
    BigInt(toDays(fields.year, fields.month, fields.day)) * 86_400n +
    BigInt(fields.hour * 3600 + fields.minute * 60 + fields.second);
  let unix = local - BigInt(offsetAt(zone, local));
  // The offset at the local time may not be the one at the instant.
  const offset = BigInt(offsetAt(zone, unix));
  if (local - offset !== unix) unix = local - offset;
  return new Instant(unix * second + nanoseconds, zone);
}

export function toDays(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function fromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

export const pad = (value: number, width: number): string =>
  (value < 0 ? "-" : "") + String(Math.abs(value)).padStart(width, "0");

export function formatOffset(seconds: number, colon: boolean): string {
  const size = Math.abs(seconds);
  const text = `${pad(Math.floor(size / 3600), 2)}${colon ? ":" : ""}${pad(Math.floor(size / 60) % 60, 2)}`;
  return (seconds < 0 ? "-" : "+") + text;
}

/** RFC 3339 with as many digits of the second as needed. */
export function formatRfc3339(instant: Instant): string {
  const at = civil(instant);
  const fraction = at.nanosecond === 0 ? "" : `.${pad(at.nanosecond, 9)}`.replace(/0+$/, "");
  const offset = offsetAt(instant.zone, floorDiv(instant.ns, second));
  const zone = instant.zone === "UTC" || offset === 0 ? "Z" : formatOffset(offset, true);
  return `${pad(at.year, 4)}-${pad(at.month, 2)}-${pad(at.day, 2)}T${pad(at.hour, 2)}:${pad(at.minute, 2)}:${pad(at.second, 2)}${fraction}${zone}`;
}

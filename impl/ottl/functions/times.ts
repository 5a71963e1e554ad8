/** Instants and durations. */

import { arg, define, opt, pure, type FunctionSpec } from "../registry.ts";
import { Duration, fail, Instant, int64, type Val } from "../runtime/value.ts";
import { checkZone, civil, floorDiv, type Civil } from "../runtime/zone.ts";
import { formatTime, localNames, parseTime, checkFormat } from "./strptime.ts";

const second = 1_000_000_000n;
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

/** By the rules of `time.ParseDuration`. */
export function parseDuration(text: string): Duration {
  const wrong = (): never => fail(`time: invalid duration ${JSON.stringify(text)}`);
  const match = /^([+-]?)(.*)$/s.exec(text)!;
  const rest = match[2]!;
  if (rest === "0") return new Duration(0n);
  if (rest === "") return wrong();
  let total = 0n;
  let at = 0;
  const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  while (at < rest.length) {
    part.lastIndex = at;
    const found = part.exec(rest);
    if (found === null || (found[1] === "" && (found[2] ?? "") === "")) return wrong();
    at = part.lastIndex;
    const unit = units[found[3]!]!;
    total += BigInt(found[1] || "0") * unit;
    const fraction = found[2] ?? "";
    if (fraction !== "") total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
  }
  const limit = 2n ** 63n;
  const value = match[1] === "-" ? -total : total;
  if (value >= limit || value < -limit) return wrong();
  return new Duration(value);
}

const field = (name: string, read: (at: Civil) => number): FunctionSpec =>
  pure(name, [arg("time", "time")], { symbolic: "abstract", returns: "int" }, (time) =>
    BigInt(read(civil(time))),
  );
const unix = (name: string, unit: bigint): FunctionSpec =>
  pure(name, [arg("time", "time")], { symbolic: "abstract", returns: "int" }, (time) =>
    int64(floorDiv(time.ns, unit)),
  );
const whole = (name: string, unit: bigint): FunctionSpec =>
  pure(
    name,
    [arg("duration", "duration")],
    { symbolic: "abstract", returns: "int" },
    (duration) => duration.ns / unit,
  );
const fractional = (name: string, unit: bigint): FunctionSpec =>
  pure(
    name,
    [arg("duration", "duration")],
    { symbolic: "abstract", returns: "double" },
    (duration): Val => Number(duration.ns / unit) + Number(duration.ns % unit) / Number(unit),
  );

/** Since the first of January of the year 1, from which Go truncates. */
const epoch = 62_135_596_800n * second;

export const times: readonly FunctionSpec[] = [
  define(
    "Now",
    [],
    { symbolic: "out of model", returns: "time" },
    () => () => new Instant(BigInt(Date.now()) * 1_000_000n),
  ),
  define(
    "Time",
    [
      arg("time", "string"),
      arg("format", "literalString"),
      opt("location", "literalString"),
      opt("locale", "literalString"),
    ],
    { symbolic: "abstract", returns: "time", fails: "the text does not have the format" },
    ([text, format, location, locale]) => {
      if (format === "") throw new Error("format cannot be nil");
      const zone = location === undefined || location === "" ? "UTC" : location;
      checkZone(zone);
      checkFormat(format);
      const names = locale === undefined ? null : localNames(locale);
      return (item) => {
        const given = text(item);
        return given === "" ? fail("time cannot be nil") : parseTime(given, format, zone, names);
      };
    },
  ),
  define(
    "FormatTime",
    [arg("time", "time"), arg("format", "literalString")],
    { symbolic: "abstract", returns: "string" },
    ([time, format]) => {
      if (format === "") throw new Error("format cannot be nil");
      checkFormat(format);
      return (item) => formatTime(time(item), format);
    },
  ),
  pure(
    "Duration",
    [arg("duration", "string")],
    { symbolic: "abstract", returns: "duration", fails: "the text is no duration" },
    parseDuration,
  ),
  pure(
    "TruncateTime",
    [arg("time", "time"), arg("duration", "duration")],
    { symbolic: "abstract", returns: "time" },
    (time, duration) => {
      if (duration.ns <= 0n) return time;
      const since = time.ns + epoch;
      const rest = ((since % duration.ns) + duration.ns) % duration.ns;
      return new Instant(time.ns - rest, time.zone);
    },
  ),
  pure(
    "Unix",
    [arg("seconds", "int"), opt("nanoseconds", "int")],
    { symbolic: "abstract", returns: "time" },
    (seconds, nanoseconds) => new Instant(seconds * second + (nanoseconds ?? 0n)),
  ),
  unix("UnixSeconds", second),
  unix("UnixMilli", 1_000_000n),
  unix("UnixMicro", 1_000n),
  unix("UnixNano", 1n),
  field("Year", ({ year }) => year),
  field("Month", ({ month }) => month),
  field("Day", ({ day }) => day),
  field("Weekday", ({ weekday }) => weekday),
  field("Hour", ({ hour }) => hour),
  field("Minute", ({ minute }) => minute),
  field("Second", (at) => at.second),
  field("Nanosecond", ({ nanosecond }) => nanosecond),
  fractional("Hours", 3600n * second),
  fractional("Minutes", 60n * second),
  fractional("Seconds", second),
  whole("Milliseconds", 1_000_000n),
  whole("Microseconds", 1_000n),
  whole("Nanoseconds", 1n),
];

/** Times as texts, by the directives that the Collector knows. */

import { EvaluationError, fail, Instant } from "../runtime/value.ts";
import {
  civil,
  floorDiv,
  formatOffset,
  fromCivil,
  offsetAt,
  pad,
  toDays,
} from "../runtime/zone.ts";

const months =
  "January February March April May June July August September October November December".split(
    " ",
  );
const days = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** Directives that stand for others. */
const composed: Readonly<Record<string, string>> = {
  D: "%m/%d/%Y",
  x: "%m/%d/%Y",
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  X: "%H:%M:%S",
  r: "%I:%M:%S %P",
  R: "%H:%M",
  c: "%a %b %d %H:%M:%S %Y",
  n: "\n",
  t: "\t",
};
const simple = "YymoqbhBdegaAHlIpPMSLfsZzwijk%";

const expanded = (format: string): string =>
  format.replace(/%(.)/gs, (directive, letter: string) => composed[letter] ?? directive);

/** @throws Error on an unknown directive, a digit, or a fraction that follows neither a dot nor a comma */
export function checkFormat(format: string): void {
  for (const [, letter] of format.matchAll(/%(.)/gs)) {
    if (!simple.includes(letter!) && composed[letter!] === undefined) {
      throw new Error(`unsupported ctimefmt.directive: %${letter}`);
    }
  }
  if (/\d/.test(format)) throw new Error("format string should not contain decimals");
  const fraction = /[^.,]%[Lfs]/.exec(format);
  if (fraction !== null) {
    throw new Error(
      `invalid fractional seconds directive: '${fraction[0]}'. must be preceded with '.' or ','`,
    );
  }
}

/** Local names of months and days, lower case, with the English ones. */
export type Names = ReadonlyMap<string, string>;
export function localNames(locale: string): Names {
  const names = new Map<string, string>();
  let tag: string;
  try {
    tag = new Intl.Locale(locale).toString();
  } catch {
    throw new Error(
      `unsupported locale '${locale}', value must be a supported BCP 47 language tag`,
    );
  }
  if (Intl.DateTimeFormat.supportedLocalesOf([tag]).length === 0) {
    throw new Error(
      `unsupported locale '${locale}', value must be a supported BCP 47 language tag`,
    );
  }
  for (const style of ["long", "short"] as const) {
    const month = new Intl.DateTimeFormat(tag, { month: style, timeZone: "UTC" });
    const inDate = new Intl.DateTimeFormat(tag, { month: style, day: "numeric", timeZone: "UTC" });
    const weekday = new Intl.DateTimeFormat(tag, { weekday: style, timeZone: "UTC" });
    for (const [i, english] of months.entries()) {
      const at = new Date(Date.UTC(2023, i, 1));
      const genitive = inDate.formatToParts(at).find(({ type }) => type === "month")?.value;
      for (const name of [month.format(at), genitive ?? ""]) {
        for (const form of [name, name.replace(/\.$/, "")]) {
          if (form !== "")
            names.set(form.toLowerCase(), style === "long" ? english : english.slice(0, 3));
        }
      }
    }
    for (const [i, english] of days.entries()) {
      // The first of January 2023 is a Sunday.
      const name = weekday.format(new Date(Date.UTC(2023, 0, 1 + i)));
      for (const form of [name, name.replace(/\.$/, "")]) {
        names.set(form.toLowerCase(), style === "long" ? english : english.slice(0, 3));
      }
    }
  }
  return names;
}

interface Fields {
  year: number | null;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: bigint;
  afternoon: boolean | null;
  offset: string | null;
  zone: string | null;
}

/** @throws EvaluationError when the text does not have the format */
export function parseTime(
  text: string,
  format: string,
  zone: string,
  names: Names | null,
): Instant {
  const short = format.replaceAll(/%[Dx]/g, "%m/%d/%y");
  if (short === format) return parseAs(text, format, zone, names);
  // A date of the locale may have its year with two digits or four.
  try {
    return parseAs(text, short, zone, names);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return parseAs(text, format, zone, names);
  }
}

function parseAs(text: string, format: string, zone: string, names: Names | null): Instant {
  const template = expanded(format);
  const source = names === null ? text : translated(text, names);
  const fields: Fields = {
    year: null,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0n,
    afternoon: null,
    offset: null,
    zone: null,
  };
  const wrong = (): never =>
    fail(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(format)}: cannot parse`);
  let at = 0;
  const take = (pattern: RegExp): string => {
    const sticky = new RegExp(pattern.source, "iy");
    sticky.lastIndex = at;
    const match = sticky.exec(source);
    if (match === null) return wrong();
    at = sticky.lastIndex;
    return match[0];
  };
  const number = (pattern: RegExp, low: number, high: number): number => {
    const value = Number(take(pattern));
    return value < low || value > high ? wrong() : value;
  };
  const named = (list: readonly string[], short: boolean): number => {
    const options = list.map((name) => (short ? name.slice(0, 3) : name));
    const found = take(new RegExp(options.join("|"))).toLowerCase();
    return options.findIndex((name) => name.toLowerCase() === found);
  };
  for (let i = 0; i < template.length; i++) {
    const character = template[i]!;
    if (character !== "%") {
      // A run of spaces matches any other run.
      if (character === " ") {
        while (template[i + 1] === " ") i++;
        if (source[at] !== " " && at < source.length) wrong();
        while (source[at] === " ") at++;
      } else if (
        (character === "." || character === ",") &&
        /^%[Lfs]/.test(template.slice(i + 1))
      ) {
        // The fraction with its separator may be missing.
        i += 2;
        const sticky = /[.,](\d{1,9})\d*/y;
        sticky.lastIndex = at;
        const match = sticky.exec(source);
        if (match !== null) {
          fields.nanosecond = BigInt(match[1]!.padEnd(9, "0"));
          at = sticky.lastIndex;
        }
      } else if (source.startsWith(character, at)) at += character.length;
      else wrong();
      continue;
    }
    i++;
    switch (template[i]) {
      case "Y":
        fields.year = number(/\d{4}/, 0, 9999);
        break;
      case "y": {
        const short = number(/\d{2}/, 0, 99);
        fields.year = short >= 69 ? 1900 + short : 2000 + short;
        break;
      }
      case "m":
      case "o":
      case "q":
        fields.month = number(/ ?\d{1,2}/, 1, 12);
        break;
      case "b":
      case "h":
        fields.month = named(months, true) + 1;
        break;
      case "B":
        fields.month = named(months, false) + 1;
        break;
      case "d":
      case "e":
      case "g":
        fields.day = number(/ ?\d{1,2}/, 1, 31);
        break;
      case "a":
        named(days, true);
        break;
      case "A":
        named(days, false);
        break;
      case "H":
        fields.hour = number(/\d{1,2}/, 0, 23);
        break;
      case "I":
      case "l":
        fields.hour = number(/\d{1,2}/, 0, 12);
        break;
      case "p":
      case "P":
        fields.afternoon = take(/am|pm/).toLowerCase() === "pm";
        break;
      case "M":
        fields.minute = number(/\d{1,2}/, 0, 59);
        break;
      case "S": {
        fields.second = number(/\d{1,2}/, 0, 59);
        // A fraction is read even if the format has none.
        if (!/^[.,]%[Lfs]/.test(template.slice(i + 1)) && /^[.,]\d/.test(source.slice(at))) {
          fields.nanosecond = BigInt(
            take(/[.,]\d+/)
              .slice(1, 10)
              .padEnd(9, "0"),
          );
        }
        break;
      }
      case "Z":
        fields.zone = take(/[A-Z]{3,5}|[+-]\d{2}/);
        break;
      case "z":
        fields.offset = take(/Z|[+-]\d{4}/);
        break;
      case "w":
        fields.offset = take(/[+-]\d{6}/);
        break;
      case "i":
        fields.offset = `${take(/[+-]\d{2}/)}00`;
        break;
      case "j":
        fields.offset = take(/[+-]\d{2}:\d{2}/);
        break;
      case "k":
        fields.offset = take(/[+-]\d{2}:\d{2}:\d{2}/);
        break;
      case "%":
        take(/%/);
        break;
      default:
        wrong();
    }
  }
  if (at < source.length) wrong();
  return assembled(fields, zone, wrong);
}

function translated(text: string, names: Names): string {
  return text.replace(/\p{L}[\p{L}\p{M}]*\.?/gu, (word) => {
    const whole = names.get(word.toLowerCase());
    if (whole !== undefined) return whole;
    const bare = word.replace(/\.$/, "");
    const found = names.get(bare.toLowerCase());
    return found === undefined ? word : found + word.slice(bare.length);
  });
}

function assembled(fields: Fields, zone: string, wrong: () => never): Instant {
  let { hour } = fields;
  if (fields.afternoon === true && hour < 12) hour += 12;
  else if (fields.afternoon === false && hour === 12) hour = 0;
  const given = fields.year !== null && fields.year > 0;
  const now = civil(new Instant(BigInt(Date.now()) * 1_000_000n, zone));
  const year = given ? fields.year! : now.year;
  const lengthOfMonth = toDays(year, fields.month + 1, 1) - toDays(year, fields.month, 1);
  if (fields.day > (fields.month === 12 ? 31 : lengthOfMonth)) wrong();
  const where = placeOf(fields, zone, wrong);
  const make = (of: number): Instant =>
    fromCivil(
      {
        year: of,
        month: fields.month,
        day: fields.day,
        hour,
        minute: fields.minute,
        second: fields.second,
      },
      fields.nanosecond,
      where,
    );
  const made = make(year);
  // Without a year: the last such day, up to a week ahead of now.
  const ahead = BigInt(Date.now()) * 1_000_000n + 7n * 86_400n * 1_000_000_000n;
  return !given && made.ns > ahead ? make(year - 1) : made;
}

/** Of the zones that are told by letters only these are known everywhere. */
function placeOf(fields: Fields, zone: string, wrong: () => never): string {
  if (fields.offset !== null) {
    const compact = fields.offset.replaceAll(":", "");
    if (/^z$/i.test(compact) || /^[+-]0+$/.test(compact)) return "UTC";
    return `${compact.slice(0, 3)}:${compact.slice(3, 5)}${compact.length > 5 ? `:${compact.slice(5)}` : ""}`;
  }
  if (fields.zone === null) return zone;
  if (/^(?:UTC|GMT)$/i.test(fields.zone)) return "UTC";
  const names: Readonly<Record<string, string>> = { EST: "-05:00", MST: "-07:00", HST: "-10:00" };
  const known = names[fields.zone.toUpperCase()];
  if (known !== undefined) return known;
  try {
    offsetAt(fields.zone, 0n);
    return fields.zone;
  } catch {
    return wrong();
  }
}

export function formatTime(time: Instant, format: string): string {
  const at = civil(time);
  const offset = offsetAt(time.zone, floorDiv(time.ns, 1_000_000_000n));
  const hour12 = at.hour % 12 === 0 ? 12 : at.hour % 12;
  const digits = String(at.nanosecond).padStart(9, "0");
  const write = (letter: string): string => {
    switch (letter) {
      case "Y":
        return pad(at.year, 4);
      case "y":
        return pad(at.year % 100, 2);
      case "m":
        return pad(at.month, 2);
      case "o":
        return String(at.month).padStart(2, "_");
      case "q":
        return String(at.month);
      case "b":
      case "h":
        return months[at.month - 1]!.slice(0, 3);
      case "B":
        return months[at.month - 1]!;
      case "d":
        return pad(at.day, 2);
      case "e":
        return String(at.day).padStart(2, " ");
      case "g":
        return String(at.day);
      case "a":
        return days[at.weekday]!.slice(0, 3);
      case "A":
        return days[at.weekday]!;
      case "H":
        return pad(at.hour, 2);
      case "l":
        return String(hour12);
      case "I":
        return pad(hour12, 2);
      case "p":
        return at.hour < 12 ? "AM" : "PM";
      case "P":
        return at.hour < 12 ? "am" : "pm";
      case "M":
        return pad(at.minute, 2);
      case "S":
        return pad(at.second, 2);
      case "Z":
        return zoneLetters(time, offset);
      case "z":
        return offset === 0 ? "Z" : formatOffset(offset, false);
      case "w":
        return `${formatOffset(offset, false)}${pad(Math.abs(offset) % 60, 2)}`;
      case "i":
        return formatOffset(offset, false).slice(0, 3);
      case "j":
        return formatOffset(offset, true);
      case "k":
        return `${formatOffset(offset, true)}:${pad(Math.abs(offset) % 60, 2)}`;
      default:
        return "%";
    }
  };
  // A fraction loses its trailing zeros, and its separator with the last digit.
  return expanded(format).replace(
    /([.,])%([Lfs])|%(.)/gs,
    (_, separator: string | undefined, precision: string | undefined, letter: string) => {
      if (separator === undefined) return write(letter);
      const width = precision === "L" ? 3 : precision === "f" ? 6 : 9;
      const fraction = digits.slice(0, width).replace(/0+$/, "");
      return fraction === "" ? "" : separator + fraction;
    },
  );
}

function zoneLetters(time: Instant, offset: number): string {
  if (time.zone === "UTC") return "UTC";
  if (/^[+-]/.test(time.zone)) return formatOffset(offset, false).replace(/00$/, "");
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: time.zone, timeZoneName: "short" });
  const date = new Date(Number(floorDiv(time.ns, 1_000_000n)));
  const name = parts.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
  return /^[A-Z]+$/.test(name) ? name : formatOffset(offset, false).replace(/00$/, "");
}

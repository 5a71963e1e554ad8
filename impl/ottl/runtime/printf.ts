/** `fmt.Sprintf` for the values of OTTL. */

import { plainFloat, toJson } from "./text.ts";
import { Duration, Id, Instant, typeName, type Val } from "./value.ts";
import { formatRfc3339 } from "./zone.ts";

interface Flags {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | null;
  readonly precision: number | null;
}

const directive = /%([-+# 0]*)(\d+)?(?:\.(\d*))?(.)?/gsu;

export function sprintf(format: string, args: readonly Val[]): string {
  let next = 0;
  const out = format.replace(
    directive,
    (_, flags: string, width?: string, precision?: string, verb?: string) => {
      if (verb === undefined) return "%!(NOVERB)";
      if (verb === "%") return "%";
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const value = args[next++]!;
      return one(verb, value, {
        minus: flags.includes("-"),
        plus: flags.includes("+"),
        sharp: flags.includes("#"),
        space: flags.includes(" "),
        zero: flags.includes("0") && !flags.includes("-"),
        width: width === undefined ? null : Number(width),
        precision: precision === undefined ? null : Number(precision || "0"),
      });
    },
  );
  if (next >= args.length) return out;
  const extra = args
    .slice(next)
    .map((value) => (value === null ? "<nil>" : `${typeName(value)}=${plainValue(value)}`));
  return `${out}%!(EXTRA ${extra.join(", ")})`;
}

function one(verb: string, value: Val, flags: Flags): string {
  const text = verbatim(verb, value, flags);
  if (text === null) {
    const told = value === null ? "<nil>" : `${typeName(value)}=${plainValue(value)}`;
    return `%!${verb}(${told})`;
  }
  return padded(text, flags, typeof value === "bigint" || typeof value === "number");
}

function padded(text: string, flags: Flags, numeric: boolean): string {
  const length = Array.from(text).length;
  if (flags.width === null || length >= flags.width) return text;
  const missing = flags.width - length;
  if (flags.minus) return text + " ".repeat(missing);
  if (!flags.zero) return " ".repeat(missing) + text;
  const sign = numeric && /^[+-]/.test(text) ? text[0]! : "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

const signed = (text: string, flags: Flags): string =>
  text.startsWith("-") ? text : (flags.plus ? "+" : flags.space ? " " : "") + text;

/** Null when the verb does not fit the value. */
function verbatim(verb: string, value: Val, flags: Flags): string | null {
  if (verb === "T") return typeName(value);
  if (verb === "v") {
    return typeof value === "number" || typeof value === "bigint"
      ? signed(plainValue(value), flags)
      : plainValue(value);
  }
  switch (typeof value) {
    case "boolean":
      return verb === "t" ? String(value) : null;
    case "bigint":
      return integer(verb, value, flags);
    case "number":
      return float(verb, value, flags);
    case "string":
      return string(verb, value, flags);
    default:
      if (value instanceof Uint8Array) {
        if (verb === "s") return Buffer.from(value).toString("utf8");
        if (verb === "x") return Buffer.from(value).toString("hex");
        if (verb === "q") return JSON.stringify(Buffer.from(value).toString("utf8"));
        const verbOf = (byte: number): string =>
          integer(verb, BigInt(byte), flags) ?? `%!${verb}(uint8=${byte})`;
        return `[${Array.from(value, verbOf).join(" ")}]`;
      }
      return value !== null && (verb === "s" || verb === "d") ? plainValue(value) : null;
  }
}

function integer(verb: string, value: bigint, flags: Flags): string | null {
  const digits = (radix: number): string => {
    const size = (value < 0n ? -value : value).toString(radix);
    return signed((value < 0n ? "-" : "") + size.padStart(flags.precision ?? 0, "0"), flags);
  };
  switch (verb) {
    case "d":
      return digits(10);
    case "b":
      return digits(2);
    case "o":
      return digits(8);
    case "x":
      return digits(16).replace(/^([+ -]?)/, flags.sharp ? "$10x" : "$1");
    case "X":
      return digits(16)
        .toUpperCase()
        .replace(/^([+ -]?)/, flags.sharp ? "$10X" : "$1");
    case "c":
      return value >= 0n && value <= 0x10ffffn ? String.fromCodePoint(Number(value)) : "\ufffd";
    case "U":
      return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
    default:
      return null;
  }
}

function float(verb: string, value: number, flags: Flags): string | null {
  if (!Number.isFinite(value)) {
    return "eEfFgG".includes(verb)
      ? signed(plainFloat(value).replace(/^\+/, ""), { ...flags, plus: flags.plus || value > 0 })
      : null;
  }
  switch (verb) {
    case "f":
    case "F":
      return signed(value.toFixed(flags.precision ?? 6), flags);
    case "e":
    case "E": {
      const text = value.toExponential(flags.precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2");
      return signed(verb === "E" ? text.toUpperCase() : text, flags);
    }
    case "g":
    case "G": {
      const text =
        flags.precision === null
          ? plainFloat(value)
          : plainFloat(Number(value.toPrecision(Math.max(1, flags.precision))));
      return signed(verb === "G" ? text.toUpperCase() : text, flags);
    }
    default:
      return null;
  }
}

function string(verb: string, value: string, flags: Flags): string | null {
  const cut =
    flags.precision === null ? value : Array.from(value).slice(0, flags.precision).join("");
  switch (verb) {
    case "s":
      return cut;
    case "q":
      return JSON.stringify(cut);
    case "x":
      return Buffer.from(value).toString("hex");
    case "X":
      return Buffer.from(value).toString("hex").toUpperCase();
    default:
      return null;
  }
}

/** As `%v`; maps and lists of records, whose Go text shows pointers, are shown as JSON. */
export function plainValue(value: Val): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return plainFloat(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return `[${[...value].join(" ")}]`;
  if (value instanceof Duration) return goDuration(value.ns);
  if (value instanceof Instant) return formatRfc3339(value);
  if (value instanceof Id) return value.hex;
  if (Array.isArray(value)) return `[${Array.from(value, plainValue).join(" ")}]`;
  return value instanceof Map ? toJson(value) : value.type;
}

/** `time.Duration.String`. */
export function goDuration(ns: bigint): string {
  if (ns === 0n) return "0s";
  const sign = ns < 0n ? "-" : "";
  const size = ns < 0n ? -ns : ns;
  const decimal = (unit: bigint, name: string): string => {
    const fraction = String(size % unit)
      .padStart(String(unit).length - 1, "0")
      .replace(/0+$/, "");
    return `${sign}${size / unit}${fraction === "" || unit === 1n ? "" : `.${fraction}`}${name}`;
  };
  if (size < 1_000n) return decimal(1n, "ns");
  if (size < 1_000_000n) return decimal(1_000n, "µs");
  if (size < 1_000_000_000n) return decimal(1_000_000n, "ms");
  const minutes = size / 60_000_000_000n;
  const rest = size % 60_000_000_000n;
  const fraction = String(rest % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${rest / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}s`;
  const hours = minutes / 60n;
  return `${sign}${hours > 0n ? `${hours}h` : ""}${minutes > 0n ? `${minutes % 60n}m` : ""}${seconds}`;
}

/** `fmt.Sprintf` of Go for the values of OTTL, by the rules of its documentation. */

import { formatE, formatF, formatG, formatHex, formatP, plainFloat } from "./float.ts";
import { quote, quoteRune, toJson, utf8Pieces } from "./text.ts";
import { Duration, Id, Instant, typeName, type Val } from "./value.ts";
import { formatRfc3339 } from "./zone.ts";

interface Flags {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | null;
  precision: number | null;
}

const noFlags = (): Flags => ({
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  width: null,
  precision: null,
});
const flagOf = { "-": "minus", "+": "plus", "#": "sharp", " ": "space", "0": "zero" } as const;
/** Where a width, but for its last digit, is larger, Go gives up the rest of the format. */
const largest = 1_000_000;

export function sprintf(format: string, args: readonly Val[]): string {
  return new Printer(format, args).print();
}

class Printer {
  readonly #format: string;
  readonly #args: readonly Val[];
  #at = 0;
  #next = 0;
  /** An explicit index was seen: superfluous arguments are no longer told. */
  #reordered = false;
  #goodIndex = true;

  constructor(format: string, args: readonly Val[]) {
    this.#format = format;
    this.#args = args;
  }

  print(): string {
    let out = "";
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf("%", this.#at);
      if (percent === -1) {
        out += this.#format.slice(this.#at);
        break;
      }
      out += this.#format.slice(this.#at, percent);
      this.#at = percent + 1;
      out += this.#directive();
    }
    if (this.#reordered || this.#next >= this.#args.length) return out;
    const extra = this.#args.slice(this.#next).map((value) => typed(value, noFlags()));
    return `${out}%!(EXTRA ${extra.join(", ")})`;
  }

  #directive(): string {
    const flags = noFlags();
    this.#goodIndex = true;
    let told = "";
    for (let c = this.#format[this.#at]; c !== undefined && c in flagOf;) {
      flags[flagOf[c as keyof typeof flagOf]] = true;
      c = this.#format[++this.#at];
    }
    let indexed = this.#index();
    if (this.#take("*")) {
      flags.width = this.#number();
      if (flags.width === null) told += "%!(BADWIDTH)";
      else if (flags.width < 0) {
        flags.width = -flags.width;
        flags.minus = true;
        flags.zero = false;
      }
      indexed = false;
    } else {
      flags.width = this.#digits();
      if (indexed && flags.width !== null) this.#goodIndex = false;
    }
    if (this.#take(".")) {
      if (indexed) this.#goodIndex = false;
      indexed = this.#index();
      if (this.#take("*")) {
        const precision = this.#number();
        if (precision === null || precision < 0) told += "%!(BADPREC)";
        else flags.precision = precision;
        indexed = false;
      } else flags.precision = this.#digits() ?? 0;
    }
    if (!indexed) this.#index();
    const point = this.#format.codePointAt(this.#at);
    if (point === undefined) return `${told}%!(NOVERB)`;
    const verb = String.fromCodePoint(point);
    this.#at += verb.length;
    if (verb === "%") return `${told}%`;
    if (!this.#goodIndex) return `${told}%!${verb}(BADINDEX)`;
    if (this.#next >= this.#args.length) return `${told}%!${verb}(MISSING)`;
    return told + one(verb, this.#args[this.#next++]!, flags);
  }

  #take(character: string): boolean {
    if (this.#format[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #digits(): number | null {
    const match = /^\d+/.exec(this.#format.slice(this.#at));
    if (match === null) return null;
    this.#at += match[0].length;
    if (Number(match[0].slice(0, -1)) <= largest) return Number(match[0]);
    this.#at = this.#format.length;
    return null;
  }

  /** `[n]`: the argument to go on with. */
  #index(): boolean {
    if (this.#format[this.#at] !== "[") return false;
    this.#reordered = true;
    const close = this.#format.indexOf("]", this.#at);
    if (close === -1) {
      this.#goodIndex = false;
      this.#at += 1;
      return false;
    }
    const text = this.#format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const index = /^\d+$/.test(text) && Number(text) <= largest ? Number(text) - 1 : null;
    if (index !== null && index >= 0 && index < this.#args.length) this.#next = index;
    else this.#goodIndex = false;
    return index !== null;
  }

  /** A width or precision from the arguments. */
  #number(): number | null {
    if (this.#next >= this.#args.length) return null;
    const value = this.#args[this.#next++];
    if (typeof value !== "bigint") return null;
    const size = Number(value);
    return Math.abs(size) > largest ? null : size;
  }
}

function one(verb: string, value: Val, flags: Flags): string {
  if (verb === "T") return padded(typeName(value), flags);
  return written(verb, value, flags) ?? `%!${verb}(${typed(value, flags)})`;
}

/** As the messages about a wrong verb or a superfluous argument show a value. */
const typed = (value: Val, flags: Flags): string =>
  value === null ? "<nil>" : `${typeName(value)}=${written("v", value, flags)!}`;

function padded(text: string, { width, minus, zero }: Flags): string {
  const missing = (width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (minus) return text + " ".repeat(missing);
  return (zero ? "0" : " ").repeat(missing) + text;
}

/** Null when the verb does not fit the value. */
function written(verb: string, value: Val, flags: Flags): string | null {
  switch (typeof value) {
    case "boolean":
      return verb === "t" || verb === "v" ? padded(String(value), flags) : null;
    case "bigint":
      return integer(verb, value, flags);
    case "number":
      return float(verb, value, flags);
    case "string":
      return string(verb, value, Buffer.from(value), flags);
    default:
  }
  if (value instanceof Uint8Array) return bytes(verb, value, flags);
  if (value instanceof Instant && "vs".includes(verb)) return padded(timeText(value), flags);
  if (verb === "v") return padded(plainValue(value), { ...flags, zero: false });
  if (value instanceof Duration && "dboOxXcqU".includes(verb))
    return integer(verb, value.ns, flags);
  return value !== null && (verb === "s" || verb === "d") ? padded(plainValue(value), flags) : null;
}

/** `time.Time.String`; a zone is named by its offset. */
const timeText = (value: Instant): string =>
  formatRfc3339(value)
    .replace("T", " ")
    .replace(/Z$/, " +0000 UTC")
    .replace(/([+-])(\d\d):(\d\d)$/, " $1$2$3 $1$2$3");

function bytes(verb: string, value: Uint8Array, flags: Flags): string | null {
  if (verb === "q") return padded(quote(utf8Pieces(value), flags.plus), flags);
  if ("sxX".includes(verb)) {
    return string(verb, Buffer.from(value).toString("utf8"), value, flags);
  }
  const each = verb === "v" ? "d" : verb;
  const shown = Array.from(
    value,
    (byte) => integer(each, BigInt(byte), flags) ?? `%!${verb}(uint8=${byte})`,
  );
  return `[${shown.join(" ")}]`;
}

const radixOf: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function integer(verb: string, value: bigint, flags: Flags): string | null {
  const point = value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd;
  if (verb === "c") return padded(String.fromCodePoint(point), flags);
  if (verb === "q") return padded(quoteRune(point, flags.plus), flags);
  if (verb === "U") {
    const code = BigInt.asUintN(64, value).toString(16).toUpperCase();
    const shown = `U+${code.padStart(Math.max(4, flags.precision ?? 0), "0")}`;
    const character = String.fromCodePoint(point);
    const printable = value === BigInt(point) && /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character);
    return padded(flags.sharp && printable ? `${shown} '${character}'` : shown, {
      ...flags,
      zero: false,
    });
  }
  const radix = Object.hasOwn(radixOf, verb) ? radixOf[verb]! : null;
  if (radix === null) return null;
  const plus = flags.plus && verb !== "v";
  const sign = value < 0n ? "-" : plus ? "+" : flags.space ? " " : "";
  if (flags.precision === 0 && value === 0n) return " ".repeat(flags.width ?? 0);
  let digits = (value < 0n ? -value : value).toString(radix);
  if (verb === "X") digits = digits.toUpperCase();
  if (flags.precision !== null) digits = digits.padStart(flags.precision, "0");
  else if (flags.zero && !flags.minus && flags.width !== null) {
    digits = digits.padStart(flags.width - sign.length, "0");
  }
  if (flags.sharp && verb !== "v") {
    if (radix === 2) digits = `0b${digits}`;
    if (radix === 8 && !digits.startsWith("0")) digits = `0${digits}`;
    if (radix === 16) digits = `0${verb}${digits}`;
  }
  if (verb === "O") digits = `0o${digits}`;
  return padded(sign + digits, { ...flags, zero: false });
}

function float(verb: string, value: number, flags: Flags): string | null {
  const { precision } = flags;
  const shown: string | null = (() => {
    if (!"eEfFgGvxXb".includes(verb)) return null;
    if (!Number.isFinite(value)) return plainFloat(value);
    switch (verb) {
      case "e":
      case "E":
        return formatE(value, precision ?? 6);
      case "f":
      case "F":
        return formatF(value, precision ?? 6);
      case "b":
        return formatP(value);
      case "x":
      case "X":
        return formatHex(value, precision);
      default:
        return formatG(value, precision);
    }
  })();
  if (shown === null) return null;
  const cased = /[EGX]/.test(verb) && Number.isFinite(value) ? shown.toUpperCase() : shown;
  const size = cased.replace(/^[+-]/, "");
  const plus = flags.plus && verb !== "v";
  const sign = cased.startsWith("-")
    ? "-"
    : plus
      ? "+"
      : flags.space
        ? " "
        : cased.startsWith("+")
          ? "+"
          : "";
  if (!Number.isFinite(value)) return padded(sign + size, { ...flags, zero: false });
  const full =
    flags.sharp && verb !== "b" && verb !== "v" ? withPoint(size, verb, precision) : size;
  const missing = (flags.width ?? 0) - sign.length - full.length;
  if (flags.zero && !flags.minus && missing > 0) return sign + "0".repeat(missing) + full;
  return padded(sign + full, { ...flags, zero: false });
}

/** `%#g` and others: always a decimal point, and as many digits as the precision says. */
function withPoint(size: string, verb: string, precision: number | null): string {
  const [, digits, exponent] = /^(0[xX][^pP]*|[^eEpP]*)(.*)$/.exec(size)!;
  const pointed = digits!.includes(".") ? digits! : `${digits}.`;
  if (!"gGx".includes(verb)) return pointed + exponent;
  // To Go, the x of a hexadecimal prefix is a figure.
  const significant = pointed.replace(".", "").replace(/^0+/, "").length || 1;
  return pointed + "0".repeat(Math.max(0, (precision ?? 6) - significant)) + exponent;
}

function string(verb: string, value: string, raw: Uint8Array, flags: Flags): string | null {
  const { precision } = flags;
  switch (verb) {
    case "s":
    case "v":
    case "q": {
      const cut = precision === null ? value : Array.from(value).slice(0, precision).join("");
      if (verb !== "q") return padded(cut, flags);
      // oxlint-disable-next-line no-control-regex -- what Go leaves to back quotes
      const plain = !/[\u0000-\u0008\u000a-\u001f`\u007f\ufeff\ufffd]/u.test(cut);
      return padded(flags.sharp && plain ? `\`${cut}\`` : quote(cut, flags.plus), flags);
    }
    case "x":
    case "X": {
      const hex = Buffer.from(raw.subarray(0, precision ?? raw.length)).toString("hex");
      const pairs = (verb === "X" ? hex.toUpperCase() : hex).match(/../g) ?? [];
      const prefix = flags.sharp && pairs.length > 0 ? `0${verb}` : "";
      const shown = flags.space
        ? pairs.map((pair) => prefix + pair).join(" ")
        : prefix + pairs.join("");
      return padded(shown, flags);
    }
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

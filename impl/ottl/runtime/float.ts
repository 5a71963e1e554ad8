/** Doubles as texts, by the rules of `strconv.FormatFloat`. */

/** The shortest text that reads back, as `%v` prints it. */
export function plainFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return formatG(value, null);
}

const minus = (value: number): string => (value < 0 || Object.is(value, -0) ? "-" : "");

/** size · 10^power as an integer, ties to even: JavaScript's own methods round them up. */
function scaled(size: number, power: number): bigint {
  const { mantissa, power: binary } = parts(size);
  const [ten, two] = [10n ** BigInt(Math.abs(power)), 2n ** BigInt(Math.abs(binary))];
  const above = mantissa * (power > 0 ? ten : 1n) * (binary > 0 ? two : 1n);
  const below = (power < 0 ? ten : 1n) * (binary < 0 ? two : 1n);
  const [whole, rest] = [above / below, (above % below) * 2n];
  return rest > below || (rest === below && (whole & 1n) === 1n) ? whole + 1n : whole;
}

/** That many figures of a positive number, and the power of ten of the first. */
function figuresOf(size: number, count: number): { figures: string; scale: number } {
  let scale = Number(size.toExponential().split("e")[1]);
  for (;;) {
    const figures = String(scaled(size, count - 1 - scale));
    if (figures.length === count) return { figures, scale };
    scale += figures.length > count ? 1 : -1;
  }
}

const withExponent = (figures: string, scale: number): string =>
  `${figures[0]}${figures.length > 1 ? `.${figures.slice(1)}` : ""}e${scale < 0 ? "-" : "+"}` +
  String(Math.abs(scale)).padStart(2, "0");

/** `%e` with that many digits after the point. */
export function formatE(value: number, digits: number): string {
  const size = Math.abs(value);
  if (size === 0) return minus(value) + withExponent("0".repeat(digits + 1), 0);
  const { figures, scale } = figuresOf(size, digits + 1);
  return minus(value) + withExponent(figures, scale);
}

/** `%f` with that many digits after the point. */
export function formatF(value: number, digits: number): string {
  const text = String(scaled(Math.abs(value), digits)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return `${minus(value)}${whole}${digits === 0 ? "" : `.${text.slice(-digits)}`}`;
}

/** `%g`: the shortest text, or at most that many digits; an exponent below 1e-4, and from 1e6 or the precision. */
export function formatG(value: number, digits: number | null): string {
  const size = Math.abs(value);
  if (size === 0) return `${minus(value)}0`;
  const shown = digits === null ? shortest(size) : figuresOf(size, Math.max(1, digits));
  const figures = shown.figures.replace(/0+$/, "");
  const { scale } = shown;
  const precision = Math.max(1, digits ?? 6);
  const limit =
    digits !== null && precision > figures.length && figures.length >= scale + 1
      ? figures.length
      : precision;
  if (scale < -4 || scale >= limit) {
    return minus(value) + withExponent(figures, scale);
  }
  return minus(value) + unscaled(figures, scale);
}

function shortest(size: number): { figures: string; scale: number } {
  const [mantissa, power] = size.toExponential().split("e") as [string, string];
  return { figures: mantissa.replace(".", ""), scale: Number(power) };
}

function unscaled(figures: string, scale: number): string {
  if (scale < 0) return `0.${"0".repeat(-scale - 1)}${figures}`;
  const whole = figures.slice(0, scale + 1).padEnd(scale + 1, "0");
  const rest = figures.slice(scale + 1);
  return rest === "" ? whole : `${whole}.${rest}`;
}

/** The 53 digits of the mantissa and the power of two that it is multiplied by. */
function parts(value: number): { mantissa: bigint; power: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, power: -1074 }
    : { mantissa: fraction | (1n << 52n), power: biased - 1075 };
}

/** `%b`: the mantissa as an integer, and its power of two. */
export function formatP(value: number): string {
  const { mantissa, power } = parts(value);
  return `${minus(value)}${mantissa}p${power < 0 ? "" : "+"}${power}`;
}

/** `%x`: hexadecimal digits, and the power of two. */
export function formatHex(value: number, digits: number | null): string {
  let { mantissa, power } = parts(value);
  if (mantissa === 0n) {
    return `${minus(value)}0x0${digits ? `.${"0".repeat(digits)}` : ""}p+00`;
  }
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n;
    power -= 1;
  }
  power += 52;
  if (digits !== null && digits < 13) {
    const cut = BigInt(4 * (13 - digits));
    const [kept, rest, half] = [mantissa >> cut, mantissa & ((1n << cut) - 1n), 1n << (cut - 1n)];
    const up = rest > half || (rest === half && (kept & 1n) === 1n);
    mantissa = (kept + (up ? 1n : 0n)) << cut;
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n;
      power += 1;
    }
  }
  const all = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, "0");
  const shown = digits === null ? all.replace(/0+$/, "") : all.slice(0, digits).padEnd(digits, "0");
  const sign = power < 0 ? "-" : "+";
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${minus(value)}0x1${shown === "" ? "" : `.${shown}`}p${sign}${size}`;
}

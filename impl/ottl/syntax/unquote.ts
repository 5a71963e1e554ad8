/** String literals by the rules of Go's double-quoted strings, but that lines may end in them. */

const simple: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};
const numeric: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const decoder = new TextDecoder();

/**
 * The value of a literal given with its quotes, or the offset into it of what is wrong.
 * `\x` and octal escapes are bytes: those that are not UTF-8 together become U+FFFD.
 */
export function unquote(literal: string): string | { readonly wrongAt: number } {
  const body = literal.slice(1, -1);
  if (!body.includes("\\")) return body;
  let out = "";
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) out += decoder.decode(Uint8Array.from(bytes));
    bytes = [];
  };
  for (let at = 0; at < body.length;) {
    const character = body[at]!;
    if (character !== "\\") {
      flush();
      out += character;
      at++;
      continue;
    }
    const escape = readEscape(body, at);
    if (escape === null) return { wrongAt: at + 1 };
    if (typeof escape.value === "number") bytes.push(escape.value);
    else {
      flush();
      out += escape.value;
    }
    at = escape.end;
  }
  flush();
  return out;
}

/** A text, or a byte as a number; null when Go knows no such escape. */
function readEscape(
  body: string,
  at: number,
): { readonly value: string | number; readonly end: number } | null {
  const letter = body[at + 1] ?? "";
  const plain = Object.hasOwn(simple, letter) ? simple[letter] : undefined;
  if (plain !== undefined) return { value: plain, end: at + 2 };
  const digits = numeric[letter];
  if (digits !== undefined) {
    const end = at + 2 + digits;
    const hex = body.slice(at + 2, end);
    if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) return null;
    const value = Number.parseInt(hex, 16);
    if (letter === "x") return { value: value < 0x80 ? String.fromCodePoint(value) : value, end };
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return null;
    return { value: String.fromCodePoint(value), end };
  }
  const octal = body.slice(at + 1, at + 4);
  if (!/^[0-7]{3}$/.test(octal)) return null;
  const value = Number.parseInt(octal, 8);
  if (value > 255) return null;
  return { value: value < 0x80 ? String.fromCodePoint(value) : value, end: at + 4 };
}

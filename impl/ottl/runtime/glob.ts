/** Globs without separator: `*` and `**` match everything, also `/`. */

/** @throws Error when the text is no glob */
export function glob(source: string): (text: string) => boolean {
  const [body, end] = translate(source, 0, false);
  if (end < source.length) throw new Error(`unexpected "${source[end]}" in the glob ${source}`);
  const regex = new RegExp(`^(?:${body})$`, "su");
  return (text) => regex.test(text);
}

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/gu, "\\$&");

/** Reads up to the end, or inside braces up to `,` or `}`. */
function translate(source: string, from: number, inside: boolean): [string, number] {
  let out = "";
  let at = from;
  while (at < source.length) {
    const character = String.fromCodePoint(source.codePointAt(at)!);
    if (inside && (character === "," || character === "}")) break;
    at += character.length;
    if (character === "*") out += ".*";
    else if (character === "?") out += ".";
    else if (character === "\\") {
      const next = source.codePointAt(at);
      if (next === undefined) throw new Error(`the glob ${source} ends with a backslash`);
      const escaped = String.fromCodePoint(next);
      at += escaped.length;
      out += literal(escaped);
    } else if (character === "[") {
      const close = source.indexOf("]", at + 1);
      if (close === -1) throw new Error(`the glob ${source} has an open "["`);
      const body = source.slice(at, close);
      at = close + 1;
      const not = body.startsWith("!");
      const members = Array.from(not ? body.slice(1) : body);
      const range = members.length === 3 && members[1] === "-";
      const set = range
        ? `${literal(members[0]!)}-${literal(members[2]!)}`
        : members.map(literal).join("");
      out += `[${not ? "^" : ""}${set}]`;
    } else if (character === "{") {
      const options: string[] = [];
      for (;;) {
        const [option, end] = translate(source, at, true);
        options.push(option);
        if (end >= source.length) throw new Error(`the glob ${source} has an open "{"`);
        at = end + 1;
        if (source[end] === "}") break;
      }
      out += `(?:${options.join("|")})`;
    } else out += literal(character);
  }
  return [out, at];
}

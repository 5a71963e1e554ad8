/** Colours for the terminal, and text that cannot disturb it. */

import { stripVTControlCharacters, styleText } from "node:util";

import type { Tone } from "../view/words.ts";

type Format = Parameters<typeof styleText>[0];

export type Paint = (format: Format, text: string) => string;

/** `styleText` when colours are wanted, else the text as it is. */
export function painter(color: boolean): Paint {
  // validateStream: false, because the caller has already decided about colours.
  return color
    ? (format, text) => styleText(format, text, { validateStream: false })
    : (_format, text) => text;
}

/** Colour per tone; an expected violation is calm, only the unexpected is red. */
export const toneFormat: Readonly<Record<Tone, Format>> = {
  good: "green",
  bounded: "cyan",
  calm: "blue",
  bad: ["bold", "red"],
  open: ["bold", "yellow"],
  mute: "gray",
};

/**
 * Text from models and judged processes, made harmless: escape sequences and control characters
 * would let them move the cursor or recolour the verdicts.
 */
export function plain(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll(/\r\n?/g, "\n")
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�")
  );
}

/** The same on one line. */
export const oneLine = (text: string): string => plain(text).replaceAll(/\s+/g, " ").trim();

/** Width in columns: wide East Asian characters and emoji take two, marks none. */
export function columns(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (/\p{Mark}/u.test(character) || character === "\u200d") continue;
    const code = character.codePointAt(0) ?? 0;
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd);
    width += wide ? 2 : 1;
  }
  return width;
}

/** Cuts to a width, with an ellipsis; for unpainted text. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let out = "";
  let used = 0;
  for (const character of text) {
    const next = used + columns(character);
    if (next > width - 1) break;
    out += character;
    used = next;
  }
  return `${out}…`;
}

export const pad = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - columns(text)));

/** Breaks text at spaces; words longer than the width stay whole, so that commands can be copied. */
export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  for (const paragraph of plain(text).split("\n")) {
    let line = "";
    for (const word of paragraph.split(/\s+/).filter((part) => part !== "")) {
      if (line !== "" && columns(line) + 1 + columns(word) > width - indent.length) {
        lines.push(indent + line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    if (line !== "") lines.push(indent + line);
  }
  return lines;
}

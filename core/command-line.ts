/** Splits a command line into words as a shell does for quotes, without running a shell. */

import { DiagnosticError } from "./diagnostic.ts";

/** @throws {DiagnosticError} VRF006 for an empty line or a quote that is not closed. */
export function splitCommand(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let started = false;
  let quote = "";
  for (let index = 0; index < line.length; index++) {
    const char = line[index]!;
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"' && /["\\]/.test(line[index + 1] ?? "")) {
        word += line[++index]!;
      } else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      started = true;
    } else if (char === "\\" && index + 1 < line.length) {
      word += line[++index]!;
      started = true;
    } else if (/\s/.test(char)) {
      if (started) words.push(word);
      word = "";
      started = false;
    } else {
      word += char;
      started = true;
    }
  }
  if (quote !== "") {
    throw new DiagnosticError("VRF006", `the command line has an open ${quote}: ${line}`);
  }
  if (started) words.push(word);
  if (words.length === 0) {
    throw new DiagnosticError("VRF006", "the command line is empty", {
      help: 'e.g. --command "node app.js"',
    });
  }
  return words;
}

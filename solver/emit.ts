/** Evidence on disk: one SMT-LIB file per query, named by its digest, and a list of what each shows. */

import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { ExpectedStatus, Script } from "./query.ts";

/** A line of the list: the file, the result that rests on it, and what it shows. */
export interface EmittedQuery {
  readonly file: string;
  readonly obligation: string;
  /** e.g. "inductive step", "the premises are satisfiable". */
  readonly role: string;
  readonly expect: ExpectedStatus;
}

const listName = "index.ndjson";

/** Makes the folder and starts its list anew; files of earlier runs stay, they are named by content. */
export function startEmission(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, listName), "");
}

/** Called by several workers at once: a line is appended in one write. */
export function emitScript(folder: string, obligation: string, role: string, script: Script): void {
  const file = `${script.digest}.smt2`;
  const path = join(folder, file);
  if (!existsSync(path)) writeFileSync(path, script.text);
  const line: EmittedQuery = { file, obligation, role, expect: script.status };
  appendFileSync(join(folder, listName), `${JSON.stringify(line)}\n`);
}

export function readEmitted(folder: string): readonly EmittedQuery[] {
  return readFileSync(join(folder, listName), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as EmittedQuery);
}

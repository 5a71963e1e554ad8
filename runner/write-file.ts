/** Writing what a run leaves behind: reports, counterexamples, exports. Refusals name the file and the way out. */

import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { DiagnosticError } from "../core/diagnostic.ts";

/** Creates a folder and those above it. Node's own recursion does not end in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** @throws {DiagnosticError} VRF604 */
function guarded(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new DiagnosticError("VRF604", error instanceof Error ? error.message : String(error), {
      place: path,
      help: "choose another place with --out-dir, --output or --reporter NAME=FILE, or make this one writable",
      cause: error,
    });
  }
}

/**
 * Makes sure that files can be written in a folder, before time is spent on what is to be written.
 * @throws {DiagnosticError} VRF604
 */
export function prepareFolder(folder: string): void {
  guarded(folder, () => {
    makeFolder(folder);
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
    accessSync(folder, constants.W_OK);
  });
}

/**
 * Writes a file, and its folder where there is none.
 * @throws {DiagnosticError} VRF604
 */
export function writeText(path: string, text: string): void {
  guarded(path, () => {
    makeFolder(dirname(path));
    writeFileSync(path, text);
  });
}

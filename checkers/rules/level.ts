/** The behaviour of the Collector that rules are read with: its version, and gates that change it. */

import { levelOf as ottlLevelOf, type Level } from "../../impl/ottl/registry.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import type { ErrorMode } from "./collector/sections.ts";

export interface CompatLevel {
  /** e.g. `0.162.0`. */
  readonly version: string;
  /** Where the version comes from. */
  readonly origin: "given" | "image" | "newest";
  /** What the language does at this version. */
  readonly ottl: Level;
  readonly defaultErrorMode: {
    readonly transform: ErrorMode;
    readonly filter: ErrorMode;
    readonly routing: ErrorMode;
  };
}

/** The newest version whose behaviour was studied. */
const newest = "0.162.0";

export function levelOf(
  given: string | undefined,
  image: string | null,
  gates: readonly string[],
): CompatLevel {
  const version = (given ?? image ?? newest).replace(/^v/, "");
  const minor = Number(version.split(".")[1] ?? 0);
  const gate = (name: string, fallback: boolean): boolean => {
    const set = gates.findLast((entry) => entry.replace(/^[+-]/, "") === name);
    return set === undefined ? fallback : !set.startsWith("-");
  };
  const ignores = (name: string, since: number): ErrorMode =>
    gate(name, minor >= since) ? "ignore" : "propagate";
  return {
    version,
    origin: given !== undefined ? "given" : image === null ? "newest" : "image",
    ottl: languageOf(version, gates),
    defaultErrorMode: {
      transform: ignores("processor.transform.defaultErrorModeIgnore", 153),
      filter: ignores("processor.filter.defaultErrorModeIgnore", 153),
      routing: ignores("connector.routing.defaultErrorModeIgnore", 157),
    },
  };
}

function languageOf(version: string, gates: readonly string[]): Level {
  try {
    return ottlLevelOf(version, gates);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DiagnosticError("VRF006", error.message, { help: "e.g. 0.162.0" });
  }
}

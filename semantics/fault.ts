/** A fault of the model itself, found while it runs; the engine adds the path that leads there. */

import type { DiagnosticCode } from "../core/diagnostic.ts";

export class ModelFault extends Error {
  readonly code: DiagnosticCode;
  readonly help: string | undefined;

  constructor(code: DiagnosticCode, message: string, help?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ModelFault";
    this.code = code;
    this.help = help;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Coded diagnostics: what is wrong, where, and what to do next. Codes are stable; docs/diagnostics.md lists them. */

/** Exit codes of the command line; see docs/cli.md. */
export const ExitCode = {
  ok: 0,
  violated: 1,
  usage: 2,
  inconclusive: 3,
  environment: 4,
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Every diagnostic the workbench can print. The number never changes its meaning. */
export const diagnosticCodes = {
  VRF001: "no configuration file",
  VRF002: "the configuration cannot be loaded",
  VRF003: "the configuration is not valid",
  VRF004: "unknown subject, property or engine",
  VRF005: "nothing selected",
  VRF006: "bad option value",
  VRF007: "unknown reporter",
  VRF008: "nothing to replay",
  VRF009: "the baseline cannot be read",
  VRF101: "event without a declared payload",
  VRF102: "context field not declared",
  VRF103: "value outside its declared range",
  VRF104: "a guard or an action threw",
  VRF105: "the machine is not deterministic",
  VRF106: "unsupported machine feature",
  VRF107: "macrostep divergence",
  VRF108: "unsound combination",
  VRF109: "system that does not fit together",
  VRF110: "nothing to export",
  VRF111: "reduction switched off",
  VRF201: "expression syntax error",
  VRF202: "construct not allowed in an expression",
  VRF203: "unknown name in an expression",
  VRF204: "type error in an expression",
  VRF301: "not expressible for the solver",
  VRF401: "the adapter failed",
  VRF402: "the process under test did not start",
  VRF501: "the queue model is not valid",
  VRF801: "the recording cannot be read",
  VRF802: "the recording is not OTLP/JSON",
  VRF601: "required environment is missing",
  VRF603: "profile file cannot be read",
  VRF602: "the report page is not built",
  VRF604: "the output cannot be written",
  VRF701: "the Collector configuration cannot be read",
  VRF702: "not valid OTTL",
  VRF703: "no Collector configuration",
  VRF704: "a claim about rules cannot be read",
} as const;

export type DiagnosticCode = keyof typeof diagnosticCodes;

export interface Diagnostic {
  readonly code: DiagnosticCode;
  /** What is wrong, naming the file, the state or the option. */
  readonly message: string;
  /** Where: `file:line:column`, a state path, a subject id. */
  readonly place?: string;
  /** What to do next. */
  readonly help?: string;
  /** A source excerpt with a caret, several lines. */
  readonly excerpt?: string;
}

/** An error that the user can mend. Anything else that is thrown is an internal error (exit 70). */
export class DiagnosticError extends Error implements Diagnostic {
  readonly code: DiagnosticCode;
  readonly place?: string;
  readonly help?: string;
  readonly excerpt?: string;
  /** The exit code when it ends the run. */
  readonly exitCode: ExitCode;

  constructor(
    code: DiagnosticCode,
    message: string,
    details: {
      place?: string;
      help?: string;
      excerpt?: string;
      exitCode?: ExitCode;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "DiagnosticError";
    this.code = code;
    if (details.place !== undefined) this.place = details.place;
    if (details.help !== undefined) this.help = details.help;
    if (details.excerpt !== undefined) this.excerpt = details.excerpt;
    this.exitCode = details.exitCode ?? ExitCode.usage;
  }
}

/** The diagnostic as text, one shape everywhere. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const lines = [`${diagnostic.code} ${diagnosticCodes[diagnostic.code]}: ${diagnostic.message}`];
  if (diagnostic.place !== undefined) lines.push(`  at ${diagnostic.place}`);
  if (diagnostic.excerpt !== undefined) {
    lines.push(...diagnostic.excerpt.split("\n").map((line) => `  ${line}`));
  }
  if (diagnostic.help !== undefined) lines.push(`  help: ${diagnostic.help}`);
  return lines.join("\n");
}

/**
 * Evidence in a form that somebody who trusts no engine can check: `checkers/audit` does, in every
 * run. Plain JSON; it stays inside the process and is not part of the report.
 */

import type { TraceAction } from "./trace.ts";

/** A state as JSON: everything that decides about the future. */
export interface EvidenceState {
  readonly value: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly done: boolean;
  /** Ids of the remembered states per history state. */
  readonly history: Readonly<Record<string, readonly string[]>>;
  /** Events of running timers with their ids, sorted by JSON text. */
  readonly timers: readonly {
    readonly id: string | null;
    readonly event: { readonly type: string; readonly [field: string]: unknown };
  }[];
}

/** An event with its payload, or a timer by its label and the path of its state. */
export type EvidenceStep =
  { readonly event: TraceAction } | { readonly timer: string; readonly state: string | null };

/** Several machines, what is under way between them, and how many faults may still happen. */
export interface EvidenceWorld {
  readonly machines: Readonly<Record<string, EvidenceState>>;
  /** Messages by channel, in their order. */
  readonly channels: Readonly<Record<string, readonly TraceAction[]>>;
  /** null without a limit. */
  readonly faults: number | null;
}

/** The same in a system: whose step it is, through which channel, or how a channel fails. */
export type SystemEvidenceStep =
  | (EvidenceStep & { readonly machine: string; readonly channel?: string })
  | {
      readonly fault: "loses" | "duplicates";
      readonly channel: string;
      readonly position: number;
      readonly message: TraceAction;
    };

export type Certificate =
  /** All states that can be reached, and the claim is true there: it holds for ever. */
  | { readonly kind: "closed-set"; readonly states: readonly EvidenceState[] }
  | { readonly kind: "closed-worlds"; readonly states: readonly EvidenceWorld[] }
  /**
   * A run that refutes the claim, or shows it. `loop` is the number of steps before the part that
   * repeats for ever (all of them: the run stands still); null for a finite run.
   */
  | {
      readonly kind: "run";
      readonly steps: readonly EvidenceStep[];
      readonly loop: number | null;
    }
  | {
      readonly kind: "system-run";
      readonly steps: readonly SystemEvidenceStep[];
      readonly loop: number | null;
    };

/** What the audit of a result's evidence said. */
export interface AuditReport {
  /** `refused` never reaches a report as anything but a verdict `error`. */
  readonly says: "accepted" | "refused" | "not-audited";
  /** What was checked, or why it was not, or what is wrong. */
  readonly message: string;
}

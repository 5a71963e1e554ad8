/**
 * Exhibits: what a result shows besides its verdict. Engines make them, reports draw them; neither
 * knows the other.
 */

import type { Scalar } from "./trace.ts";

/** A graph of states; nodes and edges carry ids that traces can point to. */
export interface StateGraph {
  readonly nodes: readonly {
    /** Dotted path of the state, the same as in `TraceStateMeta.active`. */
    readonly id: string;
    readonly label: string;
    readonly parent?: string;
    readonly initial?: boolean;
    readonly final?: boolean;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly label: string;
    /** The event type that takes this edge. */
    readonly event: string;
  }[];
}

export interface FlameNode {
  readonly name: string;
  /** Samples in this frame and below. */
  readonly total: number;
  /** Samples in this frame itself. */
  readonly self: number;
  readonly type?: "kernel" | "native" | "js" | "gc" | "unknown";
  readonly children: readonly FlameNode[];
}

export interface SeriesPoint {
  readonly x: number;
  readonly y: number;
  /** Limits of an interval around y, when there is one. */
  readonly low?: number;
  readonly high?: number;
}

export type Exhibit =
  | {
      readonly kind: "table";
      readonly title: string;
      /** One part of a table over the whole subject: the terminal joins tables with this title. */
      readonly joined?: true;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Scalar[])[];
      readonly note?: string;
    }
  | {
      readonly kind: "chart";
      readonly title: string;
      readonly xLabel: string;
      readonly yLabel: string;
      readonly series: readonly {
        readonly name: string;
        /** `line`: a prediction; `points`: measurements with intervals. */
        readonly style: "line" | "points";
        readonly points: readonly SeriesPoint[];
      }[];
      readonly note?: string;
    }
  | {
      readonly kind: "flamegraph";
      readonly title: string;
      /** What was sampled and how, e.g. "bpftrace, 99 Hz, CPU time". */
      readonly provenance: string;
      readonly root: FlameNode;
      readonly facts: Readonly<Record<string, Scalar>>;
    }
  | {
      readonly kind: "text";
      readonly title: string;
      readonly text: string;
      readonly language?: string;
    };

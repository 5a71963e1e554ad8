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

export interface Bar {
  readonly label: string;
  /** In drawing order; values are 0 or more. Parts of the same name have the same colour. */
  readonly parts: readonly { readonly name: string; readonly value: number }[];
  /** A value to hold the bar against, drawn as a line, e.g. a prediction. */
  readonly mark?: { readonly name: string; readonly value: number };
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
      /** What `total` and `self` count; default "samples". */
      readonly unit?: string;
      /** Another run of the same kind, for the difference between the two. */
      readonly base?: { readonly title: string; readonly root: FlameNode };
    }
  | {
      /** Horizontal bars of one scale; a bar of several parts is their sum. */
      readonly kind: "bars";
      readonly title: string;
      readonly unit: string;
      readonly bars: readonly Bar[];
      readonly note?: string;
    }
  | {
      readonly kind: "text";
      readonly title: string;
      readonly text: string;
      readonly language?: string;
    };

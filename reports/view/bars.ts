/** Geometry of stacked horizontal bars: shares of the width, 0 to 1. No DOM, no Node. */

import type { Bar } from "../../core/index.ts";

interface PlacedPart {
  readonly name: string;
  readonly value: number;
  readonly left: number;
  readonly width: number;
}

export interface PlacedBar {
  readonly label: string;
  readonly total: number;
  readonly parts: readonly PlacedPart[];
  readonly mark?: { readonly name: string; readonly value: number; readonly left: number };
}

export interface BarLayout {
  /** Names of parts in the order of their first appearance. */
  readonly names: readonly string[];
  readonly markName: string | null;
  readonly bars: readonly PlacedBar[];
}

/** The longest bar, or the farthest mark, fills the width. */
export function layoutBars(bars: readonly Bar[]): BarLayout {
  const total = (bar: Bar): number => bar.parts.reduce((sum, { value }) => sum + value, 0);
  const whole = Math.max(0, ...bars.map((bar) => Math.max(total(bar), bar.mark?.value ?? 0))) || 1;
  return {
    names: [...new Set(bars.flatMap((bar) => bar.parts.map(({ name }) => name)))],
    markName: bars.find((bar) => bar.mark !== undefined)?.mark?.name ?? null,
    bars: bars.map((bar) => {
      let left = 0;
      return {
        label: bar.label,
        total: total(bar),
        parts: bar.parts.map(({ name, value }) => {
          const part = { name, value, left, width: value / whole };
          left += part.width;
          return part;
        }),
        ...(bar.mark === undefined ? {} : { mark: { ...bar.mark, left: bar.mark.value / whole } }),
      };
    }),
  };
}

/** What a run that was followed on a real actor says about a claim. */

import type { Scalar } from "../../core/trace.ts";

export type Judgement =
  | {
      readonly kind: "shown";
      /** Index of the state that shows it. */
      readonly index: number;
      readonly message: string;
      readonly at: Readonly<Record<string, Scalar>>;
    }
  | { readonly kind: "not-shown"; readonly message: string }
  /** Not decided within the limit on states. */
  | { readonly kind: "undecided"; readonly message: string };

/** An infinite run: the states, the first index of the part that repeats, and its length. */
export interface Lasso {
  readonly start: number;
  /** 0: the run stays in its last state for ever. */
  readonly length: number;
}

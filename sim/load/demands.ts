/** The service demand of each arrival, the same in the backend and in the analysis. */

import { makeRandom } from "../../core/random.ts";
import type { Distribution } from "../../core/subject.ts";
import { makeSampler } from "../queue/distributions.ts";

export interface BackendSpec {
  readonly seed: number;
  readonly service: Distribution;
  readonly faults?: readonly BackendFault[];
  /** Where to listen; default 127.0.0.1. */
  readonly host?: string;
  /** Speak TLS with this key and certificate (PEM). */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** What the backend does wrong, in (finite) seconds from its first numbered request. */
export interface BackendFault {
  readonly from: number;
  readonly to: number;
  /** Answer with this status, cut the connection, or never answer. */
  readonly kind: { readonly status: number; readonly retryAfter?: number } | "cut" | "silent";
}

/**
 * The delay in seconds of arrival `sequence`, whichever order they are asked for in: whole milliseconds,
 * up or down by chance so that the mean stays, since timers leave out the fraction.
 */
export function serviceDemands(spec: BackendSpec): (sequence: number) => number {
  const random = makeRandom(spec.seed);
  const draw = makeSampler(spec.service, random.fork("service"));
  const chance = random.fork("rounding");
  const drawn: number[] = [];
  return (sequence) => {
    while (drawn.length <= sequence) {
      const millis = Math.round(1e6 * draw()) / 1000; // 0.07 s is 70.00000000000001 ms otherwise
      drawn.push(Math.max(1, Math.floor(millis + chance.next())) / 1000);
    }
    return drawn[sequence]!;
  };
}

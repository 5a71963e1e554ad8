/**
 * Known deviations of published implementations: data (deviations.json), keyed by package range,
 * version of the specification, runtime, protocol and signal. Each is pinned: the run stays green
 * with it, turns red when it moves, and says so when it is gone.
 */

import { readFileSync } from "node:fs";

import type { Expectation } from "../core/property.ts";
import type { OtlpProtocol, OtlpSignal } from "../core/subject.ts";
import type { Scalar } from "../core/trace.ts";
import type { Verdict } from "../core/verdict.ts";

export interface KnownDeviation {
  readonly package: string;
  /** Comparators that must all hold, e.g. ">=0.200.0 <0.215.0"; `*` for every version. */
  readonly versions: string;
  /** Prefix of the runtime, e.g. `node`; every one when left out. */
  readonly runtime?: string;
  readonly protocols?: readonly OtlpProtocol[];
  readonly signals?: readonly OtlpSignal[];
  /** Only behind this processor; behind either when left out. */
  readonly processor?: "batch" | "simple";
  readonly requirements: readonly string[];
  /** `violated` unless something else is known, e.g. `inconclusive` for what never happens. */
  readonly verdict?: Verdict;
  readonly at?: Readonly<Record<string, Scalar>>;
  readonly because: string;
  /** Package, file and function of the cause, as published; of an open question: what leaves it open. */
  readonly where: string;
  /** Where the specification or the project speaks of it. */
  readonly upstream?: string;
}

interface DeviationFile {
  readonly schemaVersion: 1;
  /** The versions of the texts that these deviations are deviations from. */
  readonly spec: string;
  readonly deviations: readonly KnownDeviation[];
}

export interface Judged {
  readonly package: string;
  readonly version: string;
  readonly runtime?: string;
  readonly protocol?: OtlpProtocol;
  readonly signal?: OtlpSignal;
  /** Default `batch`. */
  readonly processor?: "batch" | "simple";
}

export function readDeviations(): DeviationFile {
  const text = readFileSync(new URL("./deviations.json", import.meta.url), "utf8");
  return JSON.parse(text) as DeviationFile;
}

/** What is known of an implementation, by requirement slug. */
export function deviationsOf(
  judged: Judged,
  known: readonly KnownDeviation[] = readDeviations().deviations,
): Record<string, Expectation> {
  const {
    protocol = "http/protobuf",
    signal = "traces",
    runtime = "node",
    processor = "batch",
  } = judged;
  const out: Record<string, Expectation> = {};
  for (const deviation of known) {
    const applies =
      deviation.package === judged.package &&
      satisfies(judged.version, deviation.versions) &&
      runtime.startsWith(deviation.runtime ?? "") &&
      (deviation.protocols?.includes(protocol) ?? true) &&
      (deviation.signals?.includes(signal) ?? true) &&
      (deviation.processor ?? processor) === processor;
    if (!applies) continue;
    const { where, upstream } = deviation;
    const because = `${deviation.because} [${where}${upstream === undefined ? "" : `; ${upstream}`}]`;
    for (const slug of deviation.requirements) {
      out[slug] = {
        verdict: deviation.verdict ?? "violated",
        because,
        ...(deviation.at === undefined ? {} : { at: deviation.at }),
      };
    }
  }
  return out;
}

/** Whether a version satisfies every comparator of a range; pre-releases count as their version. */
export function satisfies(version: string, range: string): boolean {
  return range
    .split(" ")
    .filter((part) => part !== "" && part !== "*")
    .every((part) => {
      const [, operator = "=", bound = ""] = /^(>=|<=|>|<|=)?(.+)$/.exec(part)!;
      const order = compare(version, bound);
      switch (operator) {
        case ">=":
          return order >= 0;
        case "<=":
          return order <= 0;
        case ">":
          return order > 0;
        case "<":
          return order < 0;
        default:
          return order === 0;
      }
    });
}

function compare(a: string, b: string): number {
  const numbers = (text: string) => text.split(/[-+]/, 1)[0]!.split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Exponential backoff in general: nominal waits b, b·m, b·m², …, each shortened by jitter to no less
 * than (1 − j) of itself. `p` is the next nominal wait, `sum` the sum of those before it.
 */

import { violated } from "../../core/property.ts";
import type { Theorem, TheoremSubject } from "../../core/subject.ts";
import { after, unchanged } from "./induction.ts";

const series = "sum * (m - 1) == p - b";
const variables = { b: "Real", m: "Real", p: "Real", sum: "Real" } as const;

const budget = {
  ...variables,
  j: "Real",
  total: "Real",
  B: "Real",
} as const;

const theorems: readonly Theorem[] = [
  {
    id: "sum-of-no-waits",
    title: "Before the first retry nothing has been waited",
    variables,
    premises: { "no wait yet": "sum == 0", "the first wait is the base": "p == b" },
    conclusion: series,
  },
  {
    id: "sum-of-waits",
    title: "After any number of retries the nominal waits sum to (p − b)/(m − 1)",
    variables: { ...variables, b1: "Real", m1: "Real", p1: "Real", sum1: "Real" },
    premises: {
      "true so far": series,
      "one more wait": "sum1 == sum + p",
      "the next one is m times as long": "p1 == p * m",
      "base and multiplier stay": unchanged("b", "m"),
    },
    conclusion: after(series, ["b", "m", "p", "sum"]),
  },
  {
    id: "budget-ends-before-the-retry",
    title: "A budget below (1 − j)·(p − b)/(m − 1) is over before the retry after these waits",
    variables: budget,
    premises: {
      "waits grow": "m > 1",
      "sum of the nominal waits": series,
      "jitter takes at most j of each": "total >= (1 - j) * sum",
      "the budget is smaller": "B * (m - 1) < (1 - j) * (p - b)",
    },
    conclusion: "total > B",
  },
  {
    id: "budget-ends-whatever-the-jitter",
    title: "A budget below the nominal waits is over before the retry, whatever the jitter",
    variables: budget,
    premises: {
      "waits grow": "m > 1 and b > 0 and p > b",
      "some jitter": "0 < j and j < 1",
      "sum of the nominal waits": series,
      "jitter takes at most j of each": "total >= (1 - j) * sum",
      "the budget is smaller": "B * (m - 1) < p - b",
    },
    conclusion: "total > B",
    expect: violated("jitter shortens the waits: the bound must be made with (1 − j)"),
  },
  {
    id: "capped-waits-are-linear",
    title: "With a cap c, k retries wait no longer than k·c: one more keeps it so",
    variables: { c: "Real", k: "Int", total: "Real", wait: "Real", total1: "Real", k1: "Int" },
    premises: {
      "true so far": "total <= k * c",
      "no wait is longer than the cap": "wait <= c",
      "one more wait": "total1 == total + wait",
      "one more retry": "k1 == k + 1",
    },
    conclusion: "total1 <= k1 * c",
  },
];

export const backoffArithmetic: TheoremSubject = {
  kind: "theorem",
  id: "backoff-arithmetic",
  title: "Exponential backoff: what any number of waits adds up to",
  source: "geometric series; jitter as in OpenTelemetry's and gRPC's retry, a factor of 1 ± j",
  theorems,
};

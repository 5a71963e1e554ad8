/**
 * The mean wait in M/M/N, as exact algebra. The published formula
 * W = P0·(Nρ)^N / (N!·(1−ρ)²) · 1/μ is compared with the true mean queueing wait Wq = Lq/λ
 * (Erlang C; Little's law). Both contain X = P0·(Nρ)^N / N!, which cancels, so the comparison is
 * algebra in N, ρ, μ and X > 0 and holds for every N at once.
 */

import { violated } from "../../core/property.ts";
import type { Theorem, TheoremSubject } from "../../core/subject.ts";

const variables = {
  N: "Int",
  rho: "Real",
  mu: "Real",
  lambda: "Real",
  X: "Real",
  Lq: "Real",
  Wq: "Real",
  W: "Real",
} as const;

const withoutServers = {
  "servers work": "mu > 0",
  "stable and not idle": "0 < rho and rho < 1",
  "definition of the utilisation": "lambda == N * mu * rho",
  "mean queue length of M/M/N": "Lq * ((1 - rho) * (1 - rho)) == X * rho",
  "Little's law for the queue": "Wq * lambda == Lq",
};
const core = { "at least one server": "N >= 1", ...withoutServers };
const published = { "published formula": "W * ((1 - rho) * (1 - rho)) * mu == X" };

const theorems: readonly Theorem[] = [
  {
    id: "published-wait-is-the-mean-wait",
    title: "The published W is the mean wait (two servers, half loaded)",
    variables: { ...variables, P0: "Real" },
    premises: {
      ...core,
      ...published,
      "the operating point": "N == 2 and rho == 1 / 2 and mu == 1",
      "probability of an empty system, N = 2":
        "P0 * (1 + 2 * rho + 2 * rho * rho / (1 - rho)) == 1",
      "X for N = 2": "X == P0 * (2 * rho * (2 * rho)) / 2",
    },
    conclusion: "W == Wq",
    expect: violated(
      "the published formula lacks a factor 1/N: it says 2/3 where the wait is 1/3",
      {
        N: 2,
        W: "2/3",
        Wq: "1/3",
      },
    ),
  },
  {
    id: "corrected-wait-is-the-mean-wait",
    title: "With 1/(Nμ) in place of 1/μ the formula is the mean wait, for all N, ρ and μ",
    variables: { ...variables, corrected: "Real" },
    premises: {
      ...core,
      "corrected formula": "corrected * ((1 - rho) * (1 - rho)) * (N * mu) == X",
    },
    conclusion: "corrected == Wq",
  },
  {
    id: "published-wait-is-n-times-the-mean-wait",
    title: "The published W is N times the mean wait, for all N, ρ and μ",
    variables,
    premises: { ...withoutServers, ...published },
    conclusion: "W == N * Wq",
  },
  {
    id: "published-wait-is-right-for-one-server",
    title: "For one server the published W is right",
    variables,
    premises: { ...withoutServers, ...published, "one server": "N == 1" },
    conclusion: "W == Wq",
  },
  {
    id: "published-wait-is-wrong-for-more-servers",
    title: "For two or more servers the published W is too long at every load",
    variables,
    premises: {
      ...withoutServers,
      ...published,
      "X is a product of positive numbers": "X > 0",
      "two servers or more": "N >= 2",
    },
    conclusion: "W > Wq",
  },
];

export const queueWait: TheoremSubject = {
  kind: "theorem",
  id: "mmn-wait-algebra",
  title: "Mean wait in M/M/N: the published formula against Little's law",
  source:
    "published design: W = P0·(Nρ)^N/(N!(1−ρ)²)·1/μ; true value: Erlang C, L. Kleinrock, Queueing Systems I (1975), §3.5",
  theorems,
};

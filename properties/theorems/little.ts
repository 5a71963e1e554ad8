/**
 * Little's law as bookkeeping, without any probability: on every finite run, whatever arrives and
 * leaves in whatever order. `area` is the sum over time of the number in the system, `stay` the sum
 * of the times that those who have left had stayed, `since` the sum of the arrival times of those who
 * are still there. The books balance in every state; Little's law is what is left when nobody is.
 */

import { violated } from "../../core/property.ts";
import type { Theorem, TheoremSubject } from "../../core/subject.ts";
import { after, unchanged } from "./induction.ts";

const state = ["now", "n", "since", "area", "stay"] as const;
const balance = "area == stay + n * now - since";

const variables = { now: "Real", n: "Int", since: "Real", area: "Real", stay: "Real" } as const;
const next = { now1: "Real", n1: "Int", since1: "Real", area1: "Real", stay1: "Real" } as const;

const averages = {
  "the books balance": balance,
  "some time has passed": "now > 0",
  "L, the mean number in the system": "L * now == area",
  "lambda, the arrival rate": "lambda * now == arrivals",
  "W, the mean stay of those who came": "W * arrivals == stay",
};
const everybodyLeft = {
  "nobody is left": "n == 0",
  "so nobody's arrival is kept": "since == 0",
};
const measured = {
  ...variables,
  arrivals: "Int",
  L: "Real",
  lambda: "Real",
  W: "Real",
} as const;

const theorems: readonly Theorem[] = [
  {
    id: "books-balance-at-the-start",
    title: "The books of an empty system balance",
    variables,
    premises: {
      "nobody is there": "n == 0 and since == 0",
      "nothing is booked": "area == 0 and stay == 0",
    },
    conclusion: balance,
  },
  {
    id: "books-balance-after-every-step",
    title: "Time, an arrival and a departure keep the books balanced",
    variables: {
      ...variables,
      ...next,
      time: "Bool",
      arrival: "Bool",
      departure: "Bool",
      dt: "Real",
      came: "Real",
    },
    premises: {
      "they balance before": balance,
      "a step is one of three": "time or arrival or departure",
      "time adds everybody who is there": `implies(time, now1 == now + dt and area1 == area + n * dt and ${unchanged("n", "since", "stay")})`,
      "an arrival is noted": `implies(arrival, n1 == n + 1 and since1 == since + now and ${unchanged("now", "area", "stay")})`,
      "a departure books the stay": `implies(departure, n1 == n - 1 and since1 == since - came and stay1 == stay + now - came and ${unchanged("now", "area")})`,
    },
    conclusion: after(balance, state),
  },
  {
    id: "littles-law",
    title: "L = λ·W on every finite run that ends empty",
    variables: measured,
    premises: { ...averages, ...everybodyLeft },
    conclusion: "L == lambda * W",
  },
  {
    id: "littles-law-with-somebody-left",
    title: "L = λ·W even if somebody is still there at the end",
    variables: measured,
    premises: { ...averages, "one is left, since the start": "n == 1 and since == 0" },
    conclusion: "L == lambda * W",
    expect: violated("the stay of those who are still there is in L and not yet in W", { n: 1 }),
  },
];

export const littlesLaw: TheoremSubject = {
  kind: "theorem",
  id: "littles-law",
  title: "Little's law as bookkeeping on finite runs",
  source: "J. D. C. Little, A Proof for the Queuing Formula L = λW, Operations Research 9(3), 1961",
  theorems,
};

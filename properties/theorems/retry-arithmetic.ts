/**
 * How many requests the OTLP exporter of OpenTelemetry JS can send within its time budget when the
 * server always answers "try again": waits of 1000·1.5^k ms with jitter ±20 %, capped at 5000 ms
 * after the jitter, at most five retries, and a retry is only made when its wait fits into what is
 * left of the budget. All times in microseconds, so that everything is an integer.
 */

import { violated } from "../../core/property.ts";
import type { Sort, Theorem, TheoremSubject } from "../../core/subject.ts";

/** 1000 ms · 1.5^k in µs. */
const nominal = [1_000_000, 1_500_000, 2_250_000, 3_375_000, 5_062_500];
const cap = 5_000_000;

const variables: Record<string, Sort> = { budget: "Int", answering: "Int", total: "Int" };
const waits: Record<string, string> = {};
const firstFour: Record<string, string> = {};
for (const [index, length] of nominal.entries()) {
  const number = index + 1;
  variables[`jittered${number}`] = "Int";
  variables[`wait${number}`] = "Int";
  waits[`jitter of wait ${number}`] =
    `${(length * 4) / 5} <= jittered${number} and jittered${number} <= ${(length * 6) / 5}`;
  waits[`cap of wait ${number}`] = `wait${number} == min(jittered${number}, ${cap})`;
  if (number <= 4) {
    for (const name of [`jitter of wait ${number}`, `cap of wait ${number}`]) {
      firstFour[name] = waits[name] ?? "";
    }
  }
}

const premises = {
  ...waits,
  "answers take no negative time": "answering >= 0",
  "the sixth request starts after five waits":
    "total == wait1 + wait2 + wait3 + wait4 + wait5 + answering",
};

const noJitter = nominal.map((length, index) => `jittered${index + 1} == ${length}`).join(" and ");

const theorems: readonly Theorem[] = [
  {
    id: "sixth-request-unreachable-in-10s",
    title: "With the default budget of 10 s the sixth request is never sent",
    variables,
    premises: { ...premises, "default budget": "budget == 10000000" },
    conclusion: "total > budget",
  },
  {
    id: "sixth-request-unreachable-in-20s",
    title: "With a budget of 20 s the sixth request is never sent either",
    variables,
    premises: {
      ...premises,
      "longer budget": "budget == 20000000",
      "no jitter": noJitter,
      "answers come at once": "answering == 0",
    },
    conclusion: "total > budget",
    expect: violated("without jitter the sixth request is sent after 13.125 s", {
      total: 13_125_000,
    }),
  },
  {
    id: "fifth-request-reachable-in-10s",
    title:
      "With the default budget the fifth request is sent even with the longest jitter, if answers come at once",
    variables,
    premises: {
      ...firstFour,
      "default budget": "budget == 10000000",
      "answers come at once": "answering == 0",
    },
    conclusion: "wait1 + wait2 + wait3 + wait4 + answering <= budget",
  },
];

export const retryArithmetic: TheoremSubject = {
  kind: "theorem",
  id: "otlp-retry-arithmetic",
  title: "OTLP exporter: which retries fit into the time budget",
  source:
    "opentelemetry-js, otlp-exporter-base: retrying-transport.ts and shared-configuration.ts (constants)",
  theorems,
};

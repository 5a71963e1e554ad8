/** The M/M/N queue of the specification, and its variant with a finite waiting room. */

import { violated } from "../../core/property.ts";
import type { QueueModel, QueueSubject } from "../../core/subject.ts";
import { publishedWait } from "./published-wait.ts";
import {
  erlangCMeanWait,
  erlangCWaitProbability,
  finiteLoss,
  finiteMeanWait,
  pollaczekKhinchineDeterministic,
} from "./textbook.ts";

/** M/M/N at utilisation ρ; service takes one second on average, so times are in units of 1/μ. */
const mmn = (servers: number, utilisation: number): QueueModel => ({
  arrivalRate: servers * utilisation,
  service: { law: "exponential", mean: 1 },
  servers,
  waitingRoom: null,
});

const smaller = [mmn(1, 0.8), mmn(2, 0.8)];

export const queueMmn: QueueSubject = {
  kind: "queue",
  id: "queue-mmn",
  title: "M/M/N queue: mean wait for N servers",
  source: "Kleinrock, Queueing Systems I, section 3.5",
  model: mmn(8, 0.8),
  claims: [
    {
      kind: "formula",
      id: "erlang-c-mean-wait",
      title: "Erlang C gives the mean wait",
      measure: "mean-wait",
      formulaName: "Erlang C",
      formula: erlangCMeanWait,
      also: smaller,
    },
    {
      kind: "formula",
      id: "erlang-c-wait-probability",
      title: "Erlang C gives the probability of waiting",
      measure: "wait-probability",
      formulaName: "Erlang C",
      formula: erlangCWaitProbability,
    },
    {
      kind: "formula",
      id: "published-mean-wait",
      title: "The published W gives the mean wait",
      source: "starting specification: W = P0·(Nρ)^N/(N!(1−ρ)²)·1/μ",
      measure: "mean-wait",
      formulaName: "the published W",
      formula: publishedWait,
      also: smaller,
      expect: violated(
        "the published W is N times the mean wait: by Little's law its last factor must be 1/(Nμ), not 1/μ",
        { measure: "mean-wait", servers: 8 },
      ),
    },
  ],
};

export const queueMmnk: QueueSubject = {
  kind: "queue",
  id: "queue-mmnk",
  title: "M/M/N queue with a finite waiting room",
  source: "Gross et al., Fundamentals of Queueing Theory, section 3.4",
  model: { ...mmn(8, 1.1), waitingRoom: 12 },
  claims: [
    {
      kind: "formula",
      id: "loss-probability",
      title: "The share of arrivals that find no place is p_K",
      measure: "loss-probability",
      formulaName: "p_K of M/M/N/K",
      formula: finiteLoss,
    },
    {
      kind: "formula",
      id: "mean-wait",
      title: "The mean wait of accepted customers follows from p_N..p_K",
      measure: "mean-wait",
      formulaName: "M/M/N/K",
      formula: finiteMeanWait,
    },
  ],
};

export const queueMd1: QueueSubject = {
  kind: "queue",
  id: "queue-md1",
  title: "M/D/1 queue: service times that do not vary",
  source: "Pollaczek 1930, Khinchine 1932",
  model: { ...mmn(1, 0.7), service: { law: "deterministic", mean: 1 } },
  claims: [
    {
      kind: "formula",
      id: "mean-wait",
      title: "Pollaczek and Khinchine give the mean wait, half of that of M/M/1",
      measure: "mean-wait",
      formulaName: "Pollaczek–Khinchine",
      formula: pollaczekKhinchineDeterministic,
    },
  ],
};

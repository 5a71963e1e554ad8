/** Judging on a machine that others use too: what it may have spoilt is played again. */

import { isDisturbed } from "./disturbance.ts";
import { type Judgement, settle } from "./judgement.ts";
import { obeysTimeout } from "./judges.ts";
import { learn } from "./ledger.ts";
import type { ScenarioRun } from "./play.ts";

/** Further runs that a busy machine is worth. */
const MOST_RUNS = 4;

export interface Judged {
  readonly run: ScenarioRun;
  readonly judgement: Judgement;
  /** Which run it was, from 0. */
  readonly number: number;
}

/** What the first run from `first` on shows in which the machine was calm enough to tell. */
export async function judgeCalmly(
  play: (number: number) => Promise<ScenarioRun>,
  judge: (run: ScenarioRun) => Judgement,
  first = 0,
): Promise<Judged> {
  for (let number = first; ; number++) {
    const run = await play(number);
    const judgement = settle(judge(run), run);
    const spoilt = judgement.kind === "unknown" && judgement.busy === true;
    if (!spoilt || number - first >= MOST_RUNS) return { run, judgement, number };
  }
}

/** Further runs that a fact about the process is worth, when a busy machine may have hidden it. */
const MOST_LOOKS = 2;

async function lookCalmly<Fact>(
  play: (number: number) => Promise<ScenarioRun>,
  factOf: (run: ScenarioRun) => Fact,
  isClear: (fact: Fact) => boolean,
): Promise<{ readonly fact: Fact; readonly spoilt: boolean }> {
  for (let number = 0; ; number++) {
    const run = await play(number);
    const fact = factOf(run);
    const spoilt = !isClear(fact) && isDisturbed(run);
    if (!spoilt || number === MOST_LOOKS) return { fact, spoilt };
  }
}

/** Whether the timeout is obeyed, from runs of the scenario `hang`. */
export const obeysCalmly = (play: (number: number) => Promise<ScenarioRun>) =>
  lookCalmly(play, obeysTimeout, (obeys) => obeys === true);

/** What runs of the scenario `baseline` teach. */
export const learnCalmly = (play: (number: number) => Promise<ScenarioRun>) =>
  lookCalmly(play, learn, ({ perDrive, perRun }) => perDrive !== null || perRun !== null);

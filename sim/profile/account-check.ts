/** The claim that the wall time of one operation is accounted for, at every operating point. */

import type { CheckContext } from "../../core/engine.ts";
import type { Exhibit } from "../../core/exhibit.ts";
import { makeOutcome, type OutcomeDetails } from "../../core/outcome.ts";
import { deriveSeed } from "../../core/random.ts";
import type { Outcome } from "../../core/result.ts";
import type { AccountClaim, MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import { partNames, residualOf, type Residual } from "./export-account.ts";
import { takeAccount, type AccountRun } from "./take-account.ts";

/** The parts may miss this share of the wall time. */
export const accountTolerance = 0.05;
/**
 * Events and the kernel's own account may differ by this share and this many seconds: the kernel brings
 * the time of a running thread up to date only at its ticks, every 4 ms or so.
 */
const witnessTolerance = { share: 0.05, seconds: 0.02 } as const;
/** Fewer operations say nothing about a mean. */
const leastOperations = 20;

export interface Explained {
  readonly run: AccountRun;
  readonly residual: Residual;
}

const ms = (seconds: number): number => Math.round(seconds * 1e6) / 1000;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Runs the calibration and every point, and judges. @throws {AttachError} without tracepoints */
export async function checkAccount(
  claim: AccountClaim,
  system: MeasuredSystem,
  context: CheckContext,
): Promise<Outcome> {
  const [first] = claim.points;
  if (first === undefined) return conclude({ kind: "unknown", reason: "the claim has no points" });
  const take = (point: OperatingPoint): Promise<AccountRun> => {
    context.progress(`${point.name}: events of the thread, for ${point.duration} s`);
    const seed = deriveSeed(context.seed, `account:${point.name}`);
    return takeAccount(system, point, { seed, signal: context.signal });
  };
  const calibration = await take({ ...first, name: "calibration", servers: 1 });
  const explained: Explained[] = [];
  for (const point of claim.points) {
    if (context.signal.aborted) break;
    const run = await take(point);
    // What the backend drew is known for every operation; the rest must be like the calibration.
    const shift = run.drawn - calibration.drawn;
    explained.push({ run, residual: residualOf(run.account, calibration.account.parts, shift) });
  }
  if (context.signal.aborted) return conclude({ kind: "unknown", reason: "stopped from outside" });

  const faults = [calibration, ...explained.map(({ run }) => run)].flatMap((run) => faultsOf(run));
  const operations = explained.reduce((sum, { run }) => sum + run.account.operations, 0);
  const worst = Math.max(...explained.map(({ run }) => Math.abs(1 - run.account.ratio)));
  const details: OutcomeDetails = {
    exhibits: accountExhibits(system, explained),
    evidence: explained.map((one) => sentenceOf(one)).join(" "),
    assumptions: [
      "requests are written in the order in which operations start",
      "of the time for which the thread was ready, a quota explains at most as much as cpu.stat tells",
      `calibrated at "${first.name}" with one operation at a time: ${calibration.account.operations} operations`,
    ],
    stats: { operations, points: explained.length },
  };
  if (faults.length > 0) {
    return conclude({ kind: "unknown", reason: faults.join("; ") }, details);
  }
  return makeOutcome(
    {
      claim: "universal",
      method: "measurement",
      bound: { points: explained.length, operations, unexplained: percent(worst) },
      observation: { kind: "holds" },
    },
    details,
  );
}

const conclude = (
  observation: { kind: "unknown"; reason: string },
  details: OutcomeDetails = {},
): Outcome => makeOutcome({ claim: "universal", method: null, observation }, details);

/** Why a run does not support the claim; empty when it does. */
export function faultsOf({ point, account, witness, problem }: AccountRun): string[] {
  const faults: string[] = [];
  if (problem !== null) faults.push(problem);
  for (const name of ["running", "ready"] as const) {
    if (witness === null) continue;
    const { traced, charged } = witness[name];
    const slack = witnessTolerance.share * charged + witnessTolerance.seconds;
    // What the kernel counts to the running it does not count to the waiting for it.
    const [more, less] = name === "running" ? [witness.atOnce, 0] : [0, witness.atOnce];
    if (charged < traced - less - slack || charged > traced + more + slack) {
      faults.push(
        `by its events the thread was ${name} for ${ms(traced)} ms, by the kernel's own account for ${ms(charged)} ms`,
      );
    }
  }
  if (account.operations < leastOperations) {
    faults.push(`only ${account.operations} operations (at least ${leastOperations})`);
  }
  if (Math.abs(1 - account.ratio) > accountTolerance) {
    faults.push(
      `the explained parts add up to ${percent(account.ratio)} of the wall time of ${account.operations} ` +
        `operations; the requests of ${account.explained} were found`,
    );
  }
  const { running, ready, waiting, open, summed } = account.timeline;
  if (Math.abs(running + ready + waiting - open) > 0.01 * open) {
    faults.push("the thread's states do not cover the time in which operations were open");
  }
  if (point.servers === 1 && summed > open * (1 + accountTolerance)) {
    faults.push("operations overlap although one at a time was allowed");
  }
  return faults.map((fault) => `at "${point.name}": ${fault}`);
}

function sentenceOf({ run, residual }: Explained): string {
  const { point, account } = run;
  const sign = residual.seconds < 0 ? "−" : "+";
  return (
    `${point.name}: ${account.operations} exports of ${ms(account.wall)} ms, ` +
    `${percent(account.ratio)} explained; against the calibrated model ` +
    `${sign}${ms(Math.abs(residual.seconds))} ms, mostly ${residual.largest} ` +
    `(${ms(residual.parts[residual.largest])} ms).`
  );
}

export function accountExhibits(
  system: MeasuredSystem,
  explained: readonly Explained[],
): Exhibit[] {
  return [
    {
      kind: "bars",
      title: `Where the time of one export of ${system.name} goes`,
      unit: "ms per export",
      bars: explained.map(({ run, residual }) => ({
        label: run.point.name,
        parts: partNames.map((name) => ({ name, value: ms(Math.max(0, run.account.parts[name])) })),
        mark: { name: "calibrated model", value: ms(run.account.wall - residual.seconds) },
      })),
      note: "Means. Parts of one export do not overlap. Other waiting is not explained by anything; the line is the calibrated model.",
    },
    {
      kind: "table",
      title: "Account of one export, and what explains the rest",
      columns: [
        "point",
        "exports",
        "wall ms",
        "explained",
        "unexplained ms",
        "model ms",
        "residual ms",
        "largest part of it",
        "its share ms",
        "in flight (mean)",
      ],
      rows: explained.map(({ run: { point, account }, residual }) => [
        point.name,
        account.operations,
        ms(account.wall),
        percent(account.ratio),
        ms(account.wall * (1 - account.ratio)),
        ms(account.wall - residual.seconds),
        ms(residual.seconds),
        residual.largest,
        ms(residual.parts[residual.largest]),
        Math.round((100 * account.timeline.summed) / (account.timeline.open || 1)) / 100,
      ]),
    },
    {
      kind: "table",
      title: "The thread while exports are in flight: no instant counted twice",
      columns: [
        "point",
        "running ms",
        "ready ms",
        "waiting ms",
        "sum ms",
        "all exports ms",
        "overlap ms",
        "on a CPU: events, kernel ms",
        "ready: events, kernel ms",
      ],
      rows: explained.map(({ run: { point, account, witness } }) => {
        const both = (name: "running" | "ready"): string =>
          witness === null
            ? "not told"
            : `${ms(witness[name].traced)}, ${ms(witness[name].charged)}`;
        const { running, ready, waiting, open, summed } = account.timeline;
        return [
          point.name,
          ms(running),
          ms(ready),
          ms(waiting),
          ms(open),
          ms(summed),
          ms(Math.max(0, summed - open)),
          both("running"),
          both("ready"),
        ];
      }),
      note: "The last two columns compare the events with the kernel's own account of the thread (/proc/PID/schedstat), over the whole run. Overlap is time that several exports share: wall times of exports add up to more than the time that passed.",
    },
  ];
}

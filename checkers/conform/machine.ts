/**
 * Conformance of an implementation to a state machine, by command sequences in lockstep: first one
 * sequence per transition of the model, then random ones.
 *
 * What this does not prove: anything about longer sequences, other parameter values, other instants
 * than the deadlines (1 ms before, at, 1 ms after), or what the observables do not show.
 */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { CheckContext, Obligation, ReplayObservation } from "../../core/engine.ts";
import { makeOutcome } from "../../core/outcome.ts";
import type { ConformsProperty } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { Implementation, MachineSubject } from "../../core/subject.ts";
import type { Counterexample } from "../../core/trace.ts";
import type { Observation } from "../../core/verdict.ts";
import { clauseOf } from "./clause.ts";
import { parseRecipe, type Command, type ExecutedCommand } from "./commands.ts";
import { counterexampleOf } from "./counterexample.ts";
import { Coverage } from "./coverage.ts";
import { modelGraph, Ways, type ModelGraph } from "./graph.ts";
import { defaultAnswerMs, runLockstep, type Clause, type Run } from "./lockstep.ts";
import { parameterValues } from "./model-run.ts";
import { shrink } from "./shrink.ts";
import { ModelTable } from "./table.ts";
import { namedSuite, type Suite } from "./suite.ts";
import { secondLapTests, transitionTests, type Sequence } from "./tests.ts";
import { guidedWalk, maxChoice } from "./walk.ts";

/** Random sequences per obligation unless the option `sequences` says otherwise. */
const defaultSequences = 2000;
/** Commands per random sequence, at most. */
const defaultMaxLength = 40;
/** Configurations of the model whose transitions are all covered, at most. */
const maxConfigurations = 400;
/** Instances that run at the same time, where the adapter says that they may. */
const sideBySide = 64;
/** Sequences of the second lap, at most. */
const maxLaps = 1000;

/** The end of every sequence: what was put off has its turn, and nothing may come of it. */
const atRest: ExecutedCommand = { waitMs: 0 };

export async function checkMachine(
  obligation: Obligation,
  subject: MachineSubject,
  context: CheckContext,
): Promise<Outcome> {
  const parts = find(obligation, subject);
  if ("problem" in parts) throw new DiagnosticError("VRF004", parts.problem);
  const { implementation, property } = parts;
  const { model } = subject;
  const sequences = numberOption(context, "sequences", defaultSequences);
  const maxLength = numberOption(context, "maxLength", defaultMaxLength);
  const answerMs = numberOption(context, "answerMs", defaultAnswerMs);
  const coverage = new Coverage();
  const stop = makeStop(context);
  let counterexample: Counterexample | null = null;
  let observation: Observation;
  const suiteName = context.options["suite"];
  let covered = "";
  let suiteBound: Suite["bound"] = {};
  let complete = false;
  /** Sequences that differed once and did not when run again. */
  let unsteady = 0;
  let opened: ModelTable | null = null;

  try {
    const clause = clauseOf(property, subject);
    const execute = async (commands: readonly (Command | ExecutedCommand)[]): Promise<Run> => {
      const run = await runLockstep(model, implementation, clause, commands, answerMs);
      coverage.add(run);
      return run;
    };
    const graph = modelGraph(model, maxConfigurations);
    const ways = new Ways(graph);
    const table = (opened = new ModelTable(
      model,
      implementation,
      clause,
      graph,
      coverage,
      answerMs,
    ));
    /** The first violating run of the sequences; null when there is none. */
    const perform = async (part: readonly Sequence[]): Promise<Run | null> => {
      for (const [index, seen] of (await table.run(part)).entries()) {
        const sequence = part[index]!;
        if (seen === "agreed") continue;
        const commands = sequence.map((command) => graph.commands[command]!);
        const run = await execute([...commands, atRest]);
        if (run.end === "violated") return run;
        if (seen === "differed" && run.end === "agreed") unsteady += 1;
      }
      return null;
    };
    const batch = implementation.sideBySide === true ? sideBySide : 1;
    const performAll = async (
      count: number,
      sequenceAt: (index: number) => Sequence,
      what: string,
    ): Promise<Run | null> => {
      for (let begin = 0; begin < count && stop.reason() === null; begin += batch) {
        if (begin % (4 * sideBySide) === 0) context.progress(`${begin}/${count} ${what}`);
        const length = Math.min(batch, count - begin);
        const found = await perform(
          Array.from({ length }, (_, index) => sequenceAt(begin + index)),
        );
        if (found !== null) return found;
      }
      return null;
    };
    const suite =
      typeof suiteName === "string"
        ? namedSuite(suiteName, implementation, graph, ways)
        : usualSuite(graph, ways);
    covered = suite.covers;
    ({ bound: suiteBound } = suite);

    let violating = await performAll(
      suite.sequences.length,
      (index) => suite.sequences[index]!,
      "tests of single transitions",
    );
    if (suiteName === undefined && violating === null && stop.reason() === null) {
      const choices = await randomChoices(context.seed, sequences, maxLength);
      violating = await performAll(
        sequences,
        (index) => guidedWalk(graph, ways, choices[index]!, maxLength),
        "random sequences",
      );
    }
    complete = graph.complete;

    if (violating !== null) {
      context.progress("shrinking");
      const minimal = await minimize(violating, model, implementation, clause);
      counterexample = counterexampleOf(subject, implementation, property, minimal.run);
      observation = { kind: "refuted", replayed: minimal.replayed };
    } else {
      observation =
        unsteady > 0
          ? {
              kind: "unknown",
              reason: `a difference was seen in ${unsteady} sequences, but it did not replay`,
            }
          : judge(coverage, complete, stop.reason());
    }
  } catch (error) {
    if (!(error instanceof DiagnosticError && error.code === "VRF401")) throw error;
    return makeOutcome(
      {
        claim: "universal",
        method: "commands",
        observation: { kind: "error", reason: error.message },
      },
      {
        stats: coverage.stats(),
        diagnostics: [{ code: error.code, message: error.message }],
      },
    );
  } finally {
    opened?.close();
  }

  const bound = { ...suiteBound, sequences: coverage.runs, maxLength: coverage.longest };
  return makeOutcome(
    { claim: "universal", method: "commands", observation, bound, time: "discrete" },
    {
      assumptions: [
        ...Object.entries(parameterValues(model)).map(([name, value]) => `${name} = ${value}`),
        ...(implementation.assumptions ?? []),
      ],
      evidence: counterexample === null ? evidence(coverage, covered) : counterexample.message,
      stats: coverage.stats(),
      counterexample,
      exhibits: [coverage.table()],
    },
  );
}

export async function replayMachine(
  obligation: Obligation,
  subject: MachineSubject,
  counterexample: Counterexample,
): Promise<ReplayObservation> {
  const parts = find(obligation, subject);
  if ("problem" in parts) return { kind: "infeasible", message: parts.problem };
  const { implementation, property } = parts;
  const recipe = parseRecipe(counterexample.recipe, subject.model);
  if ("problem" in recipe) return { kind: "infeasible", message: recipe.problem };
  const clause = clauseOf(property, subject);
  const run = await runLockstep(subject.model, implementation, clause, recipe.commands);
  const count = recipe.commands.length;
  switch (run.end) {
    case "violated": {
      const again = counterexampleOf(subject, implementation, property, run);
      return { kind: "reproduced", message: again.message, counterexample: again };
    }
    case "elsewhere":
      return {
        kind: "infeasible",
        message:
          `at step ${run.steps.length} of the recorded run ${implementation.name} already differs ` +
          "from the model in a way that this property does not speak about",
      };
    case "agreed":
      return {
        kind: "passes",
        message: `${implementation.name} did as the model in all ${count} recorded commands`,
      };
  }
}

function find(
  obligation: Obligation,
  subject: MachineSubject,
):
  | { readonly implementation: Implementation; readonly property: ConformsProperty }
  | { readonly problem: string } {
  const property = subject.properties.find(({ id }) => id === obligation.property);
  if (property?.kind !== "conforms") {
    return { problem: `${subject.id} has no conformance property "${obligation.property}"` };
  }
  const name = obligation.implementation?.name;
  const implementation = subject.implementations?.find((candidate) => candidate.name === name);
  if (implementation === undefined) {
    return { problem: `${subject.id} has no implementation "${name ?? "?"}"` };
  }
  return { implementation, property };
}

interface Stop {
  /** Why no further sequence may be started; `null` as long as there is no reason. */
  reason(): string | null;
}

function makeStop(context: CheckContext): Stop {
  const endMs = performance.now() + context.budget.timeMs;
  return {
    reason() {
      if (context.signal.aborted) return "interrupted before all sequences were run";
      if (performance.now() > endMs) {
        return `the time budget of ${context.budget.timeMs} ms ended before all sequences were run`;
      }
      return null;
    },
  };
}

/**
 * The choices of that many random walks. They make poor steps to shrink, so a violation is shrunk as the
 * commands that they led to.
 */
async function randomChoices(
  seed: number,
  count: number,
  maxLength: number,
): Promise<readonly (readonly number[])[]> {
  const { default: fc } = await import("fast-check");
  return fc.sample(fc.array(fc.nat(maxChoice), { minLength: 1, maxLength, size: "max" }), {
    seed: Math.trunc(seed),
    numRuns: count,
  });
}

/** The shortest form of a violation, run once more from scratch. */
async function minimize(
  violating: Run,
  model: MachineSubject["model"],
  implementation: Implementation,
  clause: Clause,
): Promise<{ readonly run: Run; readonly replayed: boolean }> {
  const kind = signature(violating);
  const again = (commands: readonly (Command | ExecutedCommand)[]): Promise<Run> =>
    runLockstep(model, implementation, clause, commands);
  const commands = await shrink(
    violating.executed,
    async (shorter) => signature(await again(shorter)) === kind,
  );
  const run = await again(commands);
  const replay = await again(run.executed);
  const replayed = signature(run) === kind && signature(replay) === kind;
  return { run: replayed ? run : violating, replayed };
}

/** What must stay the same while a violation gets shorter. */
function signature(run: Run): string | null {
  const last = run.steps.at(-1);
  if (run.end !== "violated" || last === undefined) return null;
  return JSON.stringify([last.before.value, last.event.type, run.difference]);
}

/** Every transition, and a second lap; random walks come on top. */
function usualSuite(graph: ModelGraph, ways: Ways): Suite {
  const laps = secondLapTests(graph, ways, maxLaps);
  const transitions = graph.next.length * graph.commands.length;
  return {
    sequences: [...transitionTests(graph, ways), ...laps.sequences],
    covers:
      `each of the ${transitions} transitions of the model's ${graph.names.length} ` +
      `${graph.complete ? "configurations" : "first configurations (it has more)"}, and ` +
      `${laps.complete ? "all" : `${laps.sequences.length}`} of them again after each way to change ` +
      "the state; the rest is random",
    bound: {},
  };
}

function judge(coverage: Coverage, graphComplete: boolean, stopped: string | null): Observation {
  if (stopped !== null) return { kind: "unknown", reason: stopped };
  if (coverage.compared > 0) return { kind: "holds" };
  if (graphComplete && coverage.elsewhere === 0) {
    return {
      kind: "vacuous",
      reason: "the model never takes a step that the property is about",
    };
  }
  return {
    kind: "unknown",
    reason:
      coverage.elsewhere > 0
        ? "no sequence took a step that the property is about before the implementation " +
          "differed from the model in another way"
        : "no sequence took a step that the property is about",
  };
}

function evidence(coverage: Coverage, covered: string): string {
  const parts = [
    `${coverage.runs} command sequences with ${coverage.steps} steps: ${covered}`,
    `${coverage.states} control states were visited`,
    `${coverage.compared} steps were compared for this property`,
  ];
  if (coverage.elsewhere > 0) {
    parts.push(
      `${coverage.elsewhere} sequences ended early at a difference that is another property's`,
    );
  }
  return parts.join("; ");
}

function numberOption(context: CheckContext, name: string, fallback: number): number {
  const value = context.options[name];
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw new DiagnosticError("VRF006", `${name} must be an integer of at least 1, got ${value}`);
  }
  return value;
}

import { afterAll, describe, expect, test } from "vitest";

import type { CheckContext } from "../../core/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { Theorem, TheoremSubject } from "../../core/subject.ts";
import { engine } from "../../checkers/prove/engine.ts";
import { closeSolver } from "../../solver/solver.ts";
import { backoffArithmetic } from "../../properties/theorems/backoff.ts";
import { dataRace } from "../../properties/theorems/data-race.ts";
import { littlesLaw } from "../../properties/theorems/little.ts";
import { ownership } from "../../properties/theorems/ownership.ts";
import { queueWait } from "../../properties/theorems/queue-wait.ts";
import { retryArithmetic } from "../../properties/theorems/retry-arithmetic.ts";
import { sendSync } from "../../properties/theorems/send-sync.ts";

afterAll(closeSolver);

function contextOf(changes: Partial<CheckContext> = {}): CheckContext {
  return {
    seed: 1,
    budget: { timeMs: 40_000, maxStates: 1 },
    signal: new AbortController().signal,
    progress: () => undefined,
    options: {},
    ...changes,
  };
}

const subjectOf = (theorem: Theorem): TheoremSubject => ({
  kind: "theorem",
  id: "t",
  title: "t",
  theorems: [theorem],
});

function check(theorem: Theorem, context = contextOf()): Promise<Outcome> {
  const subject = subjectOf(theorem);
  return engine.check(engine.plan(subject)[0]!, subject, context);
}

function find(subject: TheoremSubject, id: string): Theorem {
  const theorem = subject.theorems.find((candidate) => candidate.id === id);
  if (theorem === undefined) throw new Error(`no theorem ${id}`);
  return theorem;
}

function without(theorem: Theorem, ...names: readonly string[]): Theorem {
  for (const name of names) expect(Object.keys(theorem.premises)).toContain(name);
  const premises = Object.entries(theorem.premises).filter(([name]) => !names.includes(name));
  return { ...theorem, premises: Object.fromEntries(premises) };
}

describe("the shipped theorems say what their expectation says", () => {
  const subjects = [
    ownership,
    dataRace,
    sendSync,
    littlesLaw,
    queueWait,
    retryArithmetic,
    backoffArithmetic,
  ];
  const cases = subjects.flatMap((subject) =>
    engine.plan(subject).map((obligation) => ({ id: obligation.id, obligation, subject })),
  );
  test.each(cases)("$id", async ({ obligation, subject }) => {
    const outcome = await engine.check(obligation, subject, contextOf());
    expect([outcome.verdict, outcome.reason]).toEqual([obligation.expect?.verdict ?? "proved", ""]);
    expect(outcome.counterexample?.at ?? {}).toMatchObject(obligation.expect?.at ?? {});
    expect(outcome.exhibits).toContainEqual(
      expect.objectContaining({ kind: "text", language: "smt2" }),
    );
    if (outcome.verdict !== "proved") return;
    // Every premise is in the core, and the theorem fails without it, at values that were checked.
    expect(outcome.evidence).not.toContain("not needed for this proof");
    const premises = Object.keys(find(subject, obligation.property).premises).length;
    expect(outcome.stats).toMatchObject({ controls: premises, controlsRefuted: premises });
    expect(outcome.evidence).toContain("a model is shown, checked in exact arithmetic");
  });
});

describe("negative controls: a weakened theorem is refuted, a repaired one is proved", () => {
  const wait = (id: string) => find(queueWait, id);
  const retry = (id: string) => find(retryArithmetic, id);
  const nTimes = wait("published-wait-is-n-times-the-mean-wait");
  const published = wait("published-wait-is-the-mean-wait");
  const in20s = retry("sixth-request-unreachable-in-20s");

  test.each<[string, Theorem]>([
    ["N·Wq without Little's law", without(nTimes, "Little's law for the queue")],
    ["(N+1)·Wq instead of N·Wq", { ...nTimes, conclusion: "W == (N + 1) * Wq" }],
    ["not one server", without(wait("published-wait-is-right-for-one-server"), "one server")],
    [
      "perhaps one server",
      without(wait("published-wait-is-wrong-for-more-servers"), "two servers or more"),
    ],
    [
      "no lower limit of the fifth wait",
      without(retry("sixth-request-unreachable-in-10s"), "jitter of wait 5"),
    ],
    ["slow answers", without(retry("fifth-request-reachable-in-10s"), "answers come at once")],
  ])("%s", async (_name, theorem) => {
    const outcome = await check(theorem);
    expect(outcome.verdict).toBe("violated");
    const subject = subjectOf(theorem);
    const replay = await engine.replay(
      engine.plan(subject)[0]!,
      subject,
      outcome.counterexample!,
      contextOf(),
    );
    expect(replay.kind).toBe("reproduced");
  });

  test.each<[string, Theorem]>([
    ["the factor N is the whole difference", { ...published, conclusion: "W == 2 * Wq" }],
    [
      "20 s replaced by 10 s",
      { ...in20s, premises: { ...in20s.premises, "longer budget": "budget == 10000000" } },
    ],
  ])("%s", async (_name, theorem) => {
    expect((await check(theorem)).verdict).toBe("proved");
  });
});

describe("what is neither proved nor refuted never reads as a pass", () => {
  const base: Theorem = {
    id: "x",
    title: "x",
    variables: { x: "Int", y: "Int", z: "Int" },
    premises: {},
    conclusion: "true",
  };

  test("contradictory premises are vacuous, and the contradiction is named", async () => {
    const outcome = await check({
      ...base,
      premises: { low: "x < 2", high: "x > 3", innocent: "y == 0" },
      conclusion: "x == 7",
    });
    expect(outcome.verdict).toBe("vacuous");
    expect(outcome.reason).toMatch(/high|low/);
    expect(outcome.reason).not.toContain("innocent");
  });

  test("a premise that the proof does not need is named", async () => {
    const outcome = await check({
      ...base,
      premises: { needed: "x > 3", idle: "y > 3" },
      conclusion: "x > 2",
    });
    expect(outcome.verdict).toBe("proved");
    expect(outcome.evidence).toContain("premises used: needed");
    expect(outcome.evidence).toContain("not needed for this proof: idle");
  });

  const fermat: Theorem = {
    ...base,
    premises: { positive: "x > 2 and y > 2 and z > 2" },
    conclusion: "x * x * x + y * y * y != z * z * z",
  };

  test("a timeout is inconclusive", async () => {
    const outcome = await check(fermat, contextOf({ budget: { timeMs: 300, maxStates: 1 } }));
    expect([outcome.verdict, outcome.method]).toEqual(["inconclusive", null]);
    expect(outcome.reason).toContain("timeout");
  });

  test("an interruption is inconclusive, and the next theorem is decided as usual", async () => {
    const controller = new AbortController();
    const running = check(fermat, contextOf({ signal: controller.signal }));
    setTimeout(() => controller.abort(), 400);
    const outcome = await running;
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("interrupted");
    expect((await check({ ...base, conclusion: "x + y == y + x" })).verdict).toBe("proved");
  });

  test("an irrational counterexample cannot be replayed and is inconclusive", async () => {
    const outcome = await check({
      ...base,
      variables: { r: "Real" },
      premises: { square: "r * r == 2" },
      conclusion: "r == 3",
    });
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("not a rational number");
  });

  test("a division by zero refutes nothing", async () => {
    const outcome = await check({
      ...base,
      variables: { r: "Real" },
      premises: { zero: "r == 0" },
      conclusion: "1 / r == 5",
    });
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.evidence).toContain("division by zero");
  });

  test("premises that only hold where something is divided by zero are vacuous", async () => {
    const outcome = await check({
      ...base,
      variables: { r: "Real" },
      premises: { zero: "r == 0", inverse: "1 / r == 5" },
      conclusion: "r == 0",
    });
    expect(outcome.verdict).toBe("vacuous");
    expect(outcome.reason).toContain("no divisor in them being zero");
  });

  test("an expression that does not parse is the user's error", async () => {
    await expect(check({ ...base, conclusion: "x implies y" })).rejects.toMatchObject({
      code: "VRF202",
    });
  });
});

describe("replay of a recorded assignment on a changed theorem", () => {
  const theorem: Theorem = {
    id: "x",
    title: "x",
    variables: { a: "Int", r: "Real" },
    premises: { small: "a < 10 and r < 1" },
    conclusion: "a < 9",
  };
  const recorded = {
    message: "",
    at: {},
    trace: { "#meta": {}, vars: [], states: [] } as never,
    recipe: { assignment: { a: 9, r: "-1/3" } },
  };
  const replay = (changed: Theorem) => {
    const subject = subjectOf(changed);
    return engine.replay(engine.plan(subject)[0]!, subject, recorded, contextOf());
  };

  test("fails, passes, or is no longer feasible", async () => {
    expect((await replay(theorem)).kind).toBe("reproduced");
    expect((await replay({ ...theorem, conclusion: "a < 10" })).kind).toBe("passes");
    expect((await replay({ ...theorem, premises: { small: "a < 9" } })).kind).toBe("infeasible");
    const renamed = { ...theorem, variables: { b: "Int", r: "Real" } as const };
    const moved = { ...renamed, premises: { small: "b < 10" }, conclusion: "b < 9" };
    expect((await replay(moved)).kind).toBe("infeasible");
  });
});

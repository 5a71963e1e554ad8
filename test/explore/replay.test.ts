/** A recorded counterexample on the model as it is later: still fails, passes, or cannot be followed. */

import { assign, createMachine, fromCallback } from "xstate";
import { describe, expect, test } from "vitest";

import {
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  reachable,
} from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { Counterexample } from "../../core/trace.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { publishedCircuitBreaker } from "../../models/published/circuit-breaker.ts";
import { publishedOtlp } from "../../models/published/otlp-connection.ts";
import { update } from "../../expr/index.ts";
import { mutate } from "../models/mutate.ts";
import { check, contextWith, obligationOf, replayOn, subjectOf } from "./support.ts";

const recovers = alwaysReachable("recovers", "at(Connected)");

describe("stays reachable", () => {
  test("still fails on the same model", async () => {
    const observed = await replayOn(publishedOtlp, publishedOtlp, recovers);
    expect(observed.kind).toBe("reproduced");
  });

  test("passes once the model has a way back", async () => {
    const repaired = mutate(publishedOtlp, ({ states }) => {
      states.Error.after = { 1000: "Connecting" };
    });
    expect((await replayOn(publishedOtlp, repaired, recovers)).kind).toBe("passes");
  });

  test("is infeasible once the event has another name, and says where", async () => {
    const renamed: MachineModel = {
      ...mutate(publishedOtlp, (config) => {
        config.on = { failure: ".Error" };
      }),
      events: publishedOtlp.events.map((event) =>
        event.type === "error" ? { type: "failure" } : event,
      ),
    };
    const observed = await replayOn(publishedOtlp, renamed, recovers);
    expect(observed).toMatchObject({ kind: "infeasible" });
    expect(observed.message).toContain("step 1");
    expect(observed.message).toContain('"error"');
  });
});

describe("runs with timers", () => {
  const caught = alwaysReachable("closed again", "at(closed)");

  test("the timer fires on the clock, the trace carries virtual time", async () => {
    const outcome = await check(publishedCircuitBreaker, caught);
    const states = outcome.counterexample!.trace.states;
    expect(states.at(-1)?.["#meta"]).toMatchObject({
      by: "internal",
      action: { type: "after nextTask" },
      timeMs: 0,
    });
  });

  test("a timer that is gone makes the run infeasible", async () => {
    const now = mutate(publishedCircuitBreaker, ({ states }) => {
      delete states.closed.states.opening.after;
    });
    const observed = await replayOn(publishedCircuitBreaker, now, caught);
    expect(observed.kind).toBe("infeasible");
    expect(observed.message).toContain("after nextTask");
  });

  test("a payload value that is no longer declared makes the run infeasible", async () => {
    const model = (digits: readonly string[]): MachineModel => ({
      machine: createMachine({
        id: "door",
        initial: "shut",
        states: { shut: { on: { PIN: { target: "open" } } }, open: {} },
      }),
      events: [{ type: "PIN", digits }],
      variables: {},
    });
    const property = deadlockFree();
    expect((await replayOn(model(["1"]), model(["1", "2"]), property)).kind).toBe("reproduced");
    expect((await replayOn(model(["1"]), model(["2"]), property)).kind).toBe("infeasible");
  });
});

test("a step that is right again passes", async () => {
  const property = alwaysStep(
    "resets",
    "implies(at(closed) and active > 0 and event(SUCCESS), next(failures) == 0)",
  );
  const now = mutate(publishedCircuitBreaker, ({ states }) => {
    states.closed.on.SUCCESS.actions = update({ active: "active - 1", failures: "0" });
  });
  expect((await replayOn(publishedCircuitBreaker, publishedCircuitBreaker, property)).kind).toBe(
    "reproduced",
  );
  expect((await replayOn(publishedCircuitBreaker, now, property)).kind).toBe("passes");
});

test("an infinite run: reproduced, and passing once a timer ends the waiting", async () => {
  const property = leadsTo("ends", "at(Connecting)", "not at(Connecting)", { fair: ["timers"] });
  expect((await replayOn(publishedOtlp, publishedOtlp, property)).kind).toBe("reproduced");
  const now = mutate(publishedOtlp, ({ states }) => {
    states.Connecting.after = { 1000: "Disconnected" };
  });
  const observed = await replayOn(publishedOtlp, now, property);
  expect(observed.kind).toBe("passes");
  expect(observed.message).toContain("after 1000 is running");
});

test("an absent state is looked for again", async () => {
  const property = reachable("half-open", "at(halfOpen)");
  expect((await replayOn(publishedCircuitBreaker, publishedCircuitBreaker, property)).kind).toBe(
    "reproduced",
  );
  const now = mutate(publishedCircuitBreaker, ({ states }) => {
    states.open.after = { 1000: "halfOpen" };
  });
  expect((await replayOn(publishedCircuitBreaker, now, property)).kind).toBe("passes");
});

test("a recipe of somebody else is not followed", async () => {
  const subject = subjectOf(publishedOtlp, [recovers]);
  const foreign = { message: "", at: {}, recipe: { seed: 1 } } as unknown as Counterexample;
  const observed = await engine.replay(
    obligationOf(subject, recovers.id),
    subject,
    foreign,
    contextWith(),
  );
  expect(observed.kind).toBe("infeasible");
});

test("an event that mentions a running actor is not its answer", async () => {
  const model: MachineModel = {
    machine: createMachine({
      id: "call",
      initial: "calling",
      states: {
        calling: {
          invoke: {
            id: "it",
            src: "it",
            onDone: {
              target: "done",
              guard: ({ context }: { context: { told: boolean } }) => context.told,
            },
          },
          on: { NOTE: { actions: assign({ told: true }) } },
        },
        done: {},
      },
      context: { told: false },
    }).provide({ actors: { it: fromCallback(() => {}) } }),
    events: [{ type: "NOTE", actorId: ["it"] }],
    variables: { told: "bool" },
    actors: { it: { done: [null] } },
  };
  const outcome = await check(model, reachable("done", "at(done)"));
  expect([outcome.verdict, outcome.reason]).toEqual(["proved", ""]);
  expect(outcome.witness!.states).toHaveLength(3);
});

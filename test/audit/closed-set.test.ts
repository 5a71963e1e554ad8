/** The auditor accepts what exploration found, and refuses every corruption of it. */

import { createMachine } from "xstate";
import { describe, expect, test } from "vitest";

import { auditClosedSet } from "../../checkers/audit/index.ts";
import { decodedStates } from "../../checkers/explore/decode.ts";
import { extend, startGraph } from "../../checkers/explore/graph.ts";
import type { EvidenceState as DecodedState } from "../../core/certificate.ts";
import { always } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { opampControlLoop } from "../../models/opamp-control-loop.ts";
import { otlpConnection } from "../../models/otlp-connection.ts";
import { publishedCircuitBreaker } from "../../models/published/circuit-breaker.ts";
import { compileMachine } from "../../semantics/system.ts";
import { contextWith } from "../explore/support.ts";

async function explored(model: MachineModel): Promise<readonly DecodedState[]> {
  const graph = startGraph(compileMachine(model));
  expect(await extend(graph, contextWith())).toBe("complete");
  return decodedStates(graph);
}

const withHistory: MachineModel = {
  machine: createMachine({
    id: "lamp",
    initial: "on",
    states: {
      on: {
        initial: "low",
        states: {
          low: { on: { UP: "high" } },
          high: { on: { UP: "low" } },
          hist: { type: "history" },
        },
        on: { POWER: "off" },
      },
      off: { on: { POWER: "on.hist", SCRAP: "gone" }, after: { 100: "on.hist" } },
      gone: { type: "final" },
    },
  }),
  events: [{ type: "UP" }, { type: "POWER" }, { type: "SCRAP" }],
  variables: {},
};

const models = {
  "circuit breaker": circuitBreaker,
  "OTLP connection": otlpConnection,
  "OpAMP control loop": opampControlLoop,
  "published circuit breaker": publishedCircuitBreaker,
  "a machine with history": withHistory,
};

describe.each(Object.entries(models))("%s", (_name, model) => {
  test("the explored set is accepted", async () => {
    const states = await explored(model);
    expect(auditClosedSet(model, states)).toMatchObject({ accepted: true, states: states.length });
  });

  test("without any one of its states it is refused", async () => {
    const states = await explored(model);
    for (const index of [0, 1, Math.floor(states.length / 2), states.length - 1]) {
      const audit = auditClosedSet(model, states.toSpliced(index, 1));
      expect(audit.accepted).toBe(false);
    }
  });
});

test("without a running timer, or with another history, the set is refused", async () => {
  const states = await explored(withHistory);
  const corrupt = (edit: (state: DecodedState) => DecodedState): boolean =>
    auditClosedSet(withHistory, states.map(edit)).accepted;
  expect(corrupt((state) => ({ ...state, timers: [] }))).toBe(false);
  expect(corrupt((state) => ({ ...state, history: {} }))).toBe(false);
  expect(corrupt((state) => ({ ...state, done: true }))).toBe(false);
  expect(corrupt((state) => state)).toBe(true);
});

test("the invariant is checked in every state", async () => {
  const states = await explored(circuitBreaker);
  const below = (limit: number) =>
    auditClosedSet(circuitBreaker, states, always("below", `failures < ${limit}`)).accepted;
  expect(below(3)).toBe(true);
  expect(below(2)).toBe(false);
});

test("a set of another parameter value is refused", async () => {
  const wider: MachineModel = {
    ...circuitBreaker,
    parameters: { ...circuitBreaker.parameters, threshold: { int: [1, null], explore: 4 } },
  };
  expect(auditClosedSet(wider, await explored(circuitBreaker)).accepted).toBe(false);
});

test("what cannot be audited is refused, not accepted", () => {
  const armed = { always: { guard: () => false } };
  const ordered: MachineModel = {
    machine: createMachine({ type: "parallel", states: { a: armed, b: armed } }),
    events: [],
    variables: {},
  };
  expect(auditClosedSet(ordered, []).accepted).toBe(false);
  expect(auditClosedSet({ ...withHistory, time: "discrete" }, []).accepted).toBe(false);
});

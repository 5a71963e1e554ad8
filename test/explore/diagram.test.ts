import { createMachine } from "xstate";
import { describe, expect, test } from "vitest";

import { deadlockFree, never } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { opampControlLoop } from "../../models/opamp-control-loop.ts";
import { publishedOtlp } from "../../models/published/otlp-connection.ts";
import { check, subjectOf } from "./support.ts";

const graphOf = (model: MachineModel) => engine.graph!(subjectOf(model, []))!;

describe("the state diagram", () => {
  test("shows states, guards and timers of the circuit breaker", () => {
    const { nodes, edges } = graphOf(circuitBreaker);
    expect(nodes).toEqual([
      { id: "closed", label: "closed", initial: true },
      { id: "open", label: "open" },
      { id: "halfOpen", label: "halfOpen" },
    ]);
    expect(edges).toContainEqual({
      from: "open",
      to: "halfOpen",
      label: "after resetTimeout",
      event: "after resetTimeout",
    });
    expect(edges).toContainEqual({
      from: "closed",
      to: "open",
      label: "FAILURE [active > 0 and failures + 1 >= threshold]",
      event: "FAILURE",
    });
  });

  test("draws what the root handles at every state", () => {
    const { edges } = graphOf(publishedOtlp);
    const errors = edges.filter(({ event }) => event === "error").map(({ from }) => from);
    expect(errors).toEqual(["Disconnected", "Connecting", "Connected", "Error"]);
  });

  test("names regions by dotted paths with their parents", () => {
    const { nodes } = graphOf(opampControlLoop);
    expect(nodes).toContainEqual({
      id: "link.inFlight",
      label: "inFlight",
      parent: "link",
      initial: true,
    });
  });

  test("a machine without states is one node", () => {
    const model = { machine: createMachine({ id: "one" }), events: [], variables: {} };
    expect(graphOf(model).nodes.map(({ id }) => id)).toEqual(["one"]);
  });

  test("states and actions of traces are its nodes and edges", async () => {
    const outcome = await check(circuitBreaker, never("half-open", "at(halfOpen)"));
    const { nodes, edges } = graphOf(circuitBreaker);
    for (const { "#meta": meta } of outcome.counterexample!.trace.states) {
      for (const path of meta.active ?? []) expect(nodes.map(({ id }) => id)).toContain(path);
      if (meta.action !== undefined) {
        expect(edges.map(({ event }) => event)).toContain(meta.action.type);
      }
    }
    expect((await check(circuitBreaker, deadlockFree())).verdict).toBe("proved");
  });
});

import { createMachine } from "xstate";
import { describe, expect, it } from "vitest";

import { expandEvent, type ExecutedCommand } from "../../checkers/conform/commands.ts";
import { modelGraph, Ways } from "../../checkers/conform/graph.ts";
import { shrink } from "../../checkers/conform/shrink.ts";
import { secondLapTests, transitionTests } from "../../checkers/conform/tests.ts";
import { guidedWalk } from "../../checkers/conform/walk.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";

const graph = modelGraph(circuitBreaker, 400);
const ways = new Ways(graph);

/** The (configuration, command) pairs that a sequence takes. */
function taken(sequence: readonly number[]): string[] {
  let at = 0;
  return sequence.map((command) => {
    const pair = `${at} ${command}`;
    at = graph.next[at]![command]!;
    return pair;
  });
}

describe("the model's graph", () => {
  it("has every configuration of the circuit breaker", () => {
    // closed: 0..2 failures with 0..2 calls; open: 30 s left or 1 ms; half-open: 0 or 1 trial.
    expect(graph.names.filter((name) => name === "closed")).toHaveLength(9);
    expect(graph.names.filter((name) => name === "open")).toHaveLength(2);
    expect(graph.names.filter((name) => name === "halfOpen")).toHaveLength(2);
    expect(graph.complete).toBe(true);
    // Five events and three ways to let time pass.
    expect(graph.commands).toHaveLength(8);
  });

  it("says when it is not complete, and does not lead beyond its limit", () => {
    const part = modelGraph(circuitBreaker, 4);
    expect(part.complete).toBe(false);
    expect(part.names).toHaveLength(4);
    expect(part.next.flat().includes(-1)).toBe(true);
    const walk = guidedWalk(part, new Ways(part), [1, 2, 3, 4, 5, 6, 7, 8, 9], 50);
    expect(walk.every((command) => command < part.commands.length)).toBe(true);
  });

  it("expands payloads to every combination", () => {
    expect(expandEvent({ type: "PIN", digits: ["1", "2"], last: [true, false] })).toEqual([
      { type: "PIN", digits: "1", last: true },
      { type: "PIN", digits: "1", last: false },
      { type: "PIN", digits: "2", last: true },
      { type: "PIN", digits: "2", last: false },
    ]);
  });
});

describe("systematic tests", () => {
  it("take every transition", () => {
    const pairs = new Set(transitionTests(graph, ways).flatMap(taken));
    expect(pairs.size).toBe(graph.names.length * graph.commands.length);
  });

  it("take every transition again after each change of the control state", () => {
    const { sequences, complete } = secondLapTests(graph, ways, 5000);
    expect(complete).toBe(true);
    const changes = sequences.map(
      (sequence) =>
        taken(sequence).filter((pair) => {
          const [from, command] = pair.split(" ").map(Number) as [number, number];
          return graph.names[graph.next[from]![command]!] !== graph.names[from];
        }).length,
    );
    expect(Math.min(...changes)).toBeGreaterThanOrEqual(1);
    expect(new Set(sequences.flatMap(taken)).size).toBe(graph.names.length * graph.commands.length);
  });

  it("are limited on demand, and say so", () => {
    const { sequences, complete } = secondLapTests(graph, ways, 50);
    expect(sequences).toHaveLength(50);
    expect(complete).toBe(false);
  });

  it("cope with configurations from which there is no way on", () => {
    const machine = createMachine({
      initial: "a",
      states: { a: { on: { END: "z" } }, z: { type: "final" } },
    });
    const dead = modelGraph({ machine, events: [{ type: "END" }] }, 10);
    expect(dead.names).toEqual(["a", "z"]);
    expect(new Ways(dead).path(1, 0)).toBeNull();
    expect(guidedWalk(dead, new Ways(dead), [1, 2, 3, 4, 5], 20).length).toBeLessThanOrEqual(20);
  });
});

describe("shrink", () => {
  const event = (type: string): ExecutedCommand => ({ event: { type } });
  const types = (commands: readonly unknown[]): string =>
    commands
      .map((command) => (command as { event?: { type: string } }).event?.type ?? "-")
      .join("");

  it("leaves exactly what is needed, wherever it stands", async () => {
    const noise = "xaxxbxxxxcx".split("").map(event);
    const result = await shrink(noise, async (commands) => /a.*b.*c/.test(types(commands)));
    expect(types(result)).toBe("abc");
  });

  it("lets time pass only to a deadline where that is enough", async () => {
    const result = await shrink([{ waitMs: 30_001 }, event("a")], async (commands) =>
      types(commands).endsWith("a"),
    );
    expect(types(result)).toBe("a");
    const needed = await shrink(
      [{ waitMs: 30_001 }, event("a")],
      async (commands) => types(commands) === "-a",
    );
    expect(needed[0]).toEqual({ kind: "time", until: "deadline" });
  });

  it("returns the sequence itself when nothing shorter violates", async () => {
    const all = [event("a"), event("b")];
    expect(await shrink(all, async () => false)).toEqual(all);
  });
});

/** Recorded runs against models: explained ones, refused ones, and what may be missing from them. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { engine } from "../../checkers/trace/engine.ts";
import type { CheckContext } from "../../core/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { RecordingSubject } from "../../core/subject.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { otlpExport } from "../../models/otlp-export.ts";
import { answer, recordRun, reset, type RecordedRun } from "./record.ts";

const folder = mkdtempSync(path.join(tmpdir(), "verify-trace-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const context: CheckContext = {
  seed: 1,
  budget: { timeMs: 30_000, maxStates: 100_000 },
  signal: new AbortController().signal,
  progress: () => {},
  options: {},
};

let files = 0;

function subjectOf(
  lines: readonly string[],
  options: Partial<RecordingSubject> = {},
): RecordingSubject {
  const file = path.join(folder, `${(files += 1)}.jsonl`);
  writeFileSync(file, lines.join("\n"));
  return {
    kind: "recording",
    id: "run",
    title: "run",
    file,
    models: { "otlp-export": otlpExport, "circuit-breaker": circuitBreaker },
    ...options,
  };
}

async function check(
  lines: readonly string[],
  options: Partial<RecordingSubject> = {},
): Promise<Outcome> {
  const subject = subjectOf(lines, options);
  const [obligation] = engine.plan(subject);
  return engine.check(obligation!, subject, context);
}

interface Event {
  name: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

interface Span {
  events: Event[];
  attributes: { key: string; value: Record<string, unknown> }[];
  droppedEventsCount?: number;
}

/** The lines with their spans changed by `change`. */
function changed(lines: readonly string[], change: (spans: Span[]) => void): string[] {
  const messages = lines.map(
    (line) => JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] },
  );
  change(
    messages.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    ),
  );
  return messages.map((message) => JSON.stringify(message));
}

const typeOf = (event: Event): unknown =>
  event.attributes.find(({ key }) => key === "state_machine.event")?.value["stringValue"];

const spanWith = (spans: readonly Span[], type: string): Span =>
  spans.find(({ events }) => events.some((event) => typeOf(event) === type))!;

describe("a run of our OTLP client under faults", () => {
  let run: RecordedRun;
  beforeAll(async () => {
    run = await recordRun(
      [
        answer(503),
        answer(200),
        reset,
        answer(400, {}, { code: 3 }),
        answer(200, {}, { partialSuccess: { rejectedSpans: "2", errorMessage: "too old" } }),
        answer(429),
        answer(502),
        answer(504),
      ],
      8,
    );
  });

  it("met every fault", () => {
    expect(new Set(run.results.map(({ outcome }) => outcome))).toEqual(
      new Set(["delivered", "partlyDelivered", "failed"]),
    );
    const types = run.lines.join("");
    for (const type of ["unavailable", "broken", "rejected", "partial", "after wait"]) {
      expect(types).toContain(`"${type}"`);
    }
  });

  it("is explained by the model", async () => {
    const outcome = await check(run.lines);
    expect(outcome).toMatchObject({
      verdict: "holds-bounded",
      method: "recorded-run",
      bound: { instances: 8 },
      counterexample: null,
    });
  });

  it("is refused at the place where two events of one export are swapped", async () => {
    const lines = changed(run.lines, (spans) => {
      const { events } = spanWith(spans, "unavailable");
      const at = events.findIndex((event) => typeOf(event) === "unavailable");
      [events[at], events[at + 1]] = [events[at + 1]!, events[at]!];
    });
    const outcome = await check(lines);
    expect(outcome.verdict).toBe("violated");
    // `send` is explained; what comes next in the recording is the end of a wait that never began
    expect(outcome.counterexample?.at).toMatchObject({
      step: 2,
      event: "after wait",
      state: "active.inFlight",
      recorded: "active.inFlight",
    });
    expect(outcome.counterexample?.message).toContain(
      'no timer "after wait" is running in state active.inFlight',
    );
  });

  it("is still explained when events of different exports change places", async () => {
    const reversed = run.lines.toReversed();
    expect((await check(reversed)).verdict).toBe("holds-bounded");
    const times = changed(run.lines, (spans) => {
      const [a, b] = spans as unknown as { events: { timeUnixNano: string }[] }[];
      const [first, second] = [a!.events[0]!, b!.events[0]!];
      [first.timeUnixNano, second.timeUnixNano] = [second.timeUnixNano, first.timeUnixNano];
    });
    expect((await check(times)).verdict).toBe("holds-bounded");
  });

  it("is refused when an answer of success is followed by a resend", async () => {
    const lines = changed(run.lines, (spans) => {
      const { events } = spanWith(spans, "accepted");
      events.push(structuredClone(events[0]!));
    });
    const outcome = await check(lines);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.message).toContain("it is final");
  });

  it("is refused when a recorded variable is not the model's", async () => {
    const lines = changed(run.lines, (spans) => {
      const { events } = spanWith(spans, "after wait");
      const event = events.find((candidate) => typeOf(candidate) === "after wait")!;
      const requests = event.attributes.find(
        ({ key }) => key === "state_machine.variable.requests",
      );
      requests!.value = { intValue: 7 };
    });
    expect((await check(lines)).counterexample?.message).toContain("requests = 2, recorded 7");
  });

  it("a lost step is refused, unless the loss is declared", async () => {
    const drop = (spans: Span[]): Span => {
      const span = spanWith(spans, "unavailable");
      const at = span.events.findIndex((event) => typeOf(event) === "unavailable");
      span.events.splice(at, 1);
      return span;
    };
    expect((await check(changed(run.lines, drop))).verdict).toBe("violated");
    const declared = changed(run.lines, (spans) => {
      const span = spanWith(spans, "unavailable");
      const at = span.events.findIndex((event) => typeOf(event) === "unavailable");
      span.events[at] = { name: "state_machine.gap", attributes: [] };
    });
    const outcome = await check(declared);
    expect(outcome.verdict).toBe("holds-bounded");
    expect(outcome.stats["hidden"]).toBe(1);
    const counted = changed(run.lines, (spans) => {
      drop(spans).droppedEventsCount = 1;
    });
    expect((await check(counted)).verdict).toBe("holds-bounded");
  });

  it("a declared gap does not excuse what no steps can lead to", async () => {
    const lines = changed(run.lines, (spans) => {
      const { events } = spanWith(spans, "accepted");
      events.push({ name: "state_machine.gap", attributes: [] }, structuredClone(events[0]!));
    });
    expect((await check(lines)).verdict).toBe("violated");
  });

  it("timers need not be recorded when they are said not to be", async () => {
    const lines = changed(run.lines, (spans) => {
      for (const span of spans) {
        span.events = span.events.filter((event) => typeOf(event) !== "after wait");
      }
    });
    expect((await check(lines)).verdict).toBe("violated");
    expect((await check(lines, { unrecorded: ["after wait"] })).verdict).toBe("holds-bounded");
  });

  it("may begin in the middle when it is said to", async () => {
    const lines = changed(run.lines, (spans) => {
      spanWith(spans, "after wait").events.splice(0, 2);
    });
    expect((await check(lines)).verdict).toBe("violated");
    expect((await check(lines, { fromMiddle: true })).verdict).toBe("holds-bounded");
  });

  it("replays", async () => {
    const lines = changed(run.lines, (spans) => {
      spanWith(spans, "after wait").events.splice(0, 1);
    });
    const subject = subjectOf(lines);
    const [obligation] = engine.plan(subject);
    const { counterexample } = await engine.check(obligation!, subject, context);
    const again = await engine.replay(obligation!, subject, counterexample!, context);
    expect(again.kind).toBe("reproduced");
    writeFileSync(subject.file, run.lines.join("\n"));
    expect((await engine.replay(obligation!, subject, counterexample!, context)).kind).toBe(
      "passes",
    );
  });

  it("a batch of spans that was delivered twice counts once", async () => {
    expect((await check([...run.lines, ...run.lines])).bound).toMatchObject({ instances: 8 });
  });
});

describe("files that say little", () => {
  it("a recording without steps is inconclusive", async () => {
    expect((await check(['{"resourceSpans":[]}'])).verdict).toBe("inconclusive");
  });

  it("steps of a machine that the configuration does not have are skipped, and say so", async () => {
    const { lines } = await recordRun([], 1);
    const outcome = await check(lines, { models: {} });
    expect(outcome.verdict).toBe("skipped");
    expect(outcome.reason).toContain("otlp-export");
  });

  it("a broken line is an error with its place; a cut last line is left out and said", async () => {
    const { lines } = await recordRun([], 2);
    await expect(check(["{nonsense", ...lines])).rejects.toMatchObject({ code: "VRF802" });
    const outcome = await check([...lines, lines[0]!.slice(0, 40)]);
    expect(outcome.verdict).toBe("holds-bounded");
    expect(outcome.assumptions.join()).toContain("cut off");
  });

  it("a file that is not there is an error", () => {
    expect(() =>
      engine.plan({ kind: "recording", id: "x", title: "x", file: "/nowhere", models: {} }),
    ).toThrowError(/cannot read/);
  });
});

/** Steps of one breaker, whose calls are spans of their own. */
describe("one instance in several spans", () => {
  const step = (event: string, state: string, sequence?: number): Record<string, unknown> => ({
    name: "state_machine.transition",
    timeUnixNano: "5",
    attributes: [
      { key: "state_machine.name", value: { stringValue: "circuit-breaker" } },
      { key: "state_machine.instance", value: { stringValue: "b" } },
      { key: "state_machine.event", value: { stringValue: event } },
      { key: "state_machine.state", value: { stringValue: state } },
      ...(sequence === undefined
        ? []
        : [{ key: "state_machine.sequence", value: { intValue: String(sequence) } }]),
    ],
  });
  const span = (id: number, start: number, end: number, events: unknown[]): string =>
    JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: "t",
                  spanId: String(id),
                  startTimeUnixNano: String(start),
                  endTimeUnixNano: String(end),
                  events,
                },
              ],
            },
          ],
        },
      ],
    });
  const call = (id: number, start: number, end: number, state: string): string =>
    span(id, start, end, [step("CALL", "closed"), step("FAILURE", state)]);

  it("overlapping spans may have happened in any order, separate ones in theirs", async () => {
    const overlapping = [
      call(1, 0, 10, "open"),
      call(2, 0, 10, "closed"),
      span(3, 0, 10, [step("CALL", "closed"), step("FAILURE", "closed")]),
    ];
    expect((await check(overlapping)).verdict).toBe("holds-bounded");
    const separate = [call(1, 0, 10, "open"), call(2, 20, 30, "closed"), call(3, 40, 50, "closed")];
    const outcome = await check(separate);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toMatchObject({ step: 2, event: "FAILURE" });
  });

  it("numbered steps have one order, and a jump in the numbers is a gap", async () => {
    const numbered = (numbers: readonly number[]): string[] =>
      numbers.map((number, index) =>
        span(index, 0, 10, [
          step(number % 2 === 1 ? "CALL" : "FAILURE", number === 6 ? "open" : "closed", number),
        ]),
      );
    expect((await check(numbered([4, 2, 6, 1, 3, 5]))).verdict).toBe("holds-bounded");
    const gap = await check(numbered([1, 6]));
    expect(gap.verdict).toBe("holds-bounded");
    expect(gap.stats["hidden"]).toBeGreaterThanOrEqual(4);
  });
});

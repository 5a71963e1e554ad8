/** Differential oracles: equal data is found equal, whatever carried it, and one changed value is seen. */

import { describe, expect, it, vi } from "vitest";

import type { OtlpProtocol, PairSubject } from "../../core/subject.ts";
import { engine } from "../../checkers/conform/engine.ts";
import { wasTooBusy } from "../../core/outcome.ts";
import { compareBatches, compareItems } from "../../checkers/conform/wire/pair.ts";
import type { ScenarioRun } from "../../checkers/conform/wire/play.ts";
import { context, fixture } from "./helpers.ts";

vi.setConfig({ maxConcurrency: 8 });

function pair(
  [left, leftSins]: readonly [OtlpProtocol, string],
  [right, rightSins]: readonly [OtlpProtocol, string],
  compare: PairSubject["compare"] = "items",
): PairSubject {
  const side = (protocol: OtlpProtocol, sins: string) =>
    fixture(sins, {
      id: `fixture-${protocol}-${sins}`,
      protocol,
      batchProcessor: true,
      env: { VERIFY_SAME_DATA: "1" },
      drive: `http://127.0.0.1:{port}/work?spans=${compare === "items" ? 3 : 60}`,
    });
  return {
    kind: "process",
    role: "otlp-pair",
    id: "pair",
    title: "pair",
    left: side(left, leftSins),
    right: side(right, rightSins),
    compare,
    implementation: { name: "fixtures", version: "1" },
  };
}

async function check(subject: PairSubject) {
  const [obligation] = engine.plan(subject);
  return { obligation: obligation!, outcome: await engine.check(obligation!, subject, context()) };
}

describe.concurrent("two exporters", () => {
  it("that send the same data as JSON over HTTP and as protobuf over gRPC agree", async () => {
    const { outcome } = await check(pair(["http/json", ""], ["grpc", ""]));
    expect(outcome).toMatchObject({
      verdict: "holds-bounded",
      requirement: { id: "I14", finding: "conforms" },
    });
    expect(outcome.evidence).toContain("6 items arrived in both");
  });

  it.each([
    ["null-nan", "attributes"],
    ["numeric-int64", "startTimeUnixNano"],
    ["enum-names", "kind"],
  ])("are told apart by the sin %s, in %s", async (sin, differsIn) => {
    const subject = pair(["http/json", sin], ["grpc", ""]);
    const { obligation, outcome } = await check(subject);
    expect(outcome).toMatchObject({ verdict: "violated", requirement: { finding: "deviates" } });
    expect(outcome.counterexample).toMatchObject({ at: { requirement: "I14", differsIn } });
    if (sin !== "null-nan") return;
    // the recorded difference can be played again, and is gone once both are right
    const { counterexample } = outcome;
    const replay = (again: PairSubject) =>
      engine.replay(obligation, again, counterexample!, context());
    expect(await replay(subject)).toMatchObject({ kind: "reproduced" });
    expect(await replay(pair(["http/json", ""], ["grpc", ""]))).toMatchObject({ kind: "passes" });
  });

  it("that lose something or cannot be read are told apart", async () => {
    const { outcome } = await check(pair(["http/json", "broken-body"], ["grpc", ""]));
    expect(outcome).toMatchObject({ verdict: "violated" });
    expect(outcome.counterexample?.message).toContain("cannot be read");
  });

  it("that are not there are skipped", async () => {
    const subject = pair(["http/json", ""], ["grpc", ""]);
    const left = { ...subject.left, missing: "not installed" };
    const { outcome } = await check({ ...subject, left });
    expect(outcome).toMatchObject({ verdict: "skipped", reason: "not installed" });
  });
});

describe.concurrent("two processors", () => {
  it("form the same batches", async () => {
    const { outcome } = await check(pair(["http/json", ""], ["grpc", ""], "batches"));
    expect(outcome).toMatchObject({ verdict: "holds-bounded" });
    expect(outcome.evidence).toContain("20, 20, 20 against 20, 20, 20");
  });

  it("are told apart when one ignores the limit", async ({ skip }) => {
    const { outcome } = await check(pair(["http/json", "big-batches"], ["grpc", ""], "batches"));
    // a machine that is never calm may cut batches anywhere: no failure of the check, and no pass
    if (wasTooBusy(outcome)) skip(outcome.reason);
    expect(outcome).toMatchObject({
      verdict: "violated",
      counterexample: { at: { sameBatches: false } },
    });
  });
});

describe("the comparison", () => {
  /** A run whose requests carry these items: id to parts. */
  const run = (...requests: readonly Readonly<Record<string, Record<string, string>>>[]) =>
    ({
      requests: requests.map((items, index) => ({
        n: index + 1,
        attempt: 1,
        path: "/v1/traces",
        problem: null,
        spans: Object.keys(items),
        digests: Object.values(items).map((parts) => JSON.stringify(parts)),
        parts: Object.values(items),
      })),
      signal: "traces",
    }) as unknown as ScenarioRun;
  const a = { name: "n", kind: "1" };

  it("does not care for order, nor for the number of requests", () => {
    const { judgement } = compareItems(run({ x: a, y: a }), run({ y: a }, { x: a }));
    expect(judgement.kind).toBe("holds");
  });

  it("says what is missing, and what differs", () => {
    expect(compareItems(run({ x: a, y: a }), run({ x: { ...a, kind: "2" } }))).toMatchObject({
      judgement: { kind: "deviates", at: { differsIn: "kind, presence" } },
      differences: [{ item: 1 }, { item: 2, left: "sent", right: "missing" }],
    });
    // a field that only one of them has
    expect(compareItems(run({ x: a }), run({ x: { name: "n" } })).judgement).toMatchObject({
      at: { differsIn: "kind" },
    });
  });

  it("says nothing when one side said nothing", () => {
    expect(compareItems(run(), run({ x: a })).judgement.kind).toBe("unknown");
    // what is missing may be late, what is in an item may not
    expect(compareItems(run({ x: a, y: a }), run({ x: a })).isSteady).toBe(false);
    expect(compareItems(run({ x: a }), run({ x: { ...a, kind: "2" } })).isSteady).toBe(true);
    expect(compareBatches(run({ x: a }), run()).judgement.kind).toBe("unknown");
  });

  it("compares batches in order", () => {
    const [one, two] = [{ x: a }, { y: a, z: a }];
    expect(compareBatches(run(one, two), run(one, two)).judgement.kind).toBe("holds");
    expect(compareBatches(run(one, two), run(two, one)).differences).toHaveLength(2);
    expect(compareBatches(run(one, two), run(one)).differences).toEqual([
      { item: 2, left: "2", right: "none" },
    ]);
  });
});

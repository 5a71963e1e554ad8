/** Known protocols with known verdicts, right and wrong ones, as systems of machines. */

import { describe, expect, test } from "vitest";

import { engine } from "../../checkers/explore/engine.ts";
import {
  always,
  deadlockFree,
  defineSubject,
  leadsTo,
  reachable,
  type Outcome,
  type Property,
  type SystemModel,
} from "../../index.ts";
import { alternatingBit } from "../fixtures/explore/alternating-bit.ts";
import { bakery, peterson } from "../fixtures/explore/mutual-exclusion.ts";
import { philosophers } from "../fixtures/explore/philosophers.ts";
import { consistent, twoPhaseCommit } from "../fixtures/explore/two-phase-commit.ts";
import { contextWith } from "./support.ts";

function check(model: SystemModel, property: Property): Promise<Outcome> {
  const subject = defineSubject({ id: "system", model, properties: [property] });
  const [obligation] = engine.plan(subject);
  return engine.check(obligation!, subject, contextWith({ maxStates: 300_000 }));
}

async function replayed(model: SystemModel, property: Property, outcome: Outcome): Promise<string> {
  const subject = defineSubject({ id: "system", model, properties: [property] });
  const [obligation] = engine.plan(subject);
  const again = await engine.replay(obligation!, subject, outcome.counterexample!, contextWith());
  return again.kind;
}

const exclusive = always("one at a time", "not (at(p0.critical) and at(p1.critical))");
const served = leadsTo("who asks is served", "at(p0.waiting)", "at(p0.critical)", {
  fair: ["event STEP"],
});

describe("Peterson", () => {
  test("excludes, starves nobody, never gets stuck", async () => {
    for (const property of [exclusive, served, deadlockFree()]) {
      const outcome = await check(peterson(), property);
      expect([property.title, outcome.verdict, outcome.reason]).toEqual([
        property.title,
        "proved",
        "",
      ]);
    }
  });

  test("with the flag raised too late both are in", async () => {
    const outcome = await check(peterson(true), exclusive);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample!.at["state"]).toBe("p0.critical+p1.critical");
    expect(await replayed(peterson(true), exclusive, outcome)).toBe("reproduced");
    expect(await replayed(peterson(), exclusive, outcome)).not.toBe("reproduced");
  });

  test("without fairness somebody may wait for ever", async () => {
    const unfair = leadsTo("served", "at(p0.waiting)", "at(p0.critical)", { fair: [] });
    expect((await check(peterson(), unfair)).verdict).toBe("violated");
  });
});

describe("bakery", () => {
  test("excludes", async () => {
    expect((await check(bakery(), exclusive)).verdict).toBe("proved");
  });

  test("with tickets drawn unseen both are in", async () => {
    expect((await check(bakery(true), exclusive)).verdict).toBe("violated");
  });
});

describe("philosophers", () => {
  test("all right-handed: stuck, each with one fork, after as many steps as there are seats", async () => {
    const outcome = await check(philosophers(4, false), deadlockFree());
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample!.trace.states).toHaveLength(5);
    expect(outcome.counterexample!.at["state"]).toBe("p0.hungry+p1.hungry+p2.hungry+p3.hungry");
  });

  test("one left-handed: never stuck", async () => {
    expect((await check(philosophers(4, true), deadlockFree())).verdict).toBe("proved");
  });
});

describe("two-phase commit", () => {
  const agreed = always("all decide alike", consistent(3));

  test("is consistent, and can commit", async () => {
    expect((await check(twoPhaseCommit(3), agreed)).verdict).toBe("proved");
    const all = reachable(
      "commit",
      "at(rm0.committed) and at(rm1.committed) and at(rm2.committed)",
    );
    expect((await check(twoPhaseCommit(3), all)).verdict).toBe("proved");
  });

  test("a manager that does not wait for everybody is refuted", async () => {
    expect((await check(twoPhaseCommit(3, true), agreed)).verdict).toBe("violated");
  });
});

describe("alternating bit", () => {
  const faithful = always("every payload in order", "not receiver_wrong");

  test("delivers in order over channels that lose and double", async () => {
    const outcome = await check(alternatingBit(), faithful);
    expect(outcome.verdict).toBe("holds-bounded"); // channels hold two messages
    expect(outcome.bound).toEqual({ "capacity of data": 2, "capacity of acks": 2 });
  });

  test("a budget of faults is a bound too", async () => {
    const outcome = await check(alternatingBit({ faults: 1 }), faithful);
    expect(outcome.bound).toMatchObject({ faults: 1 });
  });

  test("a receiver that does not look at the bit is refuted by one doubled message", async () => {
    const broken = alternatingBit({ checked: false, faults: 1 });
    const outcome = await check(broken, faithful);
    expect(outcome.verdict).toBe("violated");
    expect(await replayed(broken, faithful, outcome)).toBe("reproduced");
  });

  test("messages that overtake each other break it", async () => {
    expect((await check(alternatingBit({ reorders: true }), faithful)).verdict).toBe("violated");
  });

  test("what is sent arrives if deliveries are strongly fair, and need not otherwise", async () => {
    const losing = alternatingBit({ duplicates: false });
    const arrives = (fair: "deliveries" | "strong deliveries") =>
      leadsTo("arrives", "sender_bit == 1", "sender_bit == 0", {
        fair: ["strong event SEND", fair],
      });
    const weak = await check(losing, arrives("deliveries"));
    expect(weak.verdict).toBe("violated"); // each message is lost before it arrives
    expect(await replayed(losing, arrives("deliveries"), weak)).toBe("reproduced");
    const strong = await check(losing, arrives("strong deliveries"));
    expect([strong.verdict, strong.reason]).toEqual(["holds-bounded", ""]);
  });
});

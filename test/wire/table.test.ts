/** The table of requirements: complete, and with a check for nearly all that can be tested. */

import { describe, expect, it } from "vitest";

import { checkExporter } from "../../checkers/conform/wire/index.ts";
import { checkReceiver } from "../../checkers/conform/wire/judge-receiver.ts";
import { planProcess } from "../../checkers/conform/wire/plan.ts";
import { pairRequirements } from "../../checkers/conform/wire/pair-requirements.ts";
import { receiverRequirements } from "../../checkers/conform/wire/requirements-receiver.ts";
import { requirements, untested } from "../../checkers/conform/wire/requirements.ts";
import type { ReceiverSubject } from "../../core/subject.ts";
import { context, fixture } from "./helpers.ts";
import { startingTable } from "./starting-table.ts";

interface Entry {
  readonly id: string;
  readonly slug: string;
  readonly level: string;
  readonly class: string;
  /** Why there is no check; null when there is one. */
  readonly unchecked: { readonly why: string; readonly fromOutside: boolean } | null;
}

const all: readonly Entry[] = [
  ...requirements.map((one) => ({ ...one, unchecked: null })),
  ...untested.map((one) => ({ ...one, unchecked: one })),
  ...receiverRequirements.map((one) => ({
    ...one,
    unchecked: "why" in one.probe ? one.probe : null,
  })),
  ...Object.values(pairRequirements).map((one) => ({ ...one, unchecked: null })),
];
const obliging = all.filter((one) => one.class === "normative" && one.level !== "MAY");

/** C1 to C19 and so on: the ids of the starting table. */
const ids = Object.entries({ C: 19, G: 8, S: 14, J: 7, E: 12, P: 7, X: 3, I: 14 }).flatMap(
  ([letter, last]) => Array.from({ length: last }, (_, index) => `${letter}${index + 1}`),
);

describe("the table of requirements", () => {
  it("has a place for every id of the starting table", () => {
    expect(Object.keys(startingTable)).toEqual(ids);
    const slugs = new Set(all.map(({ slug }) => slug));
    const missing = Object.entries(startingTable).flatMap(([id, place]) =>
      "why" in place
        ? []
        : place.slugs.filter((slug) => !slugs.has(slug)).map((slug) => [id, slug]),
    );
    expect(missing).toEqual([]);
  });

  it("has a check for at least 90 % of the MUSTs and SHOULDs that can be tested from outside", () => {
    const checked = obliging.filter(({ unchecked }) => unchecked === null);
    const testable = obliging.filter(({ unchecked }) => unchecked?.fromOutside !== false);
    expect(checked.length / testable.length).toBeGreaterThanOrEqual(0.9);
    // what cannot be tested from outside is a minority too
    expect(checked.length / obliging.length).toBeGreaterThan(0.8);
  });

  it("gives a reason for every requirement without a check", () => {
    const bare = all.filter(({ unchecked }) => unchecked !== null && unchecked.why.length < 20);
    expect(bare).toEqual([]);
  });

  it("shows what has no check as obligations too: they are reported, not left out", () => {
    const planned = planProcess(fixture()).map(({ property }) => property);
    for (const { slug, only } of untested) {
      if (only !== "grpc") expect(planned).toContain(slug);
    }
  });

  it("carries the reason for what has no check into the result", async () => {
    const exporter = fixture();
    const { why, fromOutside, slug } = untested.find(({ only }) => only !== "grpc")!;
    const untestedSide = await checkExporter(
      planProcess(exporter).find(({ property }) => property === slug)!,
      exporter,
      context(),
    );
    expect(untestedSide.verdict).toBe("skipped");
    expect(untestedSide.requirement).toMatchObject({
      slug,
      finding: "not-tested",
      unchecked: { why, fromOutside },
    });

    const receiver: ReceiverSubject = {
      kind: "process",
      role: "otlp-receiver",
      id: "receiver",
      title: "receiver",
      endpoint: "http://127.0.0.1:1",
      implementation: { name: "receiver", version: "1" },
    };
    const unprobed = receiverRequirements.find(
      ({ probe, only }) => "why" in probe && only === undefined,
    )!;
    const receiving = await checkReceiver(
      planProcess(receiver).find(({ property }) => property === unprobed.slug)!,
      receiver,
      context(),
    );
    expect(receiving.verdict).toBe("skipped");
    expect(receiving.requirement?.unchecked).toEqual(unprobed.probe);
  });
});

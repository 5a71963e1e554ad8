/** Known deviations as data: ranges, keys, and that every entry names a requirement that exists. */

import { describe, expect, it } from "vitest";

import {
  deviationsOf,
  type KnownDeviation,
  readDeviations,
  satisfies,
} from "../../adapters/deviations.ts";
import { pairRequirements } from "../../checkers/conform/wire/pair-requirements.ts";
import { receiverRequirements } from "../../checkers/conform/wire/requirements-receiver.ts";
import { requirements, specVersion } from "../../checkers/conform/wire/requirements.ts";

describe("ranges", () => {
  it.each([
    ["0.208.0", ">=0.200.0 <0.209.0", true],
    ["0.209.0", ">=0.200.0 <0.209.0", false],
    ["0.301.1", ">0.301.0", true],
    ["2.12.1", "<=2.12.1", true],
    ["2.12.2", "<=2.12.1", false],
    ["1.0.0-beta.1", "1.0.0", true],
    ["9.9.9", "*", true],
  ])("%s against %s is %s", (version, range, expected) => {
    expect(satisfies(version, range)).toBe(expected);
  });
});

describe("deviations", () => {
  const known: KnownDeviation[] = [
    {
      package: "p",
      versions: "<2.0.0",
      runtime: "node",
      protocols: ["grpc"],
      signals: ["traces"],
      requirements: ["a", "b"],
      because: "it is old",
      where: "p: index.ts main",
    },
  ];

  it("are found by every part of their key", () => {
    const judged = { package: "p", version: "1.0.0", protocol: "grpc" } as const;
    expect(Object.keys(deviationsOf(judged, known))).toEqual(["a", "b"]);
    expect(deviationsOf({ ...judged, version: "2.0.0" }, known)).toEqual({});
    expect(deviationsOf({ ...judged, runtime: "go" }, known)).toEqual({});
    expect(deviationsOf({ ...judged, protocol: "http/json" }, known)).toEqual({});
    expect(deviationsOf({ ...judged, signal: "logs" }, known)).toEqual({});
    expect(deviationsOf({ ...judged, package: "q" }, known)).toEqual({});
  });

  it("name requirements and versions of the specification that exist", () => {
    const { spec, deviations } = readDeviations();
    expect(spec).toBe(specVersion());
    const slugs = new Set(
      [...requirements, ...receiverRequirements, ...Object.values(pairRequirements)].map(
        ({ slug }) => slug,
      ),
    );
    const unknown = deviations.flatMap((deviation) =>
      deviation.requirements.filter((slug) => !slugs.has(slug) && !slug.startsWith("scenario-")),
    );
    expect(unknown).toEqual([]);
    // each has a cause: package, then file or function
    const vague = deviations.filter(
      ({ because, where }) => because === "" || !/^(adapters\/|[a-z-]+ ?.*: )\S+/.test(where),
    );
    expect(vague).toEqual([]);
    // a deviation is held against a text: of the specification, or of an issue upstream
    const untriaged = deviations.filter(
      ({ verdict, upstream }) =>
        verdict !== "inconclusive" && upstream?.startsWith("https://") !== true,
    );
    expect(untriaged).toEqual([]);
  });
});

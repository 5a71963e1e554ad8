/** The conformance matrix: as JSON on the terminal, and as columns of the HTML report. */

import { describe, expect, it } from "vitest";

import type { RequirementFinding, Result } from "../../core/index.ts";
import { renderReport } from "../../reports/index.ts";
import { conformanceMatrix, coverageText } from "../../reports/view/matrix.ts";
import { makeReport, makeResult } from "./fixture.ts";

const finding = (id: string, change: Partial<RequirementFinding> = {}): RequirementFinding => ({
  id,
  slug: `slug-${id}`,
  level: "MUST",
  class: "normative",
  source: "https://example.test/spec",
  since: "1.0.0",
  specVersion: "1.0",
  finding: "conforms",
  ...change,
});

const judged = (
  requirement: RequirementFinding,
  subject = "one",
  name = "exporter",
  change: Partial<Result> = {},
): Result =>
  makeResult({
    id: `${subject}/${requirement.slug}@${name}`,
    verdict: "holds-bounded",
    implementation: { name, version: "1.2.3" },
    requirement,
    ...change,
  });

interface Matrix {
  readonly coverage: { readonly checked: number; readonly testable: number; readonly text: string };
  readonly implementations: readonly string[];
  readonly requirements: readonly {
    readonly id: string;
    readonly title: string;
    readonly findings: readonly (Readonly<Record<string, unknown>> | null)[];
  }[];
}

const render = async (results: readonly Result[]): Promise<Matrix> =>
  JSON.parse(await renderReport("matrix", makeReport(results), { color: false })) as Matrix;

describe("the matrix reporter", () => {
  it("prints one line of findings per requirement, one column per implementation", async () => {
    const matrix = await render(makeReport().results);
    expect(matrix.implementations).toHaveLength(3);
    expect(
      matrix.requirements.map(({ findings }) => findings.map((one) => one?.["finding"])),
    ).toEqual([
      ["deviates", "conforms", "conforms"],
      ["conforms", "conforms", "conforms"],
      ["deviates", "ambiguous", "conforms"],
      ["not-tested", "conforms", "conforms"],
    ]);
  });

  it("tells of each deviation what was seen, where, whether it is known, and how to see it again", async () => {
    const matrix = await render(makeReport().results);
    expect(matrix.requirements[0]!.findings[0]).toMatchObject({
      verdict: "violated",
      deviation: "retried after 1.0 s although the server asked for 5 s",
      at: { "retry.waited": 1000 },
      known: "the package reads Retry-After only as a date",
      replay: expect.stringContaining("verify replay otlp-wire/retry-after@"),
      trace: { states: expect.arrayContaining([]) },
    });
    // what is not tested carries its reason
    expect(matrix.requirements[3]!.findings[0]).toMatchObject({
      finding: "not-tested",
      reason: "it was not selected with --grep",
    });
    expect(matrix.requirements[1]!.findings[0]).not.toHaveProperty("deviation");
  });

  it("leaves a hole where a requirement does not apply", async () => {
    const matrix = await render([
      judged(finding("A"), "one", "http"),
      judged(finding("B"), "two", "grpc"),
    ]);
    expect(matrix.implementations).toEqual(["http\u00a01.2.3", "grpc\u00a01.2.3"]);
    expect(matrix.requirements.map(({ findings }) => findings.map((one) => one !== null))).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it("names the subject too when one implementation is judged in several roles", async () => {
    const matrix = await render([judged(finding("A"), "one"), judged(finding("A"), "two")]);
    expect(matrix.implementations).toEqual([
      "exporter\u00a01.2.3 (one)",
      "exporter\u00a01.2.3 (two)",
    ]);
  });

  it("is an empty table when nothing judges a requirement", async () => {
    const matrix = await render([makeResult({ id: "s/p", verdict: "proved" })]);
    expect(matrix).toMatchObject({ implementations: [], requirements: [], coverage: null });
  });
});

describe("the share of requirements with a check", () => {
  const why = "nobody can see it";
  const results = [
    judged(finding("A")),
    judged(finding("A"), "two"),
    judged(finding("B", { level: "SHOULD NOT", finding: "deviates" })),
    judged(finding("C", { finding: "not-tested", unchecked: { why, fromOutside: true } })),
    judged(finding("D", { finding: "not-tested", unchecked: { why, fromOutside: false } })),
    // none of these count
    judged(finding("E", { level: "MAY" })),
    judged(finding("F", { class: "convention" })),
    judged(finding("G", { class: "profile" })),
    // not judged in this run, although there is a check
    judged(finding("H", { finding: "not-tested" })),
  ];

  it("counts each normative MUST and SHOULD once", () => {
    const { coverage } = conformanceMatrix(results)!;
    expect(coverage).toMatchObject({ checked: 3, testable: 4 });
    expect(coverage.unchecked.map(({ id }) => id)).toEqual(["C", "D"]);
    expect(coverageText(coverage)).toContain("3 of 4 ");
    expect(coverageText(coverage)).toContain("(75.0 %); 2 without a check");
  });

  it("is printed with the matrix", async () => {
    const { coverage } = await render(results);
    expect(coverage.text).toContain("75.0 %");
    expect(coverage).toMatchObject({ unchecked: [{ id: "C", why }, { id: "D" }] });
  });
});

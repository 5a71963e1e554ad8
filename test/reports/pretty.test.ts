import { stripVTControlCharacters } from "node:util";

import { describe, expect, it } from "vitest";

import { makeTrace, traceState, verdicts, type Verdict } from "../../core/index.ts";
import { renderReport, type ReporterName } from "../../reports/index.ts";
import { columns, cut, plain, wrap } from "../../reports/terminal/style.ts";
import { verdictSymbol } from "../../reports/view/words.ts";
import { breakerTrace, hostile, longTrace, makeReport, makeResult, unicode } from "./fixture.ts";

const render = async (
  report = makeReport(),
  options: { color?: boolean; quiet?: boolean; verbose?: boolean; width?: number } = {},
): Promise<string> => await renderReport("pretty", report, { color: false, ...options });

const one = async (parts: Parameters<typeof makeResult>[0], width = 100): Promise<string> =>
  await render(makeReport([makeResult(parts)]), { width });

it("tells what a search met only when asked for details", async () => {
  expect(await render()).not.toContain("never entered");
  const text = await render(makeReport(), { verbose: true });
  expect(text).toContain(
    "circuit-breaker: states entered 5 of 6, transitions taken 7 of 8, guards both ways 1 of 2,",
  );
  expect(text).toContain("never entered: halfOpen.trial");
  expect(text).toContain("never true: closed --FAIL [never]--> (stays)");
  expect(text).toContain("growth: 10 states at depth 0 to 4, at most 4 of one depth (depth 2)");
  expect(text).toContain("▂▄█▄▂");
});

describe("a line of the terminal report", () => {
  it.each(verdicts.filter((verdict) => verdict !== "holds-bounded"))(
    "has the symbol and the word of %s",
    async (verdict) => {
      const text = await one({ id: "s/p", verdict, reason: "some reason" });
      expect(text).toMatch(new RegExp(`^ {2}\\${verdictSymbol[verdict]} ${verdict} `, "m"));
    },
  );

  it("uses the tick for proofs alone", () => {
    const ticks = verdicts.filter((verdict) => verdictSymbol[verdict] === "✓");
    expect(ticks).toEqual<Verdict[]>(["proved"]);
    expect(new Set(Object.values(verdictSymbol)).size).toBe(verdicts.length);
  });

  it.each([40, 60, 100, 200])("never loses the bound, at width %i", async (width) => {
    const text = await one(
      {
        id: "s/p",
        title: "a title that is so long that it does not fit beside anything else at all",
        verdict: "holds-bounded",
        method: "bmc",
        bound: { depth: 20, channel: "lossy" },
      },
      width,
    );
    expect(text).toContain("within depth 20, channel lossy");
  });

  it("says so when a bounded verdict comes without its bound", async () => {
    expect(await one({ id: "s/p", verdict: "holds-bounded" })).toContain("bound not stated");
  });

  it("names the implementation and its version", async () => {
    const implementation = { name: "opossum", version: "10.0.0" };
    expect(await one({ id: "s/p@opossum", verdict: "proved", implementation })).toContain(
      "p @ opossum 10.0.0",
    );
  });
});

it("a long title leaves room for the implementation and the bound", async () => {
  const text = await one(
    {
      id: "s/p@impl",
      title: "a title that is so long that it does not fit beside anything else at all",
      verdict: "holds-bounded",
      bound: { depth: 3 },
      implementation: { name: "some-implementation", version: "1.2.3" },
    },
    80,
  );
  expect(text).toContain("@ some-implementation 1.2.3 · explore · exhaustive · within depth 3");
});

describe("violations", () => {
  const counterexample = {
    message: "two trials are admitted",
    at: {},
    trace: breakerTrace(),
    recipe: null,
  };

  it("are calm when pinned: the reason, no trace, no alarm", async () => {
    const text = await one({
      id: "s/p",
      verdict: "violated",
      asExpected: true,
      expected: ["violated"],
      expectedBecause: "the table has no way out of Error",
      counterexample,
    });
    expect(text).toContain("violated (as expected: because the table has no way out of Error)");
    expect(text).not.toMatch(/UNEXPECTED|halfOpen/);
    expect(text).toContain("nothing unexpected");
  });

  it("are loud otherwise: steps with changed variables only, and the command", async () => {
    const text = await one({ id: "s/p", verdict: "violated", asExpected: false, counterexample });
    expect(text).toContain("UNEXPECTED: expected proved or holds-bounded");
    expect(text).toContain("two trials are admitted");
    const row = text.split("\n").find((line) => line.trim().startsWith("4 "));
    expect(row).toMatch(/4 {2}CALL +→ halfOpen\.trial +trials: 0 → 1$/);
    expect(text).toContain("the invariant fails here");
    expect(text).toContain("again: verify replay s/p");
    expect(text).toContain("1 unexpected");
  });

  it("show where a lasso returns to", async () => {
    const trace = makeTrace(
      "d",
      [traceState({ index: 0 }, { state: "a" }), traceState({ index: 1 }, { state: "b" })],
      1,
    );
    const text = await one({
      id: "s/p",
      verdict: "violated",
      asExpected: false,
      counterexample: { message: "m", at: {}, trace, recipe: null },
    });
    expect(text).toContain("back to step 1");
  });

  it("show the ends of a long trace and count the rest", async () => {
    const result = makeResult({
      id: "s/p",
      verdict: "violated",
      asExpected: false,
      counterexample: { message: "m", at: {}, trace: longTrace(5000), recipe: null },
    });
    const short = await render(makeReport([result]));
    expect(short.split("\n").length).toBeLessThan(60);
    expect(short).toContain("4,982 more steps");
    expect(short).toContain("counter: 4998 → 4999");
    const full = await render(makeReport([result]), { verbose: true });
    expect(full.split("\n").length).toBeGreaterThan(5000);
  });

  it("show what was observed where it differs from the model", async () => {
    const trace = makeTrace("d", [
      traceState(
        {
          index: 0,
          observed: { state: "closed", n: 1 },
          predicted: { state: "open", n: 1 },
        },
        { state: "open", n: 1 },
      ),
    ]);
    const text = await one({
      id: "s/p",
      verdict: "violated",
      asExpected: false,
      counterexample: { message: "m", at: {}, trace, recipe: null },
    });
    expect(text).toContain("differs: state: model open, observed closed");
    expect(text).not.toContain("n: model");
  });
});

describe("the summary", () => {
  it("counts every verdict and the unexpected, and ends with seed and how to open", async () => {
    const report = makeReport();
    const text = await render(report);
    for (const verdict of verdicts) {
      expect(text).toContain(`${verdictSymbol[verdict]} ${report.summary[verdict]} ${verdict}`);
    }
    expect(text).toContain(`${report.summary.unexpected} unexpected`);
    const last = text.trimEnd().split("\n").at(-1);
    expect(last).toMatch(/seed 42.*verify show/);
  });

  it("folds what was not decided for one reason, and says when that is unexpected", async () => {
    const undecided = (id: string, reason: string) =>
      makeResult({ id, verdict: "inconclusive", reason, asExpected: false });
    const report = makeReport([
      ...["s/a", "s/b", "s/c"].map((id) => undecided(id, "no stimulus seen")),
      undecided("s/d", "timeout"),
    ]);
    const text = await render(report);
    expect(text).toContain("inconclusive UNEXPECTED: 3 properties: no stimulus seen");
    expect(text.match(/no stimulus seen/g)).toHaveLength(1);
    expect(text).toContain("timeout");
    expect((await render(report, { verbose: true })).match(/no stimulus seen/g)).toHaveLength(3);
  });

  it("joins the parts of a table over the subject, and leaves other tables to the page", async () => {
    const part = (id: string, row: string, lost: number) =>
      makeResult({
        id,
        verdict: "proved",
        exhibits: [
          {
            kind: "table",
            title: "Account",
            joined: true,
            columns: ["scenario", "lost"],
            rows: [[row, lost]],
          },
          { kind: "table", title: "Requests", columns: ["n"], rows: [[1]] },
        ],
      });
    const text = await render(makeReport([part("s/a", "outage", 150), part("s/b", "hang", 0)]));
    expect(text).toMatch(/Account\n +scenario +lost\n +outage +150\n +hang +0\n/);
    expect(text).not.toContain("Requests");
  });

  it("says why things were skipped, one line per reason", async () => {
    const skipped = (id: string, reason: string) =>
      makeResult({ id, verdict: "skipped", reason, asExpected: true });
    const text = await render(
      makeReport([
        skipped("s/a", "bpftrace is not installed"),
        skipped("s/b", "bpftrace is not installed."),
        skipped("s/c", "no network"),
      ]),
    );
    expect(text).toContain("2 skipped because bpftrace is not installed");
    expect(text).toContain("1 skipped because no network");
  });

  it("does not praise a run without results", async () => {
    const text = await render(makeReport([]));
    expect(text).toContain("nothing was checked");
    expect(text).not.toContain("nothing unexpected");
  });

  it("says that a run was interrupted", async () => {
    expect(await render({ ...makeReport(), interrupted: true })).toContain("interrupted");
  });

  it("alone remains when quiet and all is expected", async () => {
    const text = await render(makeReport([makeResult({ id: "s/p", verdict: "proved" })]), {
      quiet: true,
    });
    expect(text.trim().split("\n")).toHaveLength(2);
  });
});

describe("the terminal", () => {
  it("gets no escape sequence without colour, whatever the strings contain", async () => {
    const text = await render(makeReport(), { verbose: true });
    expect(text).toContain(unicode);
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(plain(hostile)).not.toContain("\u001b");
  });

  it("gets the same text with colour", async () => {
    const coloured = await render(makeReport(), { color: true });
    expect(coloured).toContain("\u001b[");
    expect(stripVTControlCharacters(coloured)).toBe(await render());
  });

  it("gets red for the unexpected only", async () => {
    // oxlint-disable-next-line no-control-regex -- the escape sequence for red
    const red = /\u001b\[31m/;
    const pinned = makeResult({
      id: "s/p",
      verdict: "violated",
      expected: ["violated"],
      expectedBecause: "known",
      asExpected: true,
    });
    expect(await render(makeReport([pinned]), { color: true })).not.toMatch(red);
    const unexpected = makeResult({ id: "s/p", verdict: "violated", asExpected: false });
    expect(await render(makeReport([unexpected]), { color: true })).toMatch(red);
  });

  it("measures wide characters, cuts and wraps by columns", () => {
    expect(columns("状態")).toBe(4);
    expect(cut("状態遷移", 5)).toBe("状態…");
    expect(wrap("one two three", 9, "  ")).toEqual(["  one two", "  three"]);
  });
});

it("an unknown reporter is refused with the names that exist", async () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a wrong name on purpose
  const wrong = renderReport("xml" as ReporterName, makeReport(), { color: false });
  await expect(wrong).rejects.toMatchObject({ code: "VRF007" });
});

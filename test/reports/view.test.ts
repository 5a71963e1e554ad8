import { describe, expect, it } from "vitest";

import { makeTrace, traceState, type FlameNode, type Json } from "../../core/index.ts";
import { layoutChart, niceTicks, tickLabel, type Chart } from "../../reports/view/chart.ts";
import {
  activeNodes,
  arrowLabel,
  arrows,
  badge,
  drawable,
  maxDiagramNodes,
  pathEdges,
  wrapLabel,
} from "../../reports/view/diagram.ts";
import { matches, parseFilter } from "../../reports/view/filter.ts";
import {
  flameChanges,
  flameDifference,
  flameTable,
  layoutFlame,
  matchedSamples,
  nodeAt,
  parentPath,
} from "../../reports/view/flame.ts";
import { layoutBars } from "../../reports/view/bars.ts";
import { formatRoute, linkKeys, parseRoute, type Route } from "../../reports/view/keys.ts";
import { conformanceMatrix, overviewMatrix } from "../../reports/view/matrix.ts";
import { changeText, disagreements, formatValue, steps } from "../../reports/view/steps.ts";
import { formatBound, formatDuration, formatNumber, promise } from "../../reports/view/words.ts";
import { breakerGraph, breakerTrace, makeReport, makeResult } from "./fixture.ts";

describe("steps", () => {
  it("list only what changed, nested values leaf by leaf", () => {
    const all = steps(breakerTrace());
    expect(all.map((step) => step.changes.map(changeText))).toEqual([
      ["failures = 0", "trials = 0", "last.outcome = none", "last.code = null"],
      ["failures: 0 → 1", "last.outcome: none → fail", "last.code: null → 503"],
      ["failures: 1 → 2"],
      [],
      ["trials: 0 → 1"],
      ["trials: 1 → 2"],
    ]);
    expect(all.map((step) => step.event)).toEqual([
      "initial",
      "FAIL { code: 503 }",
      "FAIL { code: 503 }",
      "after resetTimeout",
      "CALL",
      "CALL",
    ]);
  });

  it("notice variables that come and go", () => {
    const trace = makeTrace("d", [
      traceState({ index: 0 }, { a: 1 }),
      traceState({ index: 1 }, { b: 2 }),
    ]);
    expect(steps(trace)[1]?.changes.map(changeText)).toEqual(["b = 2", "a gone (was 1)"]);
  });

  it("compare observations with predictions, not with variables of the same name", () => {
    const trace = makeTrace("d", [
      traceState(
        { index: 0, observed: { open: true, n: 1, same: 2 }, predicted: { open: false, same: 2 } },
        { state: "closed", n: 2, open: true },
      ),
    ]);
    expect(steps(trace).map(disagreements)).toEqual([["open"]]);
  });

  it.each<[Json, string]>([
    [{ "#bigint": "123456789012345678901234567890" }, "123456789012345678901234567890"],
    [{ "#tup": [1, "a"] }, "(1, a)"],
    [{ "#set": [1, 2] }, "{1, 2}"],
    [{ "#map": [["k", 1]] }, "{k ↦ 1}"],
    [[1, [2]], "[1, [2]]"],
    ["", '""'],
    [null, "null"],
    [{ a: { b: false } }, "{ a: { b: false } }"],
  ])("spell %j as %s", (value, text) => {
    expect(formatValue(value)).toBe(text);
  });
});

describe("words", () => {
  it("numbers, durations and bounds for people", () => {
    expect([0, 1234567, 0.1 + 0.2, 1234.5678, 0.00001234, Infinity].map(formatNumber)).toEqual([
      "0",
      "1,234,567",
      "0.3",
      "1,235",
      "1.23e-5",
      "Infinity",
    ]);
    expect([0, 0.4, 12, 1500, 61_000].map(formatDuration)).toEqual([
      "0 ms",
      "< 1 ms",
      "12 ms",
      "1.50 s",
      "1 min 1 s",
    ]);
    expect(formatBound({ depth: 20, channel: "lossy" })).toBe("depth 20, channel lossy");
    expect(formatBound(null)).toBe("");
  });

  it("promise no more than the verdict gives", () => {
    const bounded = makeResult({
      id: "s/p",
      verdict: "holds-bounded",
      method: "bmc",
      bound: { depth: 3 },
    });
    expect(promise(bounded)).toContain("No violation within depth 3; nothing is said beyond it.");
    const open = makeResult({ id: "s/p", verdict: "inconclusive", reason: "timeout" });
    expect(promise(open)).toBe("Not decided. This is not a pass. Reason: timeout.");
    const absent = makeResult({ id: "s/p", verdict: "violated" });
    expect(promise(absent)).not.toContain("replayed");
    for (const verdict of ["inconclusive", "skipped", "error"] as const) {
      expect(promise(makeResult({ id: "s/p", verdict, reason: "r" }))).toContain("not a pass");
    }
  });
});

describe("the filter", () => {
  const { results } = makeReport();
  const found = (text: string): string[] => {
    const terms = parseFilter(text);
    return results.filter((result) => matches(terms, result)).map((result) => result.id);
  };

  it("joins terms by and", () => {
    const ids = found("s:violated e:explore m:published");
    expect(ids).toEqual(["published-otlp/recovers"]);
  });

  it("knows unexpected, not, quotes, implementations and requirements", () => {
    expect(found("s:unexpected")).toHaveLength(results.filter((r) => !r.asExpected).length);
    expect(found("s:unexpected").length + found("!s:unexpected").length).toBe(results.length);
    expect(found('"at most one trial"')).toEqual(["circuit-breaker/one-trial"]);
    expect(found("most trial one")).toEqual(["circuit-breaker/one-trial"]);
    expect(found("i:opossum")).toEqual(["circuit-breaker/conforms@opossum"]);
    expect(found("r:retry-after")).toHaveLength(3);
    expect(found("nothing like this")).toEqual([]);
    expect(found("  ")).toHaveLength(results.length);
  });
});

describe("links", () => {
  it.each<Route>([
    { page: "overview", query: "" },
    { page: "overview", query: 's:violated "a b" 50%' },
    { page: "subject", id: "circuit-breaker" },
    { page: "result", key: "circuit-breaker/conforms@opossum", step: null },
    { page: "result", key: "a b/ä?#%/s/x", step: 12 },
  ])("%j survives the address bar", (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it("are readable, and never fail on broken input", () => {
    expect(formatRoute({ page: "result", key: "s/p@impl", step: 3 })).toBe("#/r/s/p@impl/s/3");
    expect(parseRoute("#/r/%E0%A4%A")).toEqual({ page: "result", key: "%E0%A4%A", step: null });
    expect(parseRoute("#nonsense")).toEqual({ page: "overview", query: "" });
  });

  it("are unique when several engines decided the same property", () => {
    const results = [
      makeResult({ id: "s/p", verdict: "proved", engine: "explore" }),
      makeResult({ id: "s/p", verdict: "proved", engine: "prove" }),
      makeResult({ id: "s/p", verdict: "proved", engine: "prove" }),
      makeResult({ id: "s/q", verdict: "proved" }),
    ];
    expect([...linkKeys(results).values()]).toEqual([
      "s/p~explore",
      "s/p~prove",
      "s/p~prove~2",
      "s/q",
    ]);
  });
});

describe("the matrices", () => {
  it("have a cell per subject and engine, and lose nothing", () => {
    const report = makeReport();
    const matrix = overviewMatrix(report.subjects, report.results);
    expect(matrix.engines).toEqual(["explore", "prove", "conform", "sim", "profile"]);
    const total = matrix.rows.flatMap((row) => row.cells.map((cell) => cell.length));
    expect(total.reduce((sum, count) => sum + count, 0)).toBe(report.results.length);
  });

  it("have a cell per requirement and implementation", () => {
    const matrix = conformanceMatrix(makeReport().results);
    expect(matrix?.implementations).toHaveLength(3);
    expect(matrix?.rows.map((row) => row.cells.map((cell) => cell?.requirement?.finding))).toEqual([
      ["deviates", "conforms", "conforms"],
      ["conforms", "conforms", "conforms"],
      ["deviates", "ambiguous", "conforms"],
      ["not-tested", "conforms", "conforms"],
    ]);
    expect(conformanceMatrix([makeResult({ id: "s/p", verdict: "proved" })])).toBeNull();
  });
});

describe("charts", () => {
  it("have round ticks that enclose the values", () => {
    expect(niceTicks(0, 0.5, 5)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(niceTicks(-3, 17, 4)).toEqual([-5, 0, 5, 10, 15, 20]);
    expect(niceTicks(2, 2, 4)).toEqual([2]);
    expect(tickLabel(0.00002)).toBe("2e-5");
    expect(tickLabel(120_000)).toBe("120,000");
  });

  const chart = (points: Chart["series"][number]["points"]): Chart => ({
    kind: "chart",
    title: "t",
    xLabel: "x",
    yLabel: "y",
    series: [{ name: "s", style: "points", points }],
  });

  it("keep every point and interval inside the plot, larger values higher", () => {
    const { plot, series } = layoutChart(
      chart([
        { x: 1, y: 2, low: 1, high: 9 },
        { x: 3, y: 4 },
      ]),
      700,
      300,
    );
    const [first, second] = series[0]?.points ?? [];
    expect(first?.top).toBeGreaterThanOrEqual(plot.top);
    expect(first?.bottom).toBeLessThanOrEqual(plot.bottom);
    expect(first?.px).toBeGreaterThanOrEqual(plot.left);
    expect(second?.px).toBeLessThanOrEqual(plot.right);
    expect(second?.py).toBeLessThan(first?.py ?? 0);
    expect(second?.top).toBeUndefined();
  });

  it("survive one point, no point, and values that are not finite", () => {
    for (const points of [
      [],
      [{ x: 5, y: 5 }],
      [
        { x: 1, y: Number.NaN },
        { x: 0, y: 0 },
      ],
    ]) {
      const layout = layoutChart(chart(points), 700, 300);
      const numbers = layout.series.flatMap((entry) => entry.points.flatMap((p) => [p.px, p.py]));
      expect([...numbers, ...layout.xTicks.map((tick) => tick.px)].every(Number.isFinite)).toBe(
        true,
      );
    }
  });
});

describe("flame graphs", () => {
  const leaf = (name: string, self: number): FlameNode => ({
    name,
    self,
    total: self,
    children: [],
  });
  const root: FlameNode = {
    name: "all",
    self: 0,
    total: 100,
    children: [
      {
        name: "f",
        self: 10,
        total: 60,
        children: [{ name: "f", self: 20, total: 45, children: [leaf("g", 25)] }, leaf("h", 5)],
      },
      leaf("g", 40),
    ],
  };

  it("give every frame its share below its parent", () => {
    const boxes = layoutFlame(root);
    const by = Object.fromEntries(boxes.map((box) => [box.path, [box.depth, box.left, box.width]]));
    expect(by).toEqual({
      "": [0, 0, 1],
      "0": [1, 0, 0.6],
      "1": [1, 0.6, 0.4],
      "0.0": [2, 0, 0.45],
      "0.1": [2, 0.45, 0.05],
      "0.0.0": [3, 0, 0.25],
    });
  });

  it("zoom: the frame fills the width, its ancestors stay above, others vanish", () => {
    const boxes = layoutFlame(root, "0.0");
    expect(boxes.map((box) => [box.path, box.above, box.width])).toEqual([
      ["", true, 1],
      ["0", true, 1],
      ["0.0", false, 1],
      ["0.0.0", false, 25 / 45],
    ]);
    expect(layoutFlame(root, "7.7")).toEqual(layoutFlame(root));
    expect(layoutFlame(root, "", 0.1).some((box) => box.path === "0.1")).toBe(false);
  });

  it("sum self and total per function, recursion once", () => {
    expect(flameTable(root)).toEqual([
      { name: "g", type: "unknown", self: 65, total: 65 },
      { name: "f", type: "unknown", self: 30, total: 60 },
      { name: "h", type: "unknown", self: 5, total: 5 },
    ]);
    const selfs = flameTable(root).reduce((sum, row) => sum + row.self, 0);
    expect(selfs).toBe(root.total);
  });

  it("search counts no sample twice", () => {
    expect(matchedSamples(root, "F")).toBe(60);
    expect(matchedSamples(root, "g")).toBe(65);
    expect(matchedSamples(root, "")).toBe(0);
    expect(matchedSamples(root, "none")).toBe(0);
  });

  it("find frames and parents by path", () => {
    expect(nodeAt(root, "0.0.0")?.name).toBe("g");
    expect(nodeAt(root, "3")).toBeNull();
    expect(["0.1", "0", ""].map(parentPath)).toEqual(["0", "", null]);
  });
});

describe("differences between two flame graphs", () => {
  const node = (name: string, self: number, children: FlameNode[] = []): FlameNode => ({
    name,
    self,
    total: self + children.reduce((sum, child) => sum + child.total, 0),
    children,
  });
  const before = node("all", 0, [node("f", 10, [node("g", 10)]), node("old", 20)]);
  const after = node("all", 0, [node("f", 10, [node("g", 60)]), node("new", 10)]);

  it("are changes of shares, whatever the number of samples", () => {
    const changes = flameDifference(after, before);
    expect(Object.fromEntries(changes)).toEqual({
      "": 0,
      "0": 70 / 80 - 20 / 40,
      "0.0": 60 / 80 - 10 / 40,
      "1": 10 / 80,
    });
  });

  it("of functions include those that only one run has, and add up to nothing", () => {
    const rows = flameChanges(after, before);
    expect(rows.map(({ name, self }) => [name, self])).toEqual([
      ["g", 0.5],
      ["old", -0.5],
      ["f", 10 / 80 - 10 / 40],
      ["new", 0.125],
    ]);
    expect(rows.reduce((sum, { self }) => sum + self, 0)).toBeCloseTo(0, 12);
  });
});

describe("bars", () => {
  it("share one scale; parts follow each other, marks count for the scale", () => {
    const layout = layoutBars([
      {
        label: "a",
        parts: [
          { name: "x", value: 10 },
          { name: "y", value: 30 },
        ],
      },
      { label: "b", parts: [{ name: "y", value: 5 }], mark: { name: "predicted", value: 80 } },
    ]);
    expect(layout.names).toEqual(["x", "y"]);
    expect(layout.markName).toBe("predicted");
    expect(layout.bars[0]!.parts.map(({ left, width }) => [left, width])).toEqual([
      [0, 0.125],
      [0.125, 0.375],
    ]);
    expect(layout.bars.map(({ total }) => total)).toEqual([40, 5]);
    expect(layout.bars[1]!.mark).toMatchObject({ left: 1 });
    expect(layoutBars([]).bars).toEqual([]);
    expect(layoutBars([{ label: "none", parts: [] }]).bars[0]!.total).toBe(0);
  });
});

describe("diagrams", () => {
  const names = (indexes: readonly number[]): (string | undefined)[] =>
    indexes.map((index) => breakerGraph.nodes[index]?.id);

  it("ring the innermost active states", () => {
    expect(names(activeNodes(breakerGraph, ["halfOpen.trial"]))).toEqual(["halfOpen.trial"]);
    expect(names(activeNodes(breakerGraph, ["halfOpen", "halfOpen.idle"]))).toEqual([
      "halfOpen.idle",
    ]);
    expect(activeNodes(breakerGraph, ["unknown"])).toEqual([]);
  });

  it("number the edges of a run, also those that leave a compound state", () => {
    const path = pathEdges(breakerGraph, steps(breakerTrace()));
    const taken = [...path].map(([edge, numbers]) => [breakerGraph.edges[edge]?.label, numbers]);
    expect(taken).toEqual([
      ["FAIL [failures + 1 < threshold]", [1]],
      ["FAIL [failures + 1 ≥ threshold]", [2]],
      ["after resetTimeout", [3]],
      ["CALL / admit", [4]],
    ]);
    const leaving = makeTrace("d", [
      traceState({ index: 0, active: ["halfOpen.trial"] }, {}),
      traceState({ index: 1, active: ["open"], action: { type: "FAIL" } }, {}),
    ]);
    expect([...pathEdges(breakerGraph, steps(leaving)).keys()]).toEqual([7]);
  });

  it("take a timer's edge when time passed and the state moved", () => {
    const at = (state: string, passed: boolean) =>
      traceState(
        {
          index: 0,
          active: [state],
          ...(passed ? { by: "timer", action: { type: "time passes", ms: 1000 } } : {}),
        },
        { state },
      );
    const moved = makeTrace("d", [at("open", false), at("halfOpen.idle", true)]);
    expect([...pathEdges(breakerGraph, steps(moved)).keys()]).toEqual([3]);
    const stayed = makeTrace("d", [at("open", false), at("open", true)]);
    expect(pathEdges(breakerGraph, steps(stayed)).size).toBe(0);
  });

  it("share one arrow between transitions of the same two states", () => {
    const members = arrows(breakerGraph).get(0) ?? [];
    expect(members).toEqual([0, 1]);
    expect(arrowLabel(breakerGraph, members).map(({ edge }) => edge)).toEqual([0, 0, 1, 1]);
    expect([...arrows(breakerGraph).values()].flat().length).toBe(breakerGraph.edges.length);
  });

  it("keep labels and badges short", () => {
    expect(wrapLabel("FAIL [a very long guard that goes on and on] / act")).toEqual([
      "FAIL",
      "[a very long guard that goes",
      "on and on]",
      "/ act",
    ]);
    expect(wrapLabel("x".repeat(100))[0]?.length).toBeLessThan(40);
    expect([badge([4]), badge([1, 2, 3]), badge([1, 2, 3, 4])]).toEqual(["4", "1,2,3", "1,2,3…"]);
  });

  it("are not drawn when they are too large or empty", () => {
    const nodes = Array.from({ length: maxDiagramNodes + 1 }, (_, i) => ({
      id: `s${i}`,
      label: "",
    }));
    expect(drawable({ nodes, edges: [] })).toBe(false);
    expect(drawable({ nodes: [], edges: [] })).toBe(false);
    expect(drawable(breakerGraph)).toBe(true);
  });
});

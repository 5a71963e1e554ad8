import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Report, StateGraph } from "../../core/index.ts";
import { drawDiagrams } from "../../reports/html/diagrams.ts";
import { toDot } from "../../reports/html/dot.ts";
import { contentSecurityPolicy, renderHtml } from "../../reports/html/html.ts";
import { breakerGraph, hostile, makeReport, makeResult } from "./fixture.ts";
import { buildPage } from "./page.ts";

let page: URL;
let template: string;
beforeAll(async () => {
  page = await buildPage();
  template = await readFile(page, "utf8");
});

afterAll(async () => {
  await rm(new URL(".", page), { recursive: true, force: true });
});

const render = async (report: Report = makeReport()): Promise<string> =>
  await renderHtml(report, [page]);

const scripts = (html: string): { attributes: string; code: string }[] =>
  [...html.matchAll(/<script(?<attributes>[^>]*)>(?<code>[\s\S]*?)<\/script>/g)].map((match) => ({
    attributes: match.groups?.["attributes"] ?? "",
    code: match.groups?.["code"] ?? "",
  }));

function embedded(html: string): { report: Report; diagrams: Record<string, { svg: string }> } {
  const data = scripts(html).find(({ attributes }) => attributes.includes("verify-data"));
  return JSON.parse(gunzipSync(Buffer.from((data?.code ?? "").trim(), "base64")).toString("utf8"));
}

describe("the page", () => {
  it("is one file of at most 120 KB that asks for nothing else", () => {
    expect(template.length).toBeLessThan(120 * 1024);
    expect(template).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)="(?!data:|#)/);
    expect(template).not.toMatch(/@import|url\((?!["']?data:)/);
  });

  it("keeps a report of this size small", async () => {
    expect((await render()).length).toBeLessThan(400 * 1024);
  });

  it("carries the whole report, compressed", async () => {
    const report = makeReport([
      makeResult({ id: "a/b", verdict: "proved", evidence: "äöü </script>" }),
    ]);
    expect(embedded(await render(report)).report).toEqual(report);
  });

  it("runs only scripts that its policy names by hash", async () => {
    const html = await render();
    const policy = /http-equiv="Content-Security-Policy" content="(?<policy>[^"]*)"/.exec(html)
      ?.groups?.["policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src[^;]*'unsafe/);
    const run = scripts(html).filter(({ attributes }) => !/type="application/.test(attributes));
    expect(run).toHaveLength(2);
    for (const { code } of run) {
      expect(policy).toContain(createHash("sha256").update(code).digest("base64"));
    }
    const other = createHash("sha256").update("alert(1)").digest("base64");
    expect(policy).not.toContain(other);
    expect(contentSecurityPolicy("<script>alert(1)</script>")).toContain(other);
  });

  it("has no markup from strings, and no escape sequences", async () => {
    const html = await render();
    expect(html).not.toContain("<img src=x");
    expect(html).not.toContain("\u001b");
    expect(scripts(html)).toHaveLength(3);
    expect(JSON.stringify(embedded(html).report)).not.toContain("\\u001b");
  });

  it("is not misled by strings that look like its own marks or like patterns", async () => {
    const title = "verify:data $& $1 <!--verify:fallback--> verify:content-security-policy";
    const report = makeReport([makeResult({ id: "a/b", verdict: "proved", title })]);
    const html = await render(report);
    expect(embedded(html).report.results[0]?.title).toBe(title);
    expect(html.match(/default-src 'none'/g)).toHaveLength(1);
  });

  it("says what to do when it was not built", async () => {
    const missing = new URL("missing.html", page);
    await expect(renderHtml(makeReport(), [missing])).rejects.toMatchObject({
      code: "VRF602",
      help: expect.stringContaining("npm run build:report"),
    });
  });

  it("does not take any other file for the page", async () => {
    const wrong = new URL("wrong.html", page);
    await writeFile(wrong, "<!doctype html><title>no marks</title>");
    await expect(renderHtml(makeReport(), [wrong])).rejects.toMatchObject({ code: "VRF602" });
    expect(await renderHtml(makeReport([]), [wrong, page])).toContain("verify-data");
  });
});

describe("the static summary", () => {
  it("has every result with its verdict word, bound and expectation", async () => {
    const report = makeReport();
    const html = await render(report);
    const fallback = html.slice(html.indexOf('id="fallback"'), html.indexOf('id="app"'));
    expect(fallback.match(/<tr>/g)).toHaveLength(report.results.length + 1);
    expect(fallback).toContain("≤ holds-bounded</span><br><small>within sequences 1,000");
    expect(fallback).toContain("<strong>unexpected</strong>: expected proved or holds-bounded");
    expect(fallback).toContain("as expected: because nothing in the table leaves Error");
    expect(fallback).toContain("4. CALL → halfOpen.trial   trials: 0 → 1");
    expect(fallback).toContain("… 4950 more steps");
    expect(fallback).toContain("&lt;/script&gt;&lt;img");
  });
});

describe("state diagrams", () => {
  it("have an element per state and per arrow, with stable ids, and no style of their own", async () => {
    const report = makeReport();
    const { "circuit-breaker": drawing } = await drawDiagrams(report);
    const svg = drawing?.svg ?? "";
    for (const index of breakerGraph.nodes.keys()) expect(svg).toContain(`id="d0n${index}"`);
    const ids = [...svg.matchAll(/id="d0e(?<index>\d+)"/g)].map((match) => match.groups?.["index"]);
    expect(new Set(ids)).toEqual(new Set(["0", "2", "3", "4", "5", "6", "7"]));
    expect(svg).not.toMatch(/ (?:fill|stroke|style|font-family)=|<a |xlink/);
    expect((await drawDiagrams(report))["circuit-breaker"]?.svg).toBe(svg);
  });

  it("escape labels twice over: for Graphviz and for the page", async () => {
    const nasty = `a"b\\c<d>&${hostile}`;
    const graph: StateGraph = {
      nodes: [{ id: nasty, label: nasty, initial: true }],
      edges: [{ from: nasty, to: nasty, label: nasty, event: "E" }],
    };
    const report = makeReport([]);
    const [subject] = report.subjects;
    if (subject === undefined) throw new Error("the fixture has no subject");
    const html = await render({ ...report, subjects: [{ ...subject, graph }] });
    const svg = embedded(html).diagrams[subject.id]?.svg ?? "";
    expect(svg).toContain("&lt;d&gt;");
    expect(svg).not.toMatch(/<img|onerror="alert/);
  });

  it("survive parents and edges that lead nowhere", async () => {
    const graph: StateGraph = {
      nodes: [{ id: "a", label: "a", parent: "gone" }],
      edges: [{ from: "a", to: "gone", label: "x", event: "x" }],
    };
    expect(toDot(graph, "d0")).not.toContain('"gone"');
    const report = makeReport([]);
    const [subject] = report.subjects;
    if (subject === undefined) throw new Error("the fixture has no subject");
    const drawn = await drawDiagrams({ ...report, subjects: [{ ...subject, graph }] });
    expect(drawn[subject.id]?.svg).toContain("d0n0");
  });
});

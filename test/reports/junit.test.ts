import { spawnSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { verdicts } from "../../core/index.ts";
import { renderReport } from "../../reports/index.ts";
import { junitStatus } from "../../reports/junit/junit.ts";
import { hostile, makeReport, makeResult } from "./fixture.ts";
import { parseXml, type XmlElement } from "./xml.ts";

const render = async (report = makeReport()): Promise<string> =>
  await renderReport("junit", report, { color: false });

const cases = (root: XmlElement): XmlElement[] =>
  root.children.flatMap((suite) => suite.children.filter((child) => child.name === "testcase"));

const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((entry) => entry.name === name);

const property = (element: XmlElement | undefined, name: string): string | undefined =>
  child(element, "properties")?.children.find((entry) => entry.attributes["name"] === name)
    ?.attributes["value"];

const one = async (parts: Parameters<typeof makeResult>[0]): Promise<XmlElement | undefined> =>
  cases(parseXml(await render(makeReport([makeResult(parts)]))))[0];

describe("the JUnit report", () => {
  it("is well-formed whatever the strings contain", async () => {
    const root = parseXml(await render());
    expect(root.name).toBe("testsuites");
    expect(cases(root)).toHaveLength(makeReport().results.length);
    const error = cases(root).find(
      (entry) => child(entry, "error")?.attributes["type"] === "error",
    );
    // Escape sequences and characters that XML forbids are gone, everything else is there.
    expect(child(error, "error")?.attributes["message"]).toContain(
      `</script><img src=x onerror="alert('x')"> & "quotes" red  ]]>`,
    );
  });

  it("is refused by the strict reader when it is broken", async () => {
    const text = await render();
    expect(() => parseXml(text.replace("</testsuite>", ""))).toThrow(/expected/);
    expect(() => parseXml(text.replace("&lt;", "<"))).toThrow(/at \d+/);
    expect(() => parseXml(text.replace("</testsuites>", "\u0001</testsuites>"))).toThrow(/illegal/);
    expect(() => parseXml(text.replace("&amp;", "&"))).toThrow(/ampersand/);
  });

  it("is read by another XML parser", async (context) => {
    const script =
      "import sys, xml.dom.minidom as m; d = m.parseString(sys.stdin.buffer.read()); print(len(d.getElementsByTagName('testcase')))";
    const python = spawnSync("python3", ["-c", script], {
      input: await render(),
      encoding: "utf8",
    });
    if (python.error !== undefined) context.skip("python3 is not installed");
    expect(python.stderr).toBe("");
    expect(Number(python.stdout)).toBe(makeReport().results.length);
  });

  it("counts what it contains", async () => {
    const root = parseXml(await render());
    const count = (name: string): number =>
      cases(root).filter((entry) => child(entry, name) !== undefined).length;
    expect(root.attributes).toMatchObject({
      tests: String(cases(root).length),
      failures: String(count("failure")),
      errors: String(count("error")),
      skipped: String(count("skipped")),
    });
    const suites = root.children.map((suite) => Number(suite.attributes["failures"]));
    expect(suites.reduce((sum, failures) => sum + failures, 0)).toBe(count("failure"));
  });

  it("has the seed per suite; bound, method and states per case", async () => {
    const root = parseXml(
      await render(
        makeReport([
          makeResult({
            id: "s/p",
            verdict: "holds-bounded",
            method: "bmc",
            bound: { depth: 20 },
            stats: { states: 42 },
          }),
        ]),
      ),
    );
    expect(property(root.children[0], "seed")).toBe("42");
    const [testcase] = cases(root);
    expect(testcase?.attributes["name"]).toBe("p [within depth 20]");
    expect(property(testcase, "bound")).toBe("depth 20");
    expect(property(testcase, "method")).toBe("bmc");
    expect(property(testcase, "stats.states")).toBe("42");
  });
});

describe("nothing unknown reads as a pass", () => {
  it.each(
    verdicts.flatMap((verdict) => [true, false].map((asExpected) => ({ verdict, asExpected }))),
  )("$verdict, expected: $asExpected", async ({ verdict, asExpected }) => {
    const testcase = await one({ id: "s/p", verdict, asExpected, reason: "because" });
    const marks = ["failure", "error", "skipped"].filter((name) => child(testcase, name));
    const answers = verdict === "proved" || verdict === "holds-bounded" || verdict === "violated";
    expect(marks).toEqual(
      answers && asExpected
        ? []
        : answers
          ? ["failure"]
          : verdict === "skipped" || asExpected
            ? ["skipped"]
            : ["error"],
    );
    const expected = marks[0] ?? "pass";
    expect(junitStatus({ verdict, asExpected })).toBe(expected);
  });

  it("an inconclusive result is an error that says why", async () => {
    const testcase = await one({
      id: "s/p",
      verdict: "inconclusive",
      asExpected: false,
      reason: "the solver gave up",
    });
    expect(child(testcase, "error")?.attributes).toMatchObject({
      type: "inconclusive",
      message: expect.stringContaining("the solver gave up"),
    });
  });

  it("a proof that was expected to fail is a failure", async () => {
    const testcase = await one({
      id: "s/p",
      verdict: "proved",
      asExpected: false,
      expected: ["violated"],
      expectedBecause: "known defect",
    });
    expect(child(testcase, "failure")?.attributes["type"]).toBe("unexpected proved");
  });
});

it("a pinned violation passes and still says what it is", async () => {
  const { results } = makeReport();
  const pinned = results.find((result) => result.id === "published-otlp/recovers");
  if (pinned === undefined) throw new Error("the fixture has lost its pinned violation");
  const testcase = await one(pinned);
  expect(testcase?.children.map((entry) => entry.name)).toEqual(["properties", "system-out"]);
  const text = child(testcase, "system-out")?.text ?? "";
  expect(text).toContain("nothing in the table leaves Error");
  expect(text).toContain("back to step 2");
});

it("the hostile string of the fixture is hostile to XML", () => {
  const wrap = (text: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n<a>${text}</a>`;
  expect(() => parseXml(wrap(hostile))).toThrow(/illegal character/);
});

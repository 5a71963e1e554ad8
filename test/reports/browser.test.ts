/** The HTML report in a real browser: offline, from a file, in light and dark. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { renderHtml } from "../../reports/html/html.ts";
import { findProgram } from "../support/find-program.ts";
import { makeReport, makeResult } from "./fixture.ts";
import { buildPage } from "./page.ts";

const executablePath = findProgram("chromium", "chromium-browser");

if (executablePath === undefined) {
  process.stderr.write("browser tests skipped: chromium is not installed (package chromium)\n");
}

describe.skipIf(executablePath === undefined)("in a browser", () => {
  let directory: string;
  let template: URL;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  let report: string;
  let calmReport: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "verify-browser-"));
    template = await buildPage();
    const write = async (name: string, html: string): Promise<string> => {
      const path = join(directory, name);
      await writeFile(path, html);
      return pathToFileURL(path).href;
    };
    report = await write("report.html", await renderHtml(makeReport(), [template]));
    const calm = makeReport([makeResult({ id: "a/b", verdict: "proved" })]);
    calmReport = await write("calm.html", await renderHtml(calm, [template]));
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });

  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
    await rm(new URL(".", template), { recursive: true, force: true });
  });

  async function open(
    hash: string,
    options: { scheme?: "light" | "dark"; javaScript?: boolean; url?: string } = {},
  ): Promise<void> {
    context = await browser.newContext({
      locale: "en-US",
      offline: true,
      colorScheme: options.scheme ?? "light",
      javaScriptEnabled: options.javaScript ?? true,
      viewport: { width: 1440, height: 900 },
    });
    page = await context.newPage();
    problems = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!/^(?:file|data|blob):/.test(request.url())) problems.push(`request ${request.url()}`);
    });
    page.on("dialog", (dialog) => {
      problems.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto((options.url ?? report) + hash);
    if (options.javaScript !== false) await page.waitForSelector("main h1");
  }

  /** Every page without a console message, dialog or request. */
  const finish = async (): Promise<void> => {
    expect(problems).toEqual([]);
    await context.close();
  };

  const text = async (selector: string): Promise<string> =>
    (await page.locator(selector).first().innerText()).replaceAll(/\s+/g, " ");

  it("opens with what is unexpected", async () => {
    await open("");
    expect(await page.title()).toBe("6 unexpected · verify report");
    expect(await text("main h1")).toBe("6 results are not as expected");
    expect(await page.locator("main .matrix").count()).toBe(2);
    const rows = page.locator("main section").first().locator(".row");
    expect(await rows.count()).toBe(6);
    await finish();
  });

  it("has a column per implementation and a chip per finding in the matrix", async () => {
    await open("");
    const table = page.locator("main table.conformance");
    const columns = await table.locator("thead th").allInnerTexts();
    expect(columns.map((name) => name.replaceAll("\u00a0", " "))).toEqual([
      "Requirement",
      "otlp-exporter-trace-proto 0.301.1",
      "otlp-exporter-trace-http 0.301.0",
      "our-exporter 0.1.0",
    ]);
    const first = table.locator("tbody tr").first();
    const findings = await first.locator("td").allInnerTexts();
    expect(findings.map((one) => one.trim().split(/\s+/).at(-1))).toEqual([
      "deviates",
      "conforms",
      "conforms",
    ]);
    // a finding leads to its result
    await first.locator("td a").first().click();
    expect(await text("main h1")).toBe("honours Retry-After on 503");
    await finish();
  });

  it("is calm when all is well", async () => {
    await open("", { url: calmReport });
    expect(await text("main h1")).toBe("Nothing unexpected");
    expect(await page.locator("main .chip.bad").count()).toBe(0);
    await finish();
  });

  it("shows the bound beside every bounded verdict", async () => {
    await open("");
    const rows = page.locator("main .row", { hasText: "holds-bounded" });
    const texts = await rows.allInnerTexts();
    expect(texts.length).toBeGreaterThan(5);
    for (const row of texts) expect(row).toMatch(/within \S+/);
    await finish();
  });

  it("filters by typing, and the address keeps the filter", async () => {
    await open("");
    await page.keyboard.press("/");
    await page.keyboard.type("s:violated m:published");
    await page.waitForFunction(() => document.querySelectorAll("main .row").length === 1);
    expect(await text("main h1")).toBe("1 result for s:violated m:published");
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe("#/?q=s:violated m:published");
    await page.keyboard.press("Escape");
    expect(await text("main h1")).toBe("6 results are not as expected");
    await finish();
  });

  it("opens a step from a link, and j and k move through the run", async () => {
    await open("#/r/circuit-breaker/one-trial/s/2");
    const current = '.step[aria-current="step"]';
    expect(await text(current)).toMatch(/^2 FAIL \{ code: 503 \} → open/);
    await page.keyboard.press("j");
    expect(await text(current)).toMatch(/^3 timer after resetTimeout/);
    expect(new URL(page.url()).hash).toBe("#/r/circuit-breaker/one-trial/s/3");
    await page.keyboard.press("k");
    await page.keyboard.press("k");
    expect(await text(current)).toMatch(/^1 FAIL/);
    await page.locator(current).focus();
    await page.keyboard.press("End");
    expect(await text(current)).toMatch(/^5 CALL/);
    const focused = await page.evaluate(() => document.activeElement?.textContent);
    expect(focused).toContain("halfOpen.trial");
    expect(await text(".variables .changed")).toBe("● trials 1 2");
    expect(await text(".note")).toContain("the invariant fails here");
    await finish();
  });

  it("rings the active state and numbers the way there", async () => {
    await open("#/r/circuit-breaker/one-trial/s/4");
    const drawing = page.locator(".diagram svg");
    expect(await drawing.locator(".state.active text").allTextContents()).toEqual(["trial"]);
    expect(await drawing.locator(".badge text").allTextContents()).toEqual(["1", "2", "3", "4"]);
    expect(await drawing.locator(".taken text.taken").first().textContent()).toContain("CALL");
    await page.keyboard.press("k");
    expect(await drawing.locator(".state.active text").allTextContents()).toEqual(["idle"]);
    await finish();
  });

  it("marks a lasso, and where model and implementation differ", async () => {
    await open("#/r/published-otlp/recovers");
    expect(await page.locator(".flag", { hasText: "loop" }).count()).toBe(1);
    expect(await page.locator(".flag", { hasText: "to 2" }).count()).toBe(1);
    await page.goto(`${report}#/r/circuit-breaker/conforms@opossum/s/3`);
    await page.waitForSelector(".seen");
    expect(await page.locator(".variables thead th").allInnerTexts()).toContain("Observed");
    expect(await page.locator(".differs").count()).toBe(2);
    await finish();
  });

  it("shows an operating point as values, not as a history", async () => {
    await open("#/r/exporter-queue/published-wait-formula");
    expect(await page.locator(".step").count()).toBe(0);
    expect(await page.locator(".points tbody tr").allInnerTexts()).toEqual([
      "N\t4",
      "rho\t0.8",
      "formula\t0.149",
      "simulated\t0.0372",
    ]);
    await finish();
  });

  it("carries 5,000 steps and draws only those in view", async () => {
    await open("#/r/circuit-breaker/long-walk/s/2500");
    expect(await text('.step[aria-current="step"]')).toMatch(/^2500 /);
    expect(await page.locator(".step").count()).toBeLessThan(60);
    await page.locator('.step[aria-current="step"]').focus();
    await page.keyboard.press("End");
    expect(await text('.step[aria-current="step"]')).toMatch(/^4999 /);
    expect(await page.locator('.step[aria-current="step"]').isVisible()).toBe(true);
    await finish();
  });

  it("draws the chart with intervals and says what it shows", async () => {
    await open("#/r/exporter-queue/throughput");
    expect(await page.locator(".chart .mark").count()).toBe(5 + 1);
    expect(await page.locator(".chart > svg .interval").count()).toBe(5);
    const values = page.locator(".chart .label");
    expect(await values.allTextContents()).toEqual(["offered load λ (1/s)", "throughput (1/s)"]);
    await page.locator(".chart > svg .mark").first().hover();
    expect(await page.locator(".readout").textContent()).toContain("measured");
    await finish();
  });

  it("zooms, searches and walks the flame graph", async () => {
    await open("#/r/exporter-queue/profile");
    const frame = (name: string) => page.locator(".frame-box", { hasText: name }).first();
    const all = await page.locator(".frame-box").count();
    await frame("gzip").click();
    const widths = await frame("gzip").evaluate((box) => box.style.width);
    expect(widths).toBe("100%");
    expect(await page.locator(".frame-box").count()).toBeLessThan(all);
    await page.keyboard.press("Escape");
    expect(await page.locator(".frame-box").count()).toBe(all);
    await page.locator(".frame-box").first().focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("node::Start");
    await page.getByPlaceholder("Search frames").fill("serialize");
    expect(await text('[role="status"]')).toBe("479 samples match, 41.3 %");
    await finish();
  });

  it("shows requirement by implementation, tables and texts, as text", async () => {
    await open("#/r/otlp-wire/retry-after@otlp-exporter-trace-proto");
    expect(await page.locator("table.exhibit tbody tr").count()).toBe(5);
    expect(await page.locator("pre").innerText()).toContain("</script><img src=x");
    await page.goto(`${report}#/m/otlp-wire`);
    await page.waitForSelector(".conformance");
    expect(await page.locator(".conformance tbody tr").count()).toBe(4);
    expect(await page.locator(".conformance", { hasText: "deviates" }).count()).toBe(1);
    await finish();
  });

  it("answers links that lead nowhere", async () => {
    await open("#/r/nothing/here");
    expect(await text("main h1")).toBe("No such result");
    await page.goto(`${report}#/m/nothing`);
    await page.waitForFunction(
      () => document.querySelector("main h1")?.textContent === "No such subject",
    );
    await finish();
  });

  it("follows the system's colours until the reader chooses", async () => {
    const background = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await open("", { scheme: "light" });
    const light = await background();
    await page.getByRole("button", { name: /^Theme: system/ }).click();
    await page.getByRole("button", { name: /^Theme: light/ }).click();
    const chosen = await background();
    expect(chosen).not.toBe(light);
    await page.reload();
    await page.waitForSelector("main h1");
    expect(await background()).toBe(chosen);
    await finish();
    await open("", { scheme: "dark" });
    expect(await background()).toBe(chosen);
    await finish();
  });

  it("runs no script but its own", async () => {
    await open("");
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'injected'";
      document.body.append(script);
      return document.title;
    });
    expect(ran).not.toBe("injected");
    expect(problems.join(" ")).toContain("Content Security Policy");
    problems = [];
    await finish();
  });

  it("shows the static summary without scripts", async () => {
    await open("", { javaScript: false });
    expect(await text(".fallback h1")).toBe("verify: 6 unexpected results");
    expect(await page.locator(".fallback tbody tr").count()).toBe(makeReport().results.length);
    await finish();
  });

  const places = [
    "#/",
    "#/?q=s:violated",
    "#/m/circuit-breaker",
    "#/r/circuit-breaker/one-trial",
    "#/r/circuit-breaker/conforms@opossum",
    "#/r/exporter-queue/throughput",
    "#/r/exporter-queue/profile",
    "#/r/exporter-queue/published-wait-formula",
    "#/r/otlp-wire/retry-after@otlp-exporter-trace-proto",
    "#/r/circuit-breaker/any-threshold",
  ];

  it.each(["light", "dark"] as const)(
    "is accessible in %s",
    async (scheme) => {
      await open("", { scheme });
      for (const place of places) {
        await page.goto(report + place);
        await page.waitForSelector("main h1");
        const { violations, passes } = await new AxeBuilder({ page }).analyze();
        expect(passes.length).toBeGreaterThan(10);
        const serious = violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${place} ${id}: ${nodes.map((node) => node.html).join("; ")}`);
        expect(serious).toEqual([]);
      }
      await finish();
    },
    180_000,
  );

  it("the scan for accessibility finds what is wrong", async () => {
    await open("");
    await page.evaluate(() => {
      const bad = document.createElement("input");
      document.querySelector("main")?.append(bad);
    });
    const { violations } = await new AxeBuilder({ page }).withRules(["label"]).analyze();
    expect(violations.map(({ id }) => id)).toContain("label");
    await finish();
  });
});

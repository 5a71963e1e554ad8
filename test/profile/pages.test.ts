/** What a reader can do with profiles in the HTML report, in a real browser. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Exhibit } from "../../core/exhibit.ts";
import { renderHtml } from "../../reports/html/html.ts";
import { accountExhibits } from "../../sim/profile/account-check.ts";
import type { Frame, Signals, StackSample } from "../../sim/profile/capture.ts";
import type { ExportAccount, Parts } from "../../sim/profile/export-account.ts";
import { flameTree, functionTables } from "../../sim/profile/flame.ts";
import type { AccountRun } from "../../sim/profile/take-account.ts";
import { waitingExhibits } from "../../sim/profile/waiting.ts";
import { makeReport, makeResult } from "../reports/fixture.ts";
import { buildPage } from "../reports/page.ts";
import { findProgram } from "../support/find-program.ts";

const executablePath = findProgram("chromium", "chromium-browser");

const frame = (name: string, type: Frame["type"] = "js"): Frame => ({
  name,
  systemName: name,
  type,
  file: "",
  line: 0,
  module: "m",
  address: 1,
  known: "symbol",
});

/** As many samples of one stack, given from its root. */
const stack = (count: number, ...frames: readonly Frame[]): StackSample[] =>
  Array.from({ length: count }, (_, index) => ({
    timeNs: index,
    process: 10,
    thread: 10,
    frames: frames.toReversed(),
    complete: true,
  }));

const start = frame("node::Start", "native");
const turn = frame("processTicksAndRejections");
const run = (serialize: number): StackSample[] => [
  ...stack(serialize, start, turn, frame("serialize")),
  ...stack(30, start, turn, frame("send"), frame("tcp_sendmsg", "kernel")),
  ...stack(20, start, frame("Scavenge", "gc")),
];

const signals: Signals = {
  blocked: [
    { ...stack(1, start, frame("epoll_wait", "kernel"))[0]!, lastsNs: 800e6 },
    { ...stack(1, start, frame("plantedWait"))[0]!, lastsNs: 200e6 },
  ],
  runQueue: [
    { from: 0, to: 1, count: 40 },
    { from: 1, to: 2, count: 160 },
    { from: 16_384, to: 32_768, count: 2 },
  ],
  runQueueByThread: [{ thread: 10, count: 202, totalNs: 50e6 }],
  syscalls: [{ number: 1, count: 7, totalNs: 1e6 }],
  onCpu: new Map([[10, 900e6]]),
  tcp: {
    states: new Map(),
    retransmits: 0,
    sends: 3,
    sentBytes: 300,
    receives: 3,
    receivedBytes: 60,
    roundTripUs: 41,
  },
};

const parts = (loop: number): Parts => ({
  "own CPU": 0.0004,
  "run-queue delay": 0.0001,
  "CPU quota (throttled)": 0,
  "event-loop delay": loop,
  "own threads": 0,
  "other waiting": 0,
  "network and backend": 0.004,
});
const account = (loop: number): ExportAccount => ({
  operations: 50,
  explained: 50,
  wall: 0.0046 + loop,
  parts: parts(loop),
  ratio: 0.9783,
  timeline: { running: 0.02, ready: 0.005, waiting: 0.2, open: 0.225, summed: 0.225 },
});

const runOf = (name: string, loop: number): AccountRun => ({
  point: {
    name,
    arrivalRate: 100,
    service: { law: "deterministic", mean: 0.004 },
    servers: 1,
    duration: 2,
  },
  account: account(loop),
  drawn: 0.004,
  rejected: 0,
  throttled: 0,
  witness: null,
  problem: null,
});

const exhibits: readonly Exhibit[] = [
  {
    kind: "flamegraph",
    title: "CPU time",
    provenance: "bpftrace, 99 Hz, CPU time",
    root: flameTree(run(50), "exporter"),
    facts: { samples: 100 },
    base: { title: "before.pb.gz", root: flameTree(run(10), "exporter") },
  },
  ...functionTables(run(50), "bpftrace"),
  ...waitingExhibits({ signals, target: 10, seconds: 3 }, "exporter"),
  ...accountExhibits({ name: "exporter", version: "1", program: "p" }, [
    {
      run: runOf("calm", 0),
      residual: { seconds: 0, parts: parts(0), largest: "own CPU" },
    },
    {
      run: runOf("blocked loop", 0.02),
      residual: { seconds: 0.02, parts: parts(0.02), largest: "event-loop delay" },
    },
  ]),
];

describe.skipIf(executablePath === undefined)("profiles in the report", () => {
  let directory: string;
  let template: URL;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "verify-pages-"));
    template = await buildPage();
    const id = "exporter-queue/profile";
    const results = [makeResult({ id, verdict: "holds-bounded", exhibits })];
    const file = join(directory, "report.html");
    await writeFile(file, await renderHtml(makeReport(results), [template]));
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      headless: true,
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run"],
    });
    const context = await browser.newContext({
      offline: true,
      locale: "en-US",
      viewport: { width: 1440, height: 900 },
    });
    page = await context.newPage();
    problems = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`${pathToFileURL(file).href}#/r/${id}`);
    await page.waitForSelector("main .flame");
  });

  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
    await rm(new URL(".", template), { recursive: true, force: true });
    expect(problems).toEqual([]);
  });

  /** A part of the page by the title of its exhibit. */
  const exhibit = (title: RegExp) =>
    page.locator("main section, main figure, main article").filter({ hasText: title }).last();
  const flame = (index: number) => page.locator(".flame").nth(index);
  const box = (name: string) => flame(0).locator(".frame-box", { hasText: name }).first();

  test("search counts the samples that match and narrows the table", async () => {
    await flame(0).getByPlaceholder("Search frames").fill("serialize");
    expect(await flame(0).locator('[role="status"]').innerText()).toBe("50 samples match, 50.0 %");
    expect(await flame(0).locator(".frame-box.match").count()).toBe(1);
    const names = await flame(0).locator("table tbody tr td:first-child").allInnerTexts();
    expect(names).toEqual(["serialize"]);
    await flame(0).getByPlaceholder("Search frames").fill("");
  });

  test("a click zooms, Escape shows all again", async () => {
    const all = await flame(0).locator(".frame-box").count();
    await box("send").click();
    expect(await box("send").evaluate((one) => one.style.width)).toBe("100%");
    expect(await flame(0).locator(".frame-box").count()).toBeLessThan(all);
    await page.keyboard.press("Escape");
    expect(await flame(0).locator(".frame-box").count()).toBe(all);
  });

  test("self and total, sorted by either", async () => {
    const rows = async () => flame(0).locator("table tbody tr").allInnerTexts();
    const first = async () => (await rows())[0]!.split(/\s+/).slice(0, 2).join(" ");
    expect(await first()).toBe("serialize JavaScript");
    await flame(0).locator("button.sort", { hasText: "total" }).click();
    const byTotal = await rows();
    expect(byTotal[0]).toMatch(/100/);
    expect(byTotal.find((row) => row.startsWith("node::Start"))).toMatch(/0\s+0\.0 %\s+100\s/);
    await flame(0).locator("button.sort", { hasText: "self" }).click();
    expect(await first()).toBe("serialize JavaScript");
  });

  test("the difference to another run is drawn and told in points", async () => {
    await flame(0)
      .getByLabel(/difference to before\.pb\.gz/)
      .check();
    // 50 of 100 samples here, 10 of 60 before: 33.3 points more
    expect(await box("serialize").getAttribute("aria-label")).toMatch(/\+33\.3 points/);
    expect(await box("serialize").getAttribute("class")).toContain("change-more");
    expect(await box("send").getAttribute("class")).toContain("change-less");
    expect(await flame(0).locator("table").count()).toBe(2);
    const changes = await flame(0).locator("table").first().locator("tbody tr").allInnerTexts();
    expect(changes.find((row) => row.startsWith("serialize"))).toMatch(/\+33\.3/);
    await flame(0)
      .getByLabel(/difference to/)
      .uncheck();
    expect(await flame(0).locator("table").count()).toBe(1);
  });

  test("the off-CPU view counts microseconds, by thread", async () => {
    const names = await flame(1).locator(".frame-box").allInnerTexts();
    expect(names).toContain("main thread");
    expect(names).toContain("epoll_wait");
    await flame(1).getByPlaceholder("Search frames").fill("plantedWait");
    expect(await flame(1).locator('[role="status"]').innerText()).toBe("200,000 µs match, 20.0 %");
    expect(await flame(1).innerText()).toContain("blocked, all threads (ms)");
  });

  test("the run queue is a histogram with a table", async () => {
    const bars = exhibit(/Run queue: from being ready to running/);
    const rows = await bars.locator(".bar-row").allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, " "))).toEqual([
      "below 1 µs 40",
      "from 1 µs 160",
      "from 16.384 ms 2",
    ]);
    const widths = await bars
      .locator(".bar-part[title]")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    expect(widths[0]! / widths[1]!).toBeCloseTo(0.25, 1);
    await bars.locator("summary").click();
    expect(await bars.locator("tbody tr").count()).toBe(3);
  });

  test("the account is one bar of parts per point, with the model as a mark", async () => {
    const bars = exhibit(/Where the time of one export of exporter goes/);
    expect(await bars.locator(".bar-row").count()).toBe(2);
    const blocked = bars.locator(".bar-row", { hasText: "blocked loop" });
    const titles = await blocked
      .locator("[title]")
      .evaluateAll((all) => all.map((one) => one.getAttribute("title")));
    expect(titles).toContain("event-loop delay: 20 ms per export");
    expect(titles.some((title) => title?.startsWith("calibrated model: 4.6 ms"))).toBe(true);
    const shares = await blocked
      .locator(".bar-part")
      .evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect()).map(({ x, width }) => [x, width]),
      );
    // The parts follow each other without gaps.
    const drawn = shares.filter(([, width]) => width! > 0);
    for (let index = 1; index < drawn.length; index++) {
      expect(
        Math.abs(drawn[index]![0]! - drawn[index - 1]![0]! - drawn[index - 1]![1]!),
      ).toBeLessThan(2);
    }
  });
});

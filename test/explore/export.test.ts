/** Exported state spaces, read by other programs: Graphviz, Spin. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { expect, test } from "vitest";

import { engine } from "../../checkers/explore/engine.ts";
import type { ExportFormat } from "../../core/engine.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { opampControlLoop } from "../../models/opamp-control-loop.ts";
import { findProgram } from "../support/find-program.ts";
import { contextWith, subjectOf } from "./support.ts";

const exported = (
  format: Exclude<ExportFormat, "itf">,
  model = circuitBreaker,
  maxStates = 20_000,
): Promise<string> =>
  engine.export!(subjectOf(model, [], "my model"), format, contextWith({ maxStates }));

test("DOT is drawn by Graphviz, with a node per state", async () => {
  const graphviz = await Graphviz.load();
  const svg = graphviz.dot(await exported("dot"));
  expect(svg.match(/class="node"/g)).toHaveLength(13); // 12 states and the start
  expect(svg).toContain("after resetTimeout");
});

test("Mermaid names each state and step once", async () => {
  const text = await exported("mermaid");
  expect(text.match(/^ {2}s\d+ : /gm)).toHaveLength(12);
  expect(text.match(/^ {2}s\d+ --> s\d+ : /gm)).toHaveLength(22);
  expect(text).not.toMatch(/: .*:/); // a second colon would end the label
});

test("TLA+ has all states in sequences of one length", async () => {
  const text = await exported("tla", opampControlLoop);
  expect(text).toContain("---- MODULE my_model ----");
  const control = /^control == <<(.*)>>\[s \+ 1\]$/m.exec(text)![1]!.split(", ");
  expect(control).toHaveLength(252);
  const variables = [...text.matchAll(/^v_\w+ == <<(.*)>>\[s \+ 1\]$/gm)];
  expect(variables.length).toBeGreaterThan(4);
  for (const [, values] of variables) expect(values!.split(", ")).toHaveLength(252);
  expect(text.match(/^ {2}<<\d+, ".*", \d+>>/gm)).toHaveLength(1736);
});

const spin = findProgram("spin");
const gcc = findProgram("gcc");

test.skipIf(spin === undefined || gcc === undefined)(
  "Spin counts the same states of the Promela text, and agrees on a formula about its names",
  async () => {
    const text = await exported("promela");
    const folder = mkdtempSync(join(tmpdir(), "verify-export-"));
    const run = (program: string, ...args: readonly string[]): string =>
      execFileSync(program, args, {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    try {
      // without the silence of the environment, one state of Spin is one state here
      writeFileSync(join(folder, "m.pml"), text.replace("  :: break\n", ""));
      run(spin!, "-a", "m.pml");
      run(gcc!, "-w", "-DNOREDUCE", "-o", "pan", "pan.c");
      expect(run(join(folder, "pan"), "-E")).toMatch(/\b12 states, stored/);
      writeFileSync(
        join(folder, "m.pml"),
        `${text}ltl flag { [] (at_halfOpen -> v_failures == 0) }\nltl idle { [] <> at_closed }\n`,
      );
      run(spin!, "-a", "m.pml");
      run(gcc!, "-w", "-DNOREDUCE", "-o", "pan", "pan.c");
      expect(run(join(folder, "pan"), "-a", "-N", "flag")).toContain("errors: 0");
      expect(run(join(folder, "pan"), "-a", "-N", "idle")).toContain("errors: 1");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test("part of a state space is refused", async () => {
  await expect(exported("dot", opampControlLoop, 10)).rejects.toMatchObject({ code: "VRF110" });
});

/**
 * Every deviation of a wire run, replayed in a process of its own: does it come back, and in how long?
 * VERIFY_RUN: folder of the run (default .verify). VERIFY_REPLAYS: which ids (default our JS subjects).
 */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Report } from "../core/index.ts";
import { alone, type BenchArea } from "./case.ts";

const root = join(import.meta.dirname, "..");
const folder = process.env["VERIFY_RUN"] ?? join(root, ".verify");
const wanted = new RegExp(process.env["VERIFY_REPLAYS"] ?? "^(js-|otlp-exporter-js)");
const SIDE_BY_SIDE = 3;
const LIMIT_S = 20;

function replay(id: string): Promise<{ readonly seconds: number; readonly says: string }> {
  const started = performance.now();
  const args = ["--conditions=verify-workbench-source", "cli/main.ts", "replay", id];
  const where = ["-c", "peers.config.ts", "--out-dir", folder];
  return new Promise((resolve) => {
    execFile(process.execPath, [...args, ...where], { cwd: root }, (_, stdout) => {
      const says = stdout.split(":", 1)[0]!.trim();
      resolve({ seconds: (performance.now() - started) / 1000, says });
    });
  });
}

const bench: BenchArea = {
  async run(emit) {
    const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
    const ids = report.results
      .filter(
        ({ id, verdict, engine }) =>
          verdict === "violated" && engine === "conform" && wanted.test(id),
      )
      .map(({ id }) => id);
    const times: number[] = [];
    const missed: string[] = [];
    const next = ids.values();
    const work = async () => {
      for (const id of next) {
        const { seconds, says } = await replay(id);
        times.push(seconds);
        if (says !== "still fails" || seconds >= LIMIT_S) missed.push(`${id}: ${says}`);
        emit(alone(`${id}: ${says}`, "replay", seconds, "s"));
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    for (const text of missed) console.error(`not reproduced within ${LIMIT_S} s: ${text}`);
    emit(
      alone(
        `${ids.length - missed.length} of ${ids.length} deviations come back within ${LIMIT_S} s`,
        "longest",
        Math.max(0, ...times),
        "s",
        ids.length,
      ),
    );
  },
};
export default bench;

/** The command line as a user meets it: exit codes, diagnostics, artifacts, replay. */

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { Report } from "../../core/result.ts";
import { fixture, inTempFolder, verify } from "./run-cli.ts";

const runOn = (config: string, folder: string, ...args: string[]) =>
  verify([...args, "-c", fixture(config), "--out-dir", folder]);

describe("usage errors end with exit code 2 and say what to do", () => {
  test.each([
    ["an unknown option", ["run", "--sed", "3"], /--seed/],
    ["an unknown command", ["explian"], /explian|VRF/],
    ["a bad option value", ["run", "--seed", "x"], /integer/],
    ["a bad shard", ["run", "--shard", "5/4"], /i\/n/],
    ["a missing configuration", ["run", "-c", "nowhere.config.ts"], /VRF001.*nowhere/],
    ["an unknown reduction", ["check", "--reduce", "magic"], /por, symmetry, all, none/],
    ["an unknown reporter", ["run", "--reporter", "pdf"], /VRF007.*pdf/],
  ])("%s", async (_, args, message) => {
    const { code, stderr } = await verify(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test.each([
    ["an unknown subject", "door.config.ts", ["run", "doro"], /VRF004.*doro[^]*did you mean door/],
    ["an unknown engine", "door.config.ts", ["run", "--engine", "z3"], /VRF004/],
    ["nothing selected", "door.config.ts", ["run", "-g", "nothing"], /VRF005/],
    [
      "a configuration that throws",
      "broken.config.mjs",
      ["run"],
      /VRF002.*cannot read the machine/,
    ],
    ["a configuration without subjects", "no-subjects.config.ts", ["run"], /VRF003/],
    ["an event that is not declared", "undeclared-event.config.ts", ["check"], /VRF101.*WRONG/],
    ["an undeclared context field", "undeclared-field.config.ts", ["check"], /VRF102.*tries/],
    ["an infix implies", "infix.config.ts", ["check"], /VRF20[12][^]*implies/],
  ])("%s", async (_, config, args, message) => {
    await inTempFolder(async (folder) => {
      const { code, stdout, stderr } = await runOn(config, folder, ...args);
      expect(stderr + stdout).toMatch(message);
      expect(code).toBe(2);
    });
  });
});

describe("what cannot be written is said before anything is checked", () => {
  test.each([
    ["--out-dir", (file: string) => ["--out-dir", file]],
    ["a report", (file: string) => ["--reporter", `json=${file}/x.json`]],
  ])("%s", async (_, options) => {
    await inTempFolder(async (folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      const args = ["check", "-c", fixture("door.config.ts"), "--out-dir", join(folder, "out")];
      const { code, stdout, stderr } = await verify([...args, ...options(file)]);
      expect(stderr).toMatch(/VRF604[^]*at .*file[^]*help: choose another place/);
      expect(stdout + stderr).not.toMatch(/violated/);
      expect(code).toBe(2);
    });
  });
});

describe("a run", () => {
  test("finds the defect, exits with 1 and leaves report and counterexample behind", async () => {
    await inTempFolder(async (folder) => {
      const { code, stdout } = await runOn("door.config.ts", folder, "check");
      expect(stdout).toMatch(/violated/);
      expect(code).toBe(1);
      const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
      expect(report.results.map(({ property, verdict }) => [property, verdict])).toEqual([
        ["few-tries", "proved"],
        ["can-be-opened", "violated"],
      ]);
      expect(report.results[1]?.counterexample?.at).toMatchObject({ state: "alarm" });
      expect(readdirSync(join(folder, "counterexamples"))).toHaveLength(1);
    });
  });

  test("--json prints the report and nothing else", async () => {
    await inTempFolder(async (folder) => {
      const { stdout } = await runOn("door.config.ts", folder, "check", "--json");
      expect((JSON.parse(stdout) as Report).schemaVersion).toBe(1);
    });
  });

  test("a guard that throws is a model error with the path to it", async () => {
    await inTempFolder(async (folder) => {
      const { code, stdout } = await runOn("throwing.config.ts", folder, "check");
      expect(stdout).toMatch(/VRF104[^]*the sensor is gone/);
      expect(stdout).toMatch(/WRONG/);
      expect(code).toBe(2);
    });
  });

  test("the same seed gives the same report", async () => {
    const [first, second] = await Promise.all(
      [0, 1].map(() =>
        inTempFolder(async (folder) => {
          const { stdout } = await runOn("door.config.ts", folder, "check", "--json");
          const report = JSON.parse(stdout) as Report;
          return report.results.map((result) => ({ ...result, durationMs: 0 }));
        }),
      ),
    );
    expect(second).toEqual(first);
  });

  test("a baseline makes known findings pass", async () => {
    await inTempFolder(async (folder) => {
      await runOn("door.config.ts", folder, "check");
      const again = await runOn(
        "door.config.ts",
        join(folder, "again"),
        "check",
        "--baseline",
        join(folder, "report.json"),
      );
      expect(again.code).toBe(0);
    });
  });
});

describe("interruption", () => {
  test("Ctrl+C keeps the results so far, calls the rest skipped, and exits with 130", async () => {
    await inTempFolder(async (folder) => {
      let sent = false;
      const { code } = await verify(
        ["check", "-c", fixture("slow.config.ts"), "--out-dir", folder, "--jobs", "2"],
        {
          onStderr: (text, kill) => {
            if (!sent && text.includes("[2/3]")) {
              sent = true;
              kill("SIGINT");
            }
          },
        },
      );
      expect(code).toBe(130);
      const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
      expect(report.interrupted).toBe(true);
      expect(report.exitCode).toBe(130);
      expect(report.results.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
        "door/few-tries proved",
        "door/can-be-opened proved",
        expect.stringMatching(/^slow\/slow (skipped|inconclusive)$/),
      ]);
      expect(report.results[2]?.reason).toMatch(/interrupt/);
    });
  });

  test("a property that outlasts its time budget is inconclusive, not a pass", async () => {
    await inTempFolder(async (folder) => {
      const { code, stdout } = await runOn(
        "slow.config.ts",
        folder,
        "check",
        "slow",
        "--max-time",
        "0.5",
      );
      expect(stdout).toMatch(/inconclusive/);
      expect(code).toBe(3);
    });
  });
});

describe("replay", () => {
  const replay = async (config: string): Promise<{ code: number | null; stdout: string }> =>
    inTempFolder(async (folder) => {
      await runOn("door.config.ts", folder, "check");
      return verify(["replay", "door/can-be-opened", "-c", fixture(config), "--out-dir", folder]);
    });

  test("still fails on the same model", async () => {
    const { code, stdout } = await replay("door.config.ts");
    expect(stdout).toMatch(/^still fails/);
    expect(code).toBe(1);
  });

  test("fixed on a repaired copy, after the whole property was checked again", async () => {
    const { code, stdout } = await replay("repaired.config.ts");
    expect(stdout).toMatch(/^fixed[^]*checked again: proved/);
    expect(code).toBe(0);
  });

  test("no longer feasible when an event was renamed", async () => {
    const { code, stdout } = await replay("renamed.config.ts");
    expect(stdout).toMatch(/^no longer feasible[^]*WRONG/);
    expect(code).toBe(3);
  });

  test("nothing to replay is a usage error", async () => {
    await inTempFolder(async (folder) => {
      const none = await verify(["replay", "door/x", "--out-dir", folder]);
      expect(none.stderr).toMatch(/VRF008/);
      expect(none.code).toBe(2);
    });
  });
});

describe("explain and list", () => {
  test("explain knows verdicts, codes and results", async () => {
    expect((await verify(["explain", "vacuous"])).stdout).toMatch(/premise/);
    expect((await verify(["explain", "VRF101"])).stdout).toMatch(/payload/);
    await inTempFolder(async (folder) => {
      await runOn("door.config.ts", folder, "check");
      const { stdout, code } = await verify(["explain", "door/can-be-opened", "--out-dir", folder]);
      expect(stdout).toMatch(/promises[^]*WRONG/);
      expect(code).toBe(0);
    });
  });

  test("list shows obligations with their engines", async () => {
    const { stdout, code } = await verify(["list", "-c", fixture("door.config.ts")]);
    expect(stdout).toMatch(/explore\s+door\/few-tries/);
    expect(code).toBe(0);
  });
});

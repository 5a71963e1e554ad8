import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { embed } from "../../tools/embed.ts";
import { inTempFolder, verify } from "../cli/run-cli.ts";
import type { Report } from "../../core/result.ts";

const root = join(import.meta.dirname, "../..");

describe("examples/door", () => {
  it("is what the documentation shows", () => {
    for (const file of ["README.md", "docs/getting-started.md"]) {
      const text = readFileSync(join(root, file), "utf8");
      expect(text).toContain("<!-- file: examples/door/verify.config.ts -->");
      expect(embed(text), `run: node tools/embed.ts ${file}`).toBe(text);
    }
  });

  it("runs with the verdicts that its comments promise", async () => {
    await inTempFolder(async (folder) => {
      const { code, stdout, stderr } = await verify(
        ["--json", "-c", join(root, "examples/door/verify.config.ts"), "--out-dir", folder],
        { env: { NODE_OPTIONS: "--conditions=verify-workbench-source" } },
      );
      expect(stderr + stdout).not.toBe("");
      const report = JSON.parse(stdout) as Report;
      expect(
        report.results.map(({ engine, title, verdict }) => `${engine} ${title}: ${verdict}`),
      ).toEqual(
        expect.arrayContaining([
          "explore three wrong tries raise the alarm: proved",
          "explore never open while alarmed: proved",
          "explore can be opened: proved",
          "explore an alarm ends: proved",
          "explore the first PIN is right: violated",
        ]),
      );
      expect(report.summary.unexpected).toBe(0);
      expect(code).toBe(0);
    });
  });
});

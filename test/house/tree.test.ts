/** What no committed file may contain. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const listed = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
const files = listed.stdout.split("\0").filter((file) => file !== "");

describe.skipIf(listed.status !== 0)("the committed files", () => {
  it("are no output of tools", () => {
    expect(files.length).toBeGreaterThan(100);
    const output = /^(dist|coverage|\.verify|\.vitest|node_modules)\/|\.(log|tgz|cpuprofile)$/;
    expect(files.filter((file) => output.test(file))).toEqual([]);
  });

  it("name no folder of the machine they were written on", () => {
    // written in two parts, so that this file does not find itself
    const pattern = new RegExp(["/work", "/(wt|main|shared)\\b|/tmp/", "verify-land"].join(""));
    const found = files.filter((file) => pattern.test(readFileSync(join(root, file), "utf8")));
    expect(found).toEqual([]);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { prepareFolder, writeText } from "../../runner/write-file.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "verify-write-"));
  writeFileSync(join(folder, "file"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("writing", () => {
  it("makes the folders that are missing", () => {
    const path = join(folder, "a/b/c.txt");
    writeText(path, "text");
    expect(readFileSync(path, "utf8")).toBe("text");
    prepareFolder(join(folder, "a/b"));
  });

  it.each(["file", "file/below", "file/far/below"])("names what stands in the way: %s", (name) => {
    const place = join(folder, name);
    const refusal = expect.objectContaining({ code: "VRF604", exitCode: 2 }) as Error;
    expect(() => prepareFolder(place)).toThrow(refusal);
    expect(() => writeText(join(place, "x.txt"), "")).toThrow(refusal);
  });

  it.runIf(process.platform === "linux")("ends where no folder can be made", () => {
    expect(() => prepareFolder("/proc/no-such-folder/below")).toThrow(/no-such-folder/);
  });
});

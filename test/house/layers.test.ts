import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { checkLayers, layerRules } from "../../tools/layers.ts";

/** A small house that keeps every rule; each test plants one forbidden import into it. */
const clean: Record<string, string> = {
  "package.json": JSON.stringify({
    name: "fixture",
    type: "module",
    dependencies: { solver: "1.0.0" },
    devDependencies: { fake: "1.0.0" },
  }),
  "node_modules/solver/package.json": JSON.stringify({ name: "solver", main: "index.js" }),
  "node_modules/solver/index.js": "export const solve = 1;",
  "node_modules/fake/package.json": JSON.stringify({ name: "fake", main: "index.js" }),
  "node_modules/fake/index.js": "export const fake = 1;",
  "core/words.ts": "export interface Word { readonly a: number }\nexport const word = 1;",
  "core/more.ts": 'export { word } from "./words.ts";',
  "expr/parse.ts": 'import { word } from "../core/words.ts";\nexport const parse = word;',
  "semantics/table.ts": 'import { parse } from "../expr/parse.ts";\nexport const table = parse;',
  "models/door.ts": 'import { word } from "../core/words.ts";\nexport const door = word;',
  "properties/door.ts": 'import { door } from "../models/door.ts";\nexport const claims = door;',
  "solver/ask.ts":
    'import { solve } from "solver";\nimport { word } from "../core/words.ts";\nexport const ask = solve + word;',
  "impl/lock.ts": "export const lock = 1;",
  "impl/ottl/parse.ts": "export const ottl = 1;",
  "adapters/lock.ts": 'import { lock } from "../impl/lock.ts";\nexport const adapter = lock;',
  "checkers/explore/engine.ts":
    'import { table } from "../../semantics/table.ts";\nexport const explore = table;',
  "checkers/prove/engine.ts":
    'import { solve } from "solver";\nimport { parse } from "../../expr/parse.ts";\nexport const prove = solve + parse;',
  "checkers/rules/engine.ts":
    'import { ask } from "../../solver/ask.ts";\nimport { ottl } from "../../impl/ottl/parse.ts";\nexport const rules = ask + ottl;',
  "checkers/audit/audit.ts": "export const audit = 1;",
  "sim/queue/engine.ts": 'import { word } from "../../core/words.ts";\nexport const sim = word;',
  "runner/registry.ts":
    'export const engines = { explore: () => import("../checkers/explore/engine.ts") };',
  "reports/json.ts": 'import type { Word } from "../core/words.ts";\nexport type Shown = Word;',
  "cli/main.ts":
    'import "../impl/ottl/parse.ts";\nimport { engines } from "../runner/registry.ts";\nimport "../reports/json.ts";\nconsole.log(engines);',
  "index.ts": 'export * from "./core/words.ts";',
  "verify.config.ts":
    'import { claims } from "./properties/door.ts";\nimport { adapter } from "./adapters/lock.ts";\nexport default [claims, adapter];',
};

let root: string;

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "verify-layers-"));
  for (const [file, text] of Object.entries(clean)) write(file, text);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** rule, file that breaks it, its text */
const planted: [string, string, string][] = [
  ["no-circular", "core/words.ts", 'import type {} from "./more.ts";\nexport const word = 1;'],
  ["not-to-unresolvable", "expr/parse.ts", 'import "./gone.ts";\nexport const parse = 1;'],
  ["core-stands-alone", "core/more.ts", 'import type {} from "../reports/json.ts";'],
  ["core-has-no-runtime-dependencies", "core/more.ts", 'export { solve } from "solver";'],
  ["expr-knows-core", "expr/parse.ts", 'export { solve as parse } from "../checkers/prove/z3.ts";'],
  [
    "semantics-knows-core-and-expr",
    "semantics/table.ts",
    'export { door as table } from "../models/door.ts";',
  ],
  ["solver-knows-core", "solver/ask.ts", 'export { parse as ask } from "../expr/parse.ts";'],
  [
    "models-know-core-and-expr",
    "models/door.ts",
    'export { table as door } from "../semantics/table.ts";',
  ],
  [
    "properties-know-models",
    "properties/door.ts",
    'export { explore as claims } from "../checkers/explore/engine.ts";',
  ],
  ["impl-stands-alone", "impl/lock.ts", 'export { word as lock } from "../core/words.ts";'],
  [
    "adapters-know-impl-and-core",
    "adapters/lock.ts",
    'export { door as adapter } from "../models/door.ts";',
  ],
  [
    "engines-know-no-content",
    "checkers/explore/engine.ts",
    'export { door as explore } from "../../models/door.ts";',
  ],
  [
    "only-rules-knows-ottl",
    "checkers/explore/engine.ts",
    'export { ottl as explore } from "../../impl/ottl/parse.ts";',
  ],
  [
    "engines-do-not-know-each-other",
    "checkers/explore/engine.ts",
    'export { prove as explore } from "../prove/engine.ts";',
  ],
  [
    "sim-knows-no-checker",
    "sim/queue/engine.ts",
    'export { prove as sim } from "../../checkers/prove/engine.ts";',
  ],
  [
    "audit-shares-no-code-with-engines",
    "checkers/audit/audit.ts",
    'export { table as audit } from "../../semantics/table.ts";',
  ],
  [
    "reports-know-core",
    "reports/json.ts",
    'export type { explore as Shown } from "../checkers/explore/engine.ts";',
  ],
  [
    "runner-composes-engines",
    "runner/registry.ts",
    'export const engines = import("../models/door.ts");',
  ],
  ["cli-knows-no-content", "cli/main.ts", 'import "../adapters/lock.ts";'],
  ["public-api-is-light", "index.ts", 'export * from "./runner/registry.ts";'],
  [
    "only-the-config-ties-content",
    "runner/registry.ts",
    'import "../properties/door.ts";\nexport const engines = 1;',
  ],
  ["product-does-not-import-tests", "cli/main.ts", 'import "../test/helper.ts";'],
  [
    "shipped-code-has-no-dev-dependencies",
    "runner/registry.ts",
    'export { fake as engines } from "fake";',
  ],
];

describe("the layer rules", { timeout: 120_000 }, () => {
  it("read every module of a house that keeps them and find nothing", async () => {
    const check = await checkLayers(root);
    expect(check.violations).toEqual([]);
    expect(check.missed).toEqual([]);
    const ours = Object.keys(clean).filter(
      (file) => file.endsWith(".ts") && !file.startsWith("node_modules"),
    );
    expect(check.modules).toBe(ours.length);
  });

  it.each(planted)("%s is broken by %s", async (rule, file, text) => {
    write("checkers/prove/z3.ts", "export const solve = 1;");
    write("test/helper.ts", "export const helper = 1;");
    write(file, text);
    const { violations } = await checkLayers(root);
    // a cycle is reported once, from whichever end it was found
    const from = rule === "no-circular" ? "core/" : `${file} -> `;
    expect(violations.filter((found) => found.startsWith(`${rule}: ${from}`))).toHaveLength(1);
  });

  it("have a planted violation for each of them", () => {
    expect(planted.map(([rule]) => rule).sort()).toEqual([...layerRules].sort());
  });

  it("say so when a file cannot be read at all", async () => {
    rmSync(root, { recursive: true });
    mkdirSync(root);
    expect((await checkLayers(root)).modules).toBe(0);
  });
});

/**
 * Would the suite notice a fault of the compiler or of the search? Mutants of their sources by fixed
 * operators; nobody chooses the places: every site is listed, and the seed picks the same number for
 * each operator. Each mutant is written into a copy of the tree, and the tests of exploration run on
 * it until the first failure.
 *
 * `npm run mutation:explore [-- --each 6 --seed 1 --jobs 2 --only 3,7]`
 */

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { makeRandom } from "../../core/random.ts";

const root = join(import.meta.dirname, "../..");

/** The compiler, the search and the temporal algorithms; not what only words or draws. */
const sources = [
  ...["channel", "expand", "kind", "layout", "pending", "product", "store"].map(
    (name) => `semantics/packed/${name}.ts`,
  ),
  ...["instrument", "oracle", "recorder"].map((name) => `semantics/trace/${name}.ts`),
  ...["graph", "recurrence", "safety"].map((name) => `checkers/explore/${name}.ts`),
  ...["buchi", "components", "ctl", "fair", "loops", "normal", "product", "search", "word"].map(
    (name) => `checkers/explore/temporal/${name}.ts`,
  ),
];

/** Fast and sharp first: the run ends at the first failure. */
const tests = [
  "test/temporal/search.test.ts",
  "test/temporal/ctl.test.ts",
  "test/temporal/properties.test.ts",
  "test/semantics",
  "test/explore",
  "test/audit",
];

interface Operator {
  readonly name: string;
  readonly find: RegExp;
  readonly replace: string;
}

const operators: readonly Operator[] = [
  { name: "shift a bound: < to <=", find: / < (?=[\w(])/g, replace: " <= " },
  { name: "shift by one: + 1 left out", find: / \+ 1\b/g, replace: "" },
  { name: "turn a test: === to !==", find: / === /g, replace: " !== " },
  { name: "weaken a test: && to ||", find: / && /g, replace: " || " },
  { name: "drop a mask: & to |", find: / & (?=[~\w(])/g, replace: " | " },
  { name: "skip a continue", find: /\bcontinue;/g, replace: ";" },
  {
    name: "answer the opposite: return true/false",
    find: /\breturn (?:true|false);/g,
    replace: "",
  },
  {
    name: "forget an element: push left out",
    find: /^ *[\w.#[\]!]+\.push\([^()]*\);$/gm,
    replace: "",
  },
  {
    name: "forget a step: an update left out",
    find: /^ *[\w.#[\]!]+ (?:\+=|-=|\|=) [^;]+;$/gm,
    replace: "",
  },
];

interface Mutant {
  readonly number: number;
  readonly operator: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly source: string;
}

function sitesOf({ name, find, replace }: Operator): Omit<Mutant, "number">[] {
  return sources.flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8");
    return [...source.matchAll(find)].flatMap(({ index, 0: found }) => {
      const line = source.slice(0, index).split("\n").length + (found.startsWith("\n") ? 1 : 0);
      const text = source.split("\n")[line - 1]!.trim();
      if (/^(?:\*|\/\*|\/\/|import|export type|readonly)/.test(text)) return [];
      const opposite = found.includes("true") ? "return false;" : "return true;";
      const changed = found.startsWith("return ") ? opposite : replace;
      return [
        {
          operator: name,
          file,
          line,
          text,
          source: source.slice(0, index) + changed + source.slice(index + found.length),
        },
      ];
    });
  });
}

const { values: flags } = parseArgs({
  options: {
    each: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    only: { type: "string" },
  },
});

const random = makeRandom(Number(flags.seed));
const mutants: Mutant[] = [];
for (const operator of operators) {
  const sites = sitesOf(operator);
  for (let count = 0; count < Number(flags.each) && sites.length > 0; count++) {
    const [site] = sites.splice(random.below(sites.length), 1);
    mutants.push({ number: mutants.length + 1, ...site! });
  }
}
const only = flags.only?.split(",").map(Number);
const queue = mutants.filter(({ number }) => only?.includes(number) ?? true);
console.log(`${queue.length} mutants of ${sources.length} files`);

/** Longest run of the tests on one mutant; a mutant that loops for ever is caught by it. */
const patienceMs = 150_000;

function copyOfTree(): string {
  const folder = mkdtempSync(join(tmpdir(), "verify-mutants-"));
  for (const part of ["checkers", "core", "expr", "semantics", "models", "properties", "runner"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  for (const part of ["test", "impl", "solver", "sim", "reports", "adapters", "examples", "cli"]) {
    symlinkOrCopy(part, folder);
  }
  for (const file of ["package.json", "tsconfig.json", "vitest.config.ts", "index.ts"]) {
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Tests import what they test by relative paths: they have to be copies as well. */
function symlinkOrCopy(part: string, folder: string): void {
  cpSync(join(root, part), join(folder, part), {
    recursive: true,
    filter: (path) => !path.includes("node_modules") && !path.includes("/dist/"),
  });
}

/** null: nothing noticed the mutant. */
function caughtBy(folder: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [join(root, "node_modules/vitest/vitest.mjs"), "run", "--bail", "1", ...tests],
      { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } },
    );
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(null);
      else if (signal !== null) resolve("the time limit");
      else resolve(/FAIL.*?(test\/\S+)/s.exec(output)?.[1] ?? "the type of failure is unknown");
    });
  });
}

const survivors: Mutant[] = [];
let done = 0;
async function work(): Promise<void> {
  const folder = copyOfTree();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const file = join(folder, mutant.file);
      const original = readFileSync(file, "utf8");
      writeFileSync(file, mutant.source);
      const by = await caughtBy(folder);
      writeFileSync(file, original);
      done += 1;
      if (by === null) survivors.push(mutant);
      const { number, operator, line, text } = mutant;
      const verdict = by === null ? "SURVIVED" : `caught by ${by}`;
      console.log(`${number}  ${mutant.file}:${line}  ${operator}  ${verdict}\n    ${text}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
await Promise.all(Array.from({ length: Number(flags.jobs) }, work));

const share = (100 * (done - survivors.length)) / done;
console.log(`\n${done - survivors.length} of ${done} caught (${share.toFixed(1)} %); survivors:`);
for (const { number, file, line, operator, text } of survivors) {
  console.log(`  ${number}  ${file}:${line}  ${operator}: ${text}`);
}

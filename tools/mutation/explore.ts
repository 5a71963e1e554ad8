/**
 * Would the suite notice a fault of the compiler or of the search? Mutants of their sources by fixed
 * operators (explore-sites.ts); the seed picks the same number for each operator. Each mutant is
 * written into a copy of the tree, and the tests of exploration run on it until the first failure.
 *
 * What counts as caught: a test fails, or the tests do not end within twice the processor time
 * that they take without the mutant (a loop without end) or stand still (threads that wait for each
 * other), or they die (out of memory). The three are told apart. A mutant on which the tests could not
 * be run counts neither way.
 *
 * `npm run mutation:explore [-- --each 6 --seed 1 --jobs 2 --only 3,7 --files reduce/]`; `--each all`
 * takes every place.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { makeRandom } from "../../core/random.ts";
import { equivalents, reasonFor } from "./explore-equivalent.ts";
import { operators, sitesOf, sources, type Site } from "./explore-sites.ts";

const root = join(import.meta.dirname, "../..");

const tests = [
  "test/temporal/search.test.ts",
  "test/temporal/normal.test.ts",
  "test/temporal/ctl.test.ts",
  "test/temporal/properties.test.ts",
  "test/temporal/words.test.ts",
  "test/semantics",
  "test/explore",
  "test/audit",
];

const { values: flags } = parseArgs({
  options: {
    each: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    only: { type: "string" },
    files: { type: "string", default: "" },
  },
});

type Mutant = Site & { readonly number: number };

const random = makeRandom(Number(flags.seed));
const mutants: Mutant[] = [];
for (const operator of operators) {
  const sites = sitesOf(operator);
  const wanted = flags.each === "all" ? sites.length : Number(flags.each);
  for (let count = 0; count < wanted && sites.length > 0; count++) {
    const [site] = sites.splice(random.below(sites.length), 1);
    mutants.push({ number: mutants.length + 1, ...site! });
  }
}
for (const { operator, file, text } of equivalents) {
  const sites = sitesOf(operators.find(({ name }) => name === operator)!);
  if (sites.some((site) => site.file === file && site.text === text)) continue;
  console.log(`known as equivalent, but gone: ${file} ${operator}: ${text}`);
}
const only = flags.only?.split(",").map(Number);
const queue = mutants.filter(
  ({ number, file }) => file.includes(flags.files) && (only?.includes(number) ?? true),
);

/**
 * Tests that bear the name of the mutated room or file come first, then those that take little time:
 * most mutants do not survive them.
 */
const nearestFirst = `
import { BaseSequencer } from "vitest/node";
import config from "./vitest.config.ts";

const { times, near } = JSON.parse(process.env.MUTATION_ORDER);
const placeOf = ({ moduleId }) => {
  const file = moduleId.slice(moduleId.indexOf("/test/") + 1);
  return (times[file] ?? 0) + (file.split(/[/.]/).some((word) => near.includes(word)) ? 0 : 1e9);
};

class NearestFirst extends BaseSequencer {
  async sort(files) {
    return files.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

export default { ...config, test: { ...config.test, sequence: { sequencer: NearestFirst } } };
`;
/** Milliseconds per test file, without a mutant. */
const times: Record<string, number> = {};

function copyOfTree(): string {
  const folder = mkdtempSync(join(tmpdir(), "verify-mutants-"));
  const parts = ["checkers", "core", "expr", "semantics", "models", "properties", "runner"];
  const others = ["test", "impl", "solver", "sim", "reports", "adapters", "examples", "cli"];
  for (const part of [...parts, ...others]) {
    // Tests import what they test by relative paths: they have to be copies as well.
    cpSync(join(root, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.includes("node_modules") && !path.includes("/dist/"),
    });
  }
  for (const file of ["package.json", "tsconfig.json", "vitest.config.ts", "index.ts"]) {
    cpSync(join(root, file), join(folder, file));
  }
  writeFileSync(join(folder, "mutation.config.ts"), nearestFirst);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

interface TestRun {
  readonly says: "passed" | "failed" | "endless" | "died" | "not-run";
  /** The test that failed, or what happened instead. */
  readonly detail: string;
  readonly cpuSeconds: number;
}

/** Processor time of a process with its threads, in seconds (proc(5), fields 14 and 15 of stat). */
function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0; // it has just ended, or this is no Linux: then only the patience below ends it
  }
}

/** The longest that a run may take on the wall clock, however busy the machine. */
const patienceMs = 1_800_000;
/** How often a run is looked at. */
const lookMs = 250;
/** The longest that a run may do nothing at all: then its threads wait for each other. */
const stillMs = 60_000;

const running = new Set<ChildProcess>();

/** Folders that all mutated files are in say nothing about the tests. */
const nearWords = (file: string): readonly string[] =>
  file.split(/[/.]/).filter((word) => !/^(?:checkers|explore|semantics|ts)$/.test(word));

function runTests(folder: string, maximalCpuSeconds: number, file = ""): Promise<TestRun> {
  const json = join(folder, "result.json");
  rmSync(json, { force: true });
  const env = {
    ...process.env,
    NO_COLOR: "1",
    MUTATION_ORDER: JSON.stringify({ times, near: nearWords(file) }),
  };
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        join(root, "node_modules/vitest/vitest.mjs"),
        "run",
        "--bail=1",
        "--pool=threads",
        "--maxWorkers=1",
        "--no-isolate",
        "--reporter=json",
        `--outputFile=${json}`,
        "--config=mutation.config.ts",
        ...tests,
      ],
      { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env },
    );
    running.add(child);
    let output = "";
    let cpuSeconds = 0;
    let endless = false;
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    const started = performance.now();
    let still = 0; // counted in looks, so that a machine that slept is not taken for a test that did
    const watch = setInterval(() => {
      const before = cpuSeconds;
      cpuSeconds = Math.max(cpuSeconds, cpuSecondsOf(child.pid ?? 0));
      still = cpuSeconds > before ? 0 : still + 1;
      const stands = still * lookMs > stillMs || performance.now() - started > patienceMs;
      if (cpuSeconds < maximalCpuSeconds && !stands) return;
      endless = true;
      child.kill("SIGKILL");
    }, lookMs);
    const answer = (says: TestRun["says"], detail: string): void => {
      clearInterval(watch);
      running.delete(child);
      resolve({ says, detail, cpuSeconds });
    };
    child.on("error", ({ message }) => answer("not-run", message));
    child.on("close", (code, signal) => {
      if (endless) answer("endless", `no end, ${cpuSeconds.toFixed(0)} s of processor time`);
      else if (code === 0) answer("passed", "");
      else answer(...told(json, output, signal));
    });
  });
}

interface Told {
  readonly name: string;
  readonly message: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
}

/** What vitest's report says, file by file. */
const readReport = (json: string): readonly Told[] =>
  (JSON.parse(readFileSync(json, "utf8")) as { testResults: Told[] }).testResults;

const inTree = (name: string): string => name.slice(name.lastIndexOf("/test/") + 1);

function told(json: string, output: string, signal: string | null): [TestRun["says"], string] {
  let files: readonly Told[];
  try {
    files = readReport(json);
  } catch {
    const memory = /heap out of memory|ERR_WORKER_OUT_OF_MEMORY|allocation failed/i.exec(output);
    if (memory !== null || signal !== null) return ["died", memory?.[0] ?? signal!];
    return ["died", output.trim().split("\n").slice(-3).join(" / ")];
  }
  for (const { name, assertionResults } of files) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    if (failed !== undefined) {
      return ["failed", `${inTree(name)} > ${failed.title}`];
    }
  }
  const broken = files.find(({ message }) => message !== "");
  if (broken !== undefined && /SyntaxError|Transform failed|PARSE_ERROR/.test(broken.message)) {
    return ["not-run", broken.message.split("\n")[0]!];
  }
  if (broken !== undefined) return ["failed", `${broken.name} does not load: ${broken.message}`];
  return /Unhandled/.test(output)
    ? ["died", "an error outside every test"]
    : ["not-run", output.trim().split("\n").slice(-3).join(" / ")];
}

const results: { readonly mutant: Mutant; readonly run: TestRun }[] = [];
let limit = Number.POSITIVE_INFINITY;

async function work(folder: string): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const file = join(folder, mutant.file);
    const original = readFileSync(file, "utf8");
    writeFileSync(file, mutant.source);
    let run = await runTests(folder, limit, mutant.file);
    if (run.says === "not-run" || run.says === "died")
      run = await runTests(folder, limit, mutant.file); // the machine's fault, perhaps
    writeFileSync(file, original);
    results.push({ mutant, run });
    const { number, operator, line, text } = mutant;
    const why = reasonFor(mutant);
    const word =
      run.says === "passed" ? `SURVIVED${why === null ? "" : ` (equivalent: ${why})`}` : run.says;
    console.log(`${number}  ${mutant.file}:${line}  ${operator}  ${word} ${run.detail}`);
    console.log(`    ${text}`);
  }
}

const folders = Array.from({ length: Number(flags.jobs) }, copyOfTree);
const tidy = (): void => {
  for (const child of running) child.kill("SIGKILL"); // a mutant may never end by itself
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    tidy();
    process.exit(130);
  });
}
try {
  console.log(`${queue.length} mutants of ${sources.length} files, seed ${flags.seed}`);
  const plain = await runTests(folders[0]!, limit);
  if (plain.says !== "passed") throw new Error(`without a mutant: ${plain.says} ${plain.detail}`);
  limit = Math.max(40, 2 * plain.cpuSeconds);
  for (const { name, startTime, endTime } of readReport(join(folders[0]!, "result.json"))) {
    times[inTree(name)] = endTime - startTime;
  }
  console.log(`without a mutant: passed, ${plain.cpuSeconds.toFixed(0)} s of processor time`);
  await Promise.all(folders.map(work));
} finally {
  tidy();
}

const of = (...words: TestRun["says"][]): typeof results =>
  results.filter(({ run }) => words.includes(run.says));
const caught = of("failed", "endless", "died");
const judged = results.length - of("not-run").length;
console.log(
  `\n${caught.length} of ${judged} caught (${((100 * caught.length) / judged).toFixed(1)} %): ` +
    `${of("failed").length} by a failing test, ${of("endless").length} by a loop without end, ` +
    `${of("died").length} by the death of the tests; ${of("not-run").length} could not be run`,
);
console.log("survivors:");
for (const { mutant } of of("passed")) {
  const { number, file, line, operator, text } = mutant;
  const why = reasonFor(mutant);
  console.log(`  ${number}  ${file}:${line}  ${operator}: ${text}`);
  console.log(`      ${why === null ? "NOT KNOWN AS EQUIVALENT" : `equivalent: ${why}`}`);
}
if (of("not-run").length > 0) process.exitCode = 1;

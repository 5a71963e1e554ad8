/**
 * Packs the workbench, looks into the tarball, installs it with production dependencies only into an
 * empty directory and uses it there, as a stranger would.
 *
 * usage: node tools/pack-smoke.ts
 */

import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";

import { urlSiblings } from "./url-siblings.ts";

const root = join(import.meta.dirname, "..");
const failures: string[] = [];
let checks = 0;

function check(passed: boolean, what: string): void {
  checks += 1;
  if (!passed) failures.push(what);
  console.log(`${passed ? "ok  " : "FAIL"} ${what}`);
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(cwd: string, program: string, args: readonly string[], env = process.env): Run {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: "utf8",
    timeout: 180_000,
  });
  return { status, stdout: stdout ?? "", stderr: `${stderr ?? ""}${error ? String(error) : ""}` };
}

function must(result: Run, what: string): Run {
  if (result.status === 0) return result;
  console.error(`${what} failed (exit ${result.status})\n${result.stdout}${result.stderr}`);
  process.exit(1);
}

/** The exit code is the expected one and the output shows the expected words. */
function expectRun(result: Run, status: number, pattern: RegExp, what: string): void {
  const output = result.stdout + result.stderr;
  const passed = result.status === status && pattern.test(output);
  check(passed, `${what}: exit ${status}, ${String(pattern)}`);
  if (!passed)
    console.log(`     got exit ${result.status}\n${output.replaceAll(/^/gm, "     | ")}`);
}

/** The first Node on the PATH that is too old for the workbench, as on many machines. */
function oldNode(): string | undefined {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const node = join(directory, "node");
    try {
      accessSync(node, constants.X_OK);
    } catch {
      continue;
    }
    const { stdout } = run(root, node, ["-p", "process.versions.node"]);
    const [major = 0, minor = 0] = stdout.split(".").map(Number);
    if (major > 0 && (major < 22 || (major === 22 && minor < 18))) return node;
  }
  return undefined;
}

const work = realpathSync(mkdtempSync(join(tmpdir(), "verify-pack-")));
try {
  must(run(root, process.execPath, ["tools/build.ts"]), "the build");
  // The build has just run: without scripts, so that nothing but JSON is printed.
  const packed = must(
    run(root, "npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work]),
    "npm pack",
  );
  const [tarball] = JSON.parse(packed.stdout) as {
    filename: string;
    unpackedSize: number;
    files: { path: string }[];
  }[];
  if (tarball === undefined) throw new Error("npm pack made nothing");
  const paths = tarball.files.map((file) => file.path);
  console.log(`${tarball.filename}: ${paths.length} files, ${tarball.unpackedSize} bytes unpacked`);

  const allowed = /^(dist\/|docs\/[\w-]+\.md$|package\.json$|README\.md$|LICENSE$|NOTICE$)/;
  const strangers = paths.filter((path) => !allowed.test(path));
  check(
    strangers.length === 0,
    `only dist, guides, licence, notice and readme ${strangers.join(" ")}`,
  );
  const content = paths.filter(
    (path) =>
      /(^|\/)(tools|test|bench|models|properties|impl|adapters|node_modules)\//.test(path) &&
      !path.startsWith("dist/impl/ottl/"),
  );
  check(content.length === 0, `no tools, tests or subjects of our own ${content.join(" ")}`);
  for (const needed of [
    "dist/index.js",
    "dist/index.d.ts",
    "dist/cli/main.js",
    "dist/reports/app/dist/index.html",
    "dist/reports/schema/report.schema.json",
    "docs/getting-started.md",
    "docs/diagnostics.md",
    "LICENSE",
    "NOTICE",
    "README.md",
  ]) {
    check(paths.includes(needed), `contains ${needed}`);
  }

  writeFileSync(
    join(work, "package.json"),
    JSON.stringify({ name: "stranger", private: true, type: "module" }),
  );
  must(
    run(work, "npm", ["install", "--omit=dev", "--ignore-scripts", join(work, tarball.filename)]),
    "installing the tarball",
  );
  const home = join(work, "node_modules/verify-workbench");
  const installed = globSync("node_modules/{*,@*/*}", { cwd: work }).map((path) => basename(path));
  const runtimes = installed.filter((name) => /^node(-(linux|win|darwin)-.*)?$/.test(name));
  check(runtimes.length === 0, `brings no Node of its own ${runtimes.join(" ")}`);

  const lost = globSync("dist/**/*.js", { cwd: home }).flatMap((file) =>
    urlSiblings(readFileSync(join(home, file), "utf8"))
      .filter((target) => !existsSync(join(home, dirname(file), target)))
      .map((target) => `${file} -> ${target}`),
  );
  check(lost.length === 0, `files started or read by URL are there ${lost.join(", ")}`);

  const verify = (...args: string[]): Run =>
    run(work, join(work, "node_modules/.bin/verify"), args);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  expectRun(verify("--version"), 0, new RegExp(version.replaceAll(".", "\\.")), "--version");
  expectRun(verify("--help"), 0, /conform/, "--help");
  expectRun(verify("--no-such-option"), 2, /no-such-option/, "an unknown option");
  expectRun(verify("list"), 2, /VRF001/, "list without a configuration");
  expectRun(verify("run"), 2, /VRF001/, "run without a configuration");
  const { status: doctor } = verify("doctor");
  check(doctor === 0, `doctor: exit 0 (got ${doctor})`);

  for (const file of ["door.machine.ts", "verify.config.ts"]) {
    writeFileSync(join(work, file), readFileSync(join(root, "examples/door", file), "utf8"));
  }
  expectRun(verify("list"), 0, /door\//, "list with the example's configuration");
  expectRun(verify("run"), 0, /proved/, "run with the example's configuration");
  expectRun(verify("run", "-g", "no such subject"), 2, /VRF005/, "run with nothing selected");

  writeFileSync(
    join(work, "otel.yaml"),
    'processors: { transform: { error_mode: ignore, log_statements: [ "set(log.body, SHA256(log.body))" ] } }\n',
  );
  expectRun(verify("rules", "check", "otel.yaml"), 1, /leaves in clear/, "rules check");

  const imported = run(work, process.execPath, [
    "--input-type=module",
    "--eval",
    'import { defineConfig } from "verify-workbench";' +
      'import schema from "verify-workbench/report-schema.json" with { type: "json" };' +
      "if (typeof defineConfig !== 'function' || schema.$schema === undefined) process.exit(1);",
  ]);
  check(imported.status === 0, `the exports can be imported ${imported.stderr}`);

  const old = oldNode();
  if (old === undefined) {
    console.log("note no Node older than 22.18 on the PATH: its refusal was not tried");
  } else {
    const refused = run(work, old, [join(home, "dist/cli/main.js"), "--version"]);
    expectRun(refused, 4, /needs Node 22\.18 or newer/, `an old Node (${old})`);
    check(refused.stderr.trim().split("\n").length === 1, "an old Node: one sentence");
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`pack smoke: ${checks - failures.length} of ${checks} checks passed`);
if (failures.length > 0) process.exitCode = 1;

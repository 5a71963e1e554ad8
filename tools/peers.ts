/**
 * Installs the published implementations that peers.config.ts judges, into .verify/peers: lines of
 * OpenTelemetry JS by npm, the Go SDK and a Collector by go, the Python SDK by pip. What a missing
 * toolchain cannot build is left out and skipped later. `node tools/peers.ts [name...]`
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { jsPeers, peersFolder } from "../adapters/peers.ts";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

function run(command: string, args: readonly string[], cwd: string): boolean {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (error !== undefined) console.error(`${command}: not found`);
  return status === 0;
}

function report(name: string, done: boolean): void {
  console.log(`${done ? "built  " : "skipped"}  ${name}`);
}

mkdirSync(peersFolder, { recursive: true });
for (const [name, { packages }] of Object.entries(jsPeers)) {
  if (!isWanted(name)) continue;
  const folder = join(peersFolder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `{"name":"peer","private":true}\n`);
  const specs = Object.entries(packages).map(([id, version]) => `${id}@${version}`);
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps"];
  report(name, run("npm", ["install", ...options, ...specs], folder));
}
for (const name of ["go-sdk", "collector"]) {
  if (!isWanted(name)) continue;
  const source = join(root, "examples/peers", name);
  const output = join(peersFolder, name);
  report(name, run("go", ["build", "-buildvcs=false", "-o", output, "."], source));
}
if (isWanted("python")) {
  const venv = join(peersFolder, "python");
  const made = existsSync(venv) || run("python3", ["-m", "venv", venv], root);
  cpSync(join(root, "examples/peers/python/service.py"), join(peersFolder, "service.py"));
  const requirements = join(root, "examples/peers/python/requirements.txt");
  report("python", made && run(join(venv, "bin/pip"), ["install", "-q", "-r", requirements], root));
}

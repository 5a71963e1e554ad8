/**
 * Builds the package into dist/: JavaScript and declarations, the report page, the JSON schema.
 *
 * Files that the code reads at run time keep their place relative to the code, so that the same
 * `new URL("../…", import.meta.url)` finds them in the sources and in dist:
 *   reports/app/dist/index.html         the report page, built by vite, read by reports/html
 *   reports/schema/report.schema.json   the schema of the JSON report, exported as a subpath
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const assets = ["reports/app/dist/index.html", "reports/schema/report.schema.json"];

function run(program: string, ...args: string[]): void {
  const PATH = [join(root, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter);
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH },
  });
  if (status !== 0) {
    console.error(`build: ${program} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
    process.exit(1);
  }
}

rmSync(dist, { recursive: true, force: true });
run("tsc", "--project", "tsconfig.build.json");
run("vite", "build", "reports/app", "--logLevel", "error");
for (const asset of assets) {
  const source = join(root, asset);
  if (!existsSync(source)) {
    console.error(`build: ${asset} is missing`);
    process.exit(1);
  }
  const target = join(dist, asset);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
}

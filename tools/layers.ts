/**
 * Applies the layer rules and makes sure that they were applied to something: dependency-cruiser
 * prints "no violations (0 modules)" when its TypeScript support is missing.
 *
 * usage: node tools/layers.ts [ROOT]
 */

import { existsSync, globSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";

import {
  cruise,
  type ICruiseOptions,
  type ICruiseResult,
  type IFlattenedRuleSet,
} from "dependency-cruiser";

const rooms = [
  "core",
  "expr",
  "semantics",
  "solver",
  "models",
  "properties",
  "impl",
  "adapters",
  "checkers",
  "sim",
  "runner",
  "reports",
  "cli",
];
const files = ["index.ts", "verify.config.ts"];

export interface LayerCheck {
  /** Number of our own modules that were read. */
  readonly modules: number;
  readonly dependencies: number;
  /** `rule: from -> to`, sorted. */
  readonly violations: readonly string[];
  /** TypeScript files of the rooms that were not read; each is a hole in the check. */
  readonly missed: readonly string[];
}

interface Configuration {
  forbidden: IFlattenedRuleSet["forbidden"];
  options: ICruiseOptions & { enhancedResolveOptions: object };
}

const configuration: Configuration = createRequire(import.meta.url)("../.dependency-cruiser.cjs");

export const layerRules: readonly string[] = (configuration.forbidden ?? []).map(
  (rule) => rule.name ?? "unnamed",
);

export async function checkLayers(root: string): Promise<LayerCheck> {
  const starts = [...rooms, ...files].filter((start) => existsSync(join(root, start)));
  const { output } = await cruise(
    starts,
    {
      ...configuration.options,
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: configuration.forbidden ?? [] },
    },
    configuration.options.enhancedResolveOptions,
  );
  const result: ICruiseResult = typeof output === "string" ? JSON.parse(output) : output;
  const read = new Set(result.modules.map((module) => module.source));
  const own = globSync("**/*.{ts,tsx}", {
    cwd: root,
    exclude: (name) => ["node_modules", "dist", "coverage"].includes(name),
  })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => starts.some((start) => file === start || file.startsWith(`${start}/`)))
    .filter((file) => !file.endsWith(".d.ts"));
  return {
    modules: own.filter((file) => read.has(file)).length,
    dependencies: result.summary.totalDependenciesCruised ?? 0,
    violations: result.summary.violations
      .map((violation) => `${violation.rule.name}: ${violation.from} -> ${violation.to}`)
      .sort(),
    missed: own.filter((file) => !read.has(file)).sort(),
  };
}

if (import.meta.main) {
  const root = process.argv[2] ?? join(import.meta.dirname, "..");
  const { modules, dependencies, violations, missed } = await checkLayers(root);
  for (const violation of violations) console.error(`layer rule ${violation}`);
  for (const file of missed) console.error(`not read: ${file}`);
  const where = relative(process.cwd(), root) || ".";
  console.log(
    `layers of ${where}: ${modules} modules, ${dependencies} dependencies, ${violations.length} violations`,
  );
  if (modules === 0) console.error("nothing was checked: 0 modules");
  if (violations.length > 0 || missed.length > 0 || modules === 0) process.exitCode = 1;
}

/** Facts about the machine that a reader of a report needs to judge its figures. */

import { readFileSync } from "node:fs";
import { arch, availableParallelism, platform, release, totalmem } from "node:os";

import type { Scalar } from "../core/trace.ts";

export function describeEnvironment(): Readonly<Record<string, Scalar>> {
  return {
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    kernel: release(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    ci: process.env["CI"] !== undefined,
  };
}

/** The version of this package, from the nearest package.json above this module. */
export function toolVersion(): string {
  for (const level of ["..", "../.."]) {
    try {
      const text = readFileSync(new URL(`${level}/package.json`, import.meta.url), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // dist/ has no package.json of its own: look one level higher
    }
  }
  return "unknown";
}

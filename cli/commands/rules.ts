/** `verify rules check|equiv|redact`: rule sets of Collector configurations, without a config of ours. */

import { basename } from "node:path";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { slug } from "../../core/property.ts";
import type { RulesClaim, RulesSubject } from "../../core/subject.ts";
import { execute } from "../execute.ts";
import type { RunFlags } from "../options.ts";

export interface RulesFlags extends Omit<RunFlags, "config" | "maxStates"> {
  /** Further files, merged after the named ones. */
  readonly config?: readonly string[];
  readonly collectorVersion?: string;
  readonly featureGates?: readonly string[];
  readonly env?: readonly string[];
}

export interface RedactFlags extends RulesFlags {
  readonly secret: string;
  readonly when?: string;
  readonly becomes?: string;
  readonly release?: readonly string[];
}

/** The built-in questions. */
export const rulesCheckCommand = (files: readonly string[], flags: RulesFlags): Promise<number> =>
  run(subjectOf(files, flags, { builtIn: true }), flags);

/** Whether a secret stays hidden. */
export function rulesRedactCommand(files: readonly string[], flags: RedactFlags): Promise<number> {
  const { secret, when, becomes, release } = flags;
  const claim: RulesClaim = {
    kind: "redaction",
    id: "redact",
    title: when === undefined ? secret : `${secret} when ${when}`,
    secret,
    ...(when === undefined ? {} : { when }),
    ...(becomes === undefined ? {} : { becomes }),
    ...(release === undefined ? {} : { release }),
  };
  return run(subjectOf(files, flags, { builtIn: false, claims: [claim] }), flags);
}

/** Whether two configurations do the same. */
export function rulesEquivCommand(one: string, other: string, flags: RulesFlags): Promise<number> {
  const claim: RulesClaim = {
    kind: "equivalence",
    id: "equiv",
    title: `${basename(one)} and ${basename(other)}`,
    other: [other],
  };
  return run(subjectOf([one], flags, { builtIn: false, claims: [claim] }), flags);
}

function subjectOf(
  named: readonly string[],
  flags: RulesFlags,
  parts: Pick<RulesSubject, "builtIn" | "claims">,
): RulesSubject {
  const files = [...named, ...(flags.config ?? [])];
  const [first] = files;
  if (first === undefined) {
    throw new DiagnosticError("VRF703", "no configuration is named", {
      help: "give the path of a Collector configuration: verify rules check otel.yaml",
    });
  }
  return {
    kind: "rules",
    id: slug(basename(first).replace(/\.ya?ml$/, "")) || "rules",
    title: `Rules of ${files.map((file) => basename(file)).join(", ")}`,
    files,
    environment: environmentOf(flags.env ?? []),
    ...(flags.collectorVersion === undefined ? {} : { collectorVersion: flags.collectorVersion }),
    ...(flags.featureGates === undefined ? {} : { featureGates: flags.featureGates }),
    ...parts,
  };
}

/** `NAME=VALUE`, or `NAME` for the value in this process. */
function environmentOf(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const at = entry.indexOf("=");
      if (at > 0) return [[entry.slice(0, at), entry.slice(at + 1)]];
      const value = process.env[entry];
      return value === undefined ? [] : [[entry, value]];
    }),
  );
}

const run = (subject: RulesSubject, flags: RulesFlags): Promise<number> =>
  execute(
    {
      source: { kind: "data", subjects: [subject] },
      selection: {
        engines: ["rules"],
        ...(flags.grep === undefined ? {} : { grep: flags.grep }),
      },
      engineOptions: {},
      replaySuffix: "",
      isAdHoc: true,
    },
    { ...withoutConfig(flags), maxStates: 1 },
  );

function withoutConfig(flags: RulesFlags): Omit<RunFlags, "maxStates"> {
  const { config, ...rest } = flags;
  void config;
  return rest;
}

/** User agents by the definitions of the ua-parser project, which upstream uses too. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parse } from "yaml";

import { pattern, type Pattern } from "../runtime/regex.ts";
import { RawMap } from "../runtime/value.ts";

interface Definition {
  readonly regex: string;
  readonly regex_flag?: string;
  readonly [replacement: string]: string | undefined;
}
interface Rule {
  readonly source: string;
  readonly replacements: readonly (string | undefined)[];
  compiled: Pattern | null;
}

let rules: { readonly agents: readonly Rule[]; readonly systems: readonly Rule[] } | null = null;

/** The definitions are large: read once, and each pattern compiled when it is first tried. */
function load(): NonNullable<typeof rules> {
  if (rules !== null) return rules;
  const path = createRequire(import.meta.url).resolve("uap-core/regexes.yaml");
  const file = parse(readFileSync(path, "utf8")) as Record<string, readonly Definition[]>;
  const read = (section: string, names: readonly string[]): Rule[] =>
    file[section]!.map((definition) => ({
      source: (definition.regex_flag === "i" ? "(?i)" : "") + definition.regex,
      replacements: names.map((name) => definition[name]),
      compiled: null,
    }));
  rules = {
    agents: read("user_agent_parsers", [
      "family_replacement",
      "v1_replacement",
      "v2_replacement",
      "v3_replacement",
    ]),
    systems: read("os_parsers", [
      "os_replacement",
      "os_v1_replacement",
      "os_v2_replacement",
      "os_v3_replacement",
      "os_v4_replacement",
    ]),
  };
  return rules;
}

/** Family and parts of the version of the first rule that matches. */
function matched(candidates: readonly Rule[], text: string): string[] | null {
  for (const rule of candidates) {
    rule.compiled ??= pattern(rule.source);
    const match = rule.compiled.first(text);
    if (match === null) continue;
    return rule.replacements.map((replacement, i) => {
      if (replacement === undefined) return match.groups[i + 1] ?? "";
      return replacement.replace(/\$(\d)/g, (_, n: string) => match.groups[Number(n)] ?? "").trim();
    });
  }
  return null;
}

/** Parts of a version up to the first that is missing. */
function version(parts: readonly string[]): string {
  const end = parts.findIndex((part) => part === "");
  return (end === -1 ? parts : parts.slice(0, end)).join(".");
}

export function parseUserAgent(text: string): RawMap {
  const { agents, systems } = load();
  const agent = matched(agents, text) ?? ["Other"];
  const system = matched(systems, text) ?? ["Other"];
  const out = new RawMap();
  out.set("user_agent.name", agent[0]!);
  out.set("user_agent.original", text);
  out.set("user_agent.version", version(agent.slice(1)));
  if (system[0] !== "") out.set("os.name", system[0]!);
  const osVersion = version(system.slice(1));
  if (osVersion !== "") out.set("os.version", osVersion);
  return out;
}

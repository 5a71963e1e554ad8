/** The commands about rule sets that ask the solver. */

import type { Command } from "commander";

import type { RedactFlags, RulesFlags } from "./commands/rules.ts";
import { addRulesOptions, collect } from "./options.ts";

export function addRulesAnalysis(rules: Command, exit: (code: number) => void): void {
  addRulesOptions(rules.command("check").argument("[files...]", "Collector configurations, merged"))
    .description(
      "rules that never act, are overwritten, compare wrong types, fail and leak, routes that miss",
    )
    .action(async (files: string[], flags: RulesFlags) => {
      const { rulesCheckCommand } = await import("./commands/rules.ts");
      exit(await rulesCheckCommand(files, flags));
    });
  addRulesOptions(
    rules.command("equiv").argument("<config>").argument("<other>", "another configuration"),
  )
    .description("whether two configurations do the same to every record")
    .action(async (one: string, other: string, flags: RulesFlags) => {
      const { rulesEquivCommand } = await import("./commands/rules.ts");
      exit(await rulesEquivCommand(one, other, flags));
    });
  addRulesOptions(
    rules.command("redact").argument("[files...]", "Collector configurations, merged"),
  )
    .description("whether a secret stays hidden: in clear, and from whoever compares two records")
    .requiredOption("--secret <path>", "OTTL path of the record that comes in, e.g. log.body")
    .option("--when <condition>", "OTTL condition on the record that comes in")
    .option("--becomes <value>", "OTTL value that the secret must become, e.g. SHA256(log.body)")
    .option("--release <value>", "OTTL value that may be learnt, e.g. Len(log.body)", collect)
    .action(async (files: string[], flags: RedactFlags) => {
      const { rulesRedactCommand } = await import("./commands/rules.ts");
      exit(await rulesRedactCommand(files, flags));
    });
  rules
    .command("explain")
    .description("explain a result of the last run, by its id")
    .argument("<id>")
    .option("--out-dir <folder>", "where the last run was saved", ".verify")
    .action(async (target: string, flags: { outDir: string }) => {
      const { explainCommand } = await import("./commands/explain.ts");
      exit(await explainCommand(target, { ...flags, engine: "rules" }));
    });
}

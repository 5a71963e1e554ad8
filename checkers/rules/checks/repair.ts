/** Known repairs of a hash in place that may fail: one is suggested only when it is proved. */

import type { Exhibit } from "../../../core/exhibit.ts";
import { parseStatementText } from "../ottl.ts";
import { leavesInClear, type Spot } from "../symbolic/questions.ts";
import type { Passage, Program, StatementRule } from "../symbolic/program.ts";
import { and } from "../symbolic/term.ts";
import { showText, type CheckScope } from "./context.ts";

const hashInPlace =
  /^\s*set\(\s*(\S.*?)\s*,\s*(SHA1|SHA256|SHA512|MD5)\(\s*\1\s*\)\s*\)\s*(?:where\s+(\S[^]*))?$/;

/** Hashes the text of whatever is there; nil has nothing to hide. */
function repaired(text: string): string | null {
  const match = hashInPlace.exec(text);
  if (match === null) return null;
  const [, path, hash, where] = match;
  const guard =
    where === undefined
      ? ""
      : / or /.test(where)
        ? `(${where.trim()}) and `
        : `${where.trim()} and `;
  return `set(${path}, ${hash}(String(${path}))) where ${guard}${path} != nil`;
}

export async function proposeRepair(
  scope: CheckScope,
  passage: Passage,
  spot: Spot,
): Promise<readonly Exhibit[]> {
  const { analysis, level } = scope;
  const { rule, step } = passage;
  const text = repaired(rule.text);
  if (text === null || rule.kind !== "statement" || step.kind !== "group") return [];
  const { signal } = analysis.program;
  const options = { signal, context: step.context, level, functions: "transform" } as const;
  const parsed = parseStatementText(text, options);
  if (parsed.kind === "broken") return [];
  const mended: StatementRule = { ...rule, text, statement: parsed.value };
  const program: Program = {
    ...analysis.program,
    steps: analysis.program.steps.map((entry) =>
      entry === step
        ? { ...step, statements: step.statements.map((each) => (each === rule ? mended : each)) }
        : entry,
    ),
  };
  const other = analysis.of(program);
  const own = other.passageOf(mended);
  const clear = leavesInClear(other.execution, spot, other.world);
  const answer = await other.ask([and(own.fails, clear)]);
  if (answer.status !== "unsat") return [];
  return [
    {
      kind: "text",
      title: "A repair that is proved",
      text: showText(text),
      language: "ottl",
    },
  ];
}

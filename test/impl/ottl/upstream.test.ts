import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { call, outcome } from "./calls.ts";
import { judge } from "./judge.ts";
import { pair, shortHash } from "./pairs.ts";

/**
 * Answers of the Go engine v0.162.0 to the first pairs of a seed: what was
 * asked (8 hex digits of its hash), what came out (`r` refused, `f` failed, `d` done, `p` panicked),
 * and 8 hex digits of the hash of the record afterwards.
 */
const recorded = JSON.parse(readFileSync(new URL("answers.json", import.meta.url), "utf8")) as {
  seed: number;
  answers: string[];
};

test("random statements do to random records what the Go engine did", () => {
  expect(recorded.answers.length).toBeGreaterThanOrEqual(1_000);
  const differences: string[] = [];
  for (const [id, answer] of recorded.answers.entries()) {
    const asked = pair(recorded.seed, id);
    if (shortHash(asked) !== answer.slice(0, 8)) {
      throw new Error(
        `pair ${id} is not the one that was recorded; run \`node tools/record-ottl.ts\``,
      );
    }
    if (answer[8] === "p") continue;
    const { kind, after } = judge(asked);
    if (kind[0] + shortHash(after) !== answer.slice(8))
      differences.push(`#${id} ${asked.statement}`);
  }
  expect(differences).toEqual([]);
});

test("each function answers at the edges of its arguments as the Go engine did", () => {
  const { outcomes } = JSON.parse(
    readFileSync(new URL("functions.json", import.meta.url), "utf8"),
  ) as { outcomes: Record<string, unknown> };
  const statements = Object.keys(outcomes).filter((key) => outcomes[key] !== "panicked");
  expect(statements.length).toBeGreaterThanOrEqual(1_000);
  const ours = statements.map((statement, id) => [statement, outcome(judge(call(statement, id)))]);
  expect(Object.fromEntries(ours)).toEqual(
    Object.fromEntries(statements.map((statement) => [statement, outcomes[statement]])),
  );
});

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { judge } from "./judge.ts";
import { pair } from "./pairs.ts";

/**
 * Answers of the Go engine v0.162.0 to the first pairs of a seed: what was
 * asked (8 hex digits of its hash), what came out (`r` refused, `f` failed, `d` done, `p` panicked),
 * and 8 hex digits of the hash of the record afterwards.
 */
const recorded = JSON.parse(readFileSync(new URL("answers.json", import.meta.url), "utf8")) as {
  seed: number;
  answers: string[];
};

const hash = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);

test("random statements do to random records what the Go engine did", () => {
  expect(recorded.answers.length).toBeGreaterThanOrEqual(1_000);
  const differences: string[] = [];
  for (const [id, answer] of recorded.answers.entries()) {
    const asked = pair(recorded.seed, id);
    if (hash(asked) !== answer.slice(0, 8)) {
      throw new Error(`pair ${id} is not the one that was recorded; record the answers again`);
    }
    if (answer[8] === "p") continue;
    const { kind, after } = judge(asked);
    if (kind[0] + hash(after) !== answer.slice(8)) differences.push(`#${id} ${asked.statement}`);
  }
  expect(differences).toEqual([]);
});

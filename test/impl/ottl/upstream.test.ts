import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { call, outcome } from "./calls.ts";
import { judge } from "./judge.ts";
import { pair, shortHash } from "./pairs.ts";
import { told, transforms } from "./transforms.ts";

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

test("the functions of the transform processor answer as upstream's did", () => {
  const { outcomes } = JSON.parse(
    readFileSync(new URL("transforms.json", import.meta.url), "utf8"),
  ) as { outcomes: readonly string[] };
  expect(outcomes).toHaveLength(transforms.length);
  const differences = transforms.filter((asked, id) => {
    const expected = outcomes[id]!;
    return !expected.endsWith("p") && expected !== shortHash(asked) + told(judge(asked));
  });
  expect(differences.map(({ statement }) => statement)).toEqual([]);
});

describe("exponential histograms become explicit ones", () => {
  const converted = (statement: string, rest: object = {}) => {
    const dataPoint = {
      count: "47",
      scale: 0,
      zeroCount: "1",
      positive: { offset: 5, bucketCounts: ["10", "22", "12"] },
      negative: { offset: 0, bucketCounts: ["2"] },
      ...rest,
    };
    const data = { dataPoints: [dataPoint], aggregationTemporality: 2 };
    const { kind, after } = judge({
      id: 0,
      context: "metric",
      statement: `convert_exponential_histogram_to_histogram(${statement})`,
      payload: {
        resourceMetrics: [
          { scopeMetrics: [{ scope: {}, metrics: [{ name: "m", exponentialHistogram: data }] }] },
        ],
      },
    });
    return kind === "done"
      ? (/"bucketCounts":\["([^\]]*)"\]/.exec(JSON.stringify(after))?.[1]?.split('","').join(" ") ??
          JSON.stringify(after))
      : kind;
  };

  // Buckets: 2 in [-2, -1), 1 at 0, 10 in (32, 64], 22 in (64, 128], 12 in (128, 256].
  test.each([
    ['"upper", [0.0, 64.0, 128.0]', "3 10 22 12"],
    ['"upper", [63.0, 100.0]', "3 10 34"],
    ['"upper", [1000.0]', "47 0"],
    ['"midpoint", [0.0, 48.0, 95.5]', "3 10 0 34"],
    ['"midpoint", [47.0, 96.0, 192.0]', "3 32 12 0"],
    // a quarter of 10 is 2.5, half of 22 is 11, an eighth of 12 is 1.5: shares are rounded up
    ['"uniform", [40.0, 96.0, 144.0]', "6 18 13 10"],
    ['"random", [32.0, 96.0]', "3 21 23"],
    ['"", [128.0]', "35 12"],
    ['"other", [1.0]', "refused"],
    ['"upper", []', "refused"],
    ['"upper", [2.0, 1.0]', "refused"],
    ['"upper", [1]', "refused"],
    ['"upper", [-1.0]', "refused"],
  ])("%s", (statement, counts) => {
    expect(converted(statement)).toBe(counts);
  });

  test("as upstream's own test has it", () => {
    const bounds = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((bound) => bound.toFixed(1));
    const positive = { zeroCount: "0", negative: {}, count: "44" };
    expect(converted(`"uniform", [${bounds.join(", ")}]`, positive)).toBe("0 0 0 3 3 3 4 3 3 4 21");
  });

  test("only when they add up and have bounds", () => {
    const all = '"upper", [1.0, 3.0, 9.0]';
    expect(converted(all, { count: "46" })).toBe("failed");
    expect(converted(all, { zeroThreshold: -1 })).toBe("failed");
    expect(converted(all, { scale: 21 })).toBe("failed");
    expect(converted(all, { scale: -11 })).toBe("failed");
    const positive = (offset: number) => ({
      count: "3",
      negative: {},
      positive: { offset, bucketCounts: ["1", "1"] },
    });
    expect(converted(all, { scale: 1, ...positive(1) })).toBe("1 2 0 0");
    expect(converted(all, positive(-1100))).toBe("failed");
    expect(converted(all, positive(1022))).toBe("1 0 0 2");
    expect(converted(all, positive(1023))).toBe("failed");
    expect(converted('"uniform", [1.0]', { ...positive(1), zeroThreshold: 2 })).toBe("1 2");
  });
});

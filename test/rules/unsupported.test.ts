/** What upstream knows and this engine does not: no accusation, and no promise about its neighbours. */

import { afterAll, describe, expect, test } from "vitest";

import { ask, removeConfigs, transform } from "./helpers.ts";

afterAll(removeConfigs);

const hashing = 'set(body, SHA256(body)) where resource.attributes["env"] == "prod"';
const verdicts = async (statements: readonly string[], options = {}): Promise<string[]> =>
  (await ask(transform(statements, options))).map(
    ({ id, outcome }) => `${id.replace(/^.*\/(?=\w+\.)/, "")} ${outcome.verdict}`,
  );

describe("a statement with a function that only upstream has", () => {
  test("is inconclusive, and so is what is asked of its section", async () => {
    const known = await verdicts(['set(attributes["a"], 1)', hashing]);
    expect(known.some((told) => told.endsWith("proved"))).toBe(true);
    const all = await verdicts(['set(attributes["a"], ParseCEF(body))', hashing]);
    expect(all.length).toBeGreaterThan(2);
    expect(all.filter((told) => !told.endsWith("inconclusive"))).toEqual([]);
  });

  test("leaves other sections alone", async () => {
    const config = transform(['set(attributes["a"], ParseCEF(body))']).concat(
      transform([hashing], { errorMode: "propagate" })
        .replace("processors:\n", "")
        .replace("transform/t", "transform/u"),
    );
    const told = await ask(config);
    expect(told.some(({ id, outcome }) => id.includes("/u/") && outcome.verdict === "proved")).toBe(
      true,
    );
  });
});

test("a function that nobody has is an error of the rule", async () => {
  await expect(ask(transform(['set(attributes["a"], NoSuch(body))']))).rejects.toThrow(
    'undefined function "NoSuch"',
  );
  await expect(
    ask(transform(['set(attributes["a"], ParseCEF(name))'], { context: "span", signal: "trace" })),
  ).rejects.toThrow('undefined function "ParseCEF"');
});

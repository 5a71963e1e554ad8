/** What upstream knows and this engine does not: no accusation, and no promise about its neighbours. */

import { afterAll, describe, expect, test } from "vitest";

import { ask, removeConfigs, transform } from "./helpers.ts";

afterAll(removeConfigs);

const unknown = 'set(attributes["a"], ExtractGrokPatterns(body, "%{SQUID3:x}"))';
const hashing = 'set(body, SHA256(body)) where resource.attributes["env"] == "prod"';
const verdicts = async (statements: readonly string[], options = {}): Promise<string[]> =>
  (await ask(transform(statements, options))).map(
    ({ id, outcome }) => `${id.replace(/^.*\/(?=\w+\.)/, "")} ${outcome.verdict}`,
  );

describe("a statement that only upstream knows", () => {
  test("is inconclusive, and so is what is asked of its section", async () => {
    const known = await verdicts(['set(attributes["a"], 1)', hashing]);
    expect(known.some((told) => told.endsWith("proved"))).toBe(true);
    const all = await verdicts([unknown, hashing]);
    expect(all.length).toBeGreaterThan(2);
    expect(all.filter((told) => !told.endsWith("inconclusive"))).toEqual([]);
  });

  test("leaves other sections alone", async () => {
    const config = transform([unknown]).concat(
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

test("what changes the whole item may have changed every part of it", async () => {
  const told = await ask(
    transform(
      [
        'set_semconv_span_name("1.40.0")',
        'set(attributes["renamed"], true) where name == "GET /" and kind == SPAN_KIND_INTERNAL',
        'set(attributes["never"], true) where kind == SPAN_KIND_INTERNAL and kind == SPAN_KIND_SERVER',
      ],
      { context: "span", signal: "trace" },
    ),
  );
  const matters = told.filter(({ id }) => id.endsWith("/matters"));
  expect(matters.map(({ outcome }) => outcome.verdict)).toEqual(["proved", "proved", "violated"]);
});

test("what reads lines of fixed formats, and changes whole metrics, is seen to act", async () => {
  const logs = await ask(
    transform([
      'merge_maps(attributes, ParseCEF(body), "upsert") where IsMatch(body, "CEF:")',
      'set(attributes["clf"], ParseCLF(body, "combined"))',
    ]),
  );
  const metrics = await ask(
    transform(['aggregate_on_attributes("sum", [])', "extract_avg_metric()"], {
      context: "metric",
      signal: "metric",
    }),
  );
  const matters = [...logs, ...metrics].filter(({ id }) => id.endsWith("/matters"));
  expect(matters.map(({ outcome }) => outcome.verdict)).toEqual(Array(4).fill("proved"));
});

test("a function that nobody has is an error of the rule", async () => {
  await expect(ask(transform(['set(attributes["a"], NoSuch(body))']))).rejects.toThrow(
    'undefined function "NoSuch"',
  );
  await expect(
    ask(transform(['set(attributes["a"], ParseCEF(name))'], { context: "span", signal: "trace" })),
  ).rejects.toThrow('undefined function "ParseCEF"');
});

import { afterAll, describe, expect, test } from "vitest";

import { closeSolver } from "../../solver/solver.ts";
import type { RulesClaim } from "../../core/subject.ts";
import { ask, removeConfigs, routing, transform } from "./helpers.ts";

afterAll(async () => {
  removeConfigs();
  await closeSolver();
});

const inProd = 'resource.attributes["env"] == "prod"';
const claim: RulesClaim = {
  kind: "redaction",
  id: "body",
  title: "bodies of production",
  secret: "log.body",
  when: inProd,
};
const textbook = `set(log.body, SHA256(log.body)) where ${inProd}`;

async function verdicts(statements: readonly string[], errorMode: string) {
  const answers = await ask(transform(statements, { errorMode }), {
    builtIn: false,
    claims: [claim],
  });
  return Object.fromEntries(answers.map(({ id, outcome }) => [id, outcome.verdict]));
}

describe("the textbook redaction rule", () => {
  test("is violated under ignore, by a body that is no text", async () => {
    const answers = await ask(transform([textbook]), { builtIn: false, claims: [claim] });
    const hidden = answers.find(({ id }) => id === "body/hidden")!.outcome;
    expect(hidden.verdict).toBe("violated");
    expect(hidden.counterexample?.at).toMatchObject({ reason: "CAN_ERROR", secret: "log.body" });
    // What it accuses has run: the record that leaves still has its body.
    const { states } = hidden.counterexample!.trace;
    expect(states.at(-1)!["log.body"]).toEqual(states[0]!["log.body"]);
    expect(states[0]!["log.body"]).not.toBeTypeOf("string");
  });

  test("comes with the repair that is proved", async () => {
    const answers = await ask(transform([textbook]));
    const fails = answers.find(({ id }) => id.endsWith("/hash-fails"))!.outcome;
    expect(fails.verdict).toBe("violated");
    expect(fails.exhibits).toContainEqual(
      expect.objectContaining({
        title: "A repair that is proved",
        text: `set(log.body, SHA256(String(log.body))) where ${inProd} and log.body != nil`,
      }),
    );
  });

  test("is proved under propagate, at the price of the batch", async () => {
    expect(await verdicts([textbook], "propagate")).toEqual({
      "body/hidden": "proved",
      "body/leak-free": "proved",
    });
  });

  test("is repaired by hashing the text of any body", async () => {
    const repaired = `set(log.body, SHA256(String(log.body))) where ${inProd} and log.body != nil`;
    expect(await verdicts([repaired], "ignore")).toEqual({
      "body/hidden": "proved",
      "body/leak-free": "proved",
    });
  });

  test("is repaired by clearing what is no text", async () => {
    const repaired = [
      `clear(log.body) where ${inProd} and not IsString(log.body)`,
      `set(log.body, SHA256(log.body)) where ${inProd} and IsString(log.body)`,
    ];
    expect(await verdicts(repaired, "ignore")).toEqual({
      "body/hidden": "proved",
      "body/leak-free": "proved",
    });
  });

  test("becomes the digest where that is claimed, and a wrong digest is refuted", async () => {
    const becomes = (value: string) =>
      ask(transform([textbook], { errorMode: "propagate" }), {
        builtIn: false,
        claims: [{ ...claim, becomes: value }],
      });
    const [right] = await becomes("SHA256(log.body)");
    const [wrong] = await becomes("SHA1(log.body)");
    expect(right!.outcome.verdict).toBe("proved");
    expect(wrong!.outcome.verdict).toBe("violated");
  });
});

test("thirty prefix routes are proved disjoint", async () => {
  const routes = Array.from({ length: 30 }, (_, index) => ({
    condition: `IsMatch(attributes["tenant"], "^t${String(index).padStart(2, "0")}-")`,
    to: `logs/t${index}`,
  }));
  const answers = await ask(routing(routes));
  expect(answers.filter(({ outcome }) => outcome.verdict !== "proved")).toEqual([]);
  const order = answers.find(({ id }) => id.endsWith("/order"))!.outcome;
  expect(order.stats).toMatchObject({ pairs: 435 });
  expect(order.evidence).toContain("disjoint");
});

test("a rule that the Collector refuses is an error with its place", async () => {
  await expect(ask(transform(["set(log.nothing, 1)"]))).rejects.toMatchObject({ code: "VRF702" });
});

test("secrets of the configuration reach no report", async () => {
  const yaml = `${transform([
    'set(log.attributes["api_key"], "s3cr3t-value") where log.severity_number < 0 and log.severity_number > 0',
  ])}exporters:\n  otlp: { headers: { authorization: Bearer abcdef123456 } }\n`;
  const answers = await ask(yaml);
  const report = JSON.stringify(answers);
  expect(answers[0]!.outcome.verdict).toBe("violated");
  expect(report).not.toContain("s3cr3t-value");
  expect(report).not.toContain("abcdef123456");
  expect(report).toContain("[redacted]");
});

test("equal rule sets are proved equal, and a difference is a record", async () => {
  const { writeConfig } = await import("./helpers.ts");
  const one = transform([
    'set(log.attributes["a"], "x") where not (log.severity_number < 9 or log.severity_text == "DEBUG")',
  ]);
  const same = transform([
    'set(log.attributes["a"], "x") where log.severity_number >= 9 and log.severity_text != "DEBUG"',
  ]);
  const other = transform([
    'set(log.attributes["a"], "x") where log.severity_number > 9 and log.severity_text != "DEBUG"',
  ]);
  const compare = async (text: string) => {
    const claims: RulesClaim[] = [
      { kind: "equivalence", id: "same", title: "same", other: [writeConfig(text)] },
    ];
    const [answer] = await ask(one, { builtIn: false, claims });
    return answer!.outcome;
  };
  expect((await compare(same)).verdict).toBe("proved");
  const differs = await compare(other);
  expect(differs.verdict).toBe("violated");
  expect(differs.counterexample?.trace.states[0]!["log.severity_number"]).toBe(9);
});

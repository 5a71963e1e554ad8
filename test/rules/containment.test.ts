import { afterAll, describe, expect, test } from "vitest";

import { Session, closeSolver } from "../../solver/solver.ts";
import { no, yes } from "../../checkers/rules/symbolic/term.ts";
import { pair } from "../impl/ottl/pairs.ts";
import { caseOf, contains } from "./containment.ts";

afterAll(closeSolver);

/** `VERIFY_CONTAINMENT_PAIRS=10000` asks about more, `VERIFY_CONTAINMENT_SEED` about others. */
const count = Number(process.env["VERIFY_CONTAINMENT_PAIRS"] ?? 100);
const seed = Number(process.env["VERIFY_CONTAINMENT_SEED"] ?? 1);
const session = () => new Session({ timeMs: 60_000 });

const logPair = (statement: string) => ({
  id: 0,
  context: "log" as const,
  statement,
  payload: {
    resourceLogs: [
      {
        resource: { attributes: [{ key: "env", value: { stringValue: "prod" } }] },
        scopeLogs: [
          {
            scope: {},
            logRecords: [
              {
                body: { stringValue: "b" },
                attributes: [{ key: "a", value: { stringValue: "x" } }],
              },
            ],
          },
        ],
      },
    ],
  },
});

describe("what the interpreter does is possible in the symbolic model", () => {
  test(`on ${count} random pairs of record and statement`, { timeout: 3_600_000 }, async () => {
    const forbidden: string[] = [];
    const told = { asked: 0, undecided: 0, refused: 0 };
    for (let id = 0; id < count; id++) {
      const one = caseOf(pair(seed, id));
      if (one === null) {
        told.refused++;
        continue;
      }
      const answer = await contains(one, session());
      told.asked++;
      if (answer.kind === "undecided") told.undecided++;
      if (answer.kind === "forbidden") {
        forbidden.push(`seed ${seed} #${id}: ${one.statement}: ${answer.part}`);
      }
    }
    expect(forbidden).toEqual([]);
    expect(told.asked).toBeGreaterThan(count / 2);
    // A busy machine may leave some undecided; most are not.
    expect(told.undecided).toBeLessThan(told.asked / 4);
  });

  test.each([
    // each was forbidden by the model once
    "clear(time)",
    "set(flags, 4294967297)",
    'merge_maps(attributes, attributes, "upsert")',
    'replace_pattern(body.string, "o", "$1")',
    "clear(span_id)",
    'set(attributes["a"], attributes)',
    'set(attributes["b"]["c"], time)',
    'set(attributes["b"], trace_id)',
    'set(attributes["b"], ["x", trace_id])',
    "set(trace_id, span_id)",
    'set(attributes["m"]["n"][0.5], observed_time)',
    'set(attributes["b"], 1) where ToKeyValueString(attributes, sort_output = false) != 1.5',
    'set(attributes["b"], 1) where 0x6869 >= span_id',
    'set(attributes["b"], 1) where false < Len(0x6869)',
    'set(attributes["b"], 1) where "x" != Coalesce([false, attributes["a"]["n"]])',
    'set(attributes["b"], 1) where attributes["n"] * 2 > 1 and "x" == {"k": SEVERITY_NUMBER_INFO}',
    'set(trace_id.string, "0102030405060708090a0b0c0d0e0f10")',
    'merge_maps(attributes, {"k": nil}, "insert")',
    'set(severity_number, 3) where IsMatch(attributes[0], "x") or true',
    'replace_match(attributes["n"], "GET", "x", Len)',
  ])("%s", async (statement) => {
    const answer = await contains(caseOf(logPair(statement))!, session());
    expect(answer).toEqual({ kind: "contained" });
  });

  test("an empty body has no keys", async () => {
    const { payload, ...rest } = logPair('set(body["t"], attributes["n"])');
    const empty = structuredClone(payload);
    Object.assign(empty.resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!, { body: {} });
    const answer = await contains(caseOf({ ...rest, payload: empty })!, session());
    expect(answer).toEqual({ kind: "contained" });
  });

  test("a model that forgets an effect is noticed", async () => {
    const one = caseOf(logPair('set(body, "new") where resource.attributes["env"] == "prod"'))!;
    const answer = await contains(one, session(), (execution) => ({
      ...execution,
      state: execution.state.write(
        yes(),
        new Map([["log.body", execution.start.leaf("log.body")]]),
      ),
    }));
    expect(answer).toMatchObject({ kind: "forbidden", part: expect.stringContaining("log.body") });
  });

  test("a model that never fires is noticed", async () => {
    const one = caseOf(logPair('set(attributes["a"], "y")'))!;
    const answer = await contains(one, session(), (execution) => ({
      ...execution,
      passages: execution.passages.map((passage) => ({
        ...passage,
        fires: no(),
      })),
    }));
    expect(answer).toMatchObject({ kind: "forbidden", part: "fires: true" });
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { compileDropList } from "../../../impl/ottl/components/filter.ts";
import { compileGroup } from "../../../impl/ottl/components/transform.ts";
import { DialectError, rewriteRule } from "../../../impl/ottl/dialect.ts";
import {
  compileStatement,
  contexts,
  decodePayload,
  decodeProtobuf,
  encodePayload,
  encodeProtobuf,
  functions,
  inferContext,
  itemsOf,
  levelOf,
  OttlBuildError,
  parseStatement,
  runStatement,
} from "../../../impl/ottl/index.ts";
import { main, verify } from "../../cli/run-cli.ts";

const level = levelOf("v0.162");
const sample = (name: string) =>
  decodePayload(
    JSON.parse(
      readFileSync(new URL(`../../../examples/rules/${name}.jsonl`, import.meta.url), "utf8").split(
        "\n",
      )[0]!,
    ),
  );
const group = (signal: "logs" | "metrics", statements: string[], more = {}) =>
  compileGroup(
    { signal, context: null, errorMode: "ignore", conditions: [], statements, ...more },
    level,
  );

describe("payloads", () => {
  test("protobuf and JSON hold the same", () => {
    for (const name of ["logs", "metrics"]) {
      const payload = sample(name);
      expect(encodePayload(decodeProtobuf(payload.signal, encodeProtobuf(payload)))).toEqual(
        encodePayload(payload),
      );
    }
  });

  test("a statement of a log that writes its resource changes the siblings too", () => {
    const log = (text: string) => ({ body: { stringValue: text } });
    const payload = decodePayload({
      resourceLogs: [{ scopeLogs: [{ logRecords: [log("a"), log("b")] }] }],
    });
    group("logs", [
      'set(log.attributes["seen"], resource.attributes["who"])',
      'set(resource.attributes["who"], log.body)',
    ]).run(payload);
    const second = payload.resources[0]!.scopes[0]!.logRecords[1]!;
    expect(second.attributes.get("seen")).toBe("a");
    expect(payload.resources[0]!.resource.attributes.get("who")).toBe("b");
  });
});

describe("errors", () => {
  test("the textbook rule leaves a list in clear when errors are ignored, and loses it when not", () => {
    const payload = () =>
      decodePayload({
        resourceLogs: [
          {
            resource: { attributes: [{ key: "env", value: { stringValue: "prod" } }] },
            scopeLogs: [
              { logRecords: [{ body: { arrayValue: { values: [{ stringValue: "secret" }] } } }] },
            ],
          },
        ],
      });
    const rule = ['set(log.body, SHA256(log.body)) where resource.attributes["env"] == "prod"'];
    const ignored = payload();
    group("logs", rule).run(ignored);
    expect(ignored.resources[0]!.scopes[0]!.logRecords[0]!.body).toEqual(["secret"]);
    expect(() => group("logs", rule, { errorMode: "propagate" }).run(payload())).toThrow(
      /expected string but got pcommon.Slice/,
    );
  });

  test("a wrong argument is told when the statement is built, with its place", () => {
    const text = 'set(log.body, Substring("abc", "x", 1))';
    try {
      compileStatement(parseStatement(text), { context: "log", level, component: "transform" });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OttlBuildError);
      const { span } = error as OttlBuildError;
      expect(text.slice(span.start, span.end)).toBe('"x"');
    }
  });

  test("functions are known from the version that brought them", () => {
    const clear = parseStatement("clear(log.body)");
    const build = (version: string) => () =>
      compileStatement(clear, { context: "log", level: levelOf(version), component: "transform" });
    expect(build("v0.162")).not.toThrow();
    expect(build("v0.143")).toThrow(/undefined function/);
  });
});

describe("contexts", () => {
  test("the innermost context that the paths name is chosen, if it has the functions", () => {
    const infer = (text: string, signal: "logs" | "metrics") =>
      inferContext([parseStatement(text)], signal, level, "transform");
    expect(infer('set(resource.attributes["a"], log.body)', "logs")).toMatchObject({
      context: "log",
    });
    expect(infer('convert_sum_to_gauge() where metric.name == "x"', "metrics")).toMatchObject({
      context: "metric",
    });
    expect(
      infer('convert_sum_to_gauge() where datapoint.attributes["x"] == 1', "metrics"),
    ).toMatchObject({ kind: "failed" });
    expect(infer("set(body, 1)", "logs")).toMatchObject({ kind: "failed" });
  });

  test("every function has a context and a component that know it, and says what it is", () => {
    expect(functions.size).toBeGreaterThan(110);
    for (const spec of functions.values()) {
      expect(["exact", "abstract", "out of model"]).toContain(spec.symbolic);
      expect(spec.contexts ?? contexts).not.toHaveLength(0);
    }
  });
});

describe("components", () => {
  test("filter drops what matches and what is empty then", () => {
    const payload = sample("metrics");
    compileDropList(
      {
        signal: "metrics",
        context: "datapoint",
        errorMode: "ignore",
        conditions: ['attributes["user"] == "ann"'],
      },
      level,
    )(payload);
    expect(payload.resources[0]!.scopes[0]!.metrics.map(({ name }) => name)).toEqual(["jobs.done"]);
  });

  test("a gauge becomes a sum", () => {
    const payload = sample("metrics");
    const [, item] = itemsOf(payload, "metric");
    const statement = compileStatement(parseStatement('convert_gauge_to_sum("delta", true)'), {
      context: "metric",
      level,
      component: "transform",
    });
    expect(runStatement(statement, item!)).toEqual({ applied: true, error: null });
    expect(item!.metric).toMatchObject({
      gauge: null,
      sum: { aggregationTemporality: 1, isMonotonic: true },
    });
  });
});

describe("the dialect", () => {
  test("each difference is rewritten and told", () => {
    expect(
      rewriteRule("resource.attributes['env'] == 'a\"b' > set(log.body, SHA256(log.body))"),
    ).toMatchObject({
      statement: 'set(log.body, SHA256(log.body)) where resource.attributes["env"] == "a\\"b"',
      changes: [expect.stringContaining("quotes"), expect.stringContaining("where")],
    });
    expect(rewriteRule("metric.name == 'x' > keep_keys(metric.attributes, ['a'])")).toMatchObject({
      statement: 'keep_keys(datapoint.attributes, ["a"]) where metric.name == "x"',
      context: "datapoint",
    });
    expect(rewriteRule("log.severity_number > 8 > route('errors')")).toMatchObject({
      statement: "log.severity_number > 8",
      route: "errors",
    });
    expect(rewriteRule("limit(log.attributes, 2)").statement).toBe("limit(log.attributes, 2, [])");
    expect(rewriteRule("metric.name == 'x' > convert('gauge')").statement).toContain(
      "convert_sum_to_gauge()",
    );
  });

  test("upstream statements stay as they are; what is neither is refused", () => {
    const upstream = 'set(log.body, "a > b(c)") where log.severity_number > 8';
    expect(rewriteRule(upstream)).toMatchObject({ statement: upstream, changes: [] });
    expect(() => rewriteRule("a = 'x")).toThrow(DialectError);
    expect(() => rewriteRule("convert('histogram')")).toThrow(DialectError);
  });
});

describe("verify rules", () => {
  const example = (name: string) =>
    new URL(`../../../examples/rules/${name}`, import.meta.url).pathname;

  test("run applies the examples and shows what changed", { timeout: 60_000 }, async () => {
    expect(main).toContain("cli");
    const masking = await verify([
      "rules",
      "run",
      example("masking.ottl"),
      "--input",
      example("logs.jsonl"),
    ]);
    expect(masking.code).toBe(0);
    expect(masking.stdout).toContain(
      'attributes["user.email"] {"stringValue":"ann@example.org"} -> {"stringValue":"***"}',
    );
    const routing = await verify([
      "rules",
      "run",
      example("routing.ottl"),
      "--input",
      example("logs.jsonl"),
    ]);
    expect(routing.stdout).toMatch(/kafka-topic-a: .*acme/);
    const collector = await verify([
      "rules",
      "run",
      example("collector.yaml"),
      "--input",
      example("logs.jsonl"),
    ]);
    expect(collector.stdout).toContain("payload 2\n  - resourceLogs");
  });
});

import { describe, expect, it } from "vitest";

import { findConfigurations } from "../../checkers/rules/collector/documents.ts";
import {
  referenceClose,
  referenceOpen,
  rulesOf,
  type CollectorRules,
  type RuleText,
} from "../../checkers/rules/collector/sections.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";

const read = (...texts: readonly string[]): CollectorRules[] =>
  findConfigurations(
    texts.map((text, index) => ({ name: `f${index}.yaml`, text })),
  ).configurations.map(({ tree }) => rulesOf(tree));

function ruleTexts(rules: CollectorRules): RuleText[] {
  return rules.sections.flatMap((section) => {
    switch (section.kind) {
      case "transform":
        return section.groups.flatMap(({ conditions, statements }) => [
          ...conditions,
          ...statements,
        ]);
      case "filter":
        return section.lists.flatMap(({ conditions }) => conditions);
      case "routing":
        return section.routes.map(({ rule }) => rule);
      case "tail_sampling":
        return section.policies.flatMap(({ lists }) =>
          lists.flatMap(({ conditions }) => conditions),
        );
    }
  });
}

/** Whether every character of the rule is where its locator says, read from the lines of the file. */
function expectPlaces(text: string, rule: RuleText): void {
  const lines = text.split("\n");
  for (const [offset, character] of Array.from(rule.text).entries()) {
    const { line, column } = rule.locate(offset);
    const there = lines[line - 1]![column - 1]!;
    if (/[\w=([.]/.test(character)) expect(there, `${rule.text}@${offset}`).toBe(character);
  }
}

const quoted = `
processors:
  transform/a:
    error_mode: propagate
    log_statements:
      - context: log
        conditions:
          - IsString(log.body)
        statements:
          - set(log.attributes["a"], "x")
          - 'set(log.attributes["it''s"], log.body) where log.severity_number >= 9'
          - "set(log.attributes[\\"b\\"], \\"\\u00e9\\")  where true"
          - >-
            set(log.attributes["c"],
              log.attributes["d"])
            where log.attributes["d"] != nil
          - |
            delete_key(log.attributes, "e")
              where log.severity_text == "INFO"
`;

describe("a Collector configuration", () => {
  it("knows the place of every character, however the text is quoted", () => {
    const [rules] = read(quoted);
    const texts = ruleTexts(rules!);
    expect(texts).toHaveLength(6);
    for (const rule of texts) expectPlaces(quoted, rule);
    expect(texts[1]!.place).toEqual({ file: "f0.yaml", line: 10, column: 13 });
  });

  it("reads transform, filter, routing and tail sampling sections", () => {
    const [rules] = read(`
processors:
  transform:
    trace_statements: [ 'set(span.name, "x")', 'set(resource.attributes["a"], 1)' ]
  filter/drop:
    error_mode: ignore
    logs: { log_record: [ 'log.severity_number < 9' ] }
    metric_conditions: [ 'metric.name == "x"' ]
    traces: { include: { match_type: strict } }
  tail_sampling:
    policies:
      - { name: one, type: ottl_condition, ottl_condition: { span: [ 'span.name == "x"' ] } }
      - name: two
        type: and
        and: { and_sub_policy: [ { name: in, type: ottl_condition, ottl_condition: { error_mode: propagate, spanevent: [ 'true' ] } } ] }
connectors:
  routing/tenants:
    default_pipelines: [logs/rest]
    table:
      - { statement: 'route() where attributes["t"] == "a"', pipelines: [logs/a] }
      - { context: log, condition: 'severity_number > 9', action: copy, pipelines: [logs/b] }
service:
  pipelines:
    logs: { receivers: [otlp], processors: [transform, filter/drop], exporters: [routing/tenants] }
`);
    expect(rules!.pipelines).toEqual([
      {
        id: "logs",
        signal: "logs",
        receivers: ["otlp"],
        processors: ["transform", "filter/drop"],
        exporters: ["routing/tenants"],
      },
    ]);
    const [transform, filter, sampling, routing] = rules!.sections;
    expect(transform).toMatchObject({
      kind: "transform",
      errorMode: null,
      groups: [{ signal: "traces", context: null, statements: { length: 2 } }],
    });
    expect(filter).toMatchObject({
      errorMode: "ignore",
      opaque: ["traces.include"],
      lists: [
        { signal: "logs", context: "log" },
        { signal: "metrics", context: null },
      ],
    });
    expect(sampling).toMatchObject({
      policies: [
        { name: "one", errorMode: null, lists: [{ context: "span" }] },
        { name: "in", errorMode: "propagate", lists: [{ context: "spanevent" }] },
      ],
    });
    expect(routing).toMatchObject({
      signals: ["logs"],
      defaultPipelines: ["logs/rest"],
      routes: [
        { context: "resource", form: "statement", action: "move", pipelines: ["logs/a"] },
        { context: "log", form: "condition", action: "copy", pipelines: ["logs/b"] },
      ],
    });
  });

  it("merges files as the Collector does: maps grow, lists are replaced", () => {
    const [rules] = read(
      "processors: { transform: { error_mode: ignore, log_statements: ['set(log.body, 1)'] }, filter: {} }",
      "processors::transform::log_statements: ['set(log.body, 2)']",
    );
    expect(rules!.sections.map(({ id }) => id)).toEqual(["transform", "filter"]);
    expect(rules!.sections[0]).toMatchObject({ errorMode: "ignore" });
    const [rule] = ruleTexts(rules!);
    expect(rule).toMatchObject({ text: "set(log.body, 2)", place: { file: "f1.yaml", line: 1 } });
  });

  it("keeps references symbolic, and a doubled dollar is one", () => {
    const text = `processors: { transform: { log_statements: ['set(log.body, "\${env:HOME}x$$1") where true'] } }`;
    const [rule] = ruleTexts(read(text)[0]!);
    expect(rule!.text).toBe(
      `set(log.body, "${referenceOpen}env:HOME${referenceClose}x$1") where true`,
    );
    const where = rule!.text.indexOf("where");
    expect(text.slice(rule!.locate(where).column - 1)).toMatch(/^where/);
    const dollar = rule!.text.indexOf("$1");
    expect(text.slice(rule!.locate(dollar).column - 1)).toMatch(/^\$\$1/);
  });

  it("reads resources of the Operator, with the version of their image", () => {
    const text = `
apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: { name: gateway }
spec:
  image: ghcr.io/open-telemetry/opentelemetry-collector-contrib:0.143.0
  args: { feature-gates: "+ottl.functions.enableLambda" }
  config:
    processors: { transform: { log_statements: ['set(log.body, 1)'] } }
`;
    const found = findConfigurations([{ name: "cr.yaml", text }]);
    expect(found).toMatchObject({
      version: "0.143.0",
      featureGates: ["+ottl.functions.enableLambda"],
      configurations: [{ origin: "OpenTelemetryCollector gateway" }],
    });
  });

  it("reads a configuration inside a ConfigMap of a rendered chart, with places of the file", () => {
    const text = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: agent
data:
  relay: |
    processors:
      transform:
        log_statements:
          - set(log.attributes["a"], "b") where log.body == "x"
    service: {}
---
apiVersion: apps/v1
kind: DaemonSet
spec:
  template:
    spec:
      containers:
        - image: "otel/opentelemetry-collector-contrib:0.155.0"
          args: [ --feature-gates=-x ]
`;
    const found = findConfigurations([{ name: "chart.yaml", text }]);
    expect(found).toMatchObject({ version: "0.155.0", featureGates: ["-x"] });
    const [rule] = ruleTexts(rulesOf(found.configurations[0]!.tree));
    expectPlaces(text, rule!);
    expect(rule!.place.line).toBe(11);
  });

  it("names the place of broken YAML", () => {
    let error: unknown;
    try {
      read("processors:\n  transform: [1, 2\nservice: {}\n");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DiagnosticError);
    expect(error).toMatchObject({
      code: "VRF701",
      place: expect.stringMatching(/^f0\.yaml:\d+:\d+$/),
    });
  });
});

/**
 * A report that shows everything a report can show: every verdict, expected and unexpected, a
 * lasso, model against implementation, a wire matrix, a chart, a flame graph, hostile strings and
 * a very long trace. Built by hand; no engine is involved.
 */

import {
  makeTrace,
  traceState,
  type Coverage,
  type FlameNode,
  type Json,
  type Report,
  type RequirementFinding,
  type Result,
  type StateGraph,
  type Trace,
  type Verdict,
} from "../../core/index.ts";

export const hostile = `</script><img src=x onerror="alert('x')"> & "quotes" \u001b[31mred\u001b[0m \u0000 ]]>`;
export const unicode = "Zustände wärmen – 状態遷移 ✅ 🚦 عكس";

export const breakerGraph: StateGraph = {
  nodes: [
    { id: "closed", label: "closed", initial: true },
    { id: "open", label: "open" },
    { id: "halfOpen", label: "half-open" },
    { id: "halfOpen.idle", label: "idle", parent: "halfOpen", initial: true },
    { id: "halfOpen.trial", label: "trial", parent: "halfOpen" },
  ],
  edges: [
    { from: "closed", to: "closed", label: "SUCCESS / failures := 0", event: "SUCCESS" },
    { from: "closed", to: "closed", label: "FAIL [failures + 1 < threshold]", event: "FAIL" },
    { from: "closed", to: "open", label: "FAIL [failures + 1 ≥ threshold]", event: "FAIL" },
    {
      from: "open",
      to: "halfOpen.idle",
      label: "after resetTimeout",
      event: "after resetTimeout",
    },
    { from: "open", to: "open", label: "CALL / reject", event: "CALL" },
    { from: "halfOpen.idle", to: "halfOpen.trial", label: "CALL / admit", event: "CALL" },
    { from: "halfOpen", to: "closed", label: "SUCCESS", event: "SUCCESS" },
    { from: "halfOpen", to: "open", label: "FAIL", event: "FAIL" },
  ],
};

export const breakerCoverage: Coverage = {
  complete: true,
  growth: [1, 2, 4, 2, 1],
  machines: [
    {
      machines: ["circuit-breaker"],
      states: { total: 6, entered: 5, never: ["halfOpen.trial"] },
      transitions: {
        total: 8,
        taken: 7,
        never: [
          {
            source: "closed",
            event: "FAIL",
            guard: "x < 1",
            targets: ["open", "closed"],
          },
        ],
      },
      guards: {
        total: 2,
        both: 1,
        neverTrue: [{ source: "closed", event: "FAIL", guard: "never", targets: [] }],
        neverFalse: [],
      },
      events: { total: 3, accepted: 2, never: ["LATE"] },
    },
  ],
};

const tableGraph: StateGraph = {
  nodes: [
    { id: "Disconnected", label: "Disconnected", initial: true },
    { id: "Connecting", label: "Connecting" },
    { id: "Connected", label: "Connected", final: true },
    { id: "Error", label: "Error" },
  ],
  edges: [
    { from: "Disconnected", to: "Connecting", label: "connect", event: "connect" },
    { from: "Connecting", to: "Connected", label: "receive_ack", event: "receive_ack" },
    { from: "Connected", to: "Connected", label: "send", event: "send" },
    { from: "Connected", to: "Disconnected", label: "disconnect", event: "disconnect" },
    { from: "Disconnected", to: "Error", label: "error", event: "error" },
    { from: "Connecting", to: "Error", label: "error", event: "error" },
    { from: "Connected", to: "Error", label: "error", event: "error" },
    { from: "Error", to: "Error", label: "error", event: "error" },
  ],
};

export function breakerTrace(): Trace {
  return makeTrace("two trial calls are admitted while half-open", [
    traceState(
      { index: 0, active: ["closed"], timeMs: 0 },
      { state: "closed", failures: 0, trials: 0, last: { outcome: "none", code: null } },
    ),
    traceState(
      {
        index: 1,
        action: { type: "FAIL", code: 503 },
        by: "event",
        active: ["closed"],
        timeMs: 10,
      },
      { state: "closed", failures: 1, trials: 0, last: { outcome: "fail", code: 503 } },
    ),
    traceState(
      { index: 2, action: { type: "FAIL", code: 503 }, by: "event", active: ["open"], timeMs: 20 },
      { state: "open", failures: 2, trials: 0, last: { outcome: "fail", code: 503 } },
    ),
    traceState(
      {
        index: 3,
        action: { type: "after resetTimeout" },
        by: "timer",
        active: ["halfOpen", "halfOpen.idle"],
        timeMs: 1020,
      },
      { state: "halfOpen.idle", failures: 2, trials: 0, last: { outcome: "fail", code: 503 } },
    ),
    traceState(
      {
        index: 4,
        action: { type: "CALL" },
        by: "event",
        active: ["halfOpen", "halfOpen.trial"],
        timeMs: 1021,
      },
      { state: "halfOpen.trial", failures: 2, trials: 1, last: { outcome: "fail", code: 503 } },
    ),
    traceState(
      {
        index: 5,
        action: { type: "CALL" },
        by: "event",
        active: ["halfOpen", "halfOpen.trial"],
        timeMs: 1022,
        note: "the invariant fails here: trials = 2 while the limit is 1",
      },
      { state: "halfOpen.trial", failures: 2, trials: 2, last: { outcome: "fail", code: 503 } },
    ),
  ]);
}

function lassoTrace(): Trace {
  const at = (index: number, state: string, type?: string, note?: string) =>
    traceState(
      {
        index,
        active: [state],
        ...(type === undefined ? {} : { action: { type }, by: "event" as const }),
        ...(note === undefined ? {} : { note }),
      },
      { state },
    );
  return makeTrace(
    "once in Error, every event leads back to Error",
    [
      at(0, "Disconnected"),
      at(1, "Connecting", "connect"),
      at(2, "Error", "error", "Connected can no longer be reached"),
      at(3, "Error", "error"),
    ],
    2,
  );
}

function observedTrace(): Trace {
  const at = (
    index: number,
    model: { state: string; rejected: boolean },
    observed: Json,
    type?: string,
  ) =>
    traceState(
      {
        index,
        observed,
        predicted: model,
        active: [model.state],
        ...(type === undefined ? {} : { action: { type }, by: "event" as const }),
      },
      model,
    );
  return makeTrace("model and implementation differ after the third command", [
    at(0, { state: "closed", rejected: false }, { state: "closed", rejected: false }),
    at(1, { state: "closed", rejected: false }, { state: "closed", rejected: false }, "FAIL"),
    at(2, { state: "open", rejected: false }, { state: "closed", rejected: false }, "FAIL"),
    at(3, { state: "open", rejected: true }, { state: "closed", rejected: false }, "CALL"),
  ]);
}

export function longTrace(length = 5000): Trace {
  const states = ["closed", "open", "halfOpen"];
  return makeTrace(
    "a long random walk",
    Array.from({ length }, (_, index) =>
      traceState(
        {
          index,
          active: [states[index % 3] ?? "closed"],
          ...(index === 0
            ? {}
            : { action: { type: index % 3 === 0 ? "SUCCESS" : "FAIL", n: index } }),
        },
        { state: states[index % 3] ?? "closed", counter: index, constant: "same" },
      ),
    ),
  );
}

function flame(): FlameNode {
  const node = (
    name: string,
    type: FlameNode["type"] & string,
    self: number,
    children: readonly FlameNode[] = [],
  ): FlameNode => ({
    name,
    type,
    self,
    total: self + children.reduce((sum, child) => sum + child.total, 0),
    children,
  });
  const send = node("sys_sendto", "kernel", 40, [
    node("tcp_sendmsg", "kernel", 30, [
      node("tcp_push", "kernel", 25),
      node("skb_copy_datagram_from_iter", "kernel", 55),
    ]),
  ]);
  return node("all", "unknown", 0, [
    node("node::Start", "native", 12, [
      node("processTicksAndRejections", "js", 20, [
        node("OTLPExporterBase.export", "js", 35, [
          node("serialize ~protobuf", "js", 180, [
            node("Writer.uint32", "js", 95),
            node("Writer.string", "js", 130, [node("utf8Write", "native", 60)]),
          ]),
          node("gzip <zlib>", "native", 110, [node("deflate_fast", "native", 150)]),
          node("http.request", "js", 45, [node("uv__write", "native", 22, [send])]),
        ]),
        node("BatchSpanProcessor._flushOneBatch", "js", 33, [
          node("serialize ~protobuf", "js", 14),
        ]),
      ]),
      node("V8::GCTracer scavenge", "gc", 88),
    ]),
    node("[unknown]", "unknown", 17),
  ]);
}

const plainHold: readonly Verdict[] = ["proved", "holds-bounded"];

/** A result with sensible defaults; give what matters. */
export function makeResult(parts: Partial<Result> & Pick<Result, "id" | "verdict">): Result {
  const [subject, rest] = splitOnce(parts.id, "/");
  const [property] = splitOnce(rest, "@");
  const holds = parts.verdict === "proved" || parts.verdict === "holds-bounded";
  return {
    subject,
    property,
    title: property.replaceAll("-", " "),
    source: null,
    implementation: null,
    engine: "explore",
    expected: plainHold,
    expectedBecause: null,
    asExpected: holds,
    expectationMismatch: null,
    method: holds || parts.verdict === "violated" ? "exhaustive" : null,
    bound: null,
    reason: "",
    assumptions: [],
    evidence: "",
    stats: {},
    counterexample: null,
    exhibits: [],
    diagnostics: [],
    replay: `verify replay ${parts.id}`,
    durationMs: 12,
    ...parts,
  };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

function requirement(
  slug: string,
  level: RequirementFinding["level"],
  finding: RequirementFinding["finding"],
): RequirementFinding {
  return {
    id: `OTLP-${slug}`,
    slug,
    level,
    class: "normative",
    source: `https://opentelemetry.io/docs/specs/otlp/#${slug}`,
    since: "1.0.0",
    specVersion: "1.9.0",
    finding,
  };
}

function wireResults(): Result[] {
  const implementations = [
    { name: "otlp-exporter-trace-proto", version: "0.301.1" },
    { name: "otlp-exporter-trace-http", version: "0.301.0" },
    { name: "our-exporter", version: "0.1.0" },
  ];
  const rows: readonly (readonly [
    string,
    string,
    RequirementFinding["level"],
    readonly RequirementFinding["finding"][],
  ])[] = [
    ["retry-after", "honours Retry-After on 503", "SHOULD", ["deviates", "conforms", "conforms"]],
    ["no-retry-on-401", "does not retry on 401", "MUST NOT", ["conforms", "conforms", "conforms"]],
    [
      "flush-on-shutdown",
      "delivers the queue on SIGTERM",
      "SHOULD",
      ["deviates", "ambiguous", "conforms"],
    ],
    [
      "survives-outage",
      "delivers after a 30 s outage",
      "MAY",
      ["not-tested", "conforms", "conforms"],
    ],
  ];
  return rows.flatMap(([slug, title, level, findings]) =>
    implementations.map((implementation, index) => {
      const finding = findings[index] ?? "not-tested";
      const verdict: Verdict =
        finding === "conforms"
          ? "holds-bounded"
          : finding === "deviates"
            ? "violated"
            : finding === "ambiguous"
              ? "inconclusive"
              : "skipped";
      const pinned = finding === "deviates";
      return makeResult({
        id: `otlp-wire/${slug}@${implementation.name}`,
        title,
        verdict,
        implementation,
        engine: "conform",
        method: finding === "not-tested" ? null : "wire",
        bound: finding === "conforms" ? { scenarios: 5, spans: 2048 } : null,
        reason:
          verdict === "inconclusive"
            ? "the process was silent: no span arrived before the deadline"
            : verdict === "skipped"
              ? "it was not selected with --grep"
              : "",
        asExpected: verdict !== "inconclusive",
        ...(pinned
          ? {
              expected: ["violated"] as const,
              expectedBecause: "the package reads Retry-After only as a date",
              counterexample: {
                message: `retried after 1.0 s although the server asked for 5 s`,
                at: { "retry.waited": 1000 },
                trace: makeTrace("requests seen by the receiver", [
                  traceState({ index: 0, timeMs: 0 }, { request: 1, answer: "503 Retry-After: 5" }),
                  traceState(
                    { index: 1, timeMs: 1003, action: { type: "POST /v1/traces" } },
                    { request: 2, answer: "200" },
                  ),
                ]),
                recipe: { fault: "503" },
              },
            }
          : {}),
        requirement: requirement(slug, level, finding),
        exhibits:
          slug === "retry-after" && index === 0
            ? [
                {
                  kind: "table",
                  title: "Spans per fault",
                  columns: ["fault", "ended", "delivered", "duplicated", "lost"],
                  rows: [
                    ["503 with Retry-After", 512, 512, 0, 0],
                    ["30 s outage", 512, 448, 0, 64],
                    ["hang", 512, 512, 12, 0],
                    ["401", 512, 0, 0, 512],
                    ["SIGTERM with a full queue", 512, 500, 0, 12],
                  ],
                  note: "Counted at the receiver; a span delivered twice counts once as delivered.",
                },
                {
                  kind: "text",
                  title: "Receiver log",
                  text: `POST /v1/traces 503\n${hostile}\nPOST /v1/traces 200`,
                },
              ]
            : [],
      });
    }),
  );
}

function breakerResults(): Result[] {
  return [
    makeResult({
      id: "circuit-breaker/open-rejects",
      title: "an open breaker rejects every call",
      verdict: "proved",
      evidence: "closed set of 42 states",
      source: "Nygard, Release It!, section 5.2",
      assumptions: ["timers may fire at any time after they were set", "threshold = 3"],
      stats: { states: 42, transitions: 131, depth: 9 },
      durationMs: 38,
    }),
    makeResult({
      id: "circuit-breaker/open-rejects",
      title: "an open breaker rejects every call",
      verdict: "proved",
      engine: "prove",
      method: "k-induction",
      evidence: "base case and inductive step for k = 1",
      assumptions: ["threshold is any integer ≥ 1"],
      stats: { k: 1, solverMs: 61 },
      durationMs: 240,
    }),
    makeResult({
      id: "circuit-breaker/one-trial",
      title: "half-open admits at most one trial call",
      verdict: "violated",
      asExpected: false,
      evidence: "shortest path of 5 steps, replayed on the machine",
      stats: { states: 57, transitions: 160, depth: 5 },
      assumptions: ["timers may fire at any time after they were set"],
      source: "https://example.com/breaker#half-open",
      counterexample: {
        message: "2 trial calls are admitted in half-open; the limit is 1",
        at: { state: "halfOpen.trial", trials: 2 },
        trace: breakerTrace(),
        recipe: { events: ["FAIL", "FAIL", "CALL", "CALL"] },
      },
      durationMs: 41,
    }),
    makeResult({
      id: "circuit-breaker/closes-again",
      title: "can close again after it opened",
      verdict: "proved",
      evidence: "run of 5 steps, replayed on the machine",
      witness: breakerTrace(),
      stats: { states: 42 },
    }),
    makeResult({
      id: "circuit-breaker/conforms@ours",
      title: "the breaker behaves as its model",
      verdict: "holds-bounded",
      engine: "conform",
      method: "commands",
      implementation: { name: "ours", version: "0.1.0" },
      bound: { sequences: 1000, commands: 50 },
      evidence: "1,000 random sequences of up to 50 commands",
      stats: { tests: 1000, steps: 24_310 },
      durationMs: 1830,
    }),
    makeResult({
      id: "circuit-breaker/conforms@opossum",
      title: "the breaker behaves as its model",
      verdict: "violated",
      engine: "conform",
      method: "commands",
      implementation: { name: "opossum", version: "10.0.0" },
      expected: ["violated"],
      expectedBecause: "opossum opens on an error percentage, not on a count of failures",
      asExpected: true,
      counterexample: {
        message: "after FAIL, FAIL the model is open and opossum is closed",
        at: { state: "open", "observed.state": "closed" },
        trace: observedTrace(),
        recipe: { seed: 42, path: "0:1:1" },
      },
      stats: { tests: 17, steps: 210 },
      durationMs: 412,
    }),
    makeResult({
      id: "circuit-breaker/long-walk",
      title: `a very long run: ${unicode}`,
      verdict: "violated",
      asExpected: false,
      expected: ["violated"],
      expectedBecause: "the counter has no limit",
      expectationMismatch: "counter is 4999, pinned was 4",
      counterexample: {
        message: `counter leaves its range ${hostile}`,
        at: { counter: 4999 },
        trace: longTrace(),
        recipe: null,
      },
    }),
    makeResult({
      id: "circuit-breaker/reset-race",
      title: "a late success does not close an open breaker",
      verdict: "vacuous",
      asExpected: false,
      method: "exhaustive",
      reason: "the premise `pending > 0 and at(open)` is never reached",
    }),
    makeResult({
      id: "circuit-breaker/any-threshold",
      title: "opens for every threshold after exactly that many failures",
      verdict: "inconclusive",
      asExpected: false,
      engine: "prove",
      method: "spacer",
      reason: "the solver gave up after 10 s",
      durationMs: 10_004,
    }),
    makeResult({
      id: "circuit-breaker/adapter",
      title: "the adapter reports a state",
      verdict: "error",
      asExpected: false,
      engine: "conform",
      reason: `the adapter threw: ${hostile}`,
      diagnostics: [{ code: "VRF401", message: `adapter failed ${hostile}` }],
    }),
  ];
}

function publishedResults(): Result[] {
  return [
    makeResult({
      id: "published-otlp/recovers",
      title: "from every state other than Error there is a path to Connected",
      verdict: "violated",
      expected: ["violated"],
      expectedBecause: "nothing in the table leaves Error",
      asExpected: true,
      counterexample: {
        message: "Error is a trap: no event leads out of it",
        at: { state: "Error" },
        trace: lassoTrace(),
        recipe: { events: ["connect", "error"] },
      },
      evidence: "closed set of 4 states without a path to Connected",
      stats: { states: 4, transitions: 8, depth: 2 },
    }),
    makeResult({
      id: "published-otlp/send-only-connected",
      title: "send is valid only in Connected",
      verdict: "proved",
      stats: { states: 4 },
      evidence: "closed set of 4 states",
    }),
  ];
}

function queueResults(): Result[] {
  const rho = [0.2, 0.4, 0.6, 0.8, 0.9];
  return [
    makeResult({
      id: "exporter-queue/throughput",
      title: "measured throughput agrees with the Erlang B prediction",
      verdict: "holds-bounded",
      engine: "sim",
      method: "measurement",
      bound: { points: 5, seconds: 10, confidence: "95%" },
      evidence: "all 5 predictions lie within the measured intervals",
      stats: { requests: 8123, replications: 5 },
      durationMs: 50_200,
      exhibits: [
        {
          kind: "chart",
          title: "Throughput: predicted against measured",
          xLabel: "offered load λ (1/s)",
          yLabel: "throughput (1/s)",
          series: [
            {
              name: "predicted (Erlang B)",
              style: "line",
              points: Array.from({ length: 21 }, (_, i) => ({
                x: i * 10,
                y: (i * 10) / (1 + (i * 10) / 400),
              })),
            },
            {
              name: "measured (95 % interval)",
              style: "points",
              points: rho.map((value, i) => {
                const x = value * 200;
                const y = x / (1 + x / 400) + (i % 2 === 0 ? 1.5 : -2);
                return { x, y, low: y - 4 - i, high: y + 4 + i };
              }),
            },
          ],
          note: "Poisson arrivals, exponential service, 8 concurrent exports.",
        },
      ],
    }),
    makeResult({
      id: "exporter-queue/published-wait-formula",
      title: "the published formula gives the mean wait of M/M/N",
      verdict: "violated",
      engine: "sim",
      method: "simulation",
      expected: ["violated"],
      expectedBecause: "the formula lacks a factor 1/N",
      asExpected: true,
      counterexample: {
        message: "at N = 4, ρ = 0.8 the formula gives 0.149 s, simulation 0.037 s ± 0.001 s",
        at: { N: 4, rho: 0.8 },
        trace: makeTrace("operating point", [
          traceState({ index: 0 }, { N: 4, rho: 0.8, formula: 0.149, simulated: 0.0372 }),
        ]),
        recipe: { seed: 7 },
      },
    }),
    makeResult({
      id: "exporter-queue/profile",
      title: "a CPU profile of the exporter under load accounts for its CPU time",
      verdict: "holds-bounded",
      engine: "profile",
      method: "measurement",
      bound: { seconds: 10, samples: 1221 },
      exhibits: [
        {
          kind: "flamegraph",
          title: "CPU time of the exporter under load",
          provenance: "bpftrace, 99 Hz, CPU time",
          root: flame(),
          facts: { samples: 1221, "lost stacks": 17, "cpu seconds": 12.3 },
        },
      ],
    }),
    makeResult({
      id: "exporter-queue/off-cpu",
      title: "off-CPU time is accounted for",
      verdict: "skipped",
      engine: "profile",
      reason: "bpftrace is not installed",
      asExpected: true,
      expected: ["proved", "holds-bounded", "skipped"],
    }),
  ];
}

/** Counts as the runner makes them. */
export function summarise(results: readonly Result[]): Report["summary"] {
  const count = (verdict: Verdict): number =>
    results.filter((result) => result.verdict === verdict).length;
  return {
    proved: count("proved"),
    "holds-bounded": count("holds-bounded"),
    violated: count("violated"),
    vacuous: count("vacuous"),
    inconclusive: count("inconclusive"),
    skipped: count("skipped"),
    error: count("error"),
    unexpected: results.filter((result) => !result.asExpected).length,
  };
}

export function makeReport(
  results: readonly Result[] = [
    ...breakerResults(),
    ...publishedResults(),
    ...wireResults(),
    ...queueResults(),
  ],
): Report {
  const summary = summarise(results);
  return {
    schemaVersion: 1,
    tool: { name: "verify", version: "0.1.0" },
    seed: 42,
    startedAt: "2026-11-23T07:00:00.000Z",
    durationMs: 64_210,
    environment: { node: "v24.21.0", platform: "linux", arch: "x64", cpus: 2, ci: false },
    command: ["verify", "run", "--seed", "42"],
    summary,
    exitCode: summary.unexpected > 0 ? 1 : 0,
    interrupted: false,
    subjects: [
      {
        id: "circuit-breaker",
        title: "Circuit breaker",
        kind: "machine",
        source: "Nygard, Release It!, section 5.2",
        graph: breakerGraph,
        coverage: breakerCoverage,
      },
      {
        id: "published-otlp",
        title: "OTLP connection, the published table taken literally",
        kind: "machine",
        source: null,
        graph: tableGraph,
      },
      {
        id: "otlp-wire",
        title: "OTLP exporters on the wire",
        kind: "process",
        source: "https://opentelemetry.io/docs/specs/otlp/",
        graph: null,
      },
      {
        id: "exporter-queue",
        title: "Exporter as a queue",
        kind: "queue",
        source: null,
        graph: null,
      },
    ],
    results,
  };
}

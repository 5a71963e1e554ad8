/** Scenarios about what the process reads from its environment. */

import type { Pace, Scenario, Step } from "./scenario.ts";

interface Steps {
  readonly drive: Step;
  readonly attempt: (number: number, maxMs?: number) => Step;
  readonly quiet: (ms: number, maxMs?: number) => Step;
  readonly terminate: Step;
  readonly overGrpc: boolean;
}

/** Beyond the default timeout of 10 s, with room for slack. */
const BEYOND_DEFAULT_MS = 13_000;

/** Everything has been seen: a process that waits for answers at its end is not waited for. */
const brisk: Step = { do: "terminate", graceMs: 2_000 };

export function environmentScenarios(pace: Pace, steps: Steps): Scenario[] {
  const { drive, attempt, quiet, terminate, overGrpc } = steps;
  const base = { timeoutMs: 10_000, scheduleDelayMs: 200, basePath: "", script: { rounds: [] } };
  const once = [drive, attempt(1), quiet(300), terminate];
  const hanging = {
    rounds: [{ attempts: [{ kind: "hang", when: "before-headers" } as const], repeat: true }],
  };
  const waiting = [drive, attempt(1, pace.silenceMs + BEYOND_DEFAULT_MS), brisk];
  const http: Scenario[] = [
    {
      ...base,
      name: "signal-endpoint",
      title: "An endpoint for the signal alone",
      says: "OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT has a path of its own; the general endpoint has another.",
      basePath: "/general",
      path: "/only/this/path",
      env: { "OTEL_EXPORTER_OTLP_{signal}_ENDPOINT": "{endpoint}/only/this/path" },
      steps: once,
    },
    {
      ...base,
      name: "root-endpoint",
      title: "An endpoint for the signal without a path",
      says: "OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT has no path: the root path is used.",
      basePath: "/general",
      path: "/",
      env: { "OTEL_EXPORTER_OTLP_{signal}_ENDPOINT": "{endpoint}" },
      steps: once,
    },
  ];
  return [
    ...(overGrpc ? [] : http),
    {
      ...base,
      name: "headers",
      title: "Headers from the environment",
      says: "OTEL_EXPORTER_OTLP_HEADERS sets a header, OTEL_EXPORTER_OTLP_<SIGNAL>_HEADERS the same again and a percent-encoded one; compression is none in general and gzip for the signal.",
      env: {
        OTEL_EXPORTER_OTLP_HEADERS: "x-verify-a=general",
        "OTEL_EXPORTER_OTLP_{signal}_HEADERS": "x-verify-a=signal,x-verify-b=two%20words",
        OTEL_EXPORTER_OTLP_COMPRESSION: "none",
        "OTEL_EXPORTER_OTLP_{signal}_COMPRESSION": "gzip",
      },
      steps: once,
    },
    {
      ...base,
      name: "signal-timeout",
      title: "A timeout for the signal alone",
      says: "OTEL_EXPORTER_OTLP_TIMEOUT is 60 s, OTEL_EXPORTER_OTLP_<SIGNAL>_TIMEOUT 1.5 s; no answer.",
      timeoutMs: 60_000,
      env: { "OTEL_EXPORTER_OTLP_{signal}_TIMEOUT": "1500" },
      script: hanging,
      steps: [drive, attempt(1), quiet(200), terminate],
    },
    {
      ...base,
      name: "empty-values",
      title: "Variables that are set and empty",
      says: "Headers, compression and the signal's own endpoint, timeout and compression are set to the empty string.",
      env: {
        OTEL_EXPORTER_OTLP_HEADERS: "",
        OTEL_EXPORTER_OTLP_COMPRESSION: "",
        "OTEL_EXPORTER_OTLP_{signal}_ENDPOINT": "",
        "OTEL_EXPORTER_OTLP_{signal}_TIMEOUT": "",
        "OTEL_EXPORTER_OTLP_{signal}_COMPRESSION": "",
      },
      steps: once,
    },
    {
      ...base,
      name: "unusable-values",
      title: "Variables with values that mean nothing",
      says: "Compression is brotli, the timeout is not a number, the headers are no list.",
      env: {
        OTEL_EXPORTER_OTLP_COMPRESSION: "brotli",
        OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
        OTEL_EXPORTER_OTLP_HEADERS: "=,;,no-value",
      },
      steps: once,
    },
    {
      ...base,
      name: "negative-timeout",
      title: "A negative timeout",
      says: "OTEL_EXPORTER_OTLP_TIMEOUT is -5: the default of 10 s holds; no answer for 13 s.",
      env: { OTEL_EXPORTER_OTLP_TIMEOUT: "-5" },
      script: hanging,
      steps: waiting,
    },
    {
      ...base,
      name: "zero-timeout",
      title: "A timeout of zero",
      says: "OTEL_EXPORTER_OTLP_TIMEOUT is 0: no limit; no answer for 13 s.",
      env: { OTEL_EXPORTER_OTLP_TIMEOUT: "0" },
      script: hanging,
      steps: [drive, attempt(1, BEYOND_DEFAULT_MS), brisk],
    },
  ];
}

/** Published implementations of OTLP as subjects; tools/peers.ts puts them where they are looked for. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type {
  ExporterSubject,
  OtlpProtocol,
  OtlpSignal,
  PairSubject,
  ReceiverSubject,
} from "../core/subject.ts";
import { deviationsOf } from "./deviations.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const peersFolder = join(root, ".verify/peers");

const otel = (versions: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [`@opentelemetry/${name}`, version]),
  );
const signalPackages = (version: string) =>
  ["trace", "logs", "metrics"].flatMap((signal) =>
    ["proto", "http", "grpc"].map((kind) => [`exporter-${signal}-otlp-${kind}`, version] as const),
  );
/** A line from before a fix and the one after it, with the exporter over HTTP/protobuf only. */
const historic = (exporter: string, sdk: string) => ({
  packages: otel({ api: "1.9.0", "sdk-trace-base": sdk, "exporter-trace-otlp-proto": exporter }),
  exporter,
});

/** Folders of npm packages by name. */
export const jsPeers: Readonly<
  Record<string, { readonly packages: Readonly<Record<string, string>>; readonly exporter: string }>
> = {
  "js-current": {
    packages: otel({
      api: "1.10.0",
      "sdk-trace": "3.1.1",
      "sdk-logs": "3.1.1",
      "sdk-metrics": "3.1.1",
      ...Object.fromEntries(signalPackages("0.301.0")),
    }),
    exporter: "0.301.0",
  },
  "js-node20": {
    packages: otel({
      api: "1.9.0",
      "api-logs": "0.223.0",
      "sdk-trace-base": "2.12.1",
      "sdk-logs": "0.223.0",
      "sdk-metrics": "2.12.1",
      ...Object.fromEntries(signalPackages("0.223.0")),
    }),
    exporter: "0.223.0",
  },
  "js-0.43": historic("0.43.0", "1.17.0"),
  "js-0.44": historic("0.44.0", "1.17.1"),
  "js-0.208": historic("0.208.0", "2.2.0"),
  "js-0.209": historic("0.209.0", "2.3.0"),
  "js-0.214": historic("0.214.0", "2.6.1"),
  "js-0.215": historic("0.215.0", "2.7.0"),
};

const tooOld = {
  "backoff-grows":
    "its limit of 10 s for an export, which it takes from no variable, leaves room for two or three waits",
};
/** Lines with another retry than that of today, whose constants are not judged. */
const beforeTransports = new Set(["js-0.43", "js-0.44"]);
const unjudged: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "js-0.43": tooOld,
  "js-0.44": tooOld,
  "js-0.208": {
    "backoff-has-jitter":
      "its jitter of 0.2 ms (added to the wait, not multiplied, until 0.209.0) is found by a calm machine only; a busy one delays the waits by more",
  },
};

const http = (path: string) => `http://127.0.0.1:{port}${path}`;
const driven = {
  ready: http("/ready"),
  drive: http("/work?spans=60"),
  driveLarge: http("/work?spans=60&size=1300000"),
} as const;
const kindOf = { "http/protobuf": "proto", "http/json": "http", grpc: "grpc" } as const;

const missing = (path: string, name: string) =>
  existsSync(path) ? {} : { missing: `not installed: node tools/peers.ts ${name}` };

/** One exporter of OpenTelemetry JS behind its batch processor, run by this Node or by another one. */
export function jsExporter(
  peer: string,
  protocol: OtlpProtocol,
  signal: OtlpSignal = "traces",
  node?: string,
): ExporterSubject {
  const folder = join(peersFolder, peer);
  const version = jsPeers[peer]!.exporter;
  const kind = kindOf[protocol];
  const name = `exporter-${signal === "traces" ? "trace" : signal}-otlp-${kind}`;
  return {
    kind: "process",
    id: `${peer}-${signal}-${kind}`,
    title: `OpenTelemetry JS ${version}: ${signal}, ${protocol}`,
    role: "otlp-exporter",
    command: [
      node ?? process.execPath,
      fileURLToPath(new URL("./programs/otel-js-service.mjs", import.meta.url)),
    ],
    env: { VERIFY_PEER: folder },
    ...driven,
    signal,
    protocol,
    batchProcessor: signal !== "metrics",
    notApplicable: { ...(signal === "metrics" ? uncountable : {}), ...unjudged[peer] },
    ...(beforeTransports.has(peer) ? {} : { profile: "opentelemetry-js" }),
    implementation: { name, version },
    pace: { quietMs: 2_000, silenceMs: 8_000, jobs: 6 },
    expectFor: deviationsOf({ package: "opentelemetry-js", version, protocol, signal }),
    ...missing(join(folder, "node_modules"), peer),
  };
}

/** The same exporter behind SimpleSpanProcessor, which hands on every span as it ends. */
export function jsSimpleExporter(peer: string, protocol: OtlpProtocol): ExporterSubject {
  const { batchProcessor: _, driveLarge: __, ...batching } = jsExporter(peer, protocol);
  const version = jsPeers[peer]!.exporter;
  return {
    ...batching,
    id: `${peer}-simple-${kindOf[protocol]}`,
    title: `OpenTelemetry JS ${version}: SimpleSpanProcessor, ${protocol}`,
    env: { ...batching.env, VERIFY_PROCESSOR: "simple" },
    drive: http("/work?spans=3"),
    simpleProcessor: true,
    // the exporter refuses the 31st export at a time: there is no other room
    room: 30,
    expectFor: deviationsOf({
      package: "opentelemetry-js",
      version,
      protocol,
      processor: "simple",
    }),
  };
}

/** Two exporters of one line that send the same data, `strict` or with a NaN among the values. */
export function jsPair(
  peer: string,
  [left, right]: readonly [OtlpProtocol, OtlpProtocol],
  signal: OtlpSignal,
  data: "strict" | "any" = "strict",
): PairSubject {
  const side = (protocol: OtlpProtocol): ExporterSubject => {
    const one = jsExporter(peer, protocol, signal);
    return { ...one, env: { ...one.env, VERIFY_SAME_DATA: data } };
  };
  const { exporter: version } = jsPeers[peer]!;
  const values = data === "strict" ? "" : ", NaN among the values";
  const about = `${peer}-${signal}-${kindOf[left]}-against-${kindOf[right]}`;
  return {
    kind: "process",
    role: "otlp-pair",
    id: `${about}${data === "strict" ? "" : "-nan"}`,
    title: `OpenTelemetry JS ${version}: ${signal}, ${left} against ${right}${values}`,
    left: side(left),
    right: side(right),
    compare: "items",
    implementation: { name: `exporter-${signal}`, version },
    expectFor: deviationsOf({
      package: `opentelemetry-js-pair${data === "strict" ? "" : "-nan"}`,
      version,
      protocol: left,
      signal,
    }),
  };
}

/** The batch processors for spans and for log records, driven alike. */
export function jsProcessorPair(peer: string): PairSubject {
  const { exporter: version } = jsPeers[peer]!;
  return {
    kind: "process",
    role: "otlp-pair",
    id: `${peer}-span-against-log-processor`,
    title: `OpenTelemetry JS ${version}: BatchSpanProcessor against BatchLogRecordProcessor`,
    left: jsExporter(peer, "http/protobuf", "traces"),
    right: jsExporter(peer, "http/protobuf", "logs"),
    compare: "batches",
    implementation: { name: "batch-processors", version },
    expectFor: deviationsOf({ package: "opentelemetry-js-processor-pair", version }),
  };
}

const uncountable = Object.fromEntries(
  ["survives-idle-close", "shutdown-flushes"].map((slug) => [
    slug,
    "the same point is collected again and again, so delivered points cannot be counted",
  ]),
);

/** The slow ones: their back-off begins with seconds. */
const patient = { quietMs: 5_000, silenceMs: 12_000, jobs: 8 };

export function goExporter(protocol: "http/protobuf" | "grpc"): ExporterSubject {
  const program = join(peersFolder, "go-sdk");
  const version = "1.47.0";
  return {
    kind: "process",
    id: `go-${kindOf[protocol]}`,
    title: `OpenTelemetry Go ${version}: traces, ${protocol}`,
    role: "otlp-exporter",
    command: [program],
    ...driven,
    protocol,
    batchProcessor: true,
    implementation: { name: `otlptrace${protocol === "grpc" ? "grpc" : "http"}`, version },
    pace: patient,
    ...(protocol === "grpc"
      ? {
          notApplicable: {
            "timeout-covers-retries":
              "its back-off begins at 2.5 s to 7.5 s by chance, the scenario's timeout is 3 s: nothing, or hardly anything, is retried",
          },
        }
      : {}),
    expectFor: deviationsOf({ package: "opentelemetry-go", version, runtime: "go", protocol }),
    ...missing(program, "go-sdk"),
  };
}

export function pythonExporter(protocol: "http/protobuf" | "grpc"): ExporterSubject {
  const python = join(peersFolder, "python/bin/python");
  const version = "1.45.2";
  return {
    kind: "process",
    id: `python-${kindOf[protocol]}`,
    title: `OpenTelemetry Python ${version}: traces, ${protocol}`,
    role: "otlp-exporter",
    command: [python, join(root, "examples/peers/python/service.py")],
    ...driven,
    protocol,
    batchProcessor: true,
    implementation: { name: `otlp-proto-${protocol === "grpc" ? "grpc" : "http"}`, version },
    pace: patient,
    expectFor: deviationsOf({
      package: "opentelemetry-python",
      version,
      runtime: "python",
      protocol,
    }),
    ...missing(python, "python"),
  };
}

const COLLECTOR = "0.165.0";
const collectorFolder = join(root, "examples/peers/collector");
const collector = join(peersFolder, "collector");
const configured = "a Collector is configured by its file, not by these variables";
const account = (scenario: string) => `scenario-${scenario}`;
const insecure = [
  "trusts-the-configured-ca",
  "shows-the-client-certificate",
  "scheme-decides-on-tls",
].map((slug) => [
  slug,
  "its configuration chooses between TLS and none in the file, not by the scheme of the endpoint",
]);
const ownConfiguration = Object.fromEntries(
  [
    "signal-endpoint-as-is",
    "signal-endpoint-without-path",
    "signal-headers-win",
    "signal-compression-wins",
    "headers-are-percent-decoded",
    "signal-timeout-wins",
    "empty-values-mean-unset",
    "unusable-values-are-ignored",
    "negative-timeout-means-default",
    "zero-timeout-means-no-limit",
    ...["signal-endpoint", "root-endpoint", "headers", "signal-timeout"].map(account),
    ...["empty-values", "unusable-values", "negative-timeout", "zero-timeout"].map(account),
  ].map((slug) => [slug, configured]),
);

export function collectorExporter(protocol: "http/protobuf" | "grpc"): ExporterSubject {
  const kind = protocol === "grpc" ? "grpc" : "http";
  const drive = (size: string) =>
    `"${process.execPath}" "${join(collectorFolder, "drive.mjs")}" {port} 60${size}`;
  return {
    kind: "process",
    id: `collector-exporter-${kind}`,
    title: `OpenTelemetry Collector ${COLLECTOR}: exporter, ${protocol}`,
    role: "otlp-exporter",
    command: [collector, "--config", join(collectorFolder, `exporter-${kind}.yaml`)],
    drive: drive(""),
    protocol,
    implementation: {
      name: kind === "grpc" ? "otlpexporter" : "otlphttpexporter",
      version: COLLECTOR,
    },
    pace: patient,
    notApplicable: {
      ...ownConfiguration,
      ...(kind === "grpc" ? Object.fromEntries(insecure) : {}),
    },
    expectFor: deviationsOf({
      package: "opentelemetry-collector",
      version: COLLECTOR,
      runtime: "go",
      protocol,
    }),
    ...missing(collector, "collector"),
  };
}

export function collectorReceiver(
  protocol: OtlpProtocol,
  signal: OtlpSignal = "traces",
  tls: "none" | "mtls" = "none",
): ReceiverSubject {
  const config = tls === "mtls" ? "mtls" : protocol === "grpc" ? "grpc" : "http";
  return {
    kind: "process",
    id: `collector-receiver-${signal}-${kindOf[protocol]}${tls === "none" ? "" : "-mtls"}`,
    title: `OpenTelemetry Collector ${COLLECTOR}: receiver, ${signal}, ${protocol}${tls === "none" ? "" : ", mutual TLS"}`,
    role: "otlp-receiver",
    endpoint: `${tls === "none" ? "http" : "https"}://127.0.0.1:{port}`,
    command: [collector, "--config", join(collectorFolder, `receiver-${config}.yaml`)],
    protocol,
    signal,
    tls,
    implementation: { name: "otlpreceiver", version: COLLECTOR },
    expectFor: deviationsOf({
      package: "opentelemetry-collector-receiver",
      version: COLLECTOR,
      runtime: "go",
      protocol,
      signal,
    }),
    ...missing(collector, "collector"),
  };
}

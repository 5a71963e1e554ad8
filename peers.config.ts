/**
 * Published implementations of OTLP against the specification: slower than verify.config.ts, and
 * in need of packages and toolchains that `node tools/peers.ts` installs. What is not installed is
 * skipped with that reason. `npm run verify -- -c peers.config.ts`
 *
 * VERIFY_NODE20: path of a Node 20 for the line of OpenTelemetry JS that supports it.
 */

import {
  collectorExporter,
  collectorReceiver,
  goExporter,
  jsExporter,
  jsPair,
  jsProcessorPair,
  jsSimpleExporter,
  pythonExporter,
} from "./adapters/peers.ts";
import { defineConfig } from "./index.ts";

const node20 = process.env["VERIFY_NODE20"];
const protocols = ["http/protobuf", "http/json", "grpc"] as const;
const signals = ["traces", "logs", "metrics"] as const;

export default defineConfig({
  subjects: [
    ...signals.flatMap((signal) =>
      protocols.map((protocol) => jsExporter("js-current", protocol, signal)),
    ),
    ...protocols.map((protocol) => jsExporter("js-node20", protocol, "traces", node20)),
    jsSimpleExporter("js-current", "http/protobuf"),
    // on either side of: full batches exported at once, network errors retried, response capped
    ...["js-0.43", "js-0.44", "js-0.208", "js-0.209", "js-0.214", "js-0.215"].map((peer) =>
      jsExporter(peer, "http/protobuf"),
    ),
    // the same data in two ways: encodings, transports, processors
    jsPair("js-current", ["http/json", "http/protobuf"], "traces"),
    jsPair("js-current", ["http/json", "http/protobuf"], "logs"),
    jsPair("js-current", ["http/json", "http/protobuf"], "traces", "any"),
    jsPair("js-current", ["http/protobuf", "grpc"], "traces"),
    jsPair("js-current", ["http/protobuf", "grpc"], "logs"),
    jsProcessorPair("js-current"),
    goExporter("http/protobuf"),
    goExporter("grpc"),
    pythonExporter("http/protobuf"),
    pythonExporter("grpc"),
    collectorExporter("http/protobuf"),
    collectorExporter("grpc"),
    ...protocols.map((protocol) => collectorReceiver(protocol)),
    collectorReceiver("http/protobuf", "logs"),
    collectorReceiver("http/protobuf", "metrics"),
    collectorReceiver("http/protobuf", "traces", "mtls"),
  ],
});

/**
 * The workbench's own subjects: the only place where models, properties, implementations and
 * adapters meet.
 */

import { breakerCockatiel } from "./adapters/breaker-cockatiel.ts";
import { breakerOpossum } from "./adapters/breaker-opossum.ts";
import { breakerOurs } from "./adapters/breaker-ours.ts";
import { otelBatchReplay } from "./adapters/otel-batch-replay.ts";
import { otelExporterQueue } from "./adapters/otel-exporter-queue.ts";
import { otlpClientOurs } from "./adapters/otlp-client-ours.ts";
import { otelProcessor } from "./adapters/otel-processor.ts";
import { otlpClientPlaces } from "./adapters/otlp-client-places.ts";
import { otlpExporterJs } from "./adapters/otlp-exporter-js.ts";
import { defineConfig, defineSubject } from "./index.ts";
import { circuitBreaker, resetTimeout } from "./models/circuit-breaker.ts";
import { opampControlLoop } from "./models/opamp-control-loop.ts";
import { otlpClient } from "./models/otlp-client.ts";
import { exportTimeout, firstWait, longestWait, otlpExport } from "./models/otlp-export.ts";
import { otlpConnection } from "./models/otlp-connection.ts";
import { ownershipModel } from "./models/ownership.ts";
import { publishedCircuitBreaker } from "./models/published/circuit-breaker.ts";
import { publishedOtlp, publishedOtlpLiteral } from "./models/published/otlp-connection.ts";
import { rwLock } from "./models/rw-lock.ts";
import { circuitBreakerConformance } from "./properties/circuit-breaker-conformance.ts";
import { circuitBreakerSteps } from "./properties/circuit-breaker-steps.ts";
import { circuitBreakerProperties } from "./properties/circuit-breaker.ts";
import { opampControlLoopSteps } from "./properties/opamp-control-loop-steps.ts";
import { opampControlLoopProperties } from "./properties/opamp-control-loop.ts";
import { otlpClientProperties } from "./properties/otlp-client.ts";
import { otlpExportConformance } from "./properties/otlp-export-conformance.ts";
import { otlpExportProperties } from "./properties/otlp-export.ts";
import { otlpConnectionSteps } from "./properties/otlp-connection-steps.ts";
import { otlpConnectionProperties } from "./properties/otlp-connection.ts";
import { ownershipProperties } from "./properties/ownership.ts";
import { publishedCircuitBreakerProperties } from "./properties/published/circuit-breaker.ts";
import {
  publishedOtlpLiteralProperties,
  publishedOtlpProperties,
} from "./properties/published/otlp-connection.ts";
import { exporterQueueSubject } from "./properties/queue/exporter.ts";
import { exporterProfileClaims } from "./properties/queue/exporter-profile.ts";
import { queueMd1, queueMmn, queueMmnk } from "./properties/queue/mmn.ts";
import { batchProcessorSubject } from "./properties/queue/processor.ts";
import { rwLockProperties } from "./properties/rw-lock.ts";
import { textbookRedaction } from "./properties/textbook-redaction.ts";
import { backoffArithmetic } from "./properties/theorems/backoff.ts";
import { dataRace } from "./properties/theorems/data-race.ts";
import { littlesLaw } from "./properties/theorems/little.ts";
import { ownership } from "./properties/theorems/ownership.ts";
import { queueWait } from "./properties/theorems/queue-wait.ts";
import { retryArithmetic } from "./properties/theorems/retry-arithmetic.ts";
import { sendSync } from "./properties/theorems/send-sync.ts";

const breaker = { resetTimeoutMs: resetTimeout };

export default defineConfig({
  subjects: [
    defineSubject({
      id: "circuit-breaker",
      title: "Circuit breaker",
      source: 'Nygard, "Release It!"; Fowler, "CircuitBreaker" (2014)',
      model: circuitBreaker,
      properties: [
        ...circuitBreakerProperties,
        ...circuitBreakerSteps,
        ...circuitBreakerConformance,
      ],
      implementations: [breakerOurs(breaker), breakerOpossum(breaker), breakerCockatiel(breaker)],
    }),
    defineSubject({
      id: "otlp-connection",
      title: "OTLP connection with the recovery that the published table lacks",
      model: otlpConnection,
      properties: [...otlpConnectionProperties, ...otlpConnectionSteps],
    }),
    defineSubject({
      id: "otlp-export",
      title: "One export of an OTLP/HTTP client",
      model: otlpExport,
      properties: [...otlpExportProperties, ...otlpExportConformance],
      implementations: [
        otlpClientOurs({
          exportTimeoutMs: exportTimeout,
          firstWaitMs: firstWait,
          longestWaitMs: longestWait,
        }),
      ],
    }),
    defineSubject({
      id: "otlp-client",
      title: "Places of an OTLP/HTTP client",
      model: otlpClient,
      properties: otlpClientProperties,
      implementations: [otlpClientPlaces()],
    }),
    defineSubject({
      id: "opamp-control-loop",
      title: "Control loop of an OpAMP agent over plain HTTP",
      model: opampControlLoop,
      properties: [...opampControlLoopProperties, ...opampControlLoopSteps],
      prove: true,
    }),
    defineSubject({
      id: "published-otlp-literal",
      title: "Published OTLP connection, its alphabet taken literally",
      model: publishedOtlpLiteral,
      properties: publishedOtlpLiteralProperties,
    }),
    defineSubject({
      id: "published-otlp",
      title: "Published OTLP connection, with `receive` read as receive_ack",
      model: publishedOtlp,
      properties: publishedOtlpProperties,
    }),
    defineSubject({
      id: "published-breaker",
      title: "Published circuit breaker",
      model: publishedCircuitBreaker,
      properties: publishedCircuitBreakerProperties,
    }),
    defineSubject({
      id: "ownership-machine",
      title: "A value under Rust's ownership and borrow rules",
      source: "The Rust Programming Language, ch. 4",
      model: ownershipModel,
      properties: ownershipProperties,
    }),
    defineSubject({
      id: "rw-lock",
      title: "Readers-writer lock that prefers writers",
      model: rwLock,
      properties: rwLockProperties,
    }),
    ownership,
    dataRace,
    sendSync,
    littlesLaw,
    queueWait,
    retryArithmetic,
    backoffArithmetic,
    queueMmn,
    queueMmnk,
    queueMd1,
    textbookRedaction,
    otlpExporterJs,
    batchProcessorSubject(otelBatchReplay(), otelProcessor),
    exporterQueueSubject(otelExporterQueue, exporterProfileClaims),
  ],
});

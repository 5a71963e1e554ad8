/**
 * The span processors at every operating point: eight loads each with a constant and with a random
 * backend, bursts, an application that is busy. Takes some six minutes on a quiet machine;
 * verify.config.ts measures two loads. `npm run verify -- sim -c sim.config.ts --max-time 600`
 */

import { otelBatchReplay } from "./adapters/otel-batch-replay.ts";
import { otelProcessor } from "./adapters/otel-processor.ts";
import { defineConfig } from "./index.ts";
import { batchProcessorSubject } from "./properties/queue/processor.ts";

export default defineConfig({
  subjects: [batchProcessorSubject(otelBatchReplay(), otelProcessor, "all")],
});

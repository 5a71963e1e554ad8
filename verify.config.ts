/**
 * The workbench's own subjects: the only place where models, properties, implementations and
 * adapters meet.
 */

import { breakerCockatiel } from "./adapters/breaker-cockatiel.ts";
import { breakerOpossum } from "./adapters/breaker-opossum.ts";
import { breakerOurs } from "./adapters/breaker-ours.ts";
import { defineConfig, defineSubject } from "./index.ts";
import { circuitBreaker, resetTimeout } from "./models/circuit-breaker.ts";
import { circuitBreakerProperties } from "./properties/circuit-breaker.ts";

const breaker = { resetTimeoutMs: resetTimeout };

export default defineConfig({
  subjects: [
    defineSubject({
      id: "circuit-breaker",
      title: "Circuit breaker",
      model: circuitBreaker,
      properties: circuitBreakerProperties,
      implementations: [breakerOurs(breaker), breakerOpossum(breaker), breakerCockatiel(breaker)],
    }),
  ],
});

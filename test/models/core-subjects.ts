/** The models whose properties are held against fixed mutation operators, with their properties. */

import type { Property } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { opampControlLoop } from "../../models/opamp-control-loop.ts";
import { otlpConnection } from "../../models/otlp-connection.ts";
import { ownershipModel } from "../../models/ownership.ts";
import { rwLock } from "../../models/rw-lock.ts";
import { circuitBreakerSteps } from "../../properties/circuit-breaker-steps.ts";
import { circuitBreakerProperties } from "../../properties/circuit-breaker.ts";
import { opampControlLoopSteps } from "../../properties/opamp-control-loop-steps.ts";
import { opampControlLoopProperties } from "../../properties/opamp-control-loop.ts";
import { otlpConnectionSteps } from "../../properties/otlp-connection-steps.ts";
import { otlpConnectionProperties } from "../../properties/otlp-connection.ts";
import { ownershipProperties } from "../../properties/ownership.ts";
import { rwLockProperties } from "../../properties/rw-lock.ts";

export interface CoreSubject {
  readonly model: MachineModel;
  /** Those that refute most come first. */
  readonly properties: readonly Property[];
}

export const coreSubjects: Readonly<Record<string, CoreSubject>> = {
  "circuit-breaker": {
    model: circuitBreaker,
    properties: [...circuitBreakerSteps, ...circuitBreakerProperties],
  },
  "otlp-connection": {
    model: otlpConnection,
    properties: [...otlpConnectionSteps, ...otlpConnectionProperties],
  },
  "opamp-control-loop": {
    model: opampControlLoop,
    properties: [...opampControlLoopSteps, ...opampControlLoopProperties],
  },
  "ownership-machine": { model: ownershipModel, properties: ownershipProperties },
  "rw-lock": { model: rwLock, properties: rwLockProperties },
};

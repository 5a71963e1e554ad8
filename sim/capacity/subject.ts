/** The subject that `verify capacity` judges: one path, and everything that is asked about it. */

import type { CapacityPlan } from "../../core/capacity.ts";
import type { CapacityClaim, QueueSubject } from "../../core/subject.ts";

export function capacitySubject(plan: CapacityPlan): QueueSubject {
  const claim = (aspect: CapacityClaim["aspect"], title: string): CapacityClaim => ({
    kind: "capacity",
    id: aspect,
    title,
    aspect,
    plan,
  });
  return {
    kind: "queue",
    id: plan.name,
    title: `Telemetry path ${plan.collector === null ? "SDK → backend" : "SDK → Collector → backend"}`,
    model: {
      arrivalRate: plan.lambda,
      service: { law: "deterministic", mean: Math.max(1e-6, plan.backendSeconds) },
      servers: 1,
      waitingRoom: plan.sdk.maxQueueSize,
    },
    claims: [
      claim(
        "load",
        `carries ${plan.lambda} spans/s with a loss of at most ${plan.targets.maxLoss * 100} %`,
      ),
      ...(plan.targets.outage > 0
        ? [claim("outage", `survives an outage of ${plan.targets.outage} s without a loss`)]
        : []),
      claim("shutdown", `sends a full queue within ${plan.targets.grace} s of shutdown`),
      ...(plan.backendServers === null
        ? []
        : [claim("retries", "recovers from an outage although everybody retries")]),
      claim("recommendation", "a configuration that meets all targets"),
    ],
  };
}

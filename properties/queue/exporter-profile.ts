/** What profiles of the exporter under load must show. */

import type { OperatingPoint, QueueClaim } from "../../core/subject.ts";

/** One export in flight; refused ones cost little. 1.5 arrivals per service time: some 40 % get in. */
const alone = (ms: number): OperatingPoint => ({
  name: `one at a time, ${ms} ms backend`,
  arrivalRate: 1500 / ms,
  service: { law: "exponential", mean: ms / 1000 },
  servers: 1,
  duration: 1.5,
});

const together = (servers: number, arrivalRate: number): OperatingPoint => ({
  name: `up to ${servers} at a time, 10 ms backend`,
  arrivalRate,
  service: { law: "exponential", mean: 0.01 },
  servers,
  duration: 1.5,
});

/** Five points with one export in flight, two with overlap. The first one calibrates. */
export const accountPoints: readonly OperatingPoint[] = [
  alone(5),
  alone(1),
  alone(2),
  alone(10),
  alone(20),
  together(4, 300),
  together(16, 800),
];

export const exporterProfileClaims: readonly QueueClaim[] = [
  {
    kind: "profile",
    id: "cpu-profile",
    title: "a CPU profile of the exporter under load accounts for its CPU time",
    point: {
      name: "profiled",
      arrivalRate: 5000,
      service: { law: "exponential", mean: 0.005 },
      servers: 500,
      duration: 5,
    },
    hz: 99,
  },
  {
    kind: "account",
    id: "export-account",
    title: "the wall time of one export is accounted for, part by part",
    points: accountPoints,
  },
];

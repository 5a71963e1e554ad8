/** Our OTLP client against its models: the healthy one agrees, every described fault is found. */

import { describe, expect, it } from "vitest";

import { otlpClientOurs } from "../../adapters/otlp-client-ours.ts";
import { otlpClientPlaces } from "../../adapters/otlp-client-places.ts";
import { engine } from "../../checkers/conform/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { Implementation, MachineModel } from "../../core/subject.ts";
import { OtlpClient, type OtlpClientOptions } from "../../impl/otlp/client.ts";
import { otlpClient } from "../../models/otlp-client.ts";
import { exportTimeout, firstWait, longestWait, otlpExport } from "../../models/otlp-export.ts";
import { mutants } from "./mutants.ts";
import { clientFaults, loadClient } from "./client-faults.ts";
import { makeContext, whole } from "./subject.ts";

const waits = {
  exportTimeoutMs: exportTimeout,
  firstWaitMs: firstWait,
  longestWaitMs: longestWait,
};

type Create = (options: OtlpClientOptions) => OtlpClient;

const views = (create: Create): { model: MachineModel; implementation: Implementation }[] => [
  { model: otlpExport, implementation: otlpClientOurs({ ...waits, create, skewed: true }) },
  { model: otlpClient, implementation: otlpClientPlaces(create) },
];

async function check(model: MachineModel, implementation: Implementation): Promise<Outcome> {
  const subject = {
    kind: "machine",
    id: "client",
    title: "client",
    model,
    properties: [whole],
    implementations: [implementation],
  } as const;
  const [obligation] = engine.plan(subject);
  return engine.check(obligation!, subject, makeContext());
}

describe("our OTLP client", () => {
  it.for(views((options) => new OtlpClient(options)))(
    "agrees with $model.machine.id",
    async ({ model, implementation }) => {
      expect(await check(model, implementation)).toMatchObject({
        verdict: "holds-bounded",
        counterexample: null,
      });
    },
  );

  it("has at least thirty described faults, with those of the breaker", () => {
    expect(clientFaults.length + Object.keys(mutants).length).toBeGreaterThanOrEqual(30);
  });

  it.for(clientFaults)("is refuted when it $name", async (described) => {
    const { OtlpClient: Faulty } = await loadClient(described);
    const found: Outcome[] = [];
    for (const { model, implementation } of views((options) => new Faulty(options))) {
      const outcome = await check(model, implementation);
      if (outcome.verdict === "holds-bounded") continue;
      found.push(outcome);
      break;
    }
    expect(found).toHaveLength(1);
    expect(found[0]!.verdict).toBe("violated");
  });
});

/** Our OTLP client against its models: the healthy one agrees, every described fault is found. */

import { describe, expect, it } from "vitest";

import { otlpClientOurs } from "../../adapters/otlp-client-ours.ts";
import { otlpClientPlaces } from "../../adapters/otlp-client-places.ts";
import { engine } from "../../checkers/conform/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { Implementation, MachineModel, Observables } from "../../core/subject.ts";
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

interface View {
  readonly model: MachineModel;
  readonly implementation: Implementation;
}

const views = (create: Create): View[] => [
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

describe("a wrong abstraction map", () => {
  const [one, places] = views((options) => new OtlpClient(options)) as [View, View];
  /** The map with one observable predicted otherwise. */
  const changed = (
    { model, implementation }: View,
    change: (
      observables: Observables,
      step: Parameters<Implementation["predict"]>[0],
    ) => Observables,
  ): View => ({
    model,
    implementation: {
      ...implementation,
      predict: (step) => ({
        ...implementation.predict(step),
        ...change(implementation.predict(step), step),
      }),
    },
  });
  const wrong: Record<string, View> = {
    "a partial success counts as delivered": changed(one, ({ result }) =>
      result === "partlyDelivered" ? { result: "delivered" } : {},
    ),
    "no item is refused": changed(one, () => ({ refused: 0 })),
    "a request is counted when it is answered": changed(one, (_, { before }) => ({
      requests: (before.context as { requests: number }).requests,
    })),
    "a request goes on after the time limit": changed(one, ({ request }, { before, after }) => ({
      request: after.status === "done" && before.status !== "done" ? "pending" : request!,
    })),
    "no wait is asked for": changed(one, () => ({ asked: "none" })),
    "who waits is in flight": changed(places, ({ flying }, { after }) => ({
      flying: Number(flying) + (after.context as { waiting: number }).waiting,
    })),
    "every export is taken": changed(places, (_, { event }) =>
      event.type === "EXPORT" ? { answer: "taken" } : {},
    ),
    "a flush waits for nobody": changed(places, (_, { event }) =>
      event.type === "FLUSH" ? { answer: "flushed" } : {},
    ),
    "it is closed as soon as it is told": changed(places, (_, { event }) =>
      event.type === "SHUTDOWN" ? { closed: true } : {},
    ),
  };
  it.for(Object.entries(wrong))("is refuted: %s", async ([, { model, implementation }]) => {
    expect((await check(model, implementation)).verdict).toBe("violated");
  });
});

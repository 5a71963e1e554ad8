/** Concurrent exports of our OTLP client: answers, time, a flush and the shutdown in every order. */

import {
  array,
  asyncProperty,
  check,
  constantFrom,
  defaultReportMessage,
  scheduler as anyOrder,
  type Scheduler,
} from "fast-check";
import { describe, expect, it } from "vitest";

import { OtlpClient, type ExportResult, type OtlpClientOptions } from "../../impl/otlp/client.ts";
import type { OtlpResponse } from "../../impl/otlp/transport.ts";
import { VirtualClock } from "../../impl/platform/clock.ts";
import { clientFaults, loadClient } from "../conform/client-faults.ts";

const concurrency = 2;
const maxWaiting = 2;

type Answer = 200 | 400 | 503 | "reset";

const response = (status: number): OtlpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode("{}"),
});

/**
 * Each export begins, and each request is answered, when fast-check says; so do time, a flush and, last,
 * the shutdown. What is expected does not depend on the order, or is counted along with it.
 */
async function race(
  makeClient: (options: OtlpClientOptions) => OtlpClient,
  scheduler: Scheduler,
  answers: readonly Answer[],
): Promise<void> {
  const clock = new VirtualClock();
  const flying = new Map<number, AbortSignal>();
  const ended = new Map<number, ExportResult>();
  const sent = new Map<number, number>();
  const accepted = new Set<number>();
  const wrong: string[] = [];
  let connections: "open" | "closed" = "open";
  let answered = 0;
  const client = makeClient({
    contentType: "application/json",
    concurrency,
    maxWaiting,
    clock,
    random: () => 0.5,
    transport: {
      async send({ body }, signal) {
        const [number] = body as unknown as [number];
        // noted, not thrown: the client takes what a transport throws for a broken connection
        if (connections === "closed") wrong.push("a request on closed connections");
        if (ended.has(number)) wrong.push("a request of an export that has ended");
        if (flying.has(number)) wrong.push("two requests of one export");
        if (accepted.has(number)) wrong.push("a request after success");
        flying.set(number, signal);
        sent.set(number, (sent.get(number) ?? 0) + 1);
        const pending = [...flying.values()].filter(({ aborted }) => !aborted);
        if (pending.length > concurrency) wrong.push(`${pending.length} requests at a time`);
        await scheduler.schedule(Promise.resolve(), `answer ${number}`);
        flying.delete(number);
        const answer = answers[answered++ % answers.length]!;
        if (answer === 200) accepted.add(number);
        if (answer === "reset") throw new Error("socket hang up");
        return response(answer);
      },
      close: () => (connections = "closed"),
    },
  });

  const begun = new Set<number>();
  const time = scheduler.scheduleSequence(
    Array.from({ length: 6 }, () => () => clock.advance(2_000)),
  );
  const exports = answers.map(async (_, number) => {
    await scheduler.schedule(Promise.resolve(), `begin ${number}`);
    begun.add(number);
    const result = await client.export(new Uint8Array([number]));
    expect(ended.has(number), "an export ends once").toBe(false);
    ended.set(number, result);
    expect(result.requests).toBe(sent.get(number) ?? 0);
  });
  const flush = (async () => {
    await scheduler.schedule(Promise.resolve(), "flush");
    const before = [...begun];
    await client.forceFlush();
    await Promise.resolve(); // whoever is told by the same promise, and asked before, has been told
    expect(before.filter((number) => !ended.has(number))).toEqual([]);
  })();
  const drain = async (): Promise<void> => {
    await scheduler.waitIdle();
    // an export takes at most 10 s, and two waves of two may wait for each other
    for (let passed = 0; passed < 30; passed++) {
      await clock.advance(1_000);
      await scheduler.waitIdle();
    }
  };
  await Promise.all([drain(), time.task, ...exports, flush]);

  expect(wrong).toEqual([]);
  expect(ended.size).toBe(answers.length);
  const closing = client.shutdown();
  const late = client.export(new Uint8Array([99]));
  expect(sent.has(99), "a request after shutdown").toBe(false);
  expect(await late).toMatchObject({ outcome: "failed", requests: 0 });
  await closing;
  expect(connections).toBe("closed");
  expect(flying.size).toBe(0);
  expect(clock.nextDeadline, "a timer is left").toBeNull();
}

const races = (makeClient: (options: OtlpClientOptions) => OtlpClient) =>
  check(
    asyncProperty(
      anyOrder(),
      array(constantFrom<Answer[]>(200, 400, 503, "reset"), {
        minLength: 3,
        maxLength: 8,
        size: "max",
      }),
      (scheduler, answers) => race(makeClient, scheduler, answers),
    ),
    { seed: 20261125, numRuns: 150, endOnFailure: true },
  );

describe("races of concurrent exports", () => {
  it("end each export once, within the places, in every order", async () => {
    const details = await races((options) => new OtlpClient(options));
    expect(details.failed, defaultReportMessage(details)).toBe(false);
  });

  const shown = new Set([
    "has one place too many",
    "takes exports after shutdown",
    "leaves connections open",
    "does not wait when flushing",
    "resends after success",
  ]);
  it.for(clientFaults.filter(({ name }) => shown.has(name)))(
    "show a client that $name",
    async (fault) => {
      const { OtlpClient: Faulty } = await loadClient(fault);
      const { failed } = await races((options) => new Faulty(options));
      expect(failed).toBe(true);
    },
  );
});

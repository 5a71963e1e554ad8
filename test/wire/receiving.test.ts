/** Receivers under test: every probe accuses the receiver that commits its sin, none another. */

import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { checkReceiver, replayReceiver } from "../../checkers/conform/wire/judge-receiver.ts";
import {
  planReceiver,
  receiverRequirements,
} from "../../checkers/conform/wire/requirements-receiver.ts";
import type { OtlpProtocol, ReceiverSubject } from "../../core/subject.ts";
import { context } from "./helpers.ts";

const program = fileURLToPath(new URL("../fixtures/wire/receiver.ts", import.meta.url));

const receiver = (sins: string, protocol: OtlpProtocol): ReceiverSubject => ({
  kind: "process",
  id: "receiver",
  title: "receiver",
  role: "otlp-receiver",
  endpoint: "http://127.0.0.1:{port}",
  command: [process.execPath, program, sins, protocol],
  protocol,
  implementation: { name: "fixture", version: "1" },
});

type Control = readonly [slug: string, sin: string, protocol: OtlpProtocol];
const controls: readonly Control[] = [
  ["accepts-plain-requests", "refuses-plain", "http/protobuf"],
  ["accepts-gzip", "no-gzip", "http/protobuf"],
  ["caps-the-request", "uncapped", "http/protobuf"],
  ["caps-the-decompressed-request", "uncapped", "grpc"],
  ["full-success-leaves-partial-success-unset", "sets-partial", "http/json"],
  ["full-success-leaves-partial-success-unset", "sets-partial", "grpc"],
  ["accepts-empty-requests", "refuses-empty", "http/json"],
  ["answers-in-the-content-type-of-the-request", "always-json", "http/protobuf"],
  ["errors-are-status-messages", "text-errors", "http/json"],
  ["undecodable-data-is-400", "bad-data-is-500", "http/protobuf"],
  ["undecodable-data-is-not-retryable", "bad-data-is-500", "grpc"],
  ["bad-data-is-described", "no-details", "http/json"],
  ["ignores-unknown-fields", "strict-fields", "http/protobuf"],
  ["accepts-int64-as-number-and-string", "strings-only", "http/json"],
  ["accepts-ids-in-either-case", "lower-case-only", "http/json"],
  ["both-encodings-on-one-port", "one-encoding", "http/protobuf"],
  ["no-gzip-unless-accepted", "uninvited-gzip", "http/protobuf"],
  ["malformed-input-does-not-stop-it", "dies", "http/protobuf"],
];

const obligationOf = (subject: ReceiverSubject, slug: string) =>
  planReceiver(subject).find(({ property }) => property === slug)!;

describe.concurrent("receivers", () => {
  it("has a control for every probe", () => {
    const controlled = new Set(controls.map(([slug]) => slug));
    const probed = receiverRequirements.filter(({ probe }) => !("why" in probe));
    expect(probed.map(({ slug }) => slug).filter((slug) => !controlled.has(slug))).toEqual([]);
  });

  it.each(controls)("%s is refuted by the sin %s over %s", async (slug, sin, protocol) => {
    const subject = receiver(sin, protocol);
    const outcome = await checkReceiver(obligationOf(subject, slug), subject, context());
    expect(outcome.verdict).toBe("violated");
    const again = await replayReceiver(
      obligationOf(subject, slug),
      subject,
      outcome.counterexample!,
      context(),
    );
    expect(again.kind).toBe("reproduced");
  });

  it.each(["http/protobuf", "http/json", "grpc"] as const)(
    "an honest one over %s is not accused",
    async (protocol) => {
      const subject = receiver("", protocol);
      const accused: string[] = [];
      for (const obligation of planReceiver(subject)) {
        const { verdict, evidence } = await checkReceiver(obligation, subject, context());
        if (verdict !== "holds-bounded" && verdict !== "skipped") {
          accused.push(`${obligation.property}: ${verdict}, ${evidence}`);
        }
      }
      expect(accused).toEqual([]);
    },
  );

  it("is never looked for elsewhere", async () => {
    const subject = { ...receiver("", "http/json"), endpoint: "http://example.com" };
    const check = checkReceiver(obligationOf(subject, "accepts-gzip"), subject, context());
    await expect(check).rejects.toMatchObject({ code: "VRF006" });
  });
});

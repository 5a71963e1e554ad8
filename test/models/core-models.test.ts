import { describe, expect, test } from "vitest";

import type { Property } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { guard, update } from "../../expr/index.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { opampControlLoop } from "../../models/opamp-control-loop.ts";
import { otlpConnection } from "../../models/otlp-connection.ts";
import { publishedCircuitBreaker } from "../../models/published/circuit-breaker.ts";
import { publishedOtlp, publishedOtlpLiteral } from "../../models/published/otlp-connection.ts";
import { circuitBreakerProperties } from "../../properties/circuit-breaker.ts";
import { opampControlLoopProperties } from "../../properties/opamp-control-loop.ts";
import { otlpConnectionProperties } from "../../properties/otlp-connection.ts";
import { publishedCircuitBreakerProperties } from "../../properties/published/circuit-breaker.ts";
import {
  publishedOtlpLiteralProperties,
  publishedOtlpProperties,
} from "../../properties/published/otlp-connection.ts";
import { check } from "../explore/support.ts";
import { mutate, type Config } from "./mutate.ts";

type Mutants = Readonly<Record<string, (config: Config) => void>>;

interface Case {
  readonly model: MachineModel;
  readonly properties: readonly Property[];
  /** For each property that holds, a change of the machine that breaks it. */
  readonly mutants: Mutants;
}

const laterThreshold = ({ states }: Config): void => {
  states.closed.on.FAILURE[0].guard = guard("active > 0 and failures + 1 > threshold");
};
const noReset = ({ states }: Config): void => {
  delete states.open.after;
};
const noWayOutOfError = ({ states }: Config): void => {
  delete states.Error.after;
  delete states.Error.on;
};
const noAck = ({ states }: Config): void => {
  delete states.Connecting.on;
};
const sendConnects = ({ states }: Config): void => {
  states.Disconnected.on.send = "Connecting";
};
const dialsFirst = ({ states }: Config): void => {
  states.Disconnected.on.connect = "Dialling";
  states.Dialling = { after: { 1: "Connecting" } };
};
const noRetry = ({ states }: Config): void => {
  delete states.link.states.waiting.after;
};
const neverOpens = ({ states }: Config): void => {
  delete states.closed.states.opening.after;
};

const cases: Readonly<Record<string, Case>> = {
  "circuit breaker": {
    model: circuitBreaker,
    properties: circuitBreakerProperties,
    mutants: {
      "failures-below-threshold": laterThreshold,
      "half-open-trial-limit": ({ states }) => {
        states.halfOpen.on.CALL.guard = guard("active <= trialLimit");
      },
      "open-is-idle": ({ states }) => {
        states.closed.on.FAILURE[0].actions = update({ failures: "0" });
      },
      "active-within-limits": ({ states }) => {
        states.closed.on.CALL.guard = guard("active <= concurrency");
      },
      "open-rejects-calls": ({ states }) => {
        states.open.on = { CALL: { actions: update({ active: "min(active + 1, 2)" }) } };
      },
      "threshold-opens-at-once": laterThreshold,
      "success-resets-count": ({ states }) => {
        states.closed.on.SUCCESS.actions = update({ active: "active - 1" });
      },
      "only-failure-opens": ({ states }) => {
        states.closed.on.SUCCESS.target = "open";
      },
      "only-trial-closes": ({ states }) => {
        states.open.after.resetTimeout.target = "closed";
      },
      "half-open-reachable": noReset,
      "closed-stays-reachable": ({ states }) => {
        states.halfOpen.on.SUCCESS.target = "open";
      },
      "deadlock-free": noReset,
      "open-leads-to-half-open": noReset,
    },
  },
  "OTLP connection": {
    model: otlpConnection,
    properties: otlpConnectionProperties,
    mutants: {
      "attempts-bounded": ({ states }) => {
        delete states.Error.after.backoff[0].guard;
      },
      "attempt-left": ({ states }) => {
        states.Error.after.backoff[0].guard = guard("attempts <= maxAttempts");
      },
      "in-flight-only-connected": ({ states }) => {
        delete states.Connected.on.error.actions;
      },
      "in-flight-bounded": ({ states }) => {
        states.Connected.on.send.guard = guard("inFlight <= window");
      },
      "send-only-in-connected": sendConnects,
      "only-ack-connects": ({ states }) => {
        states.Disconnected.on.connect.target = "Connected";
      },
      "disconnect-works": ({ states }) => {
        delete states.Connecting.on.disconnect;
      },
      "connected-reachable": ({ states }) => {
        delete states.Connecting.on.receive_ack;
      },
      "last-attempt-can-fail": ({ states }) => {
        states.Error.after.backoff[0].guard = guard("attempts + 1 < maxAttempts");
      },
      "connected-stays-reachable": noWayOutOfError,
      "deadlock-free": noWayOutOfError,
      "connecting-ends": ({ states }) => {
        delete states.Connecting.after;
      },
      "error-ends": ({ states }) => {
        delete states.Error.after;
      },
      "trying-ends": ({ states }) => {
        delete states.Connecting.after.ackTimeout.actions; // a timeout that is not counted
      },
    },
  },
  "OpAMP control loop": {
    model: opampControlLoop,
    properties: opampControlLoopProperties,
    mutants: {
      "outstanding-flag": ({ states }) => {
        states.link.states.inFlight.on.RESPONSE.actions.shift();
      },
      "full-until-confirmed": ({ states }) => {
        states.link.states.inFlight.on.RESPONSE.actions.push(update({ synced: "false" }));
      },
      "sequence-by-one": ({ states }) => {
        states.link.states.inFlight.entry = update({
          seq: "(seq + 2) mod 4",
          outstanding: "true",
          dirty: "false",
        });
      },
      "sequence-only-when-sent": ({ states }) => {
        states.link.states.waiting.entry = update({ seq: "(seq + 1) mod 4" });
      },
      "full-state-on-request": ({ states }) => {
        states.link.states.inFlight.on.RESPONSE.actions[1] = update({
          full: "event.full",
          synced: "not event.full",
        });
      },
      "no-report-without-change": ({ states }) => {
        states.link.states.inFlight.on.RESPONSE.actions.push(update({ dirty: "true" }));
      },
      "silent-while-throttled": ({ states }) => {
        states.link.states.waiting.on = { CHANGE: "inFlight" };
      },
      "one-application-at-a-time": ({ states }) => {
        states.config.states.applying.on.APPLY_OK[0].actions = update({ hash: "queued" });
      },
      "status-of-offered": ({ states }) => {
        states.config.states.none.on.RESPONSE.guard = guard("outstanding");
      },
      "applied-after-success": ({ states }) => {
        states.config.states.applying.on.APPLY_FAIL[1].target = "applied";
      },
      "status-change-is-reported": ({ states }) => {
        delete states.config.states.applying.on.APPLY_OK[1].actions;
      },
      "applied-reachable": ({ states }) => {
        delete states.config.states.applying.on.APPLY_OK;
      },
      "queued-reachable": ({ states }) => {
        states.config.states.applying.on.RESPONSE.pop();
      },
      "sync-stays-reachable": noRetry,
      "deadlock-free": noRetry,
      "throttling-ends": noRetry,
      "change-is-sent": noRetry,
      "idle-polls": ({ states }) => {
        delete states.link.states.idle.after;
      },
      "application-ends": ({ states }) => {
        delete states.config.states.applying.on.APPLY_OK;
        delete states.config.states.applying.on.APPLY_FAIL;
      },
    },
  },
  "published OTLP connection, literal": {
    model: publishedOtlpLiteral,
    properties: publishedOtlpLiteralProperties,
    mutants: { "send-only-in-connected": sendConnects, "transitions-atomic": dialsFirst },
  },
  "published OTLP connection, charitable": {
    model: publishedOtlp,
    properties: publishedOtlpProperties,
    mutants: {
      "connected-reachable": noAck,
      "path-to-connected": noAck,
      "send-only-in-connected": sendConnects,
      "transitions-atomic": dialsFirst,
    },
  },
  "published circuit breaker": {
    model: publishedCircuitBreaker,
    properties: publishedCircuitBreakerProperties,
    mutants: {
      "open-reachable": neverOpens,
      "threshold-opens": neverOpens,
      "open-rejects-calls": ({ states }) => {
        states.open.on = { CALL: { actions: update({ active: "1 - active" }) } };
      },
      "failures-bounded": ({ states }) => {
        states.closed.on.FAILURE.actions = update({
          failures: "failures + 1",
          active: "active - 1",
        });
      },
    },
  },
};

describe.each(Object.entries(cases))("%s", (_name, { model, properties, mutants }) => {
  const explored = properties.filter(({ kind }) => kind !== "conforms");

  test.each(explored.map((property) => [property.id, property] as const))(
    "%s is as stated",
    async (_id, property) => {
      const outcome = await check(model, property);
      expect(outcome.verdict, outcome.reason).toBe(property.expect?.verdict ?? "proved");
      if (property.expect?.at !== undefined) {
        expect(outcome.counterexample?.at).toMatchObject(property.expect.at);
      }
    },
  );

  test("every property that holds has a mutant", () => {
    const holding = explored.filter(({ expect: expected }) => expected === undefined);
    expect(Object.keys(mutants).toSorted()).toEqual(holding.map(({ id }) => id).toSorted());
  });

  test.each(Object.entries(mutants))("%s is refuted on its mutant", async (id, edit) => {
    const property = properties.find((candidate) => candidate.id === id)!;
    const outcome = await check(mutate(model, edit), property, { maxStates: 2_000 });
    expect(outcome.verdict, outcome.reason).toBe("violated");
    expect(outcome.counterexample).not.toBeNull();
  });
});

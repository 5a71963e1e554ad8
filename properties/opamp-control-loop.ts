/** What an OpAMP agent owes its server; numbered requirements are sections of the specification. */

import {
  always,
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  reachable,
  violated,
  type Property,
} from "../core/property.ts";

const http = 'OpAMP specification, "Plain HTTP Transport"';
const compression = 'OpAMP specification, "Agent Status Compression"';
const reporting = 'OpAMP specification, "Status Reporting"';
const throttling = 'OpAMP specification, "Throttling"';
const configuration = 'OpAMP specification, "Configuration"';

export const opampControlLoopProperties: readonly Property[] = [
  always(
    "the outstanding flag says whether a request is outstanding",
    "iff(outstanding, at(link.inFlight))",
    {
      id: "outstanding-flag",
      source: http,
    },
  ),
  always(
    "until the server has confirmed a full report, every report is full",
    "implies(not synced, full)",
    {
      id: "full-until-confirmed",
      source: compression,
    },
  ),
  alwaysStep(
    "sequence numbers grow by one with every message",
    "implies(not at(link.inFlight) and next(at(link.inFlight)), next(seq) == (seq + 1) mod 4)",
    { id: "sequence-by-one", source: compression },
  ),
  alwaysStep(
    "no message, no new sequence number",
    "implies(not next(at(link.inFlight)), next(seq) == seq)",
    { id: "sequence-only-when-sent", source: compression },
  ),
  alwaysStep(
    "ReportFullState is answered at once with a full report",
    "implies(at(link.inFlight) and event(RESPONSE) and next(full), next(at(link.inFlight)) and next(seq) != seq)",
    { id: "full-state-on-request", source: compression },
  ),
  alwaysStep(
    "an answer that changes nothing causes no report",
    (step) => {
      const { before, event, after } = step;
      if (event.type !== "RESPONSE" || !before.matches({ link: "inFlight" })) return true;
      const says =
        event["full"] === true || (event["offer"] !== 0 && event["offer"] !== before.context.hash);
      return says || before.context.dirty === true || after.matches({ link: "idle" });
    },
    { id: "no-report-without-change", source: reporting },
  ),
  alwaysStep(
    "nothing is sent while throttled, whatever changes locally",
    "implies(at(link.waiting) and (event(CHANGE) or event(APPLY_OK) or event(APPLY_FAIL) or event(RESPONSE)), next(at(link.waiting)) and next(seq) == seq)",
    { id: "silent-while-throttled", source: throttling },
  ),
  always(
    "one configuration is applied at a time, the last offer waits",
    "implies(queued != 0, at(config.applying) and queued != hash)",
    {
      id: "one-application-at-a-time",
      source: configuration,
    },
  ),
  always(
    "an outcome is reported only of a configuration that was offered",
    "implies(not at(config.none), hash != 0)",
    {
      id: "status-of-offered",
      source: configuration,
    },
  ),
  alwaysStep(
    "APPLIED only after the application has ended well",
    "implies(not at(config.applied) and next(at(config.applied)), event(APPLY_OK) and next(hash) == hash)",
    { id: "applied-after-success", source: configuration },
  ),
  alwaysStep(
    "every change of the configuration's status is reported",
    "implies(next(hash) != hash or (not at(config.applied) and next(at(config.applied))) or (not at(config.failed) and next(at(config.failed))), next(dirty) or next(at(link.inFlight)))",
    { id: "status-change-is-reported", source: configuration },
  ),
  reachable("a configuration can be applied", "at(config.applied)", {
    id: "applied-reachable",
    source: configuration,
  }),
  reachable("an offer can wait for the one being applied", "queued != 0", {
    id: "queued-reachable",
    source: configuration,
  }),
  alwaysReachable(
    "the server can always be brought up to date",
    "synced and not dirty and at(link.idle)",
    {
      id: "sync-stays-reachable",
      source: compression,
    },
  ),
  deadlockFree("the control loop is never stuck", { id: "deadlock-free" }),
  leadsTo("throttling ends with a new attempt", "at(link.waiting)", "at(link.inFlight)", {
    id: "throttling-ends",
    source: throttling,
    fair: ["timers"],
  }),
  leadsTo("a change is sent at last", "dirty", "at(link.inFlight)", {
    id: "change-is-sent",
    source: reporting,
    fair: ["timers"],
  }),
  leadsTo("with nothing to say the agent polls", "at(link.idle)", "at(link.inFlight)", {
    id: "idle-polls",
    source: http,
    fair: ["timers"],
  }),
  leadsTo(
    "the application of a configuration ends, or gives way to a later one",
    "at(config.applying) and hash == 1",
    "not at(config.applying) or hash != 1",
    { id: "application-ends", source: configuration, fair: ["timers", "events"] },
  ),
  leadsTo(
    "while offers come, the server still hears an outcome at last",
    "at(config.applying)",
    "at(config.applied) or at(config.failed)",
    {
      id: "outcome-despite-offers",
      source: "open-telemetry/opamp-spec, issue 366: offers that come while one is being applied",
      fair: ["timers", "events"],
      expect: violated(
        "a server that offers something else in every answer keeps the agent applying: when the waiting offer is taken at once, no outcome is ever reported",
        { state: "link.inFlight+config.applying" },
      ),
    },
  ),
];

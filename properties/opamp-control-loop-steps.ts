/** What each event does to the control loop of an OpAMP agent. */

import { alwaysStep, type Property } from "../core/property.ts";

const http = 'OpAMP specification, "Plain HTTP Transport"';
const reporting = 'OpAMP specification, "Status Reporting"';
const throttling = 'OpAMP specification, "Throttling"';
const configuration = 'OpAMP specification, "Configuration"';

const answered = "event(RESPONSE) and at(link.inFlight)";
const sameStatus =
  "iff(at(config.none), next(at(config.none))) and iff(at(config.applied), next(at(config.applied))) and iff(at(config.failed), next(at(config.failed)))";

export const opampControlLoopSteps: readonly Property[] = [
  alwaysStep(
    "a change is remembered until it is sent",
    "implies(event(CHANGE), next(dirty) or (at(link.idle) and next(at(link.inFlight))))",
    { id: "change-remembered", source: reporting },
  ),
  alwaysStep(
    "after a refused or lost request the agent waits, with everything still to be said",
    "implies(at(link.inFlight) and (event(THROTTLE) or event(FAIL)), next(at(link.waiting)) and next(dirty))",
    { id: "refused-waits", source: throttling },
  ),
  alwaysStep(
    "what ends a pause is a request",
    "implies((at(link.idle) and not next(at(link.idle))) or (at(link.waiting) and not next(at(link.waiting))), next(at(link.inFlight)))",
    { id: "pause-ends-with-request", source: http },
  ),
  alwaysStep(
    "FAILED only after the application has failed",
    "implies(not at(config.failed) and next(at(config.failed)), at(config.applying) and event(APPLY_FAIL))",
    { id: "failed-after-failure", source: configuration },
  ),
  alwaysStep(
    "without a request there is no answer to react to",
    `implies(event(RESPONSE) and not at(link.inFlight), next(hash) == hash and next(queued) == queued and ${sameStatus})`,
    { id: "no-answer-without-request", source: http },
  ),
  alwaysStep(
    "a new offer is applied",
    `implies(${answered} and not at(config.applying) and event.offer != 0 and event.offer != hash, next(at(config.applying)) and next(hash) == event.offer)`,
    { id: "offer-is-applied", source: configuration },
  ),
  alwaysStep(
    "no offer, or the one that is in force, changes nothing",
    `implies(${answered} and not at(config.applying) and (event.offer == 0 or event.offer == hash), next(hash) == hash and ${sameStatus})`,
    { id: "same-offer-changes-nothing", source: configuration },
  ),
  alwaysStep(
    "while one is applied, the last offer waits, and one for the same takes back those that wait",
    `implies(${answered} and at(config.applying), next(at(config.applying)) and next(hash) == hash and next(queued) == (event.offer == 0 ? queued : event.offer == hash ? 0 : event.offer))`,
    { id: "last-offer-waits", source: configuration },
  ),
  alwaysStep(
    "the offer that waits comes next, whatever became of the one before",
    "implies(at(config.applying) and queued != 0 and (event(APPLY_OK) or event(APPLY_FAIL)), next(at(config.applying)) and next(hash) == queued and next(queued) == 0)",
    { id: "waiting-offer-comes-next", source: configuration },
  ),
  alwaysStep(
    "an application has the outcome that is reported",
    "implies(at(config.applying) and queued == 0, implies(event(APPLY_OK), next(at(config.applied))) and implies(event(APPLY_FAIL), next(at(config.failed))))",
    { id: "outcome-as-reported", source: configuration },
  ),
];

/**
 * The auditor: re-checks the evidence of results without trusting, or sharing code with, the engine
 * that found it. It runs in every run, on what engines hand over as certificates.
 */

import type { AuditReport, Certificate } from "../../core/certificate.ts";
import type { Subject } from "../../core/subject.ts";
import { auditClosedSet } from "./closed-set.ts";
import { auditRun } from "./run.ts";
import { notAuditable } from "./world.ts";

export { auditClosedSet } from "./closed-set.ts";
export { auditRun } from "./run.ts";

/** Checks a certificate of a claim of this subject. */
export function audit(subject: Subject, propertyId: string, certificate: Certificate): AuditReport {
  if (subject.kind !== "machine") {
    return { says: "not-audited", message: `evidence about a ${subject.kind} is not audited` };
  }
  const property = subject.properties.find(({ id }) => id === propertyId);
  if (property === undefined) return { says: "refused", message: `no claim ${propertyId}` };
  const obstacle = notAuditable(subject.model);
  if (obstacle !== null) return { says: "not-audited", message: obstacle };
  if (certificate.kind === "closed-set") {
    const result = auditClosedSet(subject.model, certificate.states, property);
    if (!result.accepted) return { says: "refused", message: result.reason };
    return {
      says: "accepted",
      message: `${result.states} states, ${result.steps} steps inside, none leads out`,
    };
  }
  if (property.kind === "ctl") {
    return { says: "not-audited", message: "runs against branching-time claims are not audited" };
  }
  const result = auditRun(subject.model, property, certificate);
  if (!result.accepted) return { says: "refused", message: result.reason };
  const lasso = certificate.loop === null ? "" : ", for ever and fair";
  return { says: "accepted", message: `${result.steps} steps taken again${lasso}` };
}

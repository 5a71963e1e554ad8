/**
 * The auditor: re-checks the evidence of results without trusting, or sharing code with, the engine
 * that found it. It runs in every run, on what engines hand over as certificates.
 */

import type { AuditReport, Certificate } from "../../core/certificate.ts";
import type { Property } from "../../core/property.ts";
import type { ExploredSubject, Subject } from "../../core/subject.ts";
import { auditClosedSet, type Audit } from "./closed-set.ts";
import { auditRun } from "./run.ts";
import { auditClosedWorlds, auditSystemRun } from "./system.ts";
import { notAuditable } from "./world.ts";
import { notAuditableSystem } from "./worlds.ts";

export { auditClosedSet } from "./closed-set.ts";
export { auditRun } from "./run.ts";

/** Checks a certificate of a claim of this subject. */
export function audit(subject: Subject, propertyId: string, certificate: Certificate): AuditReport {
  if (subject.kind !== "machine" && subject.kind !== "system") {
    return { says: "not-audited", message: `evidence about a ${subject.kind} is not audited` };
  }
  const property = subject.properties.find(({ id }) => id === propertyId);
  if (property === undefined) return { says: "refused", message: `no claim ${propertyId}` };
  const obstacle =
    subject.kind === "system" ? notAuditableSystem(subject.model) : notAuditable(subject.model);
  if (obstacle !== null) return { says: "not-audited", message: obstacle };
  const isSet = certificate.kind === "closed-set" || certificate.kind === "closed-worlds";
  if (property.kind === "ctl" && !isSet) {
    return { says: "not-audited", message: "runs against branching-time claims are not audited" };
  }
  const result = checked(subject, property, certificate);
  if (!result.accepted) return { says: "refused", message: result.reason };
  if (isSet) {
    return {
      says: "accepted",
      message: `${result.states} states, ${result.steps} steps inside, none leads out`,
    };
  }
  const lasso = certificate.loop === null ? "" : ", for ever and fair";
  return { says: "accepted", message: `${result.steps} steps taken again${lasso}` };
}

function checked(subject: ExploredSubject, property: Property, certificate: Certificate): Audit {
  if (subject.kind === "system") {
    if (certificate.kind === "closed-worlds") {
      return auditClosedWorlds(subject.model, certificate.states, property);
    }
    if (certificate.kind === "system-run") {
      return auditSystemRun(subject.model, property, certificate);
    }
  } else {
    if (certificate.kind === "closed-set") {
      return auditClosedSet(subject.model, certificate.states, property);
    }
    if (certificate.kind === "run") return auditRun(subject.model, property, certificate);
  }
  return { accepted: false, reason: `evidence of kind ${certificate.kind} for a ${subject.kind}` };
}

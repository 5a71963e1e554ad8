/** Input checks shared by all closed forms: bad input is refused, never turned into NaN. */

import { DiagnosticError } from "../../core/diagnostic.ts";

/** The largest number of servers for which the closed forms are tested. */
export const mostServers = 100_000;

export function refuse(message: string, help: string): never {
  throw new DiagnosticError("VRF501", message, { help });
}

export function checkServers(servers: number): void {
  if (!Number.isInteger(servers) || servers < 1 || servers > mostServers) {
    refuse(
      `${servers} servers`,
      `the number of servers N is a whole number from 1 to ${mostServers}`,
    );
  }
}

export function checkLoad(load: number): void {
  if (!(load >= 0) || !Number.isFinite(load)) {
    refuse(`offered load a = ${load} erlangs`, "a = λ/μ is a finite number, not negative");
  }
}

export function checkRates(arrivalRate: number, serviceRate: number): void {
  if (!(arrivalRate >= 0) || !Number.isFinite(arrivalRate)) {
    refuse(`arrival rate λ = ${arrivalRate}`, "λ is a finite rate in 1/s, not negative");
  }
  if (!(serviceRate > 0) || !Number.isFinite(serviceRate)) {
    refuse(`service rate μ = ${serviceRate}`, "μ is a finite, positive rate in 1/s");
  }
}

/** Without loss the backlog grows for ever when ρ >= 1: no mean wait exists. */
export function checkStable(utilisation: number): void {
  if (!(utilisation < 1)) {
    refuse(
      `utilisation ρ = ${utilisation}: the queue is unstable, it has no steady state`,
      "lower λ or add servers until ρ = λ/(Nμ) < 1, or give the queue a finite waiting room",
    );
  }
}

export function checkTime(seconds: number): void {
  if (!(seconds >= 0)) refuse(`time ${seconds} s`, "a time is not negative");
}

export function checkProbability(p: number): void {
  if (!(p >= 0 && p < 1)) refuse(`probability ${p}`, "give a probability in [0, 1)");
}

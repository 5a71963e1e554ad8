/**
 * Erlang's B and C formulas by stable recursion (no factorials, no powers, no overflow).
 * Source: A. K. Erlang 1917; recursion e.g. in Cooper, "Introduction to Queueing Theory", ch. 3.
 */

import { checkLoad, checkServers, checkStable } from "./guards.ts";

/**
 * Erlang B: the probability that an arrival is lost in M/G/N/N, for any service law.
 * B(0) = 1, B(k) = a·B(k−1) / (k + a·B(k−1)).
 * @param load offered load a = λ·E[S] in erlangs
 * @throws {DiagnosticError} VRF501
 */
export function erlangB(servers: number, load: number): number {
  checkServers(servers);
  checkLoad(load);
  let blocking = 1;
  for (let k = 1; k <= servers; k++) {
    const carried = load * blocking;
    blocking = carried / (k + carried);
  }
  return blocking;
}

/**
 * Erlang C: the probability that an arrival waits in M/M/N with unlimited waiting room.
 * C = B / (1 − ρ(1 − B)), with ρ = a/N.
 * @throws {DiagnosticError} VRF501, also when ρ >= 1
 */
export function erlangC(servers: number, load: number): number {
  const blocking = erlangB(servers, load);
  const utilisation = load / servers;
  checkStable(utilisation);
  return blocking / (1 - utilisation * (1 - blocking));
}

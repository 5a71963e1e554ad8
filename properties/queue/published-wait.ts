/**
 * The mean wait in M/M/N as the specification published it, taken literally:
 *
 *   P0 = [Σ_{k<N} (Nρ)^k/k! + (Nρ)^N/(N!(1−ρ))]^(−1),   W = P0·(Nρ)^N/(N!(1−ρ)²)·1/μ
 *
 * P0 is right. W is not: the mean number waiting is Lq = P0·(Nρ)^N/N!·ρ/(1−ρ)², and Little's law
 * Wq = Lq/λ with λ = Nμρ leaves 1/(Nμ), not 1/μ. The published value is N times the mean wait, so
 * it is right for one server only. Nothing here is mended: the claim is meant to be refuted.
 */

import type { QueueModel } from "../../core/subject.ts";

function factorial(n: number): number {
  let product = 1;
  for (let factor = 2; factor <= n; factor++) product *= factor;
  return product;
}

/** The published W in seconds; overflows to NaN for some N above 140, as the formula does. */
export function publishedWait(model: QueueModel): number {
  const n = model.servers;
  const mu = 1 / model.service.mean;
  const rho = model.arrivalRate / (n * mu);
  let sum = 0;
  for (let k = 0; k < n; k++) sum += (n * rho) ** k / factorial(k);
  const p0 = 1 / (sum + (n * rho) ** n / (factorial(n) * (1 - rho)));
  return ((p0 * (n * rho) ** n) / (factorial(n) * (1 - rho) ** 2)) * (1 / mu);
}

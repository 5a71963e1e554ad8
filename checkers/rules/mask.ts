/** Keeps secrets of the configuration out of everything that an outcome says. */

import type { Outcome } from "../../core/result.ts";

const mask = "[redacted]";

export function maskOutcome(outcome: Outcome, secrets: readonly string[]): Outcome {
  if (secrets.length === 0) return outcome;
  const { verdict, method } = outcome;
  return { ...(masked(outcome, secrets) as Outcome), verdict, method };
}

export function maskText(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) result = result.replaceAll(secret, mask);
  return result;
}

function masked(item: unknown, secrets: readonly string[]): unknown {
  if (typeof item === "string") return maskText(item, secrets);
  if (Array.isArray(item)) return item.map((entry) => masked(entry, secrets));
  if (typeof item === "object" && item !== null) {
    return Object.fromEntries(
      Object.entries(item).map(([key, entry]) => [maskText(key, secrets), masked(entry, secrets)]),
    );
  }
  return item;
}

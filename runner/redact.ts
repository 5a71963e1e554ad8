/** Keeps secrets out of every artifact: the last gate before a report is written. */

import type { Result } from "../core/result.ts";

const secretName = /(secret|token|passw(or)?d|api_?key|authorization|credential|headers)/i;
/** Shorter values would blank out ordinary words. */
const minimumLength = 6;
const mask = "[redacted]";

/** Values of the environment that must not be printed. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !secretName.test(name)) continue;
    // Header lists are k=v,k2=v2: each value is a secret of its own, encoded or not.
    for (const part of [
      value,
      ...value.split(",").map((pair) => pair.slice(pair.indexOf("=") + 1)),
    ]) {
      for (const text of [part.trim(), decode(part.trim())]) {
        if (text.length >= minimumLength) found.add(text);
      }
    }
  }
  return [...found].sort((a, b) => b.length - a.length);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const patterns: readonly [RegExp, string][] = [
  [
    /\b(authorization|proxy-authorization|x-api-key|api-key)(["']?\s*[:=]\s*["']?)[^\s"',;]+(?:\s+[^\s"',;]+)?/gi,
    `$1$2${mask}`,
  ],
  [/\b(bearer)\s+[a-z0-9._~+/=-]{8,}/gi, `$1 ${mask}`],
  [/(https?:\/\/)[^\s/@:]+:[^\s/@]+@/gi, `$1${mask}@`],
];

export function redactText(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) result = result.replaceAll(secret, mask);
  for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement);
  return result;
}

/** A copy of plain data with secrets masked in every string, keys included. */
export function redact<T>(value: T, secrets: readonly string[]): T {
  const walk = (item: unknown): unknown => {
    if (typeof item === "string") return redactText(item, secrets);
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item === "object" && item !== null) {
      return Object.fromEntries(
        Object.entries(item).map(([key, entry]) => [redactText(key, secrets), walk(entry)]),
      );
    }
    return item;
  };
  return walk(value) as T;
}

/**
 * A result with secrets masked in everything that somebody wrote. What the runner itself says stays:
 * a token that happens to spell a verdict must not change one.
 */
export function redactResult(result: Result, secrets: readonly string[]): Result {
  const { id, subject, property, engine, verdict, method, expected } = result;
  return {
    ...redact(result, secrets),
    id,
    subject,
    property,
    engine,
    verdict,
    method,
    expected,
  };
}

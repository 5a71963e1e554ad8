/** What a process prints may be shown when it fails; secrets in it may not. */

const SECRET_NAME =
  /(pass(word|wd|phrase)?|secret|token|api[-_]?key|apikey|credential|auth|private[-_]?key|cookie|session|headers)/i;

const MASK = "[redacted]";

/** Values of environment variables whose names say that they are secret. */
export function secretsIn(environment: Readonly<Record<string, string | undefined>>): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !SECRET_NAME.test(name)) continue;
    secrets.push(value);
    // OTEL_EXPORTER_OTLP_HEADERS and friends: k=v,k=v
    for (const pair of value.split(",")) secrets.push(pair.slice(pair.indexOf("=") + 1).trim());
  }
  return secrets.filter((secret) => secret.length >= 4);
}

/**
 * Masks known secrets, things that look like credentials, and blocks that print span attributes.
 * Deliberately masks too much: the text only has to say why a process failed.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let out = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    out = out.replaceAll(secret, MASK);
  }
  return out
    .replaceAll(/\b(bearer|basic|digest|token)\s+[\w\-.~+/=]{4,}/gi, `$1 ${MASK}`)
    .replaceAll(/([?&][\w.-]*(?:token|key|secret|password|auth)[\w.-]*=)[^&\s"']+/gi, `$1${MASK}`)
    .replaceAll(/\/\/[^/\s@]+@/g, `//${MASK}@`)
    .replaceAll(/(attributes["']?\s*[:=]\s*)[{[][\s\S]*?(?:[}\]]|$)/gi, `$1${MASK}`)
    .replaceAll(
      /(["']?[\w.-]*(?:pass(?:word|wd)?|secret|token|api[-_]?key|credential|authorization|cookie)[\w.-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;]+)/gi,
      `$1${MASK}`,
    )
    .replaceAll(/[A-Za-z0-9+/_-]{40,}={0,2}/g, MASK);
}

import { describe, expect, test } from "vitest";

import { exitCodeOf } from "../../runner/exit-code.ts";
import { redact, redactResult, secretsOf } from "../../runner/redact.ts";
import { refuted, result } from "./results.ts";

const env = {
  OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20s3cr3t-token,x-tenant=tenant-4711",
  API_TOKEN: "abcdef0123",
  HOME: "/home/somebody",
  SHORT_SECRET: "no",
};
const secrets = secretsOf(env);

describe("redaction", () => {
  test("takes values of secret-like variables, header lists one by one, decoded too", () => {
    expect(secrets).toContain("abcdef0123");
    expect(secrets).toContain("tenant-4711");
    expect(secrets).toContain("Bearer s3cr3t-token");
    expect(secrets).not.toContain("/home/somebody");
    expect(secrets).not.toContain("no");
  });

  test("masks them everywhere in plain data, keys included", () => {
    const report = {
      reason: "sent abcdef0123",
      nested: [{ "key abcdef0123": ["tenant-4711"] }],
      count: 3,
      nothing: null,
    };
    const text = JSON.stringify(redact(report, secrets));
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({ count: 3, nothing: null });
  });

  test("masks authorization headers, bearer tokens and passwords in URLs that no variable names", () => {
    const text = redact(
      'authorization: Basic dXNlcjpwYXNz, "x-api-key":"k-123456", Bearer abcdefgh1234, http://u:p@127.0.0.1/',
      [],
    );
    expect(text).not.toMatch(/dXNlcjpwYXNz|k-123456|abcdefgh1234|u:p@/);
  });

  test("a token that spells a verdict or an engine changes neither, and no exit code", () => {
    const found = result(refuted({ state: "a token: explore" }));
    const masked = redactResult(found, ["violated", "explore"]);
    expect(masked).toMatchObject({ verdict: "violated", engine: "explore" });
    expect(masked.counterexample?.at).toEqual({ state: "a token: [redacted]" });
    expect(exitCodeOf([masked])).toBe(1);
  });

  test("leaves ordinary words alone", () => {
    const text = "basic authentication needs an authorization header";
    expect(redact(text, [])).toBe(text);
  });
});

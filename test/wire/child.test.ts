/** The process under test: a clean environment, an honest end, and nothing secret in its output. */

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { isLoopback, scrub, startChild } from "../../checkers/conform/wire/child.ts";
import { redact, secretsIn } from "../../checkers/conform/wire/redact.ts";

const node = (script: string, env: Record<string, string> = {}) =>
  startChild([process.execPath, "-e", script], {
    cwd: undefined,
    env: { ...scrub(process.env), ...env },
  });

/** Dead but not waited for counts as dead: not every container has a first process that waits. */
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

describe("the environment", () => {
  it("knows neither telemetry settings nor proxies nor other authorities", () => {
    const clean = scrub({
      PATH: "/bin",
      OTEL_EXPORTER_OTLP_HEADERS: "a=b",
      otel_service_name: "x",
      HTTP_PROXY: "p",
      https_proxy: "p",
      NO_PROXY: "p",
      all_proxy: "p",
      grpc_proxy: "p",
      NODE_USE_ENV_PROXY: "1",
      REQUESTS_CA_BUNDLE: "/ca.pem",
      SSL_CERT_FILE: "/ca.pem",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      NOTHING: undefined,
      PROXYMAN: "kept",
    });
    expect(clean).toEqual({ PATH: "/bin", PROXYMAN: "kept" });
  });
});

describe("a child", () => {
  it("ends on SIGTERM by itself, or is killed", async () => {
    const polite = node("setInterval(() => {}, 1e3); console.log('up')");
    const rude = node(
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e3); console.log('up')",
    );
    while (!polite.tail().includes("up") || !rude.tail().includes("up")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await polite.stop(5_000)).toMatchObject({ byItself: true });
    expect(await polite.ended).toBe("signal SIGTERM");
    expect(await rude.stop(200)).toMatchObject({ byItself: false });
    expect(await rude.ended).toBe("signal SIGKILL");
    expect(isAlive(rude.pid!)).toBe(false);
  });

  it("takes what it started with it", async () => {
    const wrapper = node(
      "const c = require('node:child_process').spawn(process.execPath, ['-e', 'process.on(\"SIGTERM\", () => {}); setInterval(() => {}, 1e3)']); console.log('inner ' + c.pid); setInterval(() => {}, 1e3)",
    );
    let inner = 0;
    while (inner === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      inner = Number(/inner (\d+)/.exec(wrapper.tail())?.[1] ?? 0);
    }
    await wrapper.stop(300);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isAlive(inner)).toBe(false);
  });

  it("says when it cannot be started", async () => {
    const child = startChild(["/no/such/program"], { cwd: undefined, env: {} });
    expect(await child.ended).toBe("it could not be started");
    expect(child.tail()).toContain("not found");
    await child.stop(0);
  });

  it("reports how many spans it ended", async () => {
    const child = node("console.log('verify: ended=3'); console.error('x verify: ended=12')");
    await child.ended;
    expect(child.reportedSpans()).toBe(12);
    await child.stop(0);
  });
});

describe("what it printed", () => {
  const secret = "hunter2-planted-secret";

  it.each([
    `authorization: Bearer ${secret}`,
    `{"Authorization":"Basic ${secret}"}`,
    `API_KEY=${secret}`,
    `http://127.0.0.1:1/work?access_token=${secret}&spans=3`,
    `x-api-key: '${secret}'`,
    `https://user:${secret}@example.com/x`,
    `attributes: {\n  card: '${secret}'\n}`,
    `attributes: { nested: [ '${secret}'`,
    `client_secret = "${secret}"`,
  ])("is masked: %s", (text) => {
    expect(redact(text)).not.toContain(secret);
  });

  it("is masked where it repeats a secret of the environment", () => {
    const known = secretsIn({ OTEL_EXPORTER_OTLP_HEADERS: `a=1,x-team=${secret}`, HOME: "/root" });
    expect(redact(`sending ${secret} to /root`, known)).toBe("sending [redacted] to /root");
  });

  it("keeps what explains a failure", () => {
    const text = "Error: Cannot find module './app.js'\n    at node:internal/loader:1:2";
    expect(redact(text)).toBe(text);
  });

  it("is masked in the tail of a child", async () => {
    const child = node("console.log('sending ' + process.env.MY_TOKEN)", { MY_TOKEN: secret });
    await child.ended;
    expect(child.tail()).toBe("sending [redacted]");
    await child.stop(0);
  });
});

describe("loopback", () => {
  it.each([
    ["http://127.0.0.1:1/", true],
    ["http://localhost/", true],
    ["http://[::1]:8/", true],
    ["http://127.0.0.1.example.com/", false],
    ["http://10.0.0.1/", false],
    ["http://example.com/", false],
  ])("%s", (url, expected) => {
    expect(isLoopback(new URL(url))).toBe(expected);
  });
});

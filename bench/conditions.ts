/**
 * Real conditions for a measured run: a link with delay and loss, a CPU quota, a certificate. Each is
 * given, or null with the reason why this machine cannot offer it.
 */

import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type Offer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

export interface SlowLink {
  /** Words before the command of a process on the other side. */
  readonly prefix: readonly string[];
  /** Address of the other side. */
  readonly host: string;
  stop(): Promise<void>;
}

export async function slowLink(rttSeconds: number, packetLoss: number): Promise<Offer<SlowLink>> {
  if (process.getuid?.() !== 0) return { ok: false, reason: "network namespaces need root" };
  if (!existsSync("/dev/net/tun")) return { ok: false, reason: "there is no /dev/net/tun" };
  const namespace = `verify-${process.pid}`;
  const script = join(import.meta.dirname, "peers/slow_link.py");
  const child = spawn("python3", [script, namespace, String(rttSeconds), String(packetLoss)], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const isReady = await new Promise<boolean>((resolve) => {
    createInterface({ input: child.stdout }).once("line", () => resolve(true));
    void ended.then(() => resolve(false));
  });
  if (!isReady)
    return {
      ok: false,
      reason: "the link could not be made (python3, iproute2 and root are needed)",
    };
  return {
    ok: true,
    value: {
      prefix: ["ip", "netns", "exec", namespace],
      host: "10.77.0.2",
      async stop() {
        child.stdin.end();
        await ended;
      },
    },
  };
}

export interface Quota {
  apply(pid: number): void;
  stop(): void;
}

/** A CPU quota by cgroup, version 2 or 1; periods of 100 ms as Kubernetes sets them. */
export function cpuQuota(cores: number): Offer<Quota> {
  const period = 100_000;
  const two = "/sys/fs/cgroup/cgroup.controllers";
  const isTwo = existsSync(two) && readFileSync(two, "utf8").includes("cpu");
  const root = isTwo ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
  const folder = join(root, `verify-${process.pid}`);
  try {
    mkdirSync(folder);
    if (isTwo) writeFileSync(join(folder, "cpu.max"), `${cores * period} ${period}`);
    else {
      writeFileSync(join(folder, "cpu.cfs_period_us"), String(period));
      writeFileSync(join(folder, "cpu.cfs_quota_us"), String(cores * period));
    }
  } catch (error) {
    return { ok: false, reason: `no CPU quota: ${error instanceof Error ? error.message : ""}` };
  }
  return {
    ok: true,
    value: {
      apply: (pid) => writeFileSync(join(folder, "cgroup.procs"), String(pid)),
      stop: () => {
        try {
          rmdirSync(folder); // a process that is still ending keeps it: it stays empty and harmless
        } catch {
          // see above
        }
      },
    },
  };
}

/** A certificate for one host, made by openssl for this run. */
export function certificate(host: string): Offer<{ readonly key: string; readonly cert: string }> {
  const folder = mkdtempSync(join(tmpdir(), "verify-cert-"));
  try {
    const [key, cert] = [join(folder, "key"), join(folder, "cert")];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=verify",
        "-addext",
        `subjectAltName=IP:${host}`,
        "-keyout",
        key,
        "-out",
        cert,
      ],
      { stdio: "ignore" },
    );
    return {
      ok: true,
      value: { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") },
    };
  } catch {
    return { ok: false, reason: "no certificate: openssl is not here" };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

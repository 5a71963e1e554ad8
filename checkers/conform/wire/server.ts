/** A receiver under test: started here, or found at its endpoint. */

import { connect } from "node:net";

import type { ReceiverSubject } from "../../../core/subject.ts";
import { makeCertificates, writeCertificates } from "./certificates.ts";
import { request, scrub, startChild } from "./child.ts";
import { freePort, StartError } from "./play.ts";
import { redact } from "./redact.ts";
import type { Target } from "./send.ts";

export interface RunningServer {
  readonly target: Target;
  /** It runs and accepts connections. */
  isAlive(): Promise<boolean>;
  stop(): Promise<void>;
}

const READY_MS = 30_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function startServer(
  subject: ReceiverSubject,
  signal: AbortSignal,
): Promise<RunningServer> {
  const { command, endpoint, tls = "none" } = subject;
  if (command === undefined) {
    const url = new URL(endpoint);
    if (!(await accepts(url))) {
      throw new StartError(
        `nothing accepts connections at ${redact(endpoint)}`,
        subject.id,
        "start the receiver first, or give --command to have it started",
      );
    }
    return {
      target: { url, certificates: null },
      isAlive: () => Promise.resolve(true),
      stop: async () => {},
    };
  }
  const port = String(await freePort());
  const fill = (text: string) => text.replaceAll("{port}", port);
  const url = new URL(fill(endpoint));
  const certificates = tls === "none" ? null : makeCertificates();
  const files = certificates === null ? null : writeCertificates(certificates);
  const child = startChild(command.map(fill), {
    cwd: subject.cwd,
    env: {
      ...scrub(process.env),
      PORT: port,
      ...subject.env,
      ...(files === null
        ? {}
        : {
            VERIFY_TLS_CERT: files.serverCert,
            VERIFY_TLS_KEY: files.serverKey,
            VERIFY_TLS_CA: files.ca,
          }),
    },
  });
  const stop = async () => {
    await child.stop(2_000);
    files?.remove();
  };
  const deadline = performance.now() + READY_MS;
  const isReady = async () =>
    subject.ready === undefined
      ? await accepts(url)
      : ((await request(fill(subject.ready), 1_000))?.status ?? 0) === 200;
  while (!(await isReady())) {
    const how = child.status();
    if (signal.aborted || how !== null || performance.now() > deadline) {
      const tail = child.tail();
      await stop();
      throw new StartError(
        redact(
          `${command.join(" ")}: ${how === null ? "it did not listen in time" : `it ended before it listened: ${how}`}`,
        ),
        subject.id,
        `run the command by hand; it printed:\n${tail}`,
      );
    }
    await pause(100);
  }
  return {
    target: { url, certificates },
    isAlive: async () => child.status() === null && (await accepts(url)),
    stop,
  };
}

function accepts(url: URL): Promise<boolean> {
  const port = Number(url.port === "" ? (url.protocol === "https:" ? 443 : 80) : url.port);
  return new Promise((resolve) => {
    const socket = connect({ port, host: url.hostname.replace(/^\[|\]$/g, "") });
    const finish = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
    socket.setTimeout(1_000, () => finish(false));
  });
}

/**
 * An OTLP receiver on loopback that misbehaves on command and records what arrives: HTTP or gRPC,
 * with TLS or without. It keeps names of headers and identities of items; values of headers (but a
 * few harmless ones) and of attributes are never stored.
 */

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import type { OtlpSignal } from "../../../core/subject.ts";
import { pause } from "./answering.ts";
import { blackhole } from "./blackhole.ts";
import { grpcSide } from "./grpc-side.ts";
import { httpSide } from "./http-side.ts";
import { Book, type RequestRecord } from "./record.ts";
import type { Script } from "./scenario.ts";
import type { SideOptions } from "./side.ts";

export type { RequestRecord } from "./record.ts";

export interface Receiver {
  readonly port: number;
  readonly requests: readonly RequestRecord[];
  /** Milliseconds since the faults were armed. */
  now(): number;
  /** From now on the script decides; what is sent later is part of the account. */
  arm(script: Script): void;
  /** From now on every request is accepted. */
  heal(): void;
  /** Opens a round: exports that first arrive from now on belong to it. */
  beginRound(): number;
  refuse(): Promise<void>;
  /** Neither accepts nor refuses until `listen`. */
  blackhole(): Promise<void>;
  closeIdle(): void;
  /** HTTP only: resets the next requests when so much of their body has arrived. */
  cutRequests(afterBytes: number, times: number): void;
  listen(): Promise<void>;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  /** Rounds are export numbers when nothing drives the process. */
  readonly roundsAre: "drives" | "exports";
  readonly signal?: OtlpSignal;
  readonly transport?: "http" | "grpc";
  readonly tls?: SideOptions["tls"];
  /** A path to accept besides the signal's own. */
  readonly path?: string | undefined;
  /** Keep digests of the parts of items too. */
  readonly detail?: boolean;
}

const HOST = "127.0.0.1";
const LISTEN_ATTEMPTS = 20;

export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const book = new Book({
    roundsAre: options.roundsAre,
    signal: options.signal ?? "traces",
    path: options.path,
    detail: options.detail ?? false,
  });
  const makeSide = options.transport === "grpc" ? grpcSide : httpSide;
  const side = makeSide(book, { tls: options.tls ?? null });
  const { server } = side;
  let release: (() => Promise<void>) | null = null;

  const open = async (port: number) => {
    for (let attempt = 1; ; attempt++) {
      server.listen(port, HOST);
      try {
        await once(server, "listening");
        return;
      } catch (error) {
        // while the port was free, an outgoing connection of somebody may have taken it
        if (attempt === LISTEN_ATTEMPTS) throw error;
        await pause(100);
      }
    }
  };
  await open(0);
  const { port } = server.address() as AddressInfo;

  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    book.cutAll();
    side.cutAll();
    await closed;
  };
  const giveBack = async () => {
    await release?.();
    release = null;
  };

  return {
    port,
    requests: book.requests,
    now: () => book.now(),
    arm: (script) => book.arm(script),
    heal: () => book.heal(),
    beginRound: () => book.beginRound(),
    refuse: stop,
    async blackhole() {
      await stop();
      release ??= await blackhole(port);
    },
    closeIdle: () => side.closeIdle(),
    cutRequests: (afterBytes, times) => book.cutRequests(afterBytes, times),
    async listen() {
      await giveBack();
      if (!server.listening) await open(port);
    },
    async close() {
      await giveBack();
      await stop();
    },
  };
}

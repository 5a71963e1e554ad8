/**
 * The sampling configuration from an OpAMP server (opamp.proto 0.14, plain HTTP): the agent polls, takes
 * a remote configuration, and tells whether it could be applied. Only what this needs of the protocol.
 */

import { block, integer, message, text } from "./wire-writer.ts";
import { defaultSampling, readSampling, type SamplingConfiguration } from "./loop.ts";
import { readFields } from "./wire-fields.ts";

// AgentCapabilities: ReportsStatus, AcceptsRemoteConfig, ReportsRemoteConfig.
const capabilities = 0x1 | 0x2 | 0x1000;
const statusApplied = 1;
const statusFailed = 3;
const needsFullState = 1n; // ServerToAgentFlags_ReportFullState
/** The entry of the configuration map that is ours; an unnamed one counts when it is the only one. */
const ownEntry = "profiling.json";

const timeoutMs = 10_000;

export class OpampSampling {
  private readonly url: URL;
  /** 16 bytes, the same for the life of the process. */
  private readonly instance: Uint8Array;
  private sequence = 0;
  private status: Uint8Array | null = null;
  private present = defaultSampling;

  constructor(url: URL, instance: Uint8Array) {
    this.url = url;
    this.instance = instance;
  }

  /** Asks the server once, reports, and gives the configuration that holds now. Never throws. */
  async configuration(onFailure: (text: string) => void): Promise<SamplingConfiguration> {
    try {
      const changed = this.take(await this.exchange());
      // What came of it is told at once, not with the next poll.
      if (changed) this.take(await this.exchange());
    } catch (error) {
      onFailure(error instanceof Error ? error.message : String(error));
    }
    return this.present;
  }

  private async exchange(): Promise<Uint8Array> {
    const request = message(
      block(1, this.instance),
      integer(2, this.sequence),
      integer(4, capabilities),
      this.status === null ? null : block(7, this.status),
    );
    this.sequence += 1;
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
      body: Buffer.from(request),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`the OpAMP server answers HTTP ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Reads a ServerToAgent; true when there is something to report. */
  private take(answer: Uint8Array): boolean {
    const fields = readFields(answer);
    const uid = fields.bytes(1);
    if (uid !== null && uid.length > 0 && !Buffer.from(uid).equals(this.instance)) {
      throw new Error("the OpAMP server answers another agent");
    }
    const error = fields.bytes(2);
    if (error !== null) {
      throw new Error(`the OpAMP server refuses: ${readFields(error).text(2)}`);
    }
    const offer = fields.bytes(3);
    if (offer === null) return (fields.number(6) & needsFullState) !== 0n;
    const remote = readFields(offer);
    const hash = remote.bytes(2) ?? new Uint8Array();
    try {
      this.present = readSampling(ownBody(remote.bytes(1)), this.present);
      this.status = message(block(1, hash), integer(2, statusApplied));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.status = message(block(1, hash), integer(2, statusFailed), text(3, why));
    }
    return true;
  }
}

/** AgentConfigMap: map<string, AgentConfigFile>, the file with its body in field 1. */
function ownBody(map: Uint8Array | null): string {
  const entries = readFields(map ?? new Uint8Array())
    .all(1)
    .map((bytes) => readFields(bytes));
  const own =
    entries.find((entry) => entry.text(1) === ownEntry) ??
    (entries.length === 1 && entries[0]!.text(1) === "" ? entries[0] : undefined);
  if (own === undefined) throw new Error(`the configuration has no entry "${ownEntry}"`);
  return readFields(own.bytes(2) ?? new Uint8Array()).text(1);
}

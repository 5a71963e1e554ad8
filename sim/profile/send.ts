/** Sends an OTLP profile: POST to `/v1development/profiles`, protobuf, gzip (OTLP/HTTP, profiles). */

import { gzipSync } from "node:zlib";

import { DiagnosticError } from "../../core/diagnostic.ts";

export const profilesPath = "/v1development/profiles";

/** `http://host:4318` becomes the signal's own address; one with a path is taken as it is. */
export function profilesUrl(endpoint: string): URL {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw new DiagnosticError("VRF006", `"${endpoint}" is not the address of an OTLP endpoint`, {
      help: "give a base address such as http://127.0.0.1:4318",
    });
  }
  if (url.pathname === "/") url.pathname = profilesPath;
  return url;
}

export interface SendResult {
  readonly accepted: boolean;
  /** What the receiver said, for people. */
  readonly message: string;
}

const timeoutMs = 10_000;

/** Never throws for what the receiver or the network does. */
export async function sendProfile(
  url: URL,
  request: Uint8Array,
  signal?: AbortSignal,
): Promise<SendResult> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf", "content-encoding": "gzip" },
      body: gzipSync(request),
      redirect: "error", // a profile goes where it was told to go, and nowhere else
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const body = Buffer.from(await response.arrayBuffer());
    if (!response.ok) return { accepted: false, message: `HTTP ${response.status}` };
    // ExportProfilesServiceResponse: an empty one is full success, field 1 a partial one.
    return body.length === 0
      ? { accepted: true, message: `HTTP ${response.status}` }
      : { accepted: body[0] !== 0x0a || isHint(body), message: `HTTP ${response.status}, partial` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { accepted: false, message: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** A partial success that rejects nothing is only a remark: rejected_profiles (1) absent or 0. */
const isHint = (body: Buffer): boolean => body[2] !== 0x08 || body[3] === 0;

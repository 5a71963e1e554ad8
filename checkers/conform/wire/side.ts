/** What the receiver needs from a transport. */

import type { Server } from "node:net";

import type { Certificates } from "./certificates.ts";

export interface SideOptions {
  readonly tls: { readonly certificates: Certificates; readonly clientCertificate: boolean } | null;
}

export interface Side {
  readonly server: Server;
  /** Ends every connection at once. */
  cutAll(): void;
  /** Ends, in order, the connections that carry no request. */
  closeIdle(): void;
}

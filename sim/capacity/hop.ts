/**
 * Seconds for one request over one kept-alive TCP connection. A batch larger than the congestion window
 * costs several round trips: the window starts at 10 segments (RFC 6928), doubles each round trip
 * (slow start), is kept between requests while the connection is busy, and falls back after an idle
 * time of one retransmission timeout (RFC 2861). A lost segment costs a round trip (fast retransmit)
 * or, among the last three of a flight, a retransmission timeout of at least 200 ms (Linux).
 */

import type { HopSettings } from "../../core/capacity.ts";

const segment = 1448;
const initialWindow = 10;
const leastTimeout = 0.2;

/** Round trips before the first request can be sent: TCP, and TLS 1.3. */
export const handshakeRounds = (hop: HopSettings): number => (hop.tls ? 2 : 1);

export const retransmissionTimeout = (hop: HopSettings): number =>
  Math.max(leastTimeout, 2 * hop.rttSeconds);

/** Round trips for a request of so many bytes from a window of so many segments. */
export function roundTrips(bytes: number, window: number): number {
  let left = Math.ceil(bytes / segment);
  let rounds = 1;
  for (let size = window; left > size; size *= 2) {
    left -= size;
    rounds++;
  }
  return rounds;
}

/** Remembers the connection's window from request to request. */
export class Connection {
  readonly #hop: HopSettings;
  readonly #chance: () => number;
  #window = initialWindow;
  #lastEnd = -Infinity;

  /** @param chance uniform in [0, 1) */
  constructor(hop: HopSettings, chance: () => number) {
    this.#hop = hop;
    this.#chance = chance;
  }

  /** The connection broke: the next request opens another one. */
  reset(): void {
    this.#lastEnd = -Infinity;
  }

  /** Seconds from the first byte out to the first byte of the answer, without the server's time. */
  seconds(bytes: number, start: number): number {
    const { rttSeconds, packetLoss, bandwidth } = this.#hop;
    let seconds = 0;
    if (this.#lastEnd === -Infinity) seconds += handshakeRounds(this.#hop) * rttSeconds;
    if (start - this.#lastEnd > retransmissionTimeout(this.#hop)) this.#window = initialWindow;
    const segments = Math.ceil(bytes / segment);
    const rounds = roundTrips(bytes, this.#window);
    seconds += rounds * rttSeconds;
    if (bandwidth !== null) seconds += bytes / bandwidth;
    this.#window = Math.max(this.#window, Math.min(segments, this.#window * 2 ** (rounds - 1)));
    if (packetLoss > 0 && this.#chance() < 1 - (1 - packetLoss) ** segments) {
      const isTail = this.#chance() < Math.min(1, 3 / segments);
      seconds += isTail ? retransmissionTimeout(this.#hop) : rttSeconds;
      this.#window = Math.max(2, Math.ceil(this.#window / 2));
    }
    this.#lastEnd = start + seconds;
    return seconds;
  }
}

/** Mean seconds of a request on a busy connection: one round trip, and its share of losses. */
export function busyRequestSeconds(hop: HopSettings, bytes: number): number {
  const segments = Math.ceil(bytes / segment);
  const lossy = hop.packetLoss === 0 ? 0 : 1 - (1 - hop.packetLoss) ** segments;
  const tail = Math.min(1, 3 / segments);
  const extra = tail * retransmissionTimeout(hop) + (1 - tail) * hop.rttSeconds;
  const rate = hop.bandwidth === null ? 0 : bytes / hop.bandwidth;
  return hop.rttSeconds + rate + lossy * extra;
}

/** Judges of what the process reads from its environment, TLS included. */

import {
  deviates,
  gate,
  gated,
  heldUpUntil,
  holds,
  type Judge,
  nothingArrived,
  openFor,
  s,
  unknown,
  waited,
} from "./judgement.ts";
import { signalRequests } from "./ledger.ts";
import { DEFAULT_TIMEOUT_MS, SHORT_TIMEOUT_MS, TIMEOUT_SLACK_MS } from "./scenarios.ts";

const NOT_READ = "the process may configure its exporter in code";

/** A header that only the environment asks for. */
const sendsHeader =
  (name: string, value: string): Judge =>
  (run) => {
    const requests = signalRequests(run);
    if (requests.length === 0) return nothingArrived;
    if (
      !requests.some(({ headerNames }) => headerNames.some((one) => one.startsWith("x-verify-")))
    ) {
      return unknown(`none of the configured headers arrived; ${NOT_READ}`);
    }
    const wrong = requests.find(({ headers }) => headers[name] !== value);
    return wrong === undefined
      ? holds(`${requests.length} requests with ${name}: ${value}`)
      : deviates(
          `request ${wrong.n} has ${name}: ${wrong.headers[name] ?? "(none)"}, expected ${value}`,
          { header: name, value: wrong.headers[name] ?? null },
          wrong,
        );
  };

export const signalHeaderWins = sendsHeader("x-verify-a", "signal");
export const decodesHeaders = sendsHeader("x-verify-b", "two words");

export const signalCompressionWins: Judge = (run) => {
  const requests = signalRequests(run);
  if (requests.length === 0) return nothingArrived;
  const plain = requests.find((record) => !record.compressed);
  if (plain === undefined) return holds(`${requests.length} requests, all gzipped`);
  return requests.some(({ headerNames }) => headerNames.includes("x-verify-a"))
    ? deviates(
        `request ${plain.n} is not compressed, though gzip is configured for the signal`,
        { compressed: false },
        plain,
      )
    : unknown(`neither headers nor compression arrived; ${NOT_READ}`);
};

/** A hanging request must be given up after the short time that one setting asks for. */
const givesUpAfter =
  (whose: string): Judge =>
  (run) => {
    const record = run.requests.find(({ answer }) => answer?.kind === "hang");
    if (record === undefined) return unknown("no request was left without an answer");
    const { ms: open, byClient } = openFor(run, record);
    const limit = SHORT_TIMEOUT_MS + TIMEOUT_SLACK_MS;
    if (open <= limit) {
      return byClient ? holds(`given up after ${s(open)}`) : unknown("cut before the limit");
    }
    return gated(
      deviates(
        `request ${record.n} was still waited for after ${s(open)}; the timeout of the ${whose} is ${s(SHORT_TIMEOUT_MS)}`,
        { gaveUpInTime: false },
        record,
      ),
      gate(record.atMs, record.atMs + open, open - limit),
    );
  };

export const signalTimeoutWins = givesUpAfter("signal");
export const processorTimeoutCancels = givesUpAfter("processor");

export const exportsAnyway: Judge = (run) => {
  const requests = signalRequests(run);
  if (run.endedEarly && requests.length === 0) {
    return deviates(`the process ended at once: ${run.exit.how}`, { exports: false });
  }
  if (requests.length === 0) {
    return gated(
      deviates("nothing arrived, though without these variables it does", { exports: false }),
      waited(0, run.terminatedAtMs),
    );
  }
  const bad = requests.find(({ problem }) => problem !== null);
  return bad === undefined
    ? holds(`${requests.length} requests arrived and decoded`)
    : deviates(`request ${bad.n}: ${bad.problem}`, { exports: true, decodes: false }, bad);
};

/** Negative: the default of 10 s. */
export const defaultTimeoutHolds: Judge = (run, reference) => {
  const record = run.requests.find(({ answer }) => answer?.kind === "hang");
  if (record === undefined) {
    return run.requests.length === 0 ? exportsAnyway(run, reference) : unknown("nothing hung");
  }
  const { ms: open, byClient } = openFor(run, record);
  const within = (toleratesMs: number) =>
    gate(record.atMs - 1_000, record.atMs + open, toleratesMs);
  if (!byClient) {
    return gated(
      deviates(
        `request ${record.n} was still waited for after ${s(open)}; the default timeout is ${s(DEFAULT_TIMEOUT_MS)}`,
        { gaveUpAfter: "never" },
        record,
      ),
      within(open - DEFAULT_TIMEOUT_MS - TIMEOUT_SLACK_MS),
    );
  }
  const least = DEFAULT_TIMEOUT_MS - 500;
  const said = `given up after ${s(open)}; the default timeout is ${s(DEFAULT_TIMEOUT_MS)}`;
  // less than the default, and held up as much, would look like it
  return open >= least
    ? gated(
        holds(said),
        ...heldUpUntil(record.atMs, record.atMs + open, Math.max(500, open - least)),
      )
    : gated(
        deviates(`request ${record.n} was ${said}`, { gaveUpAfter: "early" }, record),
        within(least - open),
      );
};

/** Zero: no limit. */
export const zeroMeansNoLimit: Judge = (run, reference) => {
  const record = run.requests.find(({ answer }) => answer?.kind === "hang");
  if (record === undefined) {
    return run.requests.length === 0 ? exportsAnyway(run, reference) : unknown("nothing hung");
  }
  const { ms: open, byClient } = openFor(run, record);
  const limit = DEFAULT_TIMEOUT_MS + TIMEOUT_SLACK_MS;
  if (open >= limit) {
    return gated(
      holds(`still waited for after ${s(open)}`),
      gate(record.atMs, record.atMs + open, open - limit),
    );
  }
  return byClient
    ? deviates(
        `request ${record.n} was given up after ${s(open)}, though the timeout is 0 (no limit)`,
        { gaveUp: true },
        record,
      )
    : unknown(`request ${record.n} was cut after ${s(open)}`);
};

export const exportsOverTls: Judge = (run) => {
  const requests = signalRequests(run);
  if (requests.length === 0) {
    return gated(
      deviates("nothing arrived over TLS, though the CA is configured", { arrived: false }),
      waited(0, run.terminatedAtMs),
    );
  }
  return requests.every(({ secure }) => secure)
    ? holds(`${requests.length} requests over TLS`)
    : unknown("requests arrived without TLS");
};

/** http in scenario `baseline`, https in `tls`. */
export const schemeDecides: Judge = (run) => {
  const requests = signalRequests(run);
  const wanted = run.scenario.tls !== undefined;
  const scheme = wanted ? "https" : "http";
  const wrong = requests.find(({ secure }) => secure !== wanted);
  if (wrong !== undefined) {
    return unknown(`request ${wrong.n} came another way than its endpoint; ${NOT_READ}`);
  }
  return requests.length > 0
    ? holds(`${requests.length} requests to an endpoint of scheme ${scheme}`)
    : gated(
        deviates(`nothing arrived at an endpoint of scheme ${scheme}`, { arrived: false }),
        waited(0, run.terminatedAtMs),
      );
};

export const showsClientCertificate: Judge = (run) => {
  const requests = signalRequests(run);
  if (requests.length === 0) {
    return gated(
      deviates("nothing arrived, though a client certificate is configured", { arrived: false }),
      waited(0, run.terminatedAtMs),
    );
  }
  return requests.every(({ clientCertificate }) => clientCertificate)
    ? holds(`${requests.length} requests with the client certificate`)
    : unknown("requests arrived without a client certificate");
};

export const refusesUntrusted: Judge = (run, { arrivalMs }) => {
  if (run.drives.length === 0)
    return unknown("without a stimulus it is not known what should come");
  const first = signalRequests(run)[0];
  const driven = run.events.find(({ what }) => what === "drive")?.atMs ?? 0;
  return first === undefined
    ? gated(
        holds("nothing was sent to a server that nobody vouches for"),
        gate(
          driven,
          run.terminatedAtMs,
          // twice as late as without faults would still have been seen
          run.terminatedAtMs - driven - 2 * (arrivalMs ?? 500),
        ),
      )
    : deviates(
        `request ${first.n} was sent to a server whose certificate nobody vouches for`,
        { sent: true },
        first,
      );
};

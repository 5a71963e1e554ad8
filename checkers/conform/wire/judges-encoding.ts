/** Judges of bodies: OTLP/JSON rule by rule, gRPC's own headers, the size of a request. */

import type { LintRule } from "./decode.ts";
import { busy, deviates, holds, type Judge, nothingArrived, unknown } from "./judgement.ts";
import { signalRequests } from "./ledger.ts";

/** One rule of OTLP/JSON; the decoder notes where a text breaks it. */
export const jsonRule =
  (rule: LintRule): Judge =>
  (run) => {
    const requests = signalRequests(run).filter(({ json }) => json !== null);
    if (requests.length === 0) return unknown("no JSON body arrived");
    const bad = requests.find(({ json }) => json!.lints.some((lint) => lint.rule === rule));
    if (bad !== undefined) {
      const where = bad.json!.lints.filter((lint) => lint.rule === rule).map((lint) => lint.where);
      return deviates(
        `request ${bad.n} breaks it in ${where.slice(0, 5).join(", ")}`,
        { where: where.toSorted().join(" ") },
        bad,
      );
    }
    return requests.some(({ json }) => json!.used.has(rule))
      ? holds(`${requests.length} JSON bodies`)
      : unknown("no body had such a value");
  };

export const grpcHeaders: Judge = (run) => {
  const requests = signalRequests(run);
  if (requests.length === 0) return nothingArrived;
  const wrong = requests.find(
    ({ headers }) =>
      headers["te"] !== "trailers" ||
      !/^application\/grpc(\+proto)?$/.test(headers["content-type"] ?? ""),
  );
  return wrong === undefined
    ? holds(`${requests.length} requests with te: trailers and application/grpc`)
    : deviates(
        `request ${wrong.n} has te: ${wrong.headers["te"] ?? "(none)"}, content-type: ${wrong.headers["content-type"] ?? "(none)"}`,
        { te: wrong.headers["te"] ?? null, contentType: wrong.headers["content-type"] ?? null },
        wrong,
      );
};

const LIMIT = 64 * 1024 * 1024;

export const capsRequest: Judge = (run) => {
  if (run.drives.length === 0) return unknown("nothing was driven");
  const large = run.requests.find(
    ({ bytes, problem }) => bytes > LIMIT || /64 MiB/.test(problem ?? ""),
  );
  if (large !== undefined) {
    return deviates(
      `request ${large.n} carries more than 64 MiB (default limit 64 MiB)`,
      { sent: true },
      large,
    );
  }
  const all = run.requests.reduce((sum, { bytes }) => sum + bytes, 0);
  if (all > LIMIT) return busy("the large batch was sent in several requests");
  if (run.requests.some(({ readAtMs }) => readAtMs === null)) {
    return busy("the body of a request had not arrived whole when the scenario ended");
  }
  // exports come one after the other: what came later shows that the large batch is done with
  return run.requests.some(({ round }) => round === run.drives.length - 1)
    ? holds("nothing larger than 64 MiB was sent, and exports went on after it")
    : busy("nothing arrived after the large batch, so it may still be under way");
};

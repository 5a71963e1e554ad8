/**
 * OTTL: records per second beside the Go engine, and how many random pairs of record and statement
 * both engines answer alike (`VERIFY_OTTL_PAIRS`, `VERIFY_OTTL_SEED`; each difference is printed).
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compileGroup } from "../impl/ottl/components/transform.ts";
import { decodePayload, levelOf } from "../impl/ottl/index.ts";
import { canonical, judge } from "../test/impl/ottl/judge.ts";
import { pair } from "../test/impl/ottl/pairs.ts";
import { ask, buildPeer, panicked, peerVersion } from "../test/impl/ottl/peer.ts";
import { alone, beside, median, type BenchArea } from "./case.ts";

const statements = [
  'set(log.attributes["env"], resource.attributes["env"])',
  'set(log.severity_text, "ERROR") where log.severity_number >= SEVERITY_NUMBER_ERROR',
  'delete_key(log.attributes, "http.user_agent")',
  'replace_pattern(log.attributes["http.url"], "token=[^&]*", "token=***")',
  'set(log.attributes["user.hash"], SHA256(log.attributes["user.email"])) where IsString(log.attributes["user.email"])',
  'delete_key(log.attributes, "user.email")',
  'set(log.attributes["route"], Concat([log.attributes["http.method"], log.attributes["http.path"]], " "))',
  'set(log.attributes["is_health"], true) where IsMatch(log.attributes["http.path"], "^/health")',
  "truncate_all(log.attributes, 128)",
  'limit(log.attributes, 20, ["env", "route"])',
  'set(log.attributes["slow"], true) where log.attributes["duration"] > 500',
  'set(log.attributes["ms"], Double(log.attributes["duration"]) * 1.5)',
  'merge_maps(log.attributes, ParseJSON(log.body), "upsert") where IsMatch(log.body, "^\\\\{")',
  'set(log.attributes["first"], Split(log.attributes["tags"], ",")[0])',
  'delete_matching_keys(log.attributes, "^internal\\\\.")',
  'set(log.attributes["tenant"], ToLowerCase(log.attributes["tenant"]))',
  'set(log.attributes["size"], Len(log.body))',
  'keep_matching_keys(resource.attributes, "^(env|service)")',
  'set(log.attributes["kind"], "api") where HasPrefix(log.attributes["http.path"], "/api") and log.attributes["http.method"] != "GET"',
  'set(log.body, "redacted") where resource.attributes["env"] == "prod" and log.attributes["secret"] != nil',
];
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const record = (i: number) => ({
  timeUnixNano: "1700000000000000000",
  severityNumber: 9 + (i % 10),
  body: { stringValue: i % 2 === 0 ? `{"order":${i},"state":"paid"}` : `order ${i} paid` },
  attributes: [
    text("http.method", i % 3 === 0 ? "GET" : "POST"),
    text("http.path", i % 4 === 0 ? "/health" : `/api/orders/${i}`),
    text("http.url", `https://shop.example/api?token=abc${i}&x=1`),
    text("http.user_agent", "curl/8.0"),
    text("user.email", `user${i}@example.org`),
    text("tags", "a,b,c"),
    text("tenant", "ACME"),
    text("internal.node", "n1"),
    { key: "duration", value: { intValue: String(i * 7) } },
  ],
});
const payload = {
  resourceLogs: [
    {
      resource: {
        attributes: [text("env", "prod"), text("service.name", "shop"), text("pod", "p1")],
      },
      scopeLogs: [
        { scope: { name: "bench" }, logRecords: Array.from({ length: 100 }, (_, i) => record(i)) },
      ],
    },
  ],
};
const seconds = 1;
const rounds = 3;

function ours(): number {
  const group = compileGroup(
    { signal: "logs", context: "log", errorMode: "ignore", conditions: [], statements },
    levelOf("v0.162"),
  );
  let count = 0;
  let busy = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const fresh = decodePayload(payload);
    const from = performance.now();
    group.run(fresh, () => {});
    busy += performance.now() - from;
    count += 100;
  }
  return (count / busy) * 1000;
}

function theirs(peer: string, folder: string): number {
  const file = join(folder, "bench.json");
  writeFileSync(
    file,
    JSON.stringify({ statements: statements.map((s) => s.replaceAll(/\blog\./g, "")), payload }),
  );
  return Number(spawnSync(peer, ["bench", String(seconds), file], { encoding: "utf8" }).stdout);
}

/** Pairs that both engines answer alike; the others are printed, those where Go panics apart. */
function agreement(peer: string, folder: string): { count: number; same: number; panics: number } {
  const seed = Number(process.env["VERIFY_OTTL_SEED"] ?? 1);
  const count = Number(process.env["VERIFY_OTTL_PAIRS"] ?? 2_000);
  const pairs = Array.from({ length: count }, (_, i) => pair(seed, i));
  let same = 0;
  let panics = 0;
  for (const [i, answer] of ask(peer, folder, pairs).entries()) {
    const told = pairs[i]!;
    if (JSON.stringify(judge(told)) === JSON.stringify(canonical(told, answer))) same++;
    else if (panicked(answer)) panics++;
    else console.error(`differs: seed ${seed} #${i} ${told.context}: ${told.statement}`);
  }
  return { count, same, panics };
}

const area: BenchArea = {
  async run(report) {
    const folder = mkdtempSync(join(tmpdir(), "verify-ottl-"));
    try {
      const peer = buildPeer(folder);
      const [mine, go]: [number[], number[]] = [[], []];
      for (let i = 0; i < rounds; i++) {
        mine.push(ours());
        if (peer !== null) go.push(theirs(peer, folder));
      }
      report(
        beside({
          case: "20 statements on a log",
          metric: "throughput",
          value: median(mine),
          unit: "records/s",
          peer: `Go engine ${peerVersion}`,
          peerValue: peer === null ? null : median(go),
          samples: rounds,
        }),
      );
      if (peer === null) return;
      const { count, same, panics } = agreement(peer, folder);
      report(alone("random pairs answered alike", "share", same / count, "of all"));
      report(alone("random pairs on which the Go engine panics", "count", panics, "pairs"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
export default area;

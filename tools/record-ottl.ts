/**
 * Asks the Go engine (built from its public modules) what the recorded tests of OTTL compare with:
 * the random pairs of `test/impl/ottl/answers.json`, the functions of the transform processor in
 * `test/impl/ottl/transforms.json` and the statements of `test/impl/ottl/functions.json`. A new statement is added to that file with any outcome, and
 * recorded by `node tools/record-ottl.ts`.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { call, outcome } from "../test/impl/ottl/calls.ts";
import { canonical } from "../test/impl/ottl/judge.ts";
import { pair, shortHash } from "../test/impl/ottl/pairs.ts";
import { ask, buildPeer, panicked, peerVersion } from "../test/impl/ottl/peer.ts";
import { told, transforms } from "../test/impl/ottl/transforms.ts";

const engine = `github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl ${peerVersion}`;
const seed = 1;
const count = 2_000;

const place = (name: string): URL => new URL(`../test/impl/ottl/${name}.json`, import.meta.url);
const write = (name: string, value: object): void =>
  writeFileSync(place(name), `${JSON.stringify(value, null, 2)}\n`);

const folder = mkdtempSync(join(tmpdir(), "verify-ottl-"));
try {
  const peer = buildPeer(folder);
  if (peer === null)
    throw new Error("the Go engine cannot be built here: install Go and try again");

  const pairs = Array.from({ length: count }, (_, id) => pair(seed, id));
  const answers = ask(peer, folder, pairs).map((answer, id) => {
    const asked = pairs[id]!;
    if (panicked(answer)) return `${shortHash(asked)}p`;
    const { kind, after } = canonical(asked, answer);
    return shortHash(asked) + kind[0] + shortHash(after);
  });
  write("answers", { engine, seed, answers });

  const made = ask(peer, folder, transforms).map((answer, id) => [
    shortHash(transforms[id]!),
    panicked(answer) ? "p" : told(canonical(transforms[id]!, answer)),
  ]);
  write("transforms", { engine, outcomes: made.map((each) => each.join("")) });

  const recorded = JSON.parse(readFileSync(place("functions"), "utf8")) as {
    outcomes: Record<string, unknown>;
  };
  const calls = Object.keys(recorded.outcomes).map(call);
  const outcomes = ask(peer, folder, calls).map((answer, id) => [
    calls[id]!.statement,
    panicked(answer) ? "panicked" : outcome(canonical(calls[id]!, answer)),
  ]);
  write("functions", { engine, outcomes: Object.fromEntries(outcomes) as object });
} finally {
  rmSync(folder, { recursive: true });
}

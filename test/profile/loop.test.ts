import { afterEach, describe, expect, test } from "vitest";

import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import protobuf from "protobufjs";

import { profilesGateway, type Received } from "../../impl/profiling/gateway.ts";
import { attachLoop } from "../../sim/profile/attach.ts";
import { detectProfiler } from "../../sim/profile/detect.ts";
import {
  defaultSampling,
  profilingLoop,
  readSampling,
  type LoopParts,
  type Round,
  type SamplingConfiguration,
} from "../../sim/profile/loop.ts";
import { OpampSampling } from "../../sim/profile/opamp-sampling.ts";

/** Parts on a clock of their own; `log` is what happened when. */
function virtual(script: Partial<LoopParts<number>> = {}) {
  let now = 0;
  const log: string[] = [];
  const rounds: Round[] = [];
  const parts: LoopParts<number> = {
    configuration: () => Promise.resolve(defaultSampling),
    collect: ({ hz, seconds }) => {
      log.push(`${now}: collect ${hz} Hz`);
      now += seconds * 1000;
      return Promise.resolve({ profile: hz, reason: null });
    },
    convert: (hz) => Uint8Array.of(hz % 256),
    send: (request) => {
      log.push(`${now}: send ${request.join()}`);
      now += 100;
      return Promise.resolve({ accepted: true, message: "HTTP 200" });
    },
    wait: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    now: () => now,
    report: (round) => rounds.push(round),
    ...script,
  };
  return { parts, log, rounds };
}

describe("the loop", () => {
  const never = new AbortController().signal;

  test("collects, converts, sends and waits for the rest of the interval", async () => {
    const { parts, log, rounds } = virtual();
    await profilingLoop(parts, never, 3);
    expect(log).toEqual([
      "0: collect 99 Hz",
      "5000: send 99",
      "60000: collect 99 Hz",
      "65000: send 99",
      "120000: collect 99 Hz",
      "125000: send 99",
    ]);
    expect(rounds.map(({ outcome }) => outcome)).toEqual(["sent", "sent", "sent"]);
  });

  test("takes a changed configuration in the next round; switched off it takes nothing", async () => {
    const plan: SamplingConfiguration[] = [
      { ...defaultSampling, everySeconds: 10 },
      { ...defaultSampling, hz: 49, seconds: 1, everySeconds: 20 },
      { ...defaultSampling, enabled: false, everySeconds: 30 },
    ];
    const { parts, log, rounds } = virtual({
      configuration: () => Promise.resolve(plan.shift() ?? defaultSampling),
    });
    await profilingLoop(parts, never, 4);
    expect(log.filter((line) => line.includes("collect"))).toEqual([
      "0: collect 99 Hz",
      "10000: collect 49 Hz",
      "60000: collect 99 Hz",
    ]);
    expect(rounds[2]!.outcome).toBe("switched off");
  });

  test("a failure, a refusal and a profile that fails its check end a round, not the loop", async () => {
    let turn = 0;
    const { parts, rounds } = virtual({
      collect: () => {
        turn += 1;
        if (turn === 1) return Promise.reject(new Error("bpftrace is gone"));
        return Promise.resolve({ profile: turn, reason: turn === 2 ? "too few samples" : null });
      },
      send: () => Promise.resolve({ accepted: turn === 4, message: "HTTP" }),
    });
    await profilingLoop(parts, never, 4);
    expect(rounds.map(({ outcome, message }) => [outcome, message])).toEqual([
      ["failed", "bpftrace is gone"],
      ["not usable", "too few samples"],
      ["not accepted", "HTTP"],
      ["sent", "HTTP"],
    ]);
  });

  test("stops when told to", async () => {
    const controller = new AbortController();
    const { parts, rounds } = virtual({ wait: () => Promise.resolve(controller.abort()) });
    await profilingLoop(parts, controller.signal);
    expect(rounds).toHaveLength(1);
  });
});

describe("a sampling configuration", () => {
  test("changes what it names and keeps the rest", () => {
    expect(readSampling('{"hz": 199}', defaultSampling)).toEqual({ ...defaultSampling, hz: 199 });
  });

  test.each([
    ['{"hz": 5000}', /"hz" must be a number from 49 to 999/],
    ['{"hz": 99.5}', /whole number/],
    ['{"seconds": 90}', /shorter than "seconds"/],
    ['{"rate": 1}', /"rate" is not known/],
    ['{"enabled": "no"}', /true or false/],
    ["[]", /not an object/],
    ["nonsense", /JSON/],
  ])("%s is refused", (text, message) => {
    expect(() => readSampling(text, defaultSampling)).toThrow(message);
  });
});

// opamp.proto, by its published numbers, read and written by another library than the agent's.
const schema = `syntax = "proto3";
  message AgentToServer { bytes instance_uid = 1; uint64 sequence_num = 2; uint64 capabilities = 4; RemoteConfigStatus remote_config_status = 7; }
  message RemoteConfigStatus { bytes last_remote_config_hash = 1; int32 status = 2; string error_message = 3; }
  message ServerToAgent { bytes instance_uid = 1; ErrorResponse error_response = 2; RemoteConfig remote_config = 3; uint64 flags = 6; }
  message ErrorResponse { int32 type = 1; string error_message = 2; }
  message RemoteConfig { ConfigMap config = 1; bytes config_hash = 2; }
  message ConfigMap { map<string, ConfigFile> config_map = 1; }
  message ConfigFile { bytes body = 1; string content_type = 2; }`;
const { root } = protobuf.parse(schema);

interface AgentMessage {
  instanceUid: Buffer;
  sequenceNum: number;
  capabilities: number;
  remoteConfigStatus?: { lastRemoteConfigHash: Buffer; status: number; errorMessage: string };
}

/** An OpAMP server that offers one configuration until its hash is reported back. */
class OpampServer {
  readonly heard: AgentMessage[] = [];
  offer: string | null = null;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const agent = root.lookupType("AgentToServer");
        const message = agent.toObject(agent.decode(Buffer.concat(chunks)), {
          longs: Number,
          defaults: false,
        }) as unknown as AgentMessage;
        this.heard.push(message);
        const hash = Buffer.from(this.offer ?? "");
        const isKnown = message.remoteConfigStatus?.lastRemoteConfigHash.equals(hash) === true;
        const server = root.lookupType("ServerToAgent");
        const answer = server.create({
          instanceUid: message.instanceUid,
          ...(this.offer === null || isKnown
            ? {}
            : {
                remoteConfig: {
                  configHash: hash,
                  config: { configMap: { "profiling.json": { body: hash } } },
                },
              }),
        });
        response.writeHead(200, { "content-type": "application/x-protobuf" });
        response.end(server.encode(answer).finish());
      });
    });
  }

  async open(): Promise<URL> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/opamp`);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe("a configuration by OpAMP", () => {
  let server: OpampServer | undefined;
  afterEach(() => server?.close());

  test("is applied and reported; a wrong one is refused and the last good one kept", async () => {
    server = new OpampServer();
    const agent = new OpampSampling(await server.open(), new Uint8Array(16).fill(7));
    const failures: string[] = [];
    const ask = () => agent.configuration((text) => failures.push(text));
    expect(await ask()).toEqual(defaultSampling);
    server.offer = '{"hz": 199, "everySeconds": 30}';
    expect(await ask()).toEqual({ ...defaultSampling, hz: 199, everySeconds: 30 });
    expect(server.heard.at(-1)!.remoteConfigStatus).toMatchObject({
      lastRemoteConfigHash: Buffer.from(server.offer),
      status: 1,
    });
    server.offer = '{"hz": 1}';
    expect(await ask()).toMatchObject({ hz: 199 });
    expect(server.heard.at(-1)!.remoteConfigStatus).toMatchObject({
      status: 3,
      errorMessage: expect.stringContaining("49 to 999"),
    });
    expect(failures).toEqual([]);
    for (const [index, message] of server.heard.entries()) {
      expect(message.instanceUid.length).toBe(16);
      expect(message.sequenceNum ?? 0).toBe(index);
      expect(message.capabilities & 3).toBe(3);
    }
    server.close();
    expect(await ask()).toMatchObject({ hz: 199 });
    expect(failures).toHaveLength(1);
  });
});

describe("attached to a running process", () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  test("sends profiles, and follows OpAMP from one round to the next", async (context) => {
    const status = await detectProfiler("bpftrace");
    if (status.state === "unavailable") return context.skip(`bpftrace: ${status.reason}`);
    const received: Received[] = [];
    const gateway = profilesGateway((one) => received.push(one));
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
    stops.push(() => gateway.close());
    const opamp = new OpampServer();
    const opampUrl = await opamp.open();
    stops.push(() => opamp.close());
    opamp.offer = '{"hz": 199, "seconds": 3, "everySeconds": 3}';
    const child: ChildProcess = spawn(
      process.execPath,
      [
        "--perf-basic-prof",
        "--no-logfile-per-isolate",
        "--logfile=/dev/null",
        "-e",
        "setTimeout(() => process.exit(), 60000).unref(); for (let x = 0; ; x++) Math.sqrt(x);",
      ],
      { stdio: "ignore" },
    );
    stops.push(() => child.kill("SIGKILL"));
    const logged: string[] = [];
    const rounds = await attachLoop({
      pid: child.pid!,
      to: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
      profile: "ebpf",
      sampling: defaultSampling,
      opamp: opampUrl.href,
      rounds: 2,
      signal: new AbortController().signal,
      log(line) {
        logged.push(line);
        if (/every 3 s/.test(line)) opamp.offer = '{"hz": 299}';
      },
    });
    expect(rounds.map(({ outcome, configuration }) => [outcome, configuration.hz])).toEqual([
      ["sent", 199],
      ["sent", 299],
    ]);
    expect(received.map(({ resource }) => resource.get("process.pid"))).toEqual([
      String(child.pid),
      String(child.pid),
    ]);
    for (const { profiles } of received) expect(Number(profiles[0]!.total)).toBeGreaterThan(100);
  });
});

/** A capture as pprof (github.com/google/pprof, profile.proto), for `go tool pprof` and speedscope. */

import { gzipSync } from "node:zlib";

import type { Capture, Frame } from "./capture.ts";

export interface PprofOptions {
  /** Start of the capture in nanoseconds since 1970. */
  readonly timeNanos: bigint;
  readonly durationNanos: number;
  /** Remarks for the reader, e.g. the provenance. */
  readonly comments: readonly string[];
}

/**
 * Values per sample: count, and nanoseconds of CPU time (of wall time for the V8 profiler). Equal
 * stacks of one thread are one sample. Gzipped, as every reader expects.
 */
export async function toPprof(capture: Capture, options: PprofOptions): Promise<Uint8Array> {
  const {
    Function: PprofFunction,
    Location,
    Mapping,
    Profile,
    Sample,
    StringTable,
    ValueType,
  } = await import("pprof-format");
  const strings = new StringTable();
  const text = (value: string): number => strings.dedup(value);
  const clock = capture.profiler === "v8" ? "wall" : "cpu";
  const period = Math.round(1e9 / capture.hz);

  const mappings = new Map<string, InstanceType<typeof Mapping>>();
  const functions = new Map<string, InstanceType<typeof PprofFunction>>();
  const locations = new Map<string, InstanceType<typeof Location>>();
  const keep = <T>(table: Map<string, T>, key: string, make: (id: number) => T): T => {
    const known = table.get(key);
    if (known !== undefined) return known;
    const made = make(table.size + 1); // ids must not be 0
    table.set(key, made);
    return made;
  };
  const locationOf = (frame: Frame): number => {
    const functionKey = `${frame.module} ${frame.systemName} ${frame.file} ${frame.line}`;
    const location = keep(locations, `${frame.address} ${functionKey}`, (id) => {
      const mapping = keep(
        mappings,
        frame.module,
        (mappingId) =>
          new Mapping({ id: mappingId, filename: text(frame.module), hasFunctions: true }),
      );
      const line =
        frame.known === "none"
          ? []
          : [
              {
                functionId: keep(
                  functions,
                  functionKey,
                  (functionId) =>
                    new PprofFunction({
                      id: functionId,
                      name: text(frame.name),
                      systemName: text(frame.systemName),
                      filename: text(frame.file),
                      startLine: frame.line,
                    }),
                ).id,
                line: frame.line,
              },
            ];
      return new Location({ id, mappingId: mapping.id, address: frame.address, line });
    });
    return Number(location.id);
  };

  const stacks = new Map<
    string,
    { ids: number[]; process: number; thread: number; count: number; timeNs: number }
  >();
  for (const sample of capture.samples) {
    const ids = sample.frames.map((frame) => locationOf(frame));
    const entry = keep(stacks, `${sample.thread}:${ids.join()}`, () => ({
      ids,
      process: sample.process,
      thread: sample.thread,
      count: 0,
      timeNs: 0,
    }));
    entry.count += 1;
    entry.timeNs += sample.lastsNs ?? period;
  }
  const profile = new Profile({
    sampleType: [
      new ValueType({ type: text("samples"), unit: text("count") }),
      new ValueType({ type: text(clock), unit: text("nanoseconds") }),
    ],
    sample: [...stacks.values()].map(
      ({ ids, process: pid, thread, count, timeNs }) =>
        new Sample({
          locationId: ids,
          value: [count, Math.round(timeNs)],
          label: [
            { key: text("thread id"), num: thread },
            { key: text("process id"), num: pid },
          ],
        }),
    ),
    mapping: [...mappings.values()],
    location: [...locations.values()],
    function: [...functions.values()],
    timeNanos: options.timeNanos,
    durationNanos: options.durationNanos,
    periodType: new ValueType({ type: text(clock), unit: text("nanoseconds") }),
    period,
    comment: options.comments.map((comment) => text(comment)),
    defaultSampleType: text(clock),
    stringTable: strings,
  });
  return gzipSync(profile.encode());
}

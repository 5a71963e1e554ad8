/**
 * A capture as an OTLP export request: opentelemetry.proto.profiles.v1development of opentelemetry-proto
 * 1.11.0 (2026-07-21). The signal is marked Alpha and its layout has changed with most releases, so
 * the release is pinned here; field numbers below are of that one.
 */

import type { Capture, Frame, FrameType, StackSample } from "./capture.ts";
import {
  block,
  blocks,
  fixed64,
  integer,
  message,
  packed,
  packedFixed64,
  text,
} from "./wire-writer.ts";

/** The span that was active on a thread for a while, for links from samples to spans. */
export interface SpanInterval {
  readonly thread: number;
  /** CLOCK_MONOTONIC nanoseconds, as the samples. */
  readonly fromNs: number;
  readonly toNs: number;
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
}

export interface OtlpOptions {
  /** Start of the capture in nanoseconds since 1970. */
  readonly timeNanos: bigint;
  /** Attributes of the resource, e.g. `service.name`. */
  readonly resource: Readonly<Record<string, string | number>>;
  readonly spans?: readonly SpanInterval[];
  readonly scope: { readonly name: string; readonly version: string };
  /** 16 bytes that identify the profile; both sample types of one capture share them but for the last. */
  readonly profileId: Uint8Array;
}

const frameTypes: Readonly<Record<FrameType, string>> = {
  kernel: "kernel",
  native: "native",
  js: "v8js",
  gc: "native",
  unknown: "native",
};

/**
 * One ExportProfilesServiceRequest with two profiles: samples (count) and time (nanoseconds of CPU
 * time, of wall time for the V8 profiler). Samples of equal stack, attributes and link are one, with
 * the moments of all.
 */
export function toOtlpProfiles(capture: Capture, options: OtlpOptions): Uint8Array {
  const tables = new Tables();
  const clock = capture.profiler === "v8" ? "wall" : "cpu";
  const period = Math.round(1e9 / capture.hz);
  const offset = options.timeNanos - BigInt(Math.round(capture.fromNs));
  const groups = new Map<string, Group>();
  for (const sample of capture.samples) {
    const stack = tables.stack(sample.frames);
    const attributes = [
      tables.attribute("process.pid", sample.process),
      tables.attribute("thread.id", sample.thread),
    ];
    const link = tables.link(spanOf(sample, options.spans ?? []));
    const key = `${stack} ${attributes.join()} ${link}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { stack, attributes, link, samples: [] }));
    group.samples.push(sample);
  }
  const profile = (last: number, type: string, unit: string, value: (one: StackSample) => bigint) =>
    message(
      block(1, tables.valueType(type, unit)),
      blocks(
        2,
        [...groups.values()].map(({ stack, attributes, link, samples }) =>
          message(
            integer(1, stack),
            packed(2, attributes),
            integer(3, link),
            packed(
              4,
              samples.map((one) => value(one)),
            ),
            packedFixed64(
              5,
              samples.map((one) =>
                clamp(BigInt(Math.round(one.timeNs)) + offset, options, capture),
              ),
            ),
          ),
        ),
      ),
      fixed64(3, options.timeNanos),
      integer(4, durationOf(capture)),
      block(5, tables.valueType(clock, "nanoseconds")),
      integer(6, period),
      block(7, withLast(options.profileId, last)),
    );
  const profiles = [
    profile(0, "samples", "count", () => 1n),
    profile(1, clock, "nanoseconds", (one) => BigInt(Math.round(one.lastsNs ?? period))),
  ];
  const resource = message(
    blocks(
      1,
      Object.entries(options.resource).map(([key, value]) =>
        message(text(1, key), block(2, anyValue(value))),
      ),
    ),
  );
  const { name, version } = options.scope;
  const scopeProfiles = message(
    block(1, message(text(1, name), text(2, version))),
    blocks(2, profiles),
  );
  return message(
    block(1, message(block(1, resource), block(2, scopeProfiles))),
    block(2, tables.dictionary()),
  );
}

interface Group {
  readonly stack: number;
  readonly attributes: readonly number[];
  readonly link: number;
  readonly samples: StackSample[];
}

const durationOf = (capture: Capture): bigint =>
  BigInt(Math.max(0, Math.round(capture.toNs - capture.fromNs)));

/** Moments must lie inside the profile: [time, time + duration). */
function clamp(time: bigint, { timeNanos }: OtlpOptions, capture: Capture): bigint {
  const last = timeNanos + durationOf(capture) - 1n;
  return time < timeNanos ? timeNanos : time > last ? (last < timeNanos ? timeNanos : last) : time;
}

function withLast(id: Uint8Array, last: number): Uint8Array {
  const bytes = Uint8Array.from(id);
  bytes[15] = ((bytes[15] ?? 0) & 0xfe) | last;
  return bytes;
}

/** The innermost, that is the shortest, of the spans that cover the sample. */
function spanOf(sample: StackSample, spans: readonly SpanInterval[]): SpanInterval | null {
  let best: SpanInterval | null = null;
  for (const span of spans) {
    if (span.thread !== sample.thread) continue;
    if (sample.timeNs < span.fromNs || sample.timeNs >= span.toNs) continue;
    if (best === null || span.toNs - span.fromNs < best.toNs - best.fromNs) best = span;
  }
  return best;
}

const anyValue = (value: string | number): Uint8Array =>
  typeof value === "number"
    ? message((writer) => writer.integer(3, BigInt(value)))
    : message((writer) => writer.block(1, Buffer.from(value, "utf8")));

/** The dictionary: element 0 of every table is the zero value, other elements are distinct. */
class Tables {
  private readonly mappings = new Table(message());
  private readonly locations = new Table(message());
  private readonly functions = new Table(message());
  private readonly links = new Table(
    message(block(1, new Uint8Array(16)), block(2, new Uint8Array(8))),
  );
  private readonly strings = new Map<string, number>([["", 0]]);
  private readonly attributes = new Table(message());
  private readonly stacks = new Table(message());

  string(value: string): number {
    const known = this.strings.get(value);
    if (known !== undefined) return known;
    this.strings.set(value, this.strings.size);
    return this.strings.size - 1;
  }

  valueType(type: string, unit: string): Uint8Array {
    return message(integer(1, this.string(type)), integer(2, this.string(unit)));
  }

  attribute(key: string, value: string | number): number {
    return this.attributes.index(message(integer(1, this.string(key)), block(2, anyValue(value))));
  }

  link(span: SpanInterval | null): number {
    if (span === null) return 0;
    return this.links.index(
      message(
        block(1, Buffer.from(span.traceId, "hex")),
        block(2, Buffer.from(span.spanId, "hex")),
      ),
    );
  }

  /** Leaf first. */
  stack(frames: readonly Frame[]): number {
    if (frames.length === 0) return 0;
    return this.stacks.index(
      message(
        packed(
          1,
          frames.map((frame) => this.location(frame)),
        ),
      ),
    );
  }

  private location(frame: Frame): number {
    const mapping = this.mappings.index(message(integer(4, this.string(frame.module))));
    const line =
      frame.known === "none"
        ? null
        : block(
            3,
            message(
              integer(
                1,
                this.functions.index(
                  message(
                    integer(1, this.string(frame.name)),
                    integer(2, this.string(frame.systemName)),
                    integer(3, this.string(frame.file)),
                    integer(4, frame.line),
                  ),
                ),
              ),
              integer(2, frame.line),
            ),
          );
    const type = this.attribute("profile.frame.type", frameTypes[frame.type]);
    return this.locations.index(
      message(integer(1, mapping), integer(2, frame.address), line, packed(4, [type])),
    );
  }

  dictionary(): Uint8Array {
    return message(
      blocks(1, this.mappings.elements()),
      blocks(2, this.locations.elements()),
      blocks(3, this.functions.elements()),
      blocks(4, this.links.elements()),
      blocks(
        5,
        [...this.strings.keys()].map((value) => Buffer.from(value, "utf8")),
      ),
      blocks(6, this.attributes.elements()),
      blocks(7, this.stacks.elements()),
    );
  }
}

/** Messages by their bytes: equal ones are one element. */
class Table {
  private readonly places = new Map<string, number>();
  private readonly messages: Uint8Array[] = [];

  constructor(zero: Uint8Array) {
    this.index(zero);
  }

  index(bytes: Uint8Array): number {
    const key = Buffer.from(bytes).toString("latin1");
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.places.set(key, this.messages.length);
    return this.messages.push(bytes) - 1;
  }

  elements(): readonly Uint8Array[] {
    return this.messages;
  }
}

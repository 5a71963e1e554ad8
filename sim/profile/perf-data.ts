/**
 * Reads the samples of a `perf.data` file (perf.data-file-format, and perf_event_open(2) for the
 * layout of a sample). Only what a stack profile needs: process, thread, time and call chain.
 */

export interface PerfSample {
  readonly timeNs: number;
  readonly pid: number;
  readonly tid: number;
  /** Leaf first. */
  readonly user: readonly number[];
  readonly kernel: readonly bigint[];
}

// Bits of sample_type, in the order of their fields in a sample.
const sampleType = {
  identifier: 1n << 16n,
  ip: 1n << 0n,
  tid: 1n << 1n,
  time: 1n << 2n,
  addr: 1n << 3n,
  id: 1n << 6n,
  streamId: 1n << 9n,
  cpu: 1n << 7n,
  period: 1n << 8n,
  read: 1n << 4n,
  callchain: 1n << 5n,
} as const;

const recordLost = 2;
const recordSample = 9;
const recordLostSamples = 13;
// Values of a call chain from here on are markers: what follows is kernel or user code.
const firstMarker = 0xffff_ffff_ffff_f001n;
const contextKernel = 0xffff_ffff_ffff_ff80n;
const contextUser = 0xffff_ffff_ffff_fe00n;

export interface PerfData {
  readonly samples: PerfSample[];
  readonly lost: number;
  /** perf leaves kernel mode out by itself where it may not sample it. */
  readonly userOnly: boolean;
}

// perf_event_attr: the flags follow type, size, config, period, sample_type and read_format.
const flagsOffset = 40;
const excludeKernel = 1n << 5n;

/** @throws {Error} when the file is not a recording of this kind. */
export function parsePerfData(data: Buffer): PerfData {
  if (data.length < 104 || data.toString("latin1", 0, 8) !== "PERFILE2") {
    throw new Error("not a perf.data file");
  }
  const attributes = Number(data.readBigUInt64LE(24));
  const type = data.readBigUInt64LE(attributes + 24);
  for (const needed of ["tid", "time", "callchain"] as const) {
    if ((type & sampleType[needed]) === 0n) throw new Error(`the samples carry no ${needed}`);
  }
  if ((type & sampleType.read) !== 0n) throw new Error("samples with counter values");

  const userOnly = (data.readBigUInt64LE(attributes + flagsOffset) & excludeKernel) !== 0n;
  const samples: PerfSample[] = [];
  let lost = 0;
  let at = Number(data.readBigUInt64LE(40));
  const size = Number(data.readBigUInt64LE(48));
  // The size is 0 when perf was killed before it could complete the header.
  const end = size === 0 ? data.length : Math.min(data.length, at + size);
  while (at + 8 <= end) {
    const record = data.readUInt32LE(at);
    const length = data.readUInt16LE(at + 6);
    if (length < 8 || at + length > end) break;
    if (record === recordSample) samples.push(parseSample(data, at + 8, type));
    else if (record === recordLost) lost += Number(data.readBigUInt64LE(at + 16));
    else if (record === recordLostSamples) lost += Number(data.readBigUInt64LE(at + 8));
    at += length;
  }
  return { samples, lost, userOnly };
}

function parseSample(data: Buffer, start: number, type: bigint): PerfSample {
  let at = start;
  const has = (bit: bigint): boolean => (type & bit) !== 0n;
  if (has(sampleType.identifier)) at += 8;
  if (has(sampleType.ip)) at += 8;
  const pid = data.readUInt32LE(at);
  const tid = data.readUInt32LE(at + 4);
  const timeNs = Number(data.readBigUInt64LE(at + 8));
  at += 16;
  for (const bit of [sampleType.addr, sampleType.id, sampleType.streamId]) if (has(bit)) at += 8;
  if (has(sampleType.cpu)) at += 8;
  if (has(sampleType.period)) at += 8;

  const count = Number(data.readBigUInt64LE(at));
  const user: number[] = [];
  const kernel: bigint[] = [];
  let inKernel = false;
  for (let index = 1; index <= count; index++) {
    const value = data.readBigUInt64LE(at + 8 * index);
    if (value === contextKernel) inKernel = true;
    else if (value === contextUser) inKernel = false;
    else if (value >= firstMarker) continue;
    else if (inKernel) kernel.push(value);
    else user.push(Number(value));
  }
  return { timeNs, pid, tid, user, kernel };
}

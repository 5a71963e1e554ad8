/** An existing pprof file instead of a sampling run, or as the base of a comparison. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Frame, FrameType, StackSample } from "./capture.ts";

export interface ImportedProfile {
  readonly file: string;
  /** One entry per sample; equal ones are the same object. */
  readonly samples: readonly StackSample[];
  /** Sum of the file's time value in seconds; null when it has none. */
  readonly seconds: number | null;
  /** `cpu`, `wall` or what the file calls its time. */
  readonly clock: string;
  /** Nanoseconds between samples; 0 when the file does not tell. */
  readonly periodNs: number;
  readonly durationNs: number;
  readonly comments: readonly string[];
}

const mostSamples = 5_000_000;

/** @throws {DiagnosticError} VRF603 when the file cannot be read as pprof. */
export async function importPprof(file: string): Promise<ImportedProfile> {
  try {
    return await read(file);
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    throw new DiagnosticError("VRF603", `${file} cannot be read as a pprof profile`, {
      place: file,
      help: `give a profile.proto file, gzipped or not (${error instanceof Error ? error.message : String(error)})`,
    });
  }
}

async function read(file: string): Promise<ImportedProfile> {
  const { Profile } = await import("pprof-format");
  const raw = readFileSync(file);
  const profile = Profile.decode(raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw);
  const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? "";
  const types = profile.sampleType.map((one) => ({ type: text(one.type), unit: text(one.unit) }));
  const countAt = types.findIndex(({ unit }) => unit === "count");
  const timeAt = types.findIndex(({ unit }) => unit === "nanoseconds");
  if (countAt === -1 && timeAt === -1) {
    throw new Error(
      `its values are ${types.map(({ type }) => type).join(", ")}, none of them samples or time`,
    );
  }
  const periodNs = Number(profile.period);
  const mappings = new Map(profile.mapping.map((one) => [Number(one.id), text(one.filename)]));
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]));
  const locations = new Map<number, Frame[]>();
  for (const location of profile.location) {
    const module = mappings.get(Number(location.mappingId)) ?? "";
    const frames = location.line.map((line): Frame => {
      const found = functions.get(Number(line.functionId));
      const systemName = text(found?.systemName ?? 0);
      const name = text(found?.name ?? 0) || systemName;
      const where = text(found?.filename ?? 0);
      return {
        name: name === "" ? "[unknown]" : name,
        systemName,
        type: name === "" ? "unknown" : typeOf(module, where, systemName),
        file: where,
        line: Number(found?.startLine ?? 0),
        module: path.basename(module),
        address: Number(location.address),
        known: name === "" ? "none" : "symbol",
      };
    });
    locations.set(
      Number(location.id),
      frames.length > 0 ? frames : [nameless(module, Number(location.address))],
    );
  }

  const samples: StackSample[] = [];
  let timeNs = 0;
  for (const sample of profile.sample) {
    const values = sample.value.map(Number);
    const time = timeAt === -1 ? 0 : (values[timeAt] ?? 0);
    const count = countAt === -1 ? Math.round(time / (periodNs || 1)) : (values[countAt] ?? 0);
    timeNs += time;
    if (samples.length + count > mostSamples) throw new Error("it has more than 5 million samples");
    const thread = sample.label.find((one) => /^thread.?id$/.test(text(one.key)));
    const one: StackSample = {
      timeNs: 0,
      process: 0,
      thread: Number(thread?.num ?? 0),
      frames: sample.locationId.flatMap((id) => locations.get(Number(id)) ?? []),
      complete: true,
    };
    for (let index = 0; index < count; index++) samples.push(one);
  }
  return {
    file,
    samples,
    seconds: timeAt === -1 ? null : timeNs / 1e9,
    clock: timeAt === -1 ? "samples" : types[timeAt]!.type,
    periodNs,
    durationNs: Number(profile.durationNanos),
    comments: profile.comment.map((one) => text(one)),
  };
}

const nameless = (module: string, address: number): Frame => ({
  name: module === "" ? "[unknown]" : `[${path.basename(module)}]`,
  systemName: "",
  type: module === "" ? "unknown" : "native",
  file: "",
  line: 0,
  module: path.basename(module),
  address,
  known: module === "" ? "none" : "module",
});

function typeOf(module: string, file: string, systemName: string): FrameType {
  if (/^\[?kernel|^\[guest\.kernel|^vmlinux/.test(path.basename(module))) return "kernel";
  if (/\.(?:[cm]?[jt]sx?)$|^node:/.test(file) || systemName.startsWith("JS:")) return "js";
  return /garbage collect/i.test(systemName) ? "gc" : "native";
}

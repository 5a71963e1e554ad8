/**
 * Reads recorded spans: OTLP/JSON, one message `TracesData` (or `ExportTraceServiceRequest`, which
 * has the same fields) per line, as the Collector's file exporter writes them. The names of the
 * attributes are those of impl/telemetry/transition-spans.ts, documented in docs/trace.md.
 */

import { readFileSync } from "node:fs";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { isJsonRecord, type Json, type Scalar } from "../../core/trace.ts";
import {
  ordered,
  type Instance,
  type Lane,
  type RecordedStep,
  type Recording,
} from "./recording.ts";

type Attributes = ReadonlyMap<string, Scalar>;

interface Draft {
  readonly machine: string;
  readonly name: string;
  readonly parameters: Record<string, number>;
  readonly lanes: Map<string, Lane>;
}

/** @throws {DiagnosticError} VRF801 when the file cannot be read, VRF802 when a line is not OTLP/JSON */
export function readRecording(file: string): Recording {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new DiagnosticError("VRF801", `cannot read ${file}: ${(error as Error).message}`, {
      help: "give a file of OTLP/JSON lines, as the Collector's file exporter writes them",
    });
  }
  const lines = text.split("\n");
  const drafts = new Map<string, Draft>();
  const remarks: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const place = `${file}:${index + 1}`;
    const message = parseLine(line, place, index === lines.length - 1);
    if (message === null) remarks.push(`line ${index + 1}, the last, is cut off and was left out`);
    else readMessage(message, place, drafts);
  }
  const instances = [...drafts.values()].map((draft): Instance => ({
    machine: draft.machine,
    name: draft.name,
    parameters: draft.parameters,
    lanes: ordered([...draft.lanes.values()].toSorted((a, b) => compare(a.start, b.start))),
  }));
  return { instances, remarks };
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** null for a last line without its end: the recorder was stopped while writing. */
function parseLine(
  line: string,
  place: string,
  isLast: boolean,
): { readonly [key: string]: Json } | null {
  let message: Json;
  try {
    message = JSON.parse(line) as Json;
  } catch (error) {
    if (isLast) return null;
    throw notOtlp(place, (error as Error).message);
  }
  if (!isJsonRecord(message)) throw notOtlp(place, "the line is no JSON object");
  return message;
}

const notOtlp = (place: string, why: string): DiagnosticError =>
  new DiagnosticError("VRF802", `not a line of OTLP/JSON: ${why}`, {
    place,
    help: 'each line is one TracesData message: {"resourceSpans":[…]}',
  });

function readMessage(
  message: { readonly [key: string]: Json },
  place: string,
  drafts: Map<string, Draft>,
): void {
  for (const resourceSpans of list(message["resourceSpans"], place)) {
    const resource = isJsonRecord(resourceSpans["resource"] ?? null)
      ? (resourceSpans["resource"] as { readonly [key: string]: Json })
      : {};
    const owner = JSON.stringify(
      [...attributesOf(resource["attributes"], place)].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    for (const scopeSpans of list(resourceSpans["scopeSpans"], place)) {
      for (const span of list(scopeSpans["spans"], place)) readSpan(span, owner, place, drafts);
    }
  }
}

function readSpan(
  span: { readonly [key: string]: Json },
  owner: string,
  place: string,
  drafts: Map<string, Draft>,
): void {
  const attributes = attributesOf(span["attributes"], place);
  const spanId = `${text(span["traceId"])}/${text(span["spanId"])}`;
  const dropped = Number(span["droppedEventsCount"] ?? 0) > 0;
  const steps = new Map<string, { readonly draft: Draft; readonly steps: RecordedStep[] }>();
  let gap = false;
  for (const event of list(span["events"], place)) {
    const own = attributesOf(event["attributes"], place);
    const read = (name: string): Scalar => own.get(name) ?? attributes.get(name) ?? null;
    if (event["name"] === "state_machine.gap") gap = true;
    if (event["name"] !== "state_machine.transition") continue;
    const machine = read("state_machine.name");
    const instance = read("state_machine.instance");
    const type = own.get("state_machine.event");
    if (typeof machine !== "string" || instance === null || typeof type !== "string") {
      throw notOtlp(
        place,
        `span ${spanId}: an event state_machine.transition without state_machine.name, state_machine.instance or state_machine.event`,
      );
    }
    const key = JSON.stringify([owner, machine, instance]);
    const draft = drafts.get(key) ?? {
      machine,
      name: String(instance),
      parameters: {},
      lanes: new Map<string, Lane>(),
    };
    drafts.set(key, draft);
    for (const [name, value] of withPrefix(attributes, "state_machine.parameter.")) {
      if (typeof value === "number") draft.parameters[name] = value;
    }
    const entry = steps.get(key) ?? { draft, steps: [] };
    steps.set(key, entry);
    const state = own.get("state_machine.state") ?? null;
    const sequence = own.get("state_machine.sequence") ?? null;
    entry.steps.push({
      event: type,
      payload: Object.fromEntries(withPrefix(own, "state_machine.payload.")),
      state: state === null ? null : String(state),
      variables: Object.fromEntries(withPrefix(own, "state_machine.variable.")),
      sequence: typeof sequence === "number" ? sequence : null,
      // which events a span has lost is not recorded: any may be missing before any other
      afterGap: gap || dropped,
      place: `${place}, span ${spanId}`,
    });
    gap = false;
  }
  for (const { draft, steps: recorded } of steps.values()) {
    // a resent batch brings the same span again
    draft.lanes.set(spanId, {
      span: spanId,
      start: nanoseconds(span["startTimeUnixNano"]),
      end: nanoseconds(span["endTimeUnixNano"]),
      steps: recorded,
    });
  }
}

const text = (json: Json | undefined): string =>
  typeof json === "string" || typeof json === "number" ? String(json) : "?";

/** 0 for a time that is missing or no whole number. */
function nanoseconds(json: Json | undefined): bigint {
  const written = text(json);
  return /^\d+$/.test(written) ? BigInt(written) : 0n;
}

function list(json: Json | undefined, place: string): readonly { readonly [key: string]: Json }[] {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json) || !(json as readonly Json[]).every(isJsonRecord)) {
    throw notOtlp(place, "a list of objects was expected");
  }
  return json as readonly { readonly [key: string]: Json }[];
}

function attributesOf(json: Json | undefined, place: string): Attributes {
  const found = new Map<string, Scalar>();
  for (const { key, value } of list(json, place)) {
    if (typeof key === "string" && isJsonRecord(value ?? null)) {
      found.set(key, scalar(value as { readonly [key: string]: Json }));
    }
  }
  return found;
}

/** An AnyValue; lists, maps and bytes are of no use here and read as null. */
function scalar(value: { readonly [key: string]: Json }): Scalar {
  if (typeof value["stringValue"] === "string") return value["stringValue"];
  if (typeof value["boolValue"] === "boolean") return value["boolValue"];
  const number = value["intValue"] ?? value["doubleValue"];
  if (typeof number === "number") return number;
  if (typeof number === "string" && number.trim() !== "") {
    const read = Number(number);
    return Number.isFinite(read) ? read : number;
  }
  return null;
}

function* withPrefix(attributes: Attributes, prefix: string): Generator<[string, Scalar]> {
  for (const [name, value] of attributes) {
    if (name.startsWith(prefix)) yield [name.slice(prefix.length), value];
  }
}

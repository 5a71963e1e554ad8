/** OTLP in protobuf in and out, from the same schema as OTLP/JSON. */

import type { Val, ValMap } from "../runtime/value.ts";
import { OtlpError } from "./json.ts";
import type { Payload, Signal } from "./model.ts";
import { payloads, zero, type FieldSchema, type MessageSchema } from "./schema.ts";

export const encodeProtobuf = (payload: Payload): Uint8Array =>
  Uint8Array.from(Buffer.concat(message(payloads[payload.signal], payload)));

/** @throws OtlpError when the bytes end too early or are no message of the signal */
export function decodeProtobuf(signal: Signal, bytes: Uint8Array): Payload {
  const body = readMessage<Omit<Payload, "signal">>(payloads[signal], new Reader(bytes));
  return { signal, ...body };
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 128n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}
const key = (number: number, wire: number): Buffer => varint(BigInt((number << 3) | wire));
const bytesField = (number: number, parts: readonly Buffer[]): Buffer[] => {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return [key(number, 2), varint(BigInt(size)), ...parts];
};
function double(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeDoubleLE(value);
  return out;
}
function fixed64(value: bigint): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt.asUintN(64, value));
  return out;
}

function message(schema: MessageSchema, value: object): Buffer[] {
  return schema.fields.flatMap((field) =>
    encodeField(field, (value as Record<string, unknown>)[field.name]),
  );
}

function encodeField(field: FieldSchema, value: unknown): Buffer[] {
  const { number, type } = field;
  if (value === null || value === undefined) return [];
  const must = field.optional === true;
  switch (type) {
    case "message":
      return bytesField(number, message(field.message!, value));
    case "messages":
      return (value as object[]).flatMap((item) =>
        bytesField(number, message(field.message!, item)),
      );
    case "string":
      return value === "" ? [] : bytesField(number, [Buffer.from(value as string)]);
    case "id":
      return value === "" ? [] : bytesField(number, [Buffer.from(value as string, "hex")]);
    case "bool":
      return value === true ? [key(number, 0), varint(1n)] : [];
    case "double":
      return value === 0 && !must && !Object.is(value, -0)
        ? []
        : [key(number, 1), double(value as number)];
    case "fixed64":
    case "sfixed64":
      return value === 0n && !must ? [] : [key(number, 1), fixed64(value as bigint)];
    case "enum":
    case "uint32":
      return value === 0 ? [] : [key(number, 0), varint(BigInt(value as number))];
    case "sint32": {
      const signed = value as number;
      return signed === 0
        ? []
        : [key(number, 0), varint(BigInt((signed << 1) ^ (signed >> 31)) & 0xffffffffn)];
    }
    case "fixed32": {
      const out = Buffer.alloc(4);
      out.writeUInt32LE(value as number);
      return value === 0 ? [] : [key(number, 5), out];
    }
    case "doubles": {
      const items = value as number[];
      return items.length === 0 ? [] : bytesField(number, items.map(double));
    }
    case "fixed64s": {
      const items = value as bigint[];
      return items.length === 0 ? [] : bytesField(number, items.map(fixed64));
    }
    case "uint64s": {
      const items = value as bigint[];
      return items.length === 0 ? [] : bytesField(number, items.map(varint));
    }
    case "any":
      return bytesField(number, anyValue(value as Val));
    case "map":
      return keyValues(number, value as ValMap);
  }
}

const keyValues = (number: number, map: ValMap): Buffer[] =>
  [...map].flatMap(([name, value]) =>
    bytesField(number, [
      ...(name === "" ? [] : bytesField(1, [Buffer.from(name)])),
      ...bytesField(2, anyValue(value)),
    ]),
  );

function anyValue(value: Val): Buffer[] {
  switch (typeof value) {
    case "string":
      return bytesField(1, [Buffer.from(value)]);
    case "boolean":
      return [key(2, 0), varint(value ? 1n : 0n)];
    case "bigint":
      return [key(3, 0), varint(value)];
    case "number":
      return [key(4, 1), double(value)];
    default:
  }
  if (value === null) return [];
  if (value instanceof Uint8Array) return bytesField(7, [Buffer.from(value)]);
  if (value instanceof Map) return bytesField(6, keyValues(1, value));
  if (!Array.isArray(value)) throw new OtlpError("a value that no record holds");
  return bytesField(5, Array.from(value, (item) => bytesField(1, anyValue(item))).flat());
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1)[0]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new OtlpError("a varint of more than ten bytes");
  }
  take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new OtlpError("the message ends too early");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
  block(): Buffer {
    const size = this.varint();
    if (size > BigInt(this.#bytes.length)) throw new OtlpError("the message ends too early");
    return this.take(Number(size));
  }
  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.take(8);
    else if (wire === 2) this.block();
    else if (wire === 5) this.take(4);
    else throw new OtlpError(`the wire type ${wire} is not of protobuf 3`);
  }
  /** Calls `read` for each field; false skips it. */
  each(read: (number: number, wire: number) => boolean): void {
    while (!this.done) {
      const tag = Number(this.varint() & 0xffffffffn);
      if (!read(tag >>> 3, tag & 7)) this.skip(tag & 7);
    }
  }
}

const wires: Readonly<Partial<Record<FieldSchema["type"], number>>> = {
  bool: 0,
  enum: 0,
  uint32: 0,
  sint32: 0,
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  fixed32: 5,
};

// oxlint-disable-next-line no-unnecessary-type-parameters -- the schema decides what it is
function readMessage<T>(schema: MessageSchema, reader: Reader): T {
  const out = zero<Record<string, unknown>>(schema);
  reader.each((number, wire) => {
    const field = schema.fields.find((candidate) => candidate.number === number);
    if (field === undefined) return false;
    const packed = ["doubles", "fixed64s", "uint64s"].includes(field.type);
    if (!packed && wire !== (wires[field.type] ?? 2)) {
      throw new OtlpError(`${schema.name}.${field.name} has the wire type ${wire}`);
    }
    readField(field, wire, reader, out);
    return true;
  });
  return out as T;
}

function readField(
  field: FieldSchema,
  wire: number,
  reader: Reader,
  out: Record<string, unknown>,
): void {
  const name = field.name;
  switch (field.type) {
    case "message":
      out[name] = readMessage(field.message!, new Reader(reader.block()));
      return;
    case "messages":
      (out[name] as unknown[]).push(readMessage(field.message!, new Reader(reader.block())));
      return;
    case "string":
      out[name] = reader.block().toString("utf8");
      return;
    case "id": {
      const hex = reader.block().toString("hex");
      out[name] = /^0*$/.test(hex) ? "" : hex;
      return;
    }
    case "bool":
      out[name] = reader.varint() !== 0n;
      return;
    case "double":
      out[name] = reader.take(8).readDoubleLE();
      return;
    case "fixed64":
      out[name] = reader.take(8).readBigUInt64LE();
      return;
    case "sfixed64":
      out[name] = reader.take(8).readBigInt64LE();
      return;
    case "enum":
      out[name] = Number(BigInt.asIntN(32, reader.varint()));
      return;
    case "uint32":
      out[name] = Number(BigInt.asUintN(32, reader.varint()));
      return;
    case "sint32": {
      const raw = Number(BigInt.asUintN(32, reader.varint()));
      out[name] = (raw >>> 1) ^ -(raw & 1);
      return;
    }
    case "fixed32":
      out[name] = reader.take(4).readUInt32LE();
      return;
    case "doubles":
      readPacked(wire, reader, (r) => (out[name] as number[]).push(r.take(8).readDoubleLE()));
      return;
    case "fixed64s":
      readPacked(wire, reader, (r) => (out[name] as bigint[]).push(r.take(8).readBigUInt64LE()));
      return;
    case "uint64s":
      readPacked(wire, reader, (r) => (out[name] as bigint[]).push(r.varint()));
      return;
    case "any":
      out[name] = readValue(new Reader(reader.block()));
      return;
    case "map":
      readKeyValue(new Reader(reader.block()), out[name] as ValMap);
  }
}

function readPacked(wire: number, reader: Reader, read: (reader: Reader) => void): void {
  if (wire !== 2) return read(reader);
  const inner = new Reader(reader.block());
  while (!inner.done) read(inner);
}

function readKeyValue(reader: Reader, into: ValMap): void {
  let name = "";
  let value: Val = null;
  reader.each((number) => {
    if (number === 1) name = reader.block().toString("utf8");
    else if (number === 2) value = readValue(new Reader(reader.block()));
    else return false;
    return true;
  });
  if (!into.has(name)) into.set(name, value);
}

function readValue(reader: Reader): Val {
  let value: Val = null;
  reader.each((number) => {
    switch (number) {
      case 1:
        value = reader.block().toString("utf8");
        return true;
      case 2:
        value = reader.varint() !== 0n;
        return true;
      case 3:
        value = BigInt.asIntN(64, reader.varint());
        return true;
      case 4:
        value = reader.take(8).readDoubleLE();
        return true;
      case 5: {
        const items: Val[] = [];
        const inner = new Reader(reader.block());
        inner.each((n) => n === 1 && items.push(readValue(new Reader(inner.block()))) > 0);
        value = items;
        return true;
      }
      case 6: {
        const map: ValMap = new Map();
        const inner = new Reader(reader.block());
        inner.each((n) => {
          if (n === 1) readKeyValue(new Reader(inner.block()), map);
          return n === 1;
        });
        value = map;
        return true;
      }
      case 7:
        value = Uint8Array.from(reader.block());
        return true;
      default:
        return false;
    }
  });
  return value;
}

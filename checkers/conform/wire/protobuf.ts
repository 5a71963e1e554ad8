/**
 * The protobuf wire format, as little of it as OTLP needs. Hand-written so that the judge shares no
 * code with the exporters that it judges. Source: protobuf.dev, "Encoding".
 */

/** Bytes that are not a message: truncated, an impossible tag, an unbalanced group. */
export class ProtobufError extends Error {
  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.name = "ProtobufError";
  }
}

export const WireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 };

const MAX_GROUP_DEPTH = 64;

export interface Field {
  readonly number: number;
  readonly wireType: number;
}

/** Reads a message field by field; what is not asked for is skipped. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next field, or null at the end of the message. */
  next(): Field | null {
    if (this.atEnd()) return null;
    const start = this.#position;
    const tag = this.varint();
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    if (tag > 0xffffffffn || number === 0) throw new ProtobufError("impossible tag", start);
    if (wireType > 5) throw new ProtobufError(`unknown wire type ${wireType}`, start);
    return { number, wireType };
  }

  /** A base-128 varint as an unsigned 64-bit integer; at most ten bytes. */
  varint(): bigint {
    const start = this.#position;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#position];
      if (byte === undefined) throw new ProtobufError("truncated varint", start);
      this.#position++;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value & 0xffffffffffffffffn;
    }
    throw new ProtobufError("varint longer than ten bytes", start);
  }

  /** A length-delimited value: bytes, a string or a nested message. A view, not a copy. */
  bytes(): Uint8Array {
    const start = this.#position;
    const length = this.varint();
    if (length > BigInt(this.#bytes.length - this.#position)) {
      throw new ProtobufError(`a value of ${length} bytes is truncated`, start);
    }
    const from = this.#position;
    this.#position += Number(length);
    return this.#bytes.subarray(from, this.#position);
  }

  atEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  /** A fixed-size value of 4 or 8 bytes. */
  fixed(length: 4 | 8): DataView {
    const from = this.#bytes.byteOffset + this.#position;
    this.#advance(length);
    return new DataView(this.#bytes.buffer, from, length);
  }

  /** Steps over the value of `field`, groups included. */
  skip(field: Field, depth = 0): void {
    const start = this.#position;
    switch (field.wireType) {
      case WireType.varint:
        this.varint();
        return;
      case WireType.fixed64:
        this.#advance(8);
        return;
      case WireType.bytes:
        this.bytes();
        return;
      case WireType.fixed32:
        this.#advance(4);
        return;
      case WireType.groupStart:
        if (depth === MAX_GROUP_DEPTH) throw new ProtobufError("groups nested too deep", start);
        for (;;) {
          const inner = this.next();
          if (inner === null) throw new ProtobufError("a group is not closed", start);
          if (inner.wireType === WireType.groupEnd) {
            if (inner.number !== field.number) throw new ProtobufError("unbalanced group", start);
            return;
          }
          this.skip(inner, depth + 1);
        }
      default:
        throw new ProtobufError("a group ends that never began", start);
    }
  }

  #advance(length: number): void {
    if (this.#position + length > this.#bytes.length) {
      throw new ProtobufError("truncated fixed-size value", this.#position);
    }
    this.#position += length;
  }
}

/** Writes a message; nested messages are given as their own finished bytes. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];

  varint(number: number, value: number | bigint): this {
    this.#tag(number, WireType.varint);
    this.#chunks.push(encodeVarint(BigInt(value)));
    return this;
  }

  bytes(number: number, value: Uint8Array): this {
    this.#tag(number, WireType.bytes);
    this.#chunks.push(encodeVarint(BigInt(value.length)), value);
    return this;
  }

  fixed64(number: number, value: bigint): this {
    this.#tag(number, WireType.fixed64);
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    this.#chunks.push(bytes);
    return this;
  }

  string(number: number, value: string): this {
    return this.bytes(number, new TextEncoder().encode(value));
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  #tag(number: number, wireType: number): void {
    this.#chunks.push(encodeVarint((BigInt(number) << 3n) | BigInt(wireType)));
  }
}

function encodeVarint(value: bigint): Uint8Array {
  let rest = BigInt.asUintN(64, value);
  const out: number[] = [];
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** Writes protobuf messages (protobuf.dev, encoding); fields with their default value are left out. */

type Field = (writer: Writer) => void;

/** One message as bytes. */
export function message(...fields: readonly (Field | null)[]): Uint8Array {
  const writer = new Writer();
  for (const field of fields) field?.(writer);
  return writer.bytes();
}

export const text = (field: number, value: string): Field | null =>
  value === "" ? null : (writer) => writer.block(field, Buffer.from(value, "utf8"));

/** A nested message, or bytes. Empty messages are written: in a table they are an element. */
export const block = (field: number, value: Uint8Array): Field => {
  return (writer) => writer.block(field, value);
};

export const blocks = (field: number, values: readonly Uint8Array[]): Field => {
  return (writer) => {
    for (const value of values) writer.block(field, value);
  };
};

/** int32, int64, uint64, bool, enum. Negative numbers take ten bytes, as the format demands. */
export const integer = (field: number, value: number | bigint): Field | null =>
  BigInt(value) === 0n ? null : (writer) => writer.integer(field, BigInt(value));

export const packed = (field: number, values: readonly (number | bigint)[]): Field | null =>
  values.length === 0
    ? null
    : (writer) => {
        const inner = new Writer();
        for (const value of values) inner.varint(BigInt(value));
        writer.block(field, inner.bytes());
      };

export const fixed64 = (field: number, value: bigint): Field | null =>
  value === 0n ? null : (writer) => writer.fixed(field, [value], false);

export const packedFixed64 = (field: number, values: readonly bigint[]): Field | null =>
  values.length === 0 ? null : (writer) => writer.fixed(field, values, true);

class Writer {
  private readonly parts: Uint8Array[] = [];

  bytes(): Uint8Array {
    return Buffer.concat(this.parts);
  }

  varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.parts.push(Uint8Array.from(bytes));
  }

  integer(field: number, value: bigint): void {
    this.varint(BigInt(field << 3));
    this.varint(value);
  }

  block(field: number, value: Uint8Array): void {
    this.varint(BigInt((field << 3) | 2));
    this.varint(BigInt(value.length));
    this.parts.push(value);
  }

  fixed(field: number, values: readonly bigint[], isPacked: boolean): void {
    const bytes = Buffer.alloc(8 * values.length);
    for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(value, 8 * index);
    if (isPacked) return this.block(field, bytes);
    this.varint(BigInt((field << 3) | 1));
    this.parts.push(bytes);
  }
}

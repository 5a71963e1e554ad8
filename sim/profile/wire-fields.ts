/** Reads the fields of a small protobuf message by number; the last of several wins, as the format says. */

export interface MessageFields {
  bytes(field: number): Uint8Array | null;
  all(field: number): readonly Uint8Array[];
  text(field: number): string;
  number(field: number): bigint;
}

/** @throws {Error} when the bytes are not a protobuf message */
export function readFields(message: Uint8Array): MessageFields {
  const blocks = new Map<number, Uint8Array[]>();
  const numbers = new Map<number, bigint>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new Error("not a protobuf message");
  };
  while (at < message.length) {
    const key = Number(varint());
    const field = key >>> 3;
    const wireType = key & 7;
    if (wireType === 0) numbers.set(field, varint());
    else {
      const length =
        wireType === 2 ? Number(varint()) : wireType === 1 ? 8 : wireType === 5 ? 4 : -1;
      if (length < 0 || at + length > message.length) throw new Error("not a protobuf message");
      const list = blocks.get(field) ?? [];
      list.push(message.subarray(at, at + length));
      blocks.set(field, list);
      at += length;
    }
  }
  const bytes = (field: number): Uint8Array | null => blocks.get(field)?.at(-1) ?? null;
  return {
    bytes,
    all: (field) => blocks.get(field) ?? [],
    text: (field) => Buffer.from(bytes(field) ?? []).toString("utf8"),
    number: (field) => numbers.get(field) ?? 0n,
  };
}

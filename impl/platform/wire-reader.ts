/** Reads protobuf at the level of fields (protobuf.dev, encoding). */

export interface Field {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wireType: number;
  /** Of wire types 0, 1 and 5; 0 otherwise. */
  readonly value: bigint;
  /** Of wire type 2; empty otherwise. */
  readonly bytes: Uint8Array;
}

const nothing = new Uint8Array();

/** @throws {Error} when the bytes are not a protobuf message */
export function fields(message: Uint8Array): Field[] {
  const list: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("the message ends inside a number");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new Error("a number of more than ten bytes");
  };
  const take = (length: number): Uint8Array => {
    if (at + length > message.length) throw new Error("the message ends inside a field");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const number = Number(key >> 3n);
    const wireType = Number(key & 7n);
    if (number === 0) throw new Error("a field with the number 0");
    if (wireType === 0) list.push({ number, wireType, value: varint(), bytes: nothing });
    else if (wireType === 2) {
      list.push({ number, wireType, value: 0n, bytes: take(Number(varint())) });
    } else if (wireType === 1 || wireType === 5) {
      const bytes = take(wireType === 1 ? 8 : 4);
      let value = 0n;
      for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
      list.push({ number, wireType, value, bytes: nothing });
    } else throw new Error(`wire type ${wireType} is not allowed`);
  }
  return list;
}

/** A repeated integer field, packed or not, as signed numbers. */
export function integers(list: readonly Field[], number: number): bigint[] {
  return list
    .filter((field) => field.number === number)
    .flatMap((field) =>
      field.wireType === 2 ? packedIntegers(field.bytes) : [BigInt.asIntN(64, field.value)],
    );
}

function packedIntegers(bytes: Uint8Array): bigint[] {
  const numbers: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte >= 128) continue;
    numbers.push(BigInt.asIntN(64, value));
    value = 0n;
    shift = 0n;
  }
  if (shift !== 0n) throw new Error("a packed list ends inside a number");
  return numbers;
}

/** MurmurHash3 with seed 0, as hex of the little-endian bytes (A. Appleby, public domain). */

import { uint64 } from "../runtime/text.ts";

const rotate32 = (x: number, r: number): number => (x << r) | (x >>> (32 - r));
const rotate64 = (x: bigint, r: bigint): bigint => uint64((x << r) | (x >> (64n - r)));

/** The variant x86, 32 bits. */
export function murmur32(bytes: Buffer): string {
  const [c1, c2] = [0xcc9e2d51, 0x1b873593];
  const mix = (k: number): number => Math.imul(rotate32(Math.imul(k, c1), 15), c2);
  let h = 0;
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    h = (Math.imul(rotate32(h ^ mix(bytes.readInt32LE(i)), 13), 5) + 0xe6546b64) | 0;
  }
  if (whole < bytes.length) {
    let k = 0;
    for (let i = bytes.length - 1; i >= whole; i--) k = (k << 8) | bytes[i]!;
    h ^= mix(k);
  }
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  const out = Buffer.alloc(4);
  out.writeInt32LE(h);
  return out.toString("hex");
}

/** The variant x64, 128 bits. */
export function murmur128(bytes: Buffer): string {
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  const mix1 = (k: bigint): bigint => uint64(rotate64(uint64(k * c1), 31n) * c2);
  const mix2 = (k: bigint): bigint => uint64(rotate64(uint64(k * c2), 33n) * c1);
  const final = (value: bigint): bigint => {
    let k = value;
    k = uint64((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn);
    k = uint64((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n);
    return k ^ (k >> 33n);
  };
  let [h1, h2] = [0n, 0n];
  const whole = bytes.length & ~15;
  for (let i = 0; i < whole; i += 16) {
    h1 ^= mix1(bytes.readBigUInt64LE(i));
    h1 = uint64(uint64(rotate64(h1, 27n) + h2) * 5n + 0x52dce729n);
    h2 ^= mix2(bytes.readBigUInt64LE(i + 8));
    h2 = uint64(uint64(rotate64(h2, 31n) + h1) * 5n + 0x38495ab5n);
  }
  const tail = Buffer.alloc(16);
  bytes.copy(tail, 0, whole);
  if (bytes.length - whole > 8) h2 ^= mix2(tail.readBigUInt64LE(8));
  if (bytes.length > whole) h1 ^= mix1(tail.readBigUInt64LE(0));
  const size = BigInt(bytes.length);
  h1 = uint64((h1 ^ size) + (h2 ^ size));
  h2 = uint64((h2 ^ size) + h1);
  const [f1, f2] = [final(h1), final(h2)];
  const out = Buffer.alloc(16);
  const sum = uint64(f1 + f2);
  out.writeBigUInt64LE(sum);
  out.writeBigUInt64LE(uint64(f2 + sum), 8);
  return out.toString("hex");
}

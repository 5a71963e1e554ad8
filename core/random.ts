/**
 * Seeded randomness: xoshiro128** (Blackman and Vigna, 2018) with SplitMix32 seeding. One seed
 * reproduces every result, on every machine and with any number of workers.
 */

export interface Random {
  /** Uniform 32-bit unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1) with 53 bits. */
  next(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  /** An independent stream, named so that adding one does not shift the others. */
  fork(name: string): Random;
}

/** FNV-1a, 32 bits; for deriving seeds from names, not for security. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** The seed of a named part of a run. */
export function deriveSeed(seed: number, name: string): number {
  return hash32(`${seed}:${name}`);
}

export function makeRandom(seed: number): Random {
  let mix = seed >>> 0;
  const splitMix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitMix();
  let b = splitMix();
  let c = splitMix();
  let d = splitMix();
  if ((a | b | c | d) === 0) a = 1; // the all-zero state is a fixed point

  const uint32 = (): number => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return {
    uint32,
    next: () => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992,
    below(n) {
      if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
        throw new RangeError(`below(${n}): n must be an integer from 1 to 2^32`);
      }
      const limit = 2 ** 32 - (2 ** 32 % n); // reject the incomplete last interval
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % n;
    },
    fork: (name) => makeRandom(deriveSeed(seed, name)),
  };
}

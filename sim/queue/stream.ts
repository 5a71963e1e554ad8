/**
 * Blocks of random variates for inner loops: one stream per purpose, filled a block at a time, so
 * that the generator's state lives in registers while it runs. Variate number k of a stream depends
 * on the seed and the stream's name only; two models that use the same stream get common random
 * numbers, customer by customer, whatever their scale.
 *
 * Uniform words: xoshiro128** (Blackman and Vigna 2018), seeded like core/random.ts. Exponential
 * variates: ziggurat with 256 layers (Marsaglia and Tsang 2000), with the index and the value taken
 * from different bits of a word (Doornik 2005).
 */

import { deriveSeed, makeRandom } from "../../core/random.ts";
import type { Distribution } from "../../core/subject.ts";
import { checkDistribution } from "./distributions.ts";

/** Variates per block; three blocks of them stay in the first-level cache. */
export const blockSize = 512;

const layers = 256;
/** Right end of the lowest layer and area of each, for e^(-x) and 256 layers. */
const tailStart = 7.69711747013105;
const area = 3.949659822581572e-3;
const scale = 2 ** 24;

/** Acceptance thresholds on 24 bits, widths per unit, and heights of the layers. */
const accept = new Int32Array(layers);
const widths = new Float64Array(layers);
const heights = new Float64Array(layers);
{
  let x = tailStart;
  let previous = x;
  const q = area / Math.exp(-x);
  accept[0] = (x / q) * scale;
  accept[1] = 0;
  widths[0] = q / scale;
  widths[layers - 1] = x / scale;
  heights[0] = 1;
  heights[layers - 1] = Math.exp(-x);
  for (let layer = layers - 2; layer >= 1; layer--) {
    x = -Math.log(area / previous + Math.exp(-previous));
    accept[layer + 1] = (x / previous) * scale;
    previous = x;
    widths[layer] = x / scale;
    heights[layer] = Math.exp(-x);
  }
}

/** A stream of uniform words and of the variates made from them. */
export class Stream {
  readonly #state: Int32Array;
  /** `widths` for variates of this mean. */
  readonly #scaled = new Float64Array(layers);
  #scaledFor = 0;

  constructor(seed: number, name: string) {
    const random = makeRandom(deriveSeed(seed, name));
    this.#state = Int32Array.from({ length: 4 }, () => random.uint32() | 0);
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** Uniform variates in [0, 1) with 53 bits. */
  uniforms(block: Float64Array): void {
    const state = this.#state;
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    for (let index = 0; index < block.length; index++) {
      let x = Math.imul(b, 5);
      const high = Math.imul((x << 7) | (x >>> 25), 9) >>> 5;
      let t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      x = Math.imul(b, 5);
      const low = Math.imul((x << 7) | (x >>> 25), 9) >>> 6;
      t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      block[index] = (high * 67108864 + low) / 9007199254740992;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
  }

  /** Exponential variates of the given mean. */
  exponentials(block: Float64Array, mean: number): void {
    const scaled = this.#scaled;
    if (this.#scaledFor !== mean) {
      this.#scaledFor = mean;
      for (let layer = 0; layer < layers; layer++) scaled[layer] = widths[layer]! * mean;
    }
    const state = this.#state;
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    for (let index = 0; index < block.length; index++) {
      const x = Math.imul(b, 5);
      const word = Math.imul((x << 7) | (x >>> 25), 9);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      const layer = word & 255;
      const bits = word >>> 8;
      if (bits < accept[layer]!) {
        block[index] = bits * scaled[layer]!;
        continue;
      }
      state[0] = a;
      state[1] = b;
      state[2] = c;
      state[3] = d;
      block[index] = this.#rest(layer, bits) * mean;
      a = state[0]!;
      b = state[1]!;
      c = state[2]!;
      d = state[3]!;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
  }

  /** The one candidate in a hundred that the fast test does not accept. */
  #rest(layer: number, bits: number): number {
    let index = layer;
    let value = bits;
    for (;;) {
      if (index === 0) return tailStart - Math.log1p(-this.#uniform());
      const x = value * widths[index]!;
      const height = heights[index]!;
      if (height + this.#uniform() * (heights[index - 1]! - height) < Math.exp(-x)) return x;
      const word = this.word();
      index = word & 255;
      value = word >>> 8;
      if (value < accept[index]!) return value * widths[index]!;
    }
  }

  #uniform(): number {
    return ((this.word() >>> 5) * 67108864 + (this.word() >>> 6)) / 9007199254740992;
  }

  /** One 32-bit word, signed. */
  word(): number {
    const state = this.#state;
    const x = Math.imul(state[1]!, 5);
    const word = Math.imul((x << 7) | (x >>> 25), 9);
    const t = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= t;
    state[3] = (state[3]! << 11) | (state[3]! >>> 21);
    return word;
  }
}

/** Fills a block with the next variates of one law from one stream. */
export type Filler = (block: Float64Array) => void;

/** @throws {DiagnosticError} VRF501 */
export function makeFiller(law: Distribution, stream: Stream): Filler {
  checkDistribution(law);
  const { mean } = law;
  switch (law.law) {
    case "exponential":
      return (block) => stream.exponentials(block, mean);
    case "deterministic":
      return (block) => void block.fill(mean);
    case "erlang": {
      const phase = new Float64Array(blockSize);
      return (block) => {
        block.fill(0);
        for (let index = 0; index < law.phases; index++) {
          const part = phase.subarray(0, block.length);
          stream.exponentials(part, mean / law.phases);
          for (let at = 0; at < block.length; at++) block[at]! += part[at]!;
        }
      };
    }
    case "hyperexponential": {
      // Balanced means, as in distributions.ts (Whitt 1982).
      const p = (1 + Math.sqrt((law.scv - 1) / (law.scv + 1))) / 2;
      const branch = new Float64Array(blockSize);
      return (block) => {
        const branches = branch.subarray(0, block.length);
        stream.uniforms(branches);
        stream.exponentials(block, mean / 2);
        for (let at = 0; at < block.length; at++) block[at]! /= branches[at]! < p ? p : 1 - p;
      };
    }
    case "lognormal": {
      const variance = Math.log1p(law.scv);
      const mu = Math.log(mean) - variance / 2;
      const sigma = Math.sqrt(variance);
      const angle = new Float64Array(blockSize);
      return (block) => {
        // Box and Muller 1958; the radius squared is exponential.
        const angles = angle.subarray(0, block.length);
        stream.uniforms(angles);
        stream.exponentials(block, 2);
        for (let at = 0; at < block.length; at++) {
          const normal = Math.sqrt(block[at]!) * Math.cos(2 * Math.PI * angles[at]!);
          block[at] = Math.exp(mu + sigma * normal);
        }
      };
    }
    case "empirical": {
      const { sample } = law;
      return (block) => {
        stream.uniforms(block);
        for (let at = 0; at < block.length; at++) {
          block[at] = sample[Math.floor(block[at]! * sample.length)]!;
        }
      };
    }
  }
}

/** Variates one at a time, a block behind them. */
export class Variates {
  readonly #block = new Float64Array(blockSize);
  readonly #fill: Filler;
  #next = blockSize;

  constructor(law: Distribution, seed: number, name: string) {
    this.#fill = makeFiller(law, new Stream(seed, name));
  }

  draw(): number {
    if (this.#next === blockSize) {
      this.#fill(this.#block);
      this.#next = 0;
    }
    return this.#block[this.#next++]!;
  }
}

/** Uniform variates one at a time, a block behind them. */
export class Uniforms {
  readonly #block = new Float64Array(blockSize);
  readonly #stream: Stream;
  #next = blockSize;

  constructor(seed: number, name: string) {
    this.#stream = new Stream(seed, name);
  }

  draw(): number {
    if (this.#next === blockSize) {
      this.#stream.uniforms(this.#block);
      this.#next = 0;
    }
    return this.#block[this.#next++]!;
  }
}

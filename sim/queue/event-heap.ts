/**
 * The event list: a binary heap on two typed arrays, ordered by time and, at the same time, by the
 * order of insertion, so that a run is a function of its seed. Heaps here hold N + a few entries;
 * calendar and ladder queues pay only with tens of thousands.
 */

export class EventHeap {
  times = new Float64Array(64);
  codes = new Int32Array(64);
  #order = new Float64Array(64);
  #inserted = 0;
  size = 0;

  /** The earliest time; Infinity when nothing is pending. */
  get next(): number {
    return this.size === 0 ? Infinity : this.times[0]!;
  }

  push(time: number, code: number): void {
    if (this.size === this.times.length) this.#grow();
    const { times, codes } = this;
    const orders = this.#order;
    let hole = this.size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (times[parent]! <= time) break; // what was there before stays before
      times[hole] = times[parent]!;
      codes[hole] = codes[parent]!;
      orders[hole] = orders[parent]!;
      hole = parent;
    }
    times[hole] = time;
    codes[hole] = code;
    orders[hole] = this.#inserted++;
  }

  /** Removes the earliest event and returns its code. */
  pop(): number {
    const { times, codes } = this;
    const orders = this.#order;
    const code = codes[0]!;
    const size = --this.size;
    const time = times[size]!;
    const last = codes[size]!;
    const order = orders[size]!;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      const right = child + 1;
      if (right < size && isBefore(times, orders, right, child)) child = right;
      const at = times[child]!;
      if (at > time || (at === time && orders[child]! > order)) break;
      times[hole] = at;
      codes[hole] = codes[child]!;
      orders[hole] = orders[child]!;
      hole = child;
    }
    times[hole] = time;
    codes[hole] = last;
    orders[hole] = order;
    return code;
  }

  #grow(): void {
    const wider = 2 * this.times.length;
    const copy = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.times = copy(this.times, new Float64Array(wider));
    this.codes = copy(this.codes, new Int32Array(wider));
    this.#order = copy(this.#order, new Float64Array(wider));
  }
}

const isBefore = (times: Float64Array, orders: Float64Array, one: number, other: number): boolean =>
  times[one]! < times[other]! || (times[one] === times[other] && orders[one]! < orders[other]!);

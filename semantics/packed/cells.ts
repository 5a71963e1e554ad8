/**
 * The memory of all tables: one growing array of integers, so that tables can be shared with worker
 * threads as they are. Cell 0 stays 0: a pointer 0 means "nothing here yet".
 */

export class Cells {
  data: Int32Array<SharedArrayBuffer>;
  #used = 1;

  constructor(capacity = 65_536) {
    this.data = new Int32Array(new SharedArrayBuffer(capacity * 4));
  }

  /** Pointer to `count` fresh cells, all 0. May replace `data`. */
  allocate(count: number): number {
    const pointer = this.#used;
    this.#used += count;
    if (this.#used > this.data.length) {
      const larger = new Int32Array(
        new SharedArrayBuffer(Math.max(this.data.length * 2, this.#used) * 4),
      );
      larger.set(this.data);
      this.data = larger;
    }
    return pointer;
  }

  used(): number {
    return this.#used;
  }

  /** Copies an array into fresh cells. */
  write(values: readonly number[]): number {
    const pointer = this.allocate(values.length);
    this.data.set(values, pointer);
    return pointer;
  }

  /**
   * The pointer to a list that has room for `index`. A list is two cells, its length and its place;
   * `list` points to them.
   */
  reach(list: number, index: number): number {
    const capacity = this.data[list]!;
    if (index < capacity) return this.data[list + 1]!;
    const larger = Math.max(4, capacity * 2, index + 1);
    const place = this.allocate(larger);
    const { data } = this;
    data.copyWithin(place, data[list + 1]!, data[list + 1]! + capacity);
    data[list] = larger;
    data[list + 1] = place;
    return place;
  }
}

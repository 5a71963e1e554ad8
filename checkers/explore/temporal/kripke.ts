/** The shape in which temporal algorithms see a state space: integers in typed arrays, nothing else. */

/** States 0 … size - 1; the edges that leave state s are offset[s] … offset[s + 1] - 1. */
export interface TemporalGraph {
  readonly size: number;
  readonly initial: number;
  readonly offset: Uint32Array;
  readonly target: Uint32Array;
  /** What happens on an edge: an action of the space that the graph was made from. */
  readonly action: Uint32Array;
}

/** Which atoms are true where: bit k belongs to atom k. */
export interface Labels {
  readonly state: Uint32Array;
  /** The bits of atoms about steps, and their values per edge; absent when there are none. */
  readonly stepAtoms?: number;
  readonly edge?: Uint32Array;
  /** The same atoms when the run stands still in a state. */
  readonly stay?: Uint32Array;
}

/**
 * Something that must happen again and again. Weak: if it is possible from some moment on without
 * interruption. Strong: already if it is possible infinitely often.
 */
export interface Requirement {
  readonly name: string;
  readonly strong: boolean;
  readonly enabled: (state: number) => boolean;
  readonly taken: (state: number, edge: number) => boolean;
}

/** May a run stand still in this state for ever? Only where nothing that must happen is possible. */
export const mayStay = (requirements: readonly Requirement[], state: number): boolean =>
  !requirements.some(({ enabled }) => enabled(state));

/** An infinite run on real edges: the stem, then the loop for ever; an empty loop stands still. */
export interface Lasso {
  readonly stem: readonly number[];
  readonly loop: readonly number[];
}

/** The state that an edge leaves. */
export function sourceOf(graph: TemporalGraph, edge: number): number {
  let low = 0;
  let high = graph.size;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (graph.offset[middle]! <= edge) low = middle;
    else high = middle;
  }
  return low;
}

/** A list of integers that grows. */
export class IntList {
  data = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new Uint32Array(this.data.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = value;
  }

  taken(): Uint32Array {
    return this.data.subarray(0, this.length);
  }
}

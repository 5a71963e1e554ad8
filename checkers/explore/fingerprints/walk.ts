/** Breadth-first search that keeps hashes of states, and the states themselves only until expanded. */

import type { CheckContext } from "../../../core/engine.ts";
import { Expander, type Sink } from "../../../semantics/packed/expand.ts";
import { FieldTooNarrow, type Layout } from "../../../semantics/packed/layout.ts";
import type { Product } from "../../../semantics/packed/product.ts";
import type { System } from "../../../semantics/system.ts";
import type { RunStep } from "../graph.ts";
import { FingerprintSet } from "./set.ts";

export type WalkEnd = "complete" | "fault" | "states" | "time" | "aborted" | "enough";

/** What the search is looking for. */
export interface Watcher {
  /**
   * Looks at a state before its steps are met. @returns whether enough has been seen
   * @param leadsOn some step leads to another state
   */
  see(number: number, words: Uint32Array, leadsOn: boolean): boolean;
}

export class Walk implements Sink {
  readonly set: FingerprintSet;
  expanded = 0;
  transitions = 0;
  depth = 0;
  limits = 0;
  readonly #system: System;
  readonly #product: Product;
  #layout: Layout;
  #expander: Expander;
  /** The states that are still to be expanded, one after the other, and the next one among them. */
  #queue: Uint32Array[] = [];
  #next: Uint32Array[] = [];
  #edges: { readonly action: number; readonly words: Uint32Array }[] = [];
  #faulty = false;

  constructor(system: System, bits: number) {
    this.#system = system;
    this.#product = system.product;
    this.set = new FingerprintSet(bits);
    this.#layout = this.#product.layout;
    this.#expander = new Expander(this.#product.shape, this.#layout, this.#product);
  }

  /** @throws {ModelFault} when the system cannot start */
  async run(
    { budget, signal, progress }: Pick<CheckContext, "budget" | "signal" | "progress">,
    watcher: Watcher,
  ): Promise<WalkEnd> {
    const deadline = performance.now() + budget.timeMs;
    const first = this.#first();
    this.set.add(first, 0, this.#layout, 0);
    this.#queue = [first];
    let breath = performance.now();
    for (; this.#queue.length > 0; this.depth += 1) {
      for (let index = 0; index < this.#queue.length; index++) {
        if (this.expanded % 256 === 0) {
          if (signal.aborted) return "aborted";
          const now = performance.now();
          if (now >= deadline) return "time";
          if (now - breath > 50) {
            progress(`${this.set.size()} states, depth ${this.depth}`);
            await new Promise((resolve) => setImmediate(resolve));
            breath = performance.now();
          }
        }
        if (this.expanded >= budget.maxStates) return "states";
        const edges = this.#stepsOf(() => this.#queue[index]!);
        if (this.#faulty) return "fault";
        const state = this.#queue[index]!;
        const leadsOn = edges.some(({ words }) => words.some((word, at) => word !== state[at]));
        if (watcher.see(this.expanded, state, leadsOn)) return "enough";
        for (const { words } of edges) {
          if (this.set.add(words, 0, this.#layout, this.expanded) >= 0) this.#next.push(words);
        }
        this.transitions += edges.length;
        this.expanded += 1;
      }
      this.#queue = this.#next;
      this.#next = [];
    }
    this.depth -= 1;
    return "complete";
  }

  /** The run to a state: its steps are found again by their hashes. */
  pathTo(number: number): readonly RunStep[] {
    const numbers: number[] = [];
    for (let at = number; at !== 0; at = this.set.parentOf(at)) numbers.push(at);
    this.#queue = [this.#first()];
    return numbers.toReversed().map((target) => {
      const edges = this.#stepsOf(() => this.#queue[0]!);
      const step = edges.find(({ words }) => this.set.is(target, words, 0, this.#layout));
      if (step === undefined) throw new TypeError("a step is not found again by its hash");
      this.#queue = [step.words];
      return { action: this.#system.numberOfAction(step.action), target };
    });
  }

  edge(action: number): void {
    this.#edges.push({ action, words: this.#expander.next.slice() });
  }

  fault(): void {
    this.#faulty = true;
  }

  #first(): Uint32Array {
    for (;;) {
      try {
        const first = this.#product.initial();
        if (this.#layout !== this.#product.layout) this.#relayout();
        return first;
      } catch (thrown) {
        this.#grow(thrown);
      }
    }
  }

  #stepsOf(state: () => Uint32Array): readonly { action: number; words: Uint32Array }[] {
    for (;;) {
      this.#edges = [];
      try {
        this.#expander.expand(state(), this);
        return this.#edges;
      } catch (thrown) {
        this.#grow(thrown);
      }
    }
  }

  #grow(thrown: unknown): void {
    if (!(thrown instanceof FieldTooNarrow)) throw thrown;
    this.#product.grow(thrown);
    this.#relayout();
  }

  /** Hashes do not depend on the layout; only the states that wait are packed anew. */
  #relayout(): void {
    const old = this.#layout;
    const layout = this.#product.layout;
    this.limits |= this.#expander.limits;
    this.#layout = layout;
    this.#expander = new Expander(this.#product.shape, layout, this.#product);
    const repacked = (state: Uint32Array): Uint32Array => {
      const words = new Uint32Array(layout.words);
      for (const field of layout.widths.keys()) layout.put(words, field, old.get(state, field));
      return words;
    };
    this.#queue = this.#queue.map(repacked);
    this.#next = this.#next.map(repacked);
  }

  /** Limits of the environment that cut something off. */
  met(): number {
    return this.limits | this.#expander.limits;
  }
}

/**
 * Threads that search one level after the other together with the main thread. The levels, the
 * states in each and the number of steps are those of the sequential search; the order inside a
 * level is not.
 */

import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";

import { siblingModule } from "../../../core/module-url.ts";
import type { System } from "../../../semantics/system.ts";
import {
  control,
  controlWords,
  drawn,
  margin,
  mostThreads,
  workOnLevel,
  type SharedSpace,
} from "./level.ts";

/** Smaller levels are not worth the coordination. */
const smallLevel = 512;

export class Crew {
  /** The state that ran into a fault. */
  faulty: number | null = null;
  readonly #system: System;
  readonly #block = new Int32Array(new SharedArrayBuffer(controlWords * 4));
  readonly #members: { readonly worker: Worker; readonly port: MessagePort }[] = [];

  /** @param threads in all, the calling one included */
  constructor(system: System, threads: number) {
    this.#system = system;
    for (let thread = 1; thread < Math.min(threads, mostThreads); thread++) {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(siblingModule(import.meta.url, "./worker"), {
        workerData: { thread, port: port2, block: this.#block },
        transferList: [port2],
      });
      worker.unref();
      this.#members.push({ worker, port: port1 });
    }
  }

  /** Threads in all. */
  get threads(): number {
    return this.#members.length + 1;
  }

  /**
   * Expands all states of a level; null when it is too small to be shared.
   * @throws {FaultInStep} for the first state, by number, that runs into a fault
   */
  level(from: number, to: number): { readonly transitions: number } | null {
    if (to - from < smallLevel) return null;
    const { store, product } = this.#system;
    const { threads } = this;
    const spare = threads * (margin + drawn);
    store.reserve(store.size() + (to - from) * 2 + spare);
    const block = this.#block;
    const space: SharedSpace = {
      control: block,
      keys: store.keys,
      table: new Int32Array(store.table.buffer),
      indexMask: store.indexMask,
      cells: product.data,
      shape: product.shape,
      layout: product.layout,
      left: new Int32Array(new SharedArrayBuffer((to - from) * 4)),
    };
    for (const [word, value] of [
      [control.done, 0],
      [control.next, from],
      [control.end, to],
      [control.size, store.size()],
      [control.room, store.capacity() - spare],
      [control.transitions, 0],
      [control.left, 0],
    ] as const) {
      Atomics.store(block, word, value);
    }
    for (const { port } of this.#members) port.postMessage(space);
    Atomics.add(block, control.order, 1);
    Atomics.notify(block, control.order);
    workOnLevel(space, 0);
    for (;;) {
      const done = Atomics.load(block, control.done);
      if (done === this.#members.length) break;
      Atomics.wait(block, control.done, done);
    }
    this.#fillGaps(threads);
    let transitions = Atomics.load(block, control.transitions);
    const left = space.left.subarray(0, Atomics.load(block, control.left)).toSorted();
    for (const state of left) {
      this.faulty = state;
      transitions += this.#system.expand(state).transitions;
    }
    this.faulty = null;
    this.#system.noteLimits(Atomics.load(block, control.limits));
    return { transitions };
  }

  dispose(): void {
    Atomics.store(this.#block, control.order, -1);
    Atomics.notify(this.#block, control.order);
    for (const { port } of this.#members) port.close();
  }

  /** Numbers that were drawn and not used are given to the last states. */
  #fillGaps(threads: number): void {
    const { store } = this.#system;
    const gaps: number[] = [];
    for (const thread of Array.from({ length: threads }).keys()) {
      const [first, end] = [0, 1].map((which) =>
        Atomics.load(this.#block, control.spare + thread * 2 + which),
      );
      for (let gap = first!; gap !== end; gap++) gaps.push(gap);
    }
    let size = Atomics.load(this.#block, control.size);
    for (const gap of gaps.toSorted((a, b) => b - a)) {
      size -= 1;
      if (gap !== size) store.move(size, gap);
    }
    store.adopt(size);
  }
}

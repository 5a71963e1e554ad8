/**
 * The successors of a packed state, from tables alone: no XState, no closures, only integers, so that
 * a worker thread can run it on shared memory. Where a table has no entry yet, the resolver fills it
 * and the lookup is repeated.
 *
 * Pointers are indexes into the cells; 0 is "not known yet". A *list* is two cells, length and place.
 */

import { FieldTooNarrow, type Layout } from "./layout.ts";
import { copyWords } from "./words.ts";

/** What of a component is needed to step it. */
export interface ComponentTables {
  /** Cells: the lists `rows`, `pending`, `effects` of its kind, two cells each. */
  readonly kind: number;
  /** Cells: the list `routes`. */
  readonly routes: number;
  readonly configField: number;
  readonly pendingField: number;
  /** The first alternatives are the events of the environment. */
  readonly declared: number;
  /** Field of every variable. */
  readonly variables: readonly number[];
  /** Does anything that it emits go into a channel? */
  readonly emits: boolean;
}

export interface ChannelTables {
  /** Cells: the lists `contents` and `sends`. */
  readonly header: number;
  readonly field: number;
  /** A full channel loses what is sent; otherwise the step that sends cannot happen. */
  readonly overflow: "block" | "drop";
}

export interface Shape {
  readonly components: readonly ComponentTables[];
  readonly channels: readonly ChannelTables[];
  /** Field that counts the faults still allowed; -1 when there is no budget. */
  readonly faultField: number;
  /** Time passes in ticks. */
  readonly discrete: boolean;
  /** Time passes from deadline to deadline. */
  readonly ordered: boolean;
}

// Offsets in a kind's header
export const rowsAt = 0;
export const pendingAt = 2;
export const effectsAt = 4;
export const kindHeader = 6;
// Offsets in a channel's header
export const contentsAt = 0;
export const sendsAt = 2;
export const channelHeader = 4;

// First cell of a leaf: the next configuration, or one of these
export const leafIgnored = -1;
export const leafFault = -2;
/** What a send into a full channel says instead of `content + 1`. */
export const channelFull = -1;

/** Actions as integers: the component above, its alternative below; channels and ticks stand apart. */
export const actionOf = (component: number, alternative: number): number =>
  (component << 16) | alternative;
const channelBase = 0x2000;
export const channelAction = (channel: number, operation: number): number =>
  ((channelBase + channel) << 16) | operation;
export const tickAction = 0x7fff_0000;

export interface Resolver {
  readonly data: Int32Array;
  step(component: number, config: number, alternative: number, state: Uint32Array): void;
  pending(component: number, pending: number): void;
  effect(component: number, effect: number, pending: number): void;
  route(component: number, emission: number): void;
  content(channel: number, content: number): void;
  send(channel: number, message: number, content: number): void;
  /**
   * Lets time pass in `next`, a copy of the state, up to the first deadline. @returns the number of this
   * step of time; negative where no timer runs or one is due
   */
  jump(state: Uint32Array, next: Uint32Array): number;
}

export interface Sink {
  /** `next` of the expander is a successor. */
  edge(action: number): void;
  fault(action: number, fault: number): void;
}

/** Limits of the environment that a search ran into. */
export const limitCapacity = 1;
export const limitFaults = 2;

export class Expander {
  readonly layout: Layout;
  readonly next: Uint32Array<ArrayBuffer>;
  /** Limits that cut something off so far. */
  limits = 0;
  readonly #shape: Shape;
  readonly #resolver: Resolver;
  #data: Int32Array;
  #cur: Uint32Array;
  readonly #words: number;
  readonly #word: Int32Array;
  readonly #shift: Int32Array;
  readonly #mask: Int32Array;

  constructor(shape: Shape, layout: Layout, resolver: Resolver) {
    this.#shape = shape;
    this.layout = layout;
    this.#resolver = resolver;
    this.#data = resolver.data;
    this.#words = layout.words;
    this.#word = layout.word;
    this.#shift = layout.shift;
    this.#mask = layout.mask;
    this.next = new Uint32Array(layout.words);
    this.#cur = new Uint32Array(layout.words);
  }

  /** Reports every successor of a state; the state's words must not change meanwhile. */
  expand(state: Uint32Array, sink: Sink): void {
    this.#cur = state;
    this.#data = this.#resolver.data;
    const { components, channels, discrete } = this.#shape;
    for (let c = 0; c < components.length; c++) this.#events(c, components[c]!, sink);
    for (let c = 0; c < components.length; c++) {
      const component = components[c]!;
      const pending = this.#get(component.pendingField);
      if (pending !== 0) this.#fire(c, component, pending, sink);
    }
    for (let channel = 0; channel < channels.length; channel++) this.#channel(channel, sink);
    if (discrete) this.#tick(sink);
    else if (this.#shape.ordered) this.#jump(sink);
  }

  /** Where a table says what an alternative does in a state. */
  leaf(state: Uint32Array, component: number, alternative: number): number {
    this.#cur = state;
    this.#data = this.#resolver.data;
    const tables = this.#shape.components[component]!;
    return this.#walk(component, tables, this.#get(tables.configField), alternative);
  }

  /**
   * The events of the environment. Almost all the work of a search is done here, so it is written for
   * speed: what a step without timers and messages says is put into `next` on the spot.
   */
  #events(c: number, component: ComponentTables, sink: Sink): void {
    const { next } = this;
    const cur = this.#cur;
    const words = this.#words;
    const word = this.#word;
    const shift = this.#shift;
    const mask = this.#mask;
    const { configField, pendingField, variables, declared } = component;
    const config = (cur[word[configField]!]! >>> shift[configField]!) & mask[configField]!;
    const quiet =
      ((cur[word[pendingField]!]! >>> shift[pendingField]!) & mask[pendingField]!) === 0;
    let data = this.#data;
    let row = this.#row(component, config);
    if (data[row] === 0) return; // it has reached its end
    for (let e = 0; e < declared; e++) {
      let ref = data[row + 2 + e]!;
      while (ref > 0) {
        const field = variables[data[ref]!]!;
        const value = (cur[word[field]!]! >>> shift[field]!) & mask[field]!;
        ref = value < data[ref + 1]! ? data[data[ref + 2]! + value]! : 0;
      }
      if (ref === 0) {
        ref = -this.#walk(c, component, config, e);
        data = this.#data;
        row = this.#row(component, config);
      }
      const leaf = -ref;
      const target = data[leaf]!;
      if (target === leafIgnored) continue;
      if (words === 1) next[0] = cur[0]!;
      else copyWords(cur, 0, next, 0, words);
      if (!quiet || target < 0 || data[leaf + 1] !== 0 || data[leaf + 2] !== 0) {
        this.#apply(c, component, leaf, -1, actionOf(c, e), sink);
        data = this.#data;
        row = this.#row(component, config);
        continue;
      }
      if (target !== config) this.#put(configField, target);
      const end = leaf + 4 + data[leaf + 3]! * 2;
      for (let at = leaf + 4; at < end; at += 2) {
        const field = variables[data[at]!]!;
        const value = data[at + 1]!;
        const bits = mask[field]!;
        if (value > bits) throw new FieldTooNarrow(field, value);
        const index = word[field]!;
        const by = shift[field]!;
        next[index] = (next[index]! & ~(bits << by)) | (value << by);
      }
      sink.edge(actionOf(c, e));
    }
  }

  // --- components -------------------------------------------------------------------------------

  /** Timers that are due, and answers of running actors. */
  #fire(c: number, component: ComponentTables, pending: number, sink: Sink): void {
    const config = this.#get(component.configField);
    const record = this.#pending(c, component, pending);
    const count = this.#data[record]!;
    for (let option = 0; option < count; option++) {
      const alternative = this.#data[record + 4 + option * 2]!;
      const after = this.#data[record + 5 + option * 2]!;
      const leaf = this.#walk(c, component, config, alternative);
      this.#copy();
      const action = actionOf(c, alternative);
      if (this.#data[leaf] === leafIgnored) {
        this.#put(component.pendingField, after);
        sink.edge(action);
      } else {
        this.#apply(c, component, leaf, after, action, sink);
      }
    }
  }

  /** Turns `next`, a prepared copy of the state, into what a leaf says, and reports it. */
  #apply(
    c: number,
    component: ComponentTables,
    leaf: number,
    pendingBase: number,
    action: number,
    sink: Sink,
  ): void {
    const data = this.#data;
    const config = data[leaf]!;
    if (config === leafFault) {
      sink.fault(action, data[leaf + 1]!);
      return;
    }
    this.#put(component.configField, config);
    const effects = data[leaf + 1]!;
    const emission = data[leaf + 2]!;
    const end = leaf + 4 + data[leaf + 3]! * 2;
    for (let at = leaf + 4; at < end; at += 2) {
      this.#put(component.variables[data[at]!]!, data[at + 1]!);
    }
    let pending = pendingBase >= 0 ? pendingBase : this.#get(component.pendingField);
    if (pendingBase >= 0 || pending !== 0 || effects !== 0) {
      if (data[this.#row(component, config)] === 0) pending = 0;
      else if (effects !== 0) {
        pending = this.#effect(c, component, effects, pending);
        if (pending < 0) {
          sink.fault(action, -pending - 1);
          return;
        }
      }
      this.#put(component.pendingField, pending);
    }
    if (emission !== 0 && component.emits && !this.#emit(c, component, emission)) return;
    sink.edge(action);
  }

  /** Puts what was emitted into the channels; false when one is full and blocks the step. */
  #emit(c: number, component: ComponentTables, emission: number): boolean {
    let route = this.#lookup(component.routes, emission);
    if (route === 0) {
      this.#resolver.route(c, emission);
      this.#data = this.#resolver.data;
      route = this.#lookup(component.routes, emission);
    }
    const count = this.#data[route]!;
    for (let index = 0; index < count; index++) {
      const channel = this.#data[route + 1 + index * 2]!;
      const message = this.#data[route + 2 + index * 2]!;
      const { header, field, overflow } = this.#shape.channels[channel]!;
      const content = this.#getNext(field);
      let after = this.#lookup2(header + sendsAt, message, content);
      if (after === 0) {
        this.#resolver.send(channel, message, content);
        this.#data = this.#resolver.data;
        after = this.#lookup2(header + sendsAt, message, content);
      }
      if (after === channelFull) {
        this.limits |= limitCapacity;
        if (overflow === "block") return false;
      } else this.#put(field, after - 1);
    }
    return true;
  }

  // --- channels and time ------------------------------------------------------------------------

  /**
   * Record of a content: [deliveries, faults, (component, alternative, after)…, (operation, after)…].
   */
  #channel(channel: number, sink: Sink): void {
    const { header, field } = this.#shape.channels[channel]!;
    const content = this.#get(field);
    if (content === 0) return;
    let record = this.#lookup(header + contentsAt, content);
    if (record === 0) {
      this.#resolver.content(channel, content);
      this.#data = this.#resolver.data;
      record = this.#lookup(header + contentsAt, content);
    }
    const deliveries = this.#data[record]!;
    let at = record + 2;
    for (let index = 0; index < deliveries; index++, at += 3) {
      const c = this.#data[at]!;
      const alternative = this.#data[at + 1]!;
      const after = this.#data[at + 2]!;
      const component = this.#shape.components[c]!;
      const config = this.#get(component.configField);
      const action = actionOf(c, alternative);
      const row = this.#row(component, config);
      const deaf = this.#data[row] === 0; // what reaches a machine at its end is lost
      const leaf = deaf ? 0 : this.#walk(c, component, config, alternative);
      this.#copy();
      this.#put(field, after);
      if (deaf || this.#data[leaf] === leafIgnored) sink.edge(action);
      else this.#apply(c, component, leaf, -1, action, sink);
    }
    const faults = this.#data[record + 1]!;
    if (faults === 0) return;
    const { faultField } = this.#shape;
    const budget = faultField === -1 ? 1 : this.#get(faultField);
    if (budget === 0) {
      this.limits |= limitFaults;
      return;
    }
    for (let index = 0; index < faults; index++, at += 2) {
      this.#copy();
      this.#put(field, this.#data[at + 1]!);
      if (faultField >= 0) this.#put(faultField, budget - 1);
      sink.edge(channelAction(channel, this.#data[at]!));
    }
  }

  /** One tick: possible while some timer runs and none is due. */
  #tick(sink: Sink): void {
    const { components } = this.#shape;
    let running = false;
    this.#copy();
    for (let c = 0; c < components.length; c++) {
      const component = components[c]!;
      const pending = this.#get(component.pendingField);
      const record = this.#pending(c, component, pending);
      if (this.#data[record + 1] !== 0) return; // due
      if (this.#data[record + 2] === 0) continue; // actors only
      running = true;
      this.#put(component.pendingField, this.#data[record + 3]!);
    }
    if (running) sink.edge(tickAction);
  }

  #jump(sink: Sink): void {
    this.#copy();
    const step = this.#resolver.jump(this.#cur, this.next);
    if (step >= 0) sink.edge(tickAction | step);
  }

  // --- lookups ----------------------------------------------------------------------------------

  #row(component: ComponentTables, config: number): number {
    return this.#data[this.#data[component.kind + rowsAt + 1]! + config]!;
  }

  #walk(c: number, component: ComponentTables, config: number, alternative: number): number {
    for (;;) {
      const data = this.#data;
      const row = data[data[component.kind + rowsAt + 1]! + config]!;
      let ref = alternative < data[row + 1]! ? data[row + 2 + alternative]! : 0;
      while (ref > 0) {
        const field = component.variables[data[ref]!]!;
        const value = (this.#cur[this.#word[field]!]! >>> this.#shift[field]!) & this.#mask[field]!;
        ref = value < data[ref + 1]! ? data[data[ref + 2]! + value]! : 0;
      }
      if (ref < 0) return -ref;
      this.#resolver.step(c, config, alternative, this.#cur);
      this.#data = this.#resolver.data;
    }
  }

  /** Record of a pending set: [options, due timers, running timers, after a tick, options…]. */
  #pending(c: number, component: ComponentTables, pending: number): number {
    let record = this.#lookup(component.kind + pendingAt, pending);
    if (record === 0) {
      this.#resolver.pending(c, pending);
      this.#data = this.#resolver.data;
      record = this.#lookup(component.kind + pendingAt, pending);
    }
    return record;
  }

  #effect(c: number, component: ComponentTables, effect: number, pending: number): number {
    let after = this.#lookup2(component.kind + effectsAt, effect, pending);
    if (after === 0) {
      this.#resolver.effect(c, effect, pending);
      this.#data = this.#resolver.data;
      after = this.#lookup2(component.kind + effectsAt, effect, pending);
    }
    return after > 0 ? after - 1 : after;
  }

  #lookup(list: number, index: number): number {
    const data = this.#data;
    return index < data[list]! ? data[data[list + 1]! + index]! : 0;
  }

  /** Entry of a list of lists, whose entries stand in place, two cells each. */
  #lookup2(list: number, first: number, second: number): number {
    const data = this.#data;
    return first * 2 < data[list]! ? this.#lookup(data[list + 1]! + first * 2, second) : 0;
  }

  // --- fields -----------------------------------------------------------------------------------

  #copy(): void {
    const { next } = this;
    const cur = this.#cur;
    copyWords(cur, 0, next, 0, this.#words);
  }

  #get(field: number): number {
    return (this.#cur[this.#word[field]!]! >>> this.#shift[field]!) & this.#mask[field]!;
  }

  #getNext(field: number): number {
    return (this.next[this.#word[field]!]! >>> this.#shift[field]!) & this.#mask[field]!;
  }

  #put(field: number, value: number): void {
    const mask = this.#mask[field]!;
    if (value > mask) throw new FieldTooNarrow(field, value);
    const word = this.#word[field]!;
    const shift = this.#shift[field]!;
    this.next[word] = (this.next[word]! & ~(mask << shift)) | (value << shift);
  }
}

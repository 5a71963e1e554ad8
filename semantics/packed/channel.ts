/** A channel between machines: what is under way, as numbered contents, and what may happen to it. */

import type { EventObject } from "xstate";

import type { ChannelDeclaration } from "../../core/system.ts";
import type { Cells } from "./cells.ts";
import { channelFull, channelHeader, contentsAt, sendsAt } from "./expand.ts";
import { set2 } from "./kind.ts";

export interface ChannelFault {
  readonly kind: "loses" | "duplicates";
  readonly event: EventObject;
  /** Which message under way, counted from 0, the next one to arrive first. */
  readonly position: number;
}

export class Channel {
  readonly name: string;
  readonly declaration: ChannelDeclaration;
  readonly header: number;
  /** What may go wrong, by operation number. */
  readonly operations: ChannelFault[] = [];
  readonly #cells: Cells;
  readonly #messages: EventObject[] = [];
  readonly #messageIds = new Map<string, number>();
  readonly #contents: (readonly number[])[] = [];
  readonly #contentIds = new Map<string, number>();
  readonly #operationIds = new Map<string, number>();

  constructor(name: string, declaration: ChannelDeclaration, cells: Cells) {
    this.name = name;
    this.declaration = declaration;
    this.#cells = cells;
    this.header = cells.allocate(channelHeader);
    this.#contentOf([]); // number 0
  }

  /** Number of contents met so far. */
  size(): number {
    return this.#contents.length;
  }

  content(id: number): readonly EventObject[] {
    return this.#contents[id]!.map((message) => this.#messages[message]!);
  }

  /** The number of a content, made of messages from elsewhere. */
  contentOf(messages: readonly EventObject[]): number {
    return this.#contentOf(messages.map((event) => this.message(event)));
  }

  carries(event: EventObject): boolean {
    return this.declaration.carries.includes(event.type);
  }

  message(event: EventObject): number {
    const key = JSON.stringify(event);
    let id = this.#messageIds.get(key);
    if (id === undefined) {
      id = this.#messages.length;
      this.#messageIds.set(key, id);
      this.#messages.push(event);
    }
    return id;
  }

  /** The content with one more message; null when the channel is full. */
  send(message: number, content: number): number | null {
    const messages = this.#contents[content]!;
    return messages.length >= this.declaration.capacity
      ? null
      : this.#contentOf([...messages, message]);
  }

  fillSend(message: number, content: number): void {
    const after = this.send(message, content);
    const value = after === null ? channelFull : after + 1;
    set2(this.#cells, this.header + sendsAt, message, content, value);
  }

  /** Record: [deliveries, faults, (component, alternative, after)…, (operation, after)…]. */
  fillContent(
    content: number,
    receiver: number,
    alternative: (event: EventObject) => number,
  ): void {
    const messages = this.#contents[content]!;
    const { order = "fifo", loses = false, duplicates = false, capacity } = this.declaration;
    const without = (position: number): number =>
      this.#contentOf(messages.filter((_, other) => other !== position));
    const deliveries = new Map<string, readonly number[]>();
    const faults = new Map<string, readonly number[]>();
    messages.forEach((message, position) => {
      const event = this.#messages[message]!;
      if (position === 0 || order === "any") {
        const delivery = [receiver, alternative(event), without(position)];
        deliveries.set(delivery.join(), delivery);
      }
      if (loses) {
        const fault = [this.#operation({ kind: "loses", event, position }), without(position)];
        faults.set(fault.join(), fault);
      }
      if (duplicates && messages.length < capacity) {
        const copied = this.#contentOf(messages.toSpliced(position, 0, message));
        const fault = [this.#operation({ kind: "duplicates", event, position }), copied];
        faults.set(fault.join(), fault);
      }
    });
    const record = this.#cells.write([
      deliveries.size,
      faults.size,
      ...[...deliveries.values()].flat(),
      ...[...faults.values()].flat(),
    ]);
    const place = this.#cells.reach(this.header + contentsAt, content);
    this.#cells.data[place + content] = record;
  }

  #operation(fault: ChannelFault): number {
    const key = JSON.stringify(fault);
    let id = this.#operationIds.get(key);
    if (id === undefined) {
      id = this.operations.length;
      this.#operationIds.set(key, id);
      this.operations.push(fault);
    }
    return id;
  }

  #contentOf(messages: readonly number[]): number {
    // Where order means nothing, two orders are one content.
    const sorted = this.declaration.order === "any" ? messages.toSorted((a, b) => a - b) : messages;
    const key = sorted.join();
    let id = this.#contentIds.get(key);
    if (id === undefined) {
      id = this.#contents.length;
      this.#contentIds.set(key, id);
      this.#contents.push(sorted);
    }
    return id;
  }
}

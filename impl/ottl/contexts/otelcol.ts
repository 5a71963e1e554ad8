/** Paths of what the Collector knows about the sender; nothing there can be written. */

import { getIn, type Accessor } from "../runtime/access.ts";
import type { Item } from "../runtime/item.ts";
import { fail, type Val, type ValMap } from "../runtime/value.ts";
import type { PathStep } from "./fields.ts";

const metadata = (values: ReadonlyMap<string, readonly string[]> | undefined): ValMap => {
  const out: ValMap = new Map();
  for (const [key, list] of values ?? []) out.set(key, [...list]);
  return out;
};

const sources: Readonly<Record<string, (item: Item) => Val>> = {
  "client.addr": (item) => item.request?.clientAddress ?? "",
  "client.metadata": (item) => metadata(item.request?.clientMetadata),
  "client.auth.attributes": (item) => new Map(item.request?.authAttributes ?? []),
  "grpc.metadata": (item) => metadata(item.request?.grpcMetadata),
};

export function otelcol(steps: readonly PathStep[]): Accessor | null {
  const name = steps.map((step) => step.name).join(".");
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source === undefined) return null;
  const keys = steps.at(-1)!.keys;
  return {
    get: (item) => (keys.length === 0 ? source(item) : getIn(source(item), keys, item)),
    set: () => fail(`the path otelcol.${name} cannot be written`),
  };
}

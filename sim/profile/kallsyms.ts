/** Names of kernel addresses, from /proc/kallsyms. Addresses there read as 0 without privileges. */

import { readFileSync } from "node:fs";

import { lastAtOrBelow } from "./search.ts";

/** A function from address to name; `[kernel]` where the table is hidden or has no entry. */
export function kernelNames(
  read: () => string = () => readFileSync("/proc/kallsyms", "utf8"),
): (address: bigint) => string {
  let table: { starts: BigUint64Array; names: string[] } | null = null;
  return (address) => {
    table ??= load(read);
    const { starts, names } = table;
    const index = lastAtOrBelow(starts, address);
    return index < 0 ? "[kernel]" : names[index]!;
  };
}

function load(read: () => string): { starts: BigUint64Array; names: string[] } {
  let text = "";
  try {
    text = read();
  } catch {
    // no /proc: every kernel frame stays unnamed
  }
  const entries: [bigint, string][] = [];
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{8,16}) [tTwW] (\S+)/.exec(line);
    if (match === null) continue;
    const address = BigInt(`0x${match[1]}`);
    if (address !== 0n) entries.push([address, match[2]!]);
  }
  entries.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return {
    starts: BigUint64Array.from(entries, ([address]) => address),
    names: entries.map(([, name]) => name),
  };
}

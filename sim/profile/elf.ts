/**
 * Function symbols of an ELF file (System V ABI, 64 bit little endian: x86-64 and arm64 Linux). Reads
 * headers and symbol tables only: the Node binary has 100 MB, its tables 10 MB.
 */

import { closeSync, openSync, readSync } from "node:fs";

import { lastAtOrBelow } from "./search.ts";

export interface ElfSymbols {
  /** Loadable segments: file offset to virtual address. */
  readonly segments: readonly {
    readonly offset: number;
    readonly address: number;
    readonly size: number;
  }[];
  /** Sorted start addresses; `sizes` and `names` are parallel to it. */
  readonly starts: Float64Array;
  readonly sizes: Float64Array;
  readonly names: readonly string[];
}

const sectionSymtab = 2;
const sectionDynsym = 11;
const segmentLoad = 1;
const typeFunction = 2;
const typeIndirectFunction = 10;
const typeNone = 0;

/** @throws {Error} when the file cannot be read or is not an ELF file of this kind. */
export function readElf(file: string): ElfSymbols {
  const descriptor = openSync(file, "r");
  try {
    return parse((offset, length) => {
      const bytes = Buffer.alloc(length);
      let done = 0;
      while (done < length) {
        const count = readSync(descriptor, bytes, done, length - done, offset + done);
        if (count === 0) throw new Error(`${file} is shorter than its headers say`);
        done += count;
      }
      return bytes;
    });
  } finally {
    closeSync(descriptor);
  }
}

// Offsets and addresses stay below 2^53; a BigInt per symbol would double the time.
const u64 = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;

function parse(read: (offset: number, length: number) => Buffer): ElfSymbols {
  const header = read(0, 64);
  if (header.readUInt32BE(0) !== 0x7f454c46) throw new Error("not an ELF file");
  if (header[4] !== 2 || header[5] !== 1) throw new Error("not a 64-bit little-endian ELF file");

  const segmentSize = header.readUInt16LE(54);
  const segmentCount = header.readUInt16LE(56);
  const segmentTable = read(u64(header, 32), segmentSize * segmentCount);
  const segments: { offset: number; address: number; size: number }[] = [];
  for (let at = 0; at < segmentTable.length; at += segmentSize) {
    if (segmentTable.readUInt32LE(at) !== segmentLoad) continue;
    segments.push({
      offset: u64(segmentTable, at + 8),
      address: u64(segmentTable, at + 16),
      size: u64(segmentTable, at + 32),
    });
  }

  const sectionSize = header.readUInt16LE(58);
  const sectionCount = header.readUInt16LE(60);
  const sections = sectionCount === 0 ? null : read(u64(header, 40), sectionSize * sectionCount);
  // A stripped library still has the dynamic symbols.
  const table =
    sections === null
      ? null
      : (findSection(sections, sectionSize, sectionSymtab) ??
        findSection(sections, sectionSize, sectionDynsym));
  if (sections === null || table === null) {
    return { segments, starts: new Float64Array(), sizes: new Float64Array(), names: [] };
  }
  const symbols = read(u64(sections, table + 24), u64(sections, table + 32));
  const strings = sections.readUInt32LE(table + 40) * sectionSize;
  const text = read(u64(sections, strings + 24), u64(sections, strings + 32));
  return { segments, ...functionsOf(symbols, text) };
}

function findSection(sections: Buffer, sectionSize: number, type: number): number | null {
  for (let at = 0; at < sections.length; at += sectionSize) {
    if (sections.readUInt32LE(at + 4) === type) return at;
  }
  return null;
}

function functionsOf(symbols: Buffer, text: Buffer): Omit<ElfSymbols, "segments"> {
  const found: { start: number; size: number; name: number; rank: number }[] = [];
  for (let at = 0; at + 24 <= symbols.length; at += 24) {
    const info = symbols[at + 4]!;
    const type = info & 15;
    const isFunction = type === typeFunction || type === typeIndirectFunction;
    // V8's embedded builtins are symbols without a type in some builds.
    if (!isFunction && type !== typeNone) continue;
    const start = u64(symbols, at + 8);
    const name = symbols.readUInt32LE(at);
    if (symbols.readUInt16LE(at + 6) === 0 || start === 0 || text[name] === 0) continue;
    if (!isFunction && text.toString("latin1", name, name + 9) !== "Builtins_") continue;
    // Of several names for one address: prefer a global one, then one with a size.
    const size = u64(symbols, at + 16);
    found.push({ start, size, name, rank: (info >> 4 === 0 ? 2 : 0) + (size === 0 ? 1 : 0) });
  }
  found.sort((a, b) => a.start - b.start || a.rank - b.rank);
  const distinct = found.filter(
    (one, index) => index === 0 || found[index - 1]!.start !== one.start,
  );
  return {
    starts: Float64Array.from(distinct, (one) => one.start),
    sizes: Float64Array.from(distinct, (one) => one.size),
    names: distinct.map((one) => text.toString("latin1", one.name, text.indexOf(0, one.name))),
  };
}

/** Virtual address of a file offset; null outside the loadable segments. */
export function addressOf(elf: ElfSymbols, offset: number): number | null {
  for (const segment of elf.segments) {
    if (offset >= segment.offset && offset < segment.offset + segment.size) {
      return offset - segment.offset + segment.address;
    }
  }
  return null;
}

/** Name of the function that covers a virtual address. */
export function symbolAt(elf: ElfSymbols, address: number): string | null {
  const { starts, sizes, names } = elf;
  const index = lastAtOrBelow(starts, address);
  if (index < 0) return null;
  const size = sizes[index]!;
  // Without a size (assembly code) a function reaches to the next one.
  if (size > 0 && address >= starts[index]! + size) return null;
  return names[index]!;
}

import { describe, expect, test } from "vitest";

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { makeRandom } from "../../core/random.ts";
import { addressOf, readElf, symbolAt } from "../../sim/profile/elf.ts";

interface TestSymbol {
  readonly name: string;
  readonly start: number;
  readonly size: number;
  readonly type: number;
}

/** An ELF file with one segment (offset 0x1000 at address 0x401000) and a symbol table. */
function elfFile(symbols: readonly TestSymbol[]): Buffer {
  const strings = Buffer.from(`\0${symbols.map((symbol) => `${symbol.name}\0`).join("")}`);
  const table = Buffer.alloc(24 * (symbols.length + 1));
  let nameAt = 1;
  symbols.forEach((symbol, index) => {
    const at = 24 * (index + 1);
    table.writeUInt32LE(nameAt, at);
    table.writeUInt8(16 + symbol.type, at + 4); // global
    table.writeUInt16LE(1, at + 6);
    table.writeBigUInt64LE(BigInt(symbol.start), at + 8);
    table.writeBigUInt64LE(BigInt(symbol.size), at + 16);
    nameAt += symbol.name.length + 1;
  });
  const header = Buffer.alloc(64);
  header.write("\x7fELF", 0, "latin1");
  header.set([2, 1, 1], 4);
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const segment = Buffer.alloc(56);
  segment.writeUInt32LE(1, 0);
  segment.writeBigUInt64LE(0x1000n, 8);
  segment.writeBigUInt64LE(0x401000n, 16);
  segment.writeBigUInt64LE(0x2000n, 32);
  const sections = Buffer.alloc(3 * 64);
  const tableAt = 64 + 56;
  const section = (index: number, type: number, offset: number, size: number, link: number) => {
    sections.writeUInt32LE(type, index * 64 + 4);
    sections.writeBigUInt64LE(BigInt(offset), index * 64 + 24);
    sections.writeBigUInt64LE(BigInt(size), index * 64 + 32);
    sections.writeUInt32LE(link, index * 64 + 40);
  };
  section(1, 2, tableAt, table.length, 2);
  section(2, 3, tableAt + table.length, strings.length, 0);
  header.writeBigUInt64LE(BigInt(tableAt + table.length + strings.length), 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(3, 60);
  return Buffer.concat([header, segment, table, strings, sections]);
}

function withFile<T>(content: Buffer, use: (file: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), "verify-elf-"));
  try {
    const file = path.join(folder, "a.out");
    writeFileSync(file, content);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("a crafted ELF file", () => {
  const elf = withFile(
    elfFile([
      { name: "second", start: 0x401200, size: 0x80, type: 2 },
      { name: "first", start: 0x401100, size: 0x40, type: 2 },
      { name: "some_data", start: 0x401280, size: 8, type: 1 },
      { name: "assembly", start: 0x401300, size: 0, type: 2 },
    ]),
    readElf,
  );

  test.each([
    [0x401100, "first"],
    [0x40113f, "first"],
    [0x401140, null], // behind its end, before the next one
    [0x401200, "second"],
    [0x401280, null], // data is not code
    [0x401345, "assembly"], // without a size it reaches on
    [0x4010ff, null],
  ])("address %i belongs to %s", (address, name) => {
    expect(symbolAt(elf, address)).toBe(name);
  });

  test("file offsets become addresses within the segment only", () => {
    expect(addressOf(elf, 0x1100)).toBe(0x401100);
    expect(addressOf(elf, 0x0fff)).toBeNull();
    expect(addressOf(elf, 0x3000)).toBeNull();
  });

  test("anything else is refused", () => {
    expect(() => withFile(Buffer.alloc(64), readElf)).toThrow(/not an ELF file/);
    const bits32 = elfFile([]);
    bits32[4] = 1;
    expect(() => withFile(bits32, readElf)).toThrow(/64-bit/);
    expect(() => withFile(elfFile([]).subarray(0, 100), readElf)).toThrow(/shorter/);
  });
});

test("node's own binary: the same functions as nm finds", (context) => {
  if (process.platform !== "linux") return context.skip("not an ELF platform");
  const nm = spawnSync("nm", ["--defined-only", process.execPath], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (nm.status !== 0) return context.skip("nm is not installed, or finds no symbols");
  const names = new Map<number, Set<string>>();
  for (const line of nm.stdout.split("\n")) {
    const match = /^([0-9a-f]+) [tTwW] (\S+)$/.exec(line);
    if (match === null) continue;
    const address = Number.parseInt(match[1]!, 16);
    names.set(address, (names.get(address) ?? new Set()).add(match[2]!));
  }
  const elf = readElf(process.execPath);
  const random = makeRandom(1);
  for (let round = 0; round < 300; round++) {
    const index = random.below(elf.starts.length);
    const start = elf.starts[index]!;
    const known = names.get(start);
    if (known === undefined) continue; // nm prints indirect functions under another letter
    expect(known).toContain(symbolAt(elf, start));
    const last = start + Math.max(1, elf.sizes[index]!) - 1;
    // A nested symbol may start within a function; then it is the one to name.
    const inner = symbolAt(elf, last);
    expect(inner === elf.names[index] || elf.names.includes(inner!)).toBe(true);
  }
  // Positive control on a function that every Node has.
  const run = [...names].find(([, at]) => at.has("uv_run"))!;
  expect(symbolAt(elf, run[0] + 1)).toBe("uv_run");
});

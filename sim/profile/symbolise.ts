/**
 * From sampled addresses to named frames, after the process has ended: address to mapping, mapping to
 * the symbols of its ELF file, or to V8's map of generated code. Kernel frames come with names.
 */

import path from "node:path";

import type { Frame, FrameType, RawSample, StackSample } from "./capture.ts";
import { demangle } from "./demangle.ts";
import { addressOf, readElf, symbolAt, type ElfSymbols } from "./elf.ts";
import { readCodeName, type CodeMap } from "./perf-map.ts";
import type { Mapping } from "./proc.ts";
import { shortPath } from "./short-path.ts";

export interface SymboliserInput {
  /** Every executable mapping that the process ever had, the most recent last. */
  readonly mappings: readonly Mapping[];
  readonly code: CodeMap;
  /** Folder that is cut off from the paths of source files. Default: the working directory. */
  readonly base?: string;
}

// C++ functions of V8's collector, by namespace-qualified name. Concurrent marking included.
const garbageCollection =
  /^v8::internal::(?:\(anonymous namespace\)::)?(?:\w*(?:Scaveng|MarkCompact|Marking|Sweep|Evacuat|GarbageCollect|GCTracer|Minor|Pointer(?:s)?Updat|RootMark|YoungGeneration)\w*|Heap::(?:CollectGarbage|PerformGarbageCollection|Scavenge|MarkCompact\w*|CollectAllGarbage|MinorMarkSweep))/;

// Where a thread begins; libc's own start functions are not exported and show as the library.
const rootFunction = /^(?:_start|__libc_start\w*|start_thread|clone3?|__clone3?|node::Start)$/;

/** Makes a function that names one sample. ELF files are read when first needed. */
export function makeSymboliser(input: SymboliserInput): (sample: RawSample) => StackSample {
  const base = input.base ?? process.cwd();
  // Later mappings win where an address was mapped twice in the life of the process.
  const mappings = input.mappings.toReversed();
  const elves = new Map<string, ElfSymbols | null>();
  const frames = new Map<number, Frame>();
  const kernelFrames = new Map<string, Frame>();

  const elfOf = (file: string): ElfSymbols | null => {
    let elf = elves.get(file);
    if (elf === undefined) {
      try {
        elf = readElf(file);
      } catch {
        elf = null; // replaced or removed since: frames keep the module's name
      }
      elves.set(file, elf);
    }
    return elf;
  };

  const frameAt = (address: number): Frame => {
    const mapping = mappings.find((one) => address >= one.start && address < one.end);
    if (mapping !== undefined && mapping.path.startsWith("/")) return nativeFrame(mapping, address);
    const code = input.code.lookup(address);
    if (code !== null) return codeFrame(code, address, base);
    if (mapping?.path.startsWith("[") === true) {
      return frame({
        name: mapping.path,
        type: "native",
        module: mapping.path,
        known: "module",
        address,
      });
    }
    return frame({
      name: "[unknown]",
      type: "unknown",
      module: "[unknown]",
      known: "none",
      address,
    });
  };

  const nativeFrame = (mapping: Mapping, address: number): Frame => {
    const module = path.basename(mapping.path);
    const elf = elfOf(mapping.path);
    const virtual = elf === null ? null : addressOf(elf, address - mapping.start + mapping.offset);
    const symbol = elf === null || virtual === null ? null : symbolAt(elf, virtual);
    if (symbol === null) {
      return frame({ name: `[${module}]`, type: "native", module, known: "module", address });
    }
    const name = demangle(symbol);
    return frame({ name, systemName: symbol, type: nativeType(name), module, address });
  };

  const frameOf = (address: number): Frame => {
    let known = frames.get(address);
    if (known === undefined) {
      known = frameAt(address);
      frames.set(address, known);
    }
    return known;
  };

  const kernelFrame = (name: string): Frame => {
    let known = kernelFrames.get(name);
    if (known === undefined) {
      known = frame({ name, type: "kernel", module: "[kernel]", address: 0 });
      kernelFrames.set(name, known);
    }
    return known;
  };

  return (sample) => {
    const stack = sample.kernel.map((name) => kernelFrame(name));
    for (const [index, address] of sample.user.entries()) {
      // A return address points behind the call, which may be the next function already.
      stack.push(frameOf(index === 0 ? address : address - 1));
    }
    const root = stack.at(-1);
    const complete =
      root !== undefined &&
      sample.user.length > 0 &&
      (rootFunction.test(root.name) || /^libc[.-]|^ld-/.test(root.module));
    const { timeNs, process: pid, thread } = sample;
    return { timeNs, process: pid, thread, frames: stack, complete };
  };
}

type FrameParts = Pick<Frame, "name" | "type" | "module" | "address"> & Partial<Frame>;

const frame = (parts: FrameParts): Frame => ({
  systemName: parts.name,
  file: "",
  line: 0,
  known: "symbol",
  ...parts,
});

const nativeType = (name: string): FrameType => (garbageCollection.test(name) ? "gc" : "native");

function codeFrame(text: string, address: number, base: string): Frame {
  const { name, file, line, isJavaScript } = readCodeName(text);
  const shown = shortPath(file, base);
  const place = shown === "" ? "" : ` ${path.basename(shown)}:${line}`;
  return frame({
    name: isJavaScript ? `${name}${place}` : name,
    systemName: text.replace(file, () => shown),
    // Everything else in the map is V8's own generated code: builtins and stubs.
    type: isJavaScript ? "js" : "native",
    file: shown,
    line,
    module: "[jit]",
    address,
  });
}

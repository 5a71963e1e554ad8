/**
 * Complete test suites for finite machines with inputs and outputs: the W method (Chow 1978; Vasilevskii
 * 1973) with harmonised state identifiers (HSI, Petrenko and others 1993). A suite for k extra states
 * refutes every deterministic, complete implementation with at most n + k states that is not
 * equivalent to the machine, where n is the number of states of the minimal machine.
 */

/** A deterministic, completely specified machine; state 0 is the initial one and reaches all others. */
export interface Fsm {
  /** `next[state][input]` */
  readonly next: readonly (readonly number[])[];
  /** `output[state][input]`, compared as text */
  readonly output: readonly (readonly string[])[];
}

export type Inputs = readonly number[];

/** The machine with equivalent states merged, and the merged state of each old one. */
export function minimise({ next, output }: Fsm): {
  readonly fsm: Fsm;
  readonly of: readonly number[];
} {
  let classes = numbered(output.map((row) => JSON.stringify(row)));
  for (;;) {
    const refined = numbered(
      next.map((row, state) => [classes[state], ...row.map((to) => classes[to])].join()),
    );
    const isStable = Math.max(...refined) === Math.max(...classes);
    classes = refined;
    if (isStable) break;
  }
  const first = new Map<number, number>();
  for (const [state, merged] of classes.entries()) {
    if (!first.has(merged)) first.set(merged, state);
  }
  const representatives = [...first.values()];
  return {
    fsm: {
      next: representatives.map((state) => next[state]!.map((to) => classes[to]!)),
      output: representatives.map((state) => output[state]!),
    },
    of: classes,
  };
}

/** Numbers in the order of first appearance, so that the initial state stays number 0. */
function numbered(keys: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return keys.map((key) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
}

/** Shortest input sequences to every state, by state. */
export function stateCover({ next }: Fsm): readonly Inputs[] {
  const cover: (Inputs | undefined)[] = [[]];
  const queue = [0];
  for (const state of queue) {
    for (const [input, to] of next[state]!.entries()) {
      if (cover[to] !== undefined) continue;
      cover[to] = [...cover[state]!, input];
      queue.push(to);
    }
  }
  if (cover.length < next.length || cover.includes(undefined)) {
    throw new RangeError("a state cannot be reached from the initial one");
  }
  return cover as Inputs[];
}

/**
 * For each state a set of input sequences, harmonised: for any two states some sequence that tells them
 * apart by its outputs is a beginning of one in both sets. The machine must be minimal.
 */
export function stateIdentifiers(fsm: Fsm): readonly (readonly Inputs[])[] {
  const { next, output } = fsm;
  const count = next.length;
  const separators = new Map<number, Inputs>();
  const pair = (a: number, b: number): number => Math.min(a, b) * count + Math.max(a, b);
  // Backwards over pairs: those told apart by one input first, so every separator is a shortest one.
  let fresh: [number, number][] = [];
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const input = output[a]!.findIndex((text, index) => text !== output[b]![index]);
      if (input === -1) continue;
      separators.set(pair(a, b), [input]);
      fresh.push([a, b]);
    }
  }
  while (fresh.length > 0) {
    const found: [number, number][] = [];
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++) {
        if (separators.has(pair(a, b))) continue;
        for (const [input, to] of next[a]!.entries()) {
          const rest = separators.get(pair(to, next[b]![input]!));
          if (rest === undefined || to === next[b]![input]) continue;
          if (found.some(([x, y]) => pair(x, y) === pair(to, next[b]![input]!))) continue;
          separators.set(pair(a, b), [input, ...rest]);
          found.push([a, b]);
          break;
        }
      }
    }
    fresh = found;
  }
  return next.map((_, state) => {
    const own = new Map<string, Inputs>();
    for (let other = 0; other < count; other++) {
      if (other === state) continue;
      const separator = separators.get(pair(state, other));
      if (separator === undefined) throw new RangeError("two states are equivalent");
      own.set(separator.join(), separator);
    }
    return withoutBeginnings([...own.values()]);
  });
}

/** The complete suite for implementations with at most `extra` more states than the minimal machine. */
export function completeSuite(fsm: Fsm, extra: number): readonly Inputs[] {
  const inputs = fsm.next[0]!.map((_, input) => input);
  const identifiers = stateIdentifiers(fsm);
  const suite: Inputs[] = [];
  for (const reach of stateCover(fsm)) {
    let ways: readonly Inputs[] = [[]];
    for (let length = 0; length <= extra + 1; length++) {
      for (const way of ways) {
        const path = [...reach, ...way];
        const there = path.reduce((state, input) => fsm.next[state]![input]!, 0);
        for (const identifier of identifiers[there]!) suite.push([...path, ...identifier]);
        if (identifiers[there]!.length === 0) suite.push(path);
      }
      ways = ways.flatMap((way) => inputs.map((input) => [...way, input]));
    }
  }
  return withoutBeginnings(suite);
}

/** Without the sequences that are the beginning of another one, shortest first. */
export function withoutBeginnings(sequences: readonly Inputs[]): Inputs[] {
  const byText = new Map(sequences.map((sequence) => [sequence.join(), sequence]));
  // In this order what continues a text follows it at once: commas come before digits.
  const texts = [...byText.keys()].toSorted();
  for (const [index, text] of texts.entries()) {
    const next = texts[index + 1];
    if (next !== undefined && (text === "" || next.startsWith(`${text},`))) byText.delete(text);
  }
  return [...byText.values()].toSorted((a, b) => a.length - b.length);
}

/** States as so many words that stand somewhere in a larger array. */

type Words = Uint32Array | Int32Array;

export function copyWords(from: Words, at: number, to: Words, into: number, words: number): void {
  let word = words;
  while (word > 0) {
    word -= 1;
    to[into + word] = from[at + word]!;
  }
}

export function sameWords(
  one: Words,
  at: number,
  other: Words,
  from: number,
  words: number,
): boolean {
  let word = words;
  while (word > 0 && one[at + word - 1] === other[from + word - 1]) word -= 1;
  return word === 0;
}

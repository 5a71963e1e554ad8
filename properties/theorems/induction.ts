/**
 * Claims about runs of any length, as theorems: the invariant holds at the start, and every kind of
 * step keeps it. Values before a step have their plain names, values after it end in `1`.
 */

/** The same formula about the state after the step: the named values get their second name. */
export function after(formula: string, names: readonly string[]): string {
  return formula.replaceAll(/[A-Za-z_]\w*/g, (word) => (names.includes(word) ? `${word}1` : word));
}

/** `name1 == name` for each: what a step does not touch. */
export const unchanged = (...names: readonly string[]): string =>
  names.map((name) => `${name}1 == ${name}`).join(" and ");

/** RE2 patterns and globs, compiled once. */

import { RE2JS } from "re2js";

import type { Getter } from "../registry.ts";
import type { Item } from "./item.ts";
import { fastRegex, type FastRegex } from "./fast-regex.ts";
import { fail } from "./value.ts";

export interface Match {
  readonly start: number;
  readonly end: number;
  /** By number, 0 the whole; undefined where the group took no part. */
  readonly groups: readonly (string | undefined)[];
}

export class Pattern {
  readonly #regex: RE2JS;
  readonly #fast: FastRegex | null;
  /** By number; the empty text when it has no name. */
  readonly names: readonly string[];

  /** @throws Error when the text is no RE2 pattern */
  constructor(source: string) {
    this.#regex = RE2JS.compile(source);
    this.#fast = fastRegex(source);
    const names = Array.from({ length: this.#regex.groupCount() + 1 }, () => "");
    for (const [name, index] of Object.entries(this.#regex.namedGroups())) names[index] = name;
    this.names = names;
  }

  /** The host's pattern, where it may be asked about the text. */
  #fastFor(text: string): RegExp | null {
    const fast = this.#fast;
    if (fast === null || text.length > fast.longest || !text.isWellFormed()) return null;
    fast.regex.lastIndex = 0;
    return fast.regex;
  }

  test(text: string): boolean {
    return this.#fastFor(text)?.test(text) ?? this.#regex.test(text);
  }

  first(text: string): Match | null {
    for (const match of this.all(text)) return match;
    return null;
  }

  /** An empty match right after another is passed over, as Go does. */
  *all(text: string): Generator<Match> {
    const fast = this.#fastFor(text);
    if (fast !== null) yield* allFast(text, fast);
    else yield* this.#allSlow(text);
  }

  *#allSlow(text: string): Generator<Match> {
    const matcher = this.#regex.matcher(text);
    let last = -1;
    while (matcher.find()) {
      const start = matcher.start();
      const end = matcher.end();
      if (start === end && start === last) continue;
      last = end;
      const groups: (string | undefined)[] = [];
      for (let i = 0; i < this.names.length; i++) groups.push(matcher.group(i) ?? undefined);
      yield { start, end, groups };
    }
  }

  /** With each match replaced; `$1`, `${1}`, `$name` and `$$` are expanded. */
  replaceAll(text: string, template: string): string {
    return this.replaceEach(text, (match) => this.expand(template, match));
  }

  replaceEach(text: string, replacement: (match: Match) => string): string {
    // Most texts have nothing to replace.
    if (this.#fast !== null && !this.test(text)) return text;
    let out = "";
    let copied = 0;
    for (const match of this.all(text)) {
      out += text.slice(copied, match.start) + replacement(match);
      copied = match.end;
    }
    return out + text.slice(copied);
  }

  /** By Go's rules: the longest run of letters, digits and `_` is the name. */
  expand(template: string, match: Match): string {
    if (!template.includes("$")) return template;
    return template.replace(
      /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
      (_, dollar: string | undefined, braced: string | undefined, bare: string | undefined) => {
        if (dollar !== undefined) return "$";
        const name = braced ?? bare!;
        const index = /^\d+$/.test(name) ? Number(name) : this.names.indexOf(name);
        return match.groups[index] ?? "";
      },
    );
  }
}

function* allFast(text: string, regex: RegExp): Generator<Match> {
  let last = -1;
  for (let at = 0; at <= text.length;) {
    regex.lastIndex = at;
    const found = regex.exec(text);
    if (found === null) return;
    const start = found.index;
    const end = start + found[0].length;
    at = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
    if (start === end && start === last) continue;
    last = end;
    yield { start, end, groups: found };
  }
}

const known = new Map<string, Pattern>();
const mostKnown = 1000;

/** @throws Error when the text is no RE2 pattern */
export function pattern(source: string): Pattern {
  let found = known.get(source);
  if (found === undefined) {
    found = new Pattern(source);
    if (known.size >= mostKnown) known.clear();
    known.set(source, found);
  }
  return found;
}

/** A constant pattern is checked when the statement is built; another on each record. */
export function patternOf(name: string, source: Getter<string>): (item: Item) => Pattern {
  const wrong = (text: string, error: unknown): string =>
    `the regex pattern supplied to ${name} '${JSON.stringify(text)}' is not a valid pattern: ${(error as Error).message}`;
  if (source.constant !== undefined) {
    const text = source.constant.value;
    try {
      const compiled = pattern(text);
      return () => compiled;
    } catch (error) {
      throw new Error(wrong(text, error), { cause: error });
    }
  }
  return (item) => {
    const text = source(item);
    try {
      return pattern(text);
    } catch (error) {
      return fail(wrong(text, error));
    }
  };
}

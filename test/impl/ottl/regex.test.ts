import { array, assert, constantFrom, option, property, tuple } from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";

import { fastRegex } from "../../../impl/ottl/runtime/fast-regex.ts";
import { Pattern } from "../../../impl/ottl/runtime/regex.ts";

/** What RE2 finds; an empty match right after another is passed over. */
function reference(pattern: string, text: string): unknown[] {
  const regex = RE2JS.compile(pattern);
  const matcher = regex.matcher(text);
  const out: unknown[] = [];
  let last = -1;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start === end && start === last) continue;
    last = end;
    const groups = Array.from({ length: regex.groupCount() + 1 }, (_, i) => matcher.group(i));
    out.push([start, end, groups.map((group) => group ?? null)]);
  }
  return out;
}

const found = (pattern: string, text: string): unknown[] =>
  Array.from(new Pattern(pattern).all(text), ({ start, end, groups }) => [
    start,
    end,
    Array.from(groups, (group) => group ?? null),
  ]);

const atom = constantFrom(
  ..."abé-_ /".split(""),
  ..."\\d \\w \\s \\S \\. \\[ \\{ . [a-c] [^a] [\\w.-] [-a] [^\\d\\]] [é😀] 😀".split(" "),
);
const count = constantFrom("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{1,}");
const piece = tuple(atom, count).map((parts) => parts.join(""));
const run = array(piece, { maxLength: 4 }).map((parts) => parts.join(""));
const group = tuple(constantFrom("(", "(?:", "(?P<n>"), run, run).map(
  ([open, a, b]) => `${open}${a}|${b})`,
);
const source = tuple(
  constantFrom("", "^"),
  run,
  option(group, { nil: "" }),
  constantFrom("", "$", "|a"),
).map((parts) => parts.join(""));
const texts = array(constantFrom(..."aabc1. -_/é😀\n[{]".split(""), "😀"), { maxLength: 12 }).map(
  (parts) => parts.join(""),
);

describe("simple patterns", () => {
  test("find what RE2 finds", () => {
    let fast = 0;
    assert(
      property(source, texts, (pattern, subject) => {
        if (fastRegex(pattern) !== null) fast++;
        expect(found(pattern, subject)).toEqual(reference(pattern, subject));
        expect(new Pattern(pattern).test(subject)).toBe(reference(pattern, subject).length > 0);
      }),
      { numRuns: 3_000, seed: 7 },
    );
    expect(fast).toBeGreaterThan(500);
  });

  test.each([
    "(a+)+$",
    "(?i)a",
    "a{1000}",
    "\\bx",
    "\\pL",
    "[[:alpha:]]",
    "a*b*c*d*",
    "(a)?",
    "^*",
  ])("%s is left to RE2", (pattern) => {
    expect(fastRegex(pattern)).toBe(null);
  });

  test("long texts are left to RE2, and answered alike", () => {
    const long = `${"a".repeat(5_000)}b`;
    expect(new Pattern("a*b$").test(long)).toBe(true);
    expect(new Pattern("a").test(`${"\ud800".repeat(3)}a`)).toBe(true);
  });

  test("nothing to replace leaves the text", () => {
    expect(new Pattern("x=[^&]*").replaceAll("a=1&b=2", "y")).toBe("a=1&b=2");
    expect(new Pattern("b=([^&]*)").replaceAll("a=1&b=2", "<$1>")).toBe("a=1&<2>");
  });
});

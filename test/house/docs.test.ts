import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { diagnosticCodes, ExitCode } from "../../core/diagnostic.ts";
import {
  conclude,
  methods,
  verdicts,
  type Claim,
  type ConcludeInput,
  type Observation,
} from "../../core/verdict.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** The cells of every table row whose first cell matches. */
function rows(markdown: string, first: RegExp): string[][] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf("|"))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => first.test(cells[0] ?? ""));
}

describe("docs/diagnostics.md", () => {
  const listed = rows(read("docs/diagnostics.md"), /^VRF\d+$/);

  it("lists every code once, with cause, place and what to do", () => {
    expect(listed.map((cells) => String(cells[0])).sort()).toEqual(
      Object.keys(diagnosticCodes).sort(),
    );
    for (const cells of listed) {
      expect(cells, cells[0]).toHaveLength(4);
      for (const cell of cells) expect(cell.length, cells[0]).toBeGreaterThan(4);
    }
  });
});

describe("docs/semantics.md", () => {
  const text = read("docs/semantics.md");

  it("explains every verdict once", () => {
    const words = rows(text, /^`[a-z-]+`$/).map(([word]) => word!.slice(1, -1));
    for (const verdict of verdicts) {
      expect(
        words.filter((word) => word === verdict),
        verdict,
      ).toHaveLength(1);
    }
  });

  it("lists every method with its completeness and meaning", () => {
    for (const [name, { complete, says }] of Object.entries(methods)) {
      expect(rows(text, new RegExp(`^\`${name}\`$`))).toEqual([
        [`\`${name}\``, complete ? "yes" : "no", says],
      ]);
    }
  });

  /** What the table calls an observation, as `conclude` takes it. */
  const observations: Record<string, Observation> = {
    holds: { kind: "holds" },
    "refuted, replayed": { kind: "refuted", replayed: true },
    "refuted, not replayed": { kind: "refuted", replayed: false },
    "witnessed, replayed": { kind: "witnessed", replayed: true },
    "witnessed, not replayed": { kind: "witnessed", replayed: false },
    absent: { kind: "absent" },
    vacuous: { kind: "vacuous", reason: "because" },
    unknown: { kind: "unknown", reason: "because" },
    skipped: { kind: "skipped", reason: "because" },
    error: { kind: "error", reason: "because" },
  };
  const isObservation = new RegExp(`^(${Object.keys(observations).join("|")})$`);
  const table = rows(text, isObservation).filter((cells) => cells.length === 4);

  const complete: Partial<ConcludeInput>[] = [
    { method: "exhaustive" },
    { method: "k-induction", time: "untimed" },
  ];
  const bounded: Partial<ConcludeInput>[] = [
    { method: "bmc", bound: { depth: 3 } },
    { method: "exhaustive", bound: { faults: 2 } },
    { method: "exhaustive", time: "ordered", bound: { order: "deadlines" } },
  ];
  const inputs: Record<string, Partial<ConcludeInput>[]> = {
    complete,
    bounded,
    any: [...complete, ...bounded],
    "any or none": [...complete, ...bounded, { method: null }],
  };

  it("covers every observation", () => {
    expect(new Set(table.map(([observation]) => observation))).toEqual(
      new Set(Object.keys(observations)),
    );
  });

  it.each(table)("%s of a claim (%s) with a method (%s) is %s", (name, kind, method, verdict) => {
    const claims: Claim[] = kind === "either" ? ["universal", "existential"] : [kind as Claim];
    for (const claim of claims) {
      for (const input of inputs[method]!) {
        const concluded = conclude({
          method: null,
          ...input,
          claim,
          observation: observations[name]!,
        });
        expect(`\`${concluded.verdict}\``, JSON.stringify(input)).toBe(verdict);
      }
    }
  });

  it("is right about what is refused", () => {
    const refused = (input: Partial<ConcludeInput> & Pick<ConcludeInput, "observation">): void =>
      expect(() => conclude({ claim: "universal", method: null, ...input })).toThrow(TypeError);
    refused({ method: "exhaustive", observation: { kind: "absent" } });
    refused({ method: "exhaustive", observation: { kind: "witnessed", replayed: true } });
    refused({
      claim: "existential",
      method: "exhaustive",
      observation: { kind: "holds" },
    });
    refused({ method: null, observation: { kind: "holds" } });
    refused({ method: "bmc", observation: { kind: "holds" } });
    refused({ method: "exhaustive", time: "ordered", observation: { kind: "holds" } });
    for (const kind of ["vacuous", "unknown", "skipped", "error"] as const) {
      refused({ observation: { kind, reason: " " } });
    }
    const withoutBound = conclude({
      claim: "universal",
      method: "bmc",
      observation: { kind: "refuted", replayed: true },
    });
    expect(withoutBound.verdict).toBe("violated");
  });
});

describe("docs/cli.md", () => {
  it("lists every exit code", () => {
    const listed = rows(read("docs/cli.md"), /^\d+$/).map(([code]) => Number(code));
    expect(listed).toEqual(Object.values(ExitCode));
  });
});

describe("README.md", () => {
  const readme = read("README.md");

  it("has exactly two set-up commands on its first screen, and CI runs the test command", () => {
    const firstScreen = readme.split("\n").slice(0, 40).join("\n");
    const commands = [...firstScreen.matchAll(/^npm ci && (.+)$/gm)].map((match) => match[1]);
    expect(commands).toEqual(["npm run verify", "npm test"]);
    expect(read(".ci/run")).toMatch(/^npm ci$/m);
    expect(read(".ci/run")).toMatch(/^npm test\b/m);
  });

  it("links only to files that exist", () => {
    for (const file of ["README.md", "CONTRIBUTING.md", "docs/getting-started.md", "docs/cli.md"]) {
      for (const [, target = ""] of read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect(
          () => readFileSync(join(root, file, "..", target)),
          `${file}: ${target}`,
        ).not.toThrow();
      }
    }
  });
});

/** From subjects and a selection to the obligations of a run. */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { Engine, Obligation } from "../core/engine.ts";
import { engineNames, type EngineName } from "../core/result.ts";
import type { Subject } from "../core/subject.ts";
import { closest } from "./closest.ts";

export interface Selection {
  /** Subject ids or obligation ids; all when empty. */
  readonly only?: readonly string[];
  /** Regular expression on obligation ids. */
  readonly grep?: string;
  readonly engines?: readonly EngineName[];
  /** The i-th of n parts, 1-based. */
  readonly shard?: { readonly index: number; readonly count: number };
}

/** Identifies an obligation: two engines may take the same property. */
export const keyOf = (item: { readonly id: string; readonly engine: EngineName }): string =>
  `${item.id} [${item.engine}]`;

/**
 * All obligations of the selected engines, in the order of the configuration.
 * @throws {DiagnosticError} VRF004 for an unknown name, VRF005 when nothing is left.
 */
export function plan(
  subjects: readonly Subject[],
  engines: readonly Engine[],
  selection: Selection = {},
): readonly Obligation[] {
  const all = subjects.flatMap((subject) => engines.flatMap((engine) => engine.plan(subject)));
  let selected = all;

  const only = selection.only ?? [];
  if (only.length > 0) {
    for (const name of only) {
      const known =
        subjects.some((subject) => subject.id === name) ||
        all.some((obligation) => isNamed(obligation, name));
      if (!known) throw unknownName(name, subjects, all);
    }
    selected = selected.filter((obligation) => only.some((name) => isNamed(obligation, name)));
  }
  if (selection.grep !== undefined) {
    const pattern = compilePattern(selection.grep);
    selected = selected.filter((obligation) => pattern.test(obligation.id));
  }
  if (selection.shard !== undefined) {
    const { index, count } = selection.shard;
    selected = selected.filter((_, position) => position % count === index - 1);
  }
  if (selected.length === 0) {
    throw new DiagnosticError("VRF005", describeSelection(selection, all.length), {
      help: "verify list shows every subject and property",
    });
  }
  return selected;
}

/** Reads the names of engines given on the command line. */
export function parseEngines(names: readonly string[]): readonly EngineName[] {
  return names.map((name) => {
    const engine = engineNames.find((known) => known === name);
    if (engine === undefined) {
      throw new DiagnosticError("VRF004", `there is no engine "${name}"`, {
        help: `engines: ${engineNames.join(", ")}`,
      });
    }
    return engine;
  });
}

function isNamed(obligation: Obligation, name: string): boolean {
  return (
    obligation.subject === name ||
    obligation.id === name ||
    `${obligation.subject}/${obligation.property}` === name
  );
}

function unknownName(
  name: string,
  subjects: readonly Subject[],
  all: readonly Obligation[],
): DiagnosticError {
  const candidates = [...subjects.map((subject) => subject.id), ...all.map(({ id }) => id)];
  const nearest = closest(name, candidates);
  return new DiagnosticError("VRF004", `there is no subject or property "${name}"`, {
    help: nearest === undefined ? "verify list shows them all" : `did you mean ${nearest}?`,
  });
}

function compilePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new DiagnosticError("VRF006", `--grep ${text}: ${(error as Error).message}`, {
      help: "--grep takes a JavaScript regular expression",
    });
  }
}

function describeSelection(selection: Selection, total: number): string {
  const parts: string[] = [...(selection.only ?? [])];
  if (selection.grep !== undefined) parts.push(`--grep ${selection.grep}`);
  if (selection.engines !== undefined) parts.push(`--engine ${selection.engines.join(",")}`);
  if (selection.shard !== undefined) {
    parts.push(`--shard ${selection.shard.index}/${selection.shard.count}`);
  }
  const what = parts.length === 0 ? "the configuration" : parts.join(" ");
  return `${what} selects none of ${total} obligations`;
}

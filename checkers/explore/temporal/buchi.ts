/**
 * A linear-time formula as a generalised Büchi automaton: the tableau of Gerth, Peled, Vardi and
 * Wolper (1995), then states with the same label, duty and successors are merged. Labels are on
 * states: a run of the automaton reads the valuation of each position in the state it is in then.
 */

import { Atoms, maximalAtoms, NormalForms } from "./normal.ts";
import type { Formula } from "../../../core/temporal.ts";

export interface Automaton {
  /** Bits of the atoms that must be true, and of those that must be false, per state. */
  readonly positive: Uint32Array;
  readonly negative: Uint32Array;
  readonly successors: readonly (readonly number[])[];
  readonly initial: readonly number[];
  /** An accepted run visits each set infinitely often: bit k of a state's duty is set k. */
  readonly duty: Uint32Array;
  /** Number of acceptance sets. */
  readonly sets: number;
}

/** More tableau nodes than any formula that a person wrote needs. */
const maximalNodes = 20_000;

export class FormulaTooLarge extends Error {}

/**
 * The automaton that accepts the runs on which the formula is true.
 * @throws {FormulaTooLarge} when it has too many atoms, until operators or states
 */
export function automatonOf(formula: Formula, atoms: Atoms, positive = true): Automaton {
  const forms = new NormalForms();
  const root = forms.of(formula, atoms, positive);
  if (atoms.list.length > maximalAtoms) {
    throw new FormulaTooLarge(
      `the formula has ${atoms.list.length} different conditions; ${maximalAtoms} are possible`,
    );
  }
  const tableau = expand(forms, root);
  return merge(toAutomaton(forms, tableau));
}

interface TableauNode {
  readonly old: ReadonlySet<number>;
  readonly next: ReadonlySet<number>;
  readonly incoming: Set<number>;
}

/** What is still to be satisfied at a position, what is, and what is left to the next position. */
interface Task {
  readonly incoming: ReadonlySet<number>;
  readonly todo: readonly number[];
  readonly old: ReadonlySet<number>;
  readonly next: ReadonlySet<number>;
}

const start = -1;

function expand(forms: NormalForms, root: number): readonly TableauNode[] {
  const nodes: TableauNode[] = [];
  const byKey = new Map<string, TableauNode>();
  const stack: Task[] = [
    { incoming: new Set([start]), todo: [root], old: new Set(), next: new Set() },
  ];
  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    const { incoming, todo, old, next } = task;
    const [id, ...rest] = todo;
    if (id === undefined) {
      const key = `${sorted(old).join()}|${sorted(next).join()}`;
      const known = byKey.get(key);
      if (known !== undefined) {
        for (const from of incoming) known.incoming.add(from);
        continue;
      }
      const node = { old, next, incoming: new Set(incoming) };
      if (nodes.length >= maximalNodes) {
        throw new FormulaTooLarge("the automaton of the formula grows too large");
      }
      byKey.set(key, node);
      nodes.push(node);
      stack.push({
        incoming: new Set([nodes.length - 1]),
        todo: [...next],
        old: new Set(),
        next: new Set(),
      });
      continue;
    }
    const withId = new Set([...old, id]);
    const node = forms.nodes[id]!;
    const branch = (now: readonly number[], later: readonly number[] = []): void => {
      stack.push({
        incoming,
        todo: [...now, ...rest].filter((part) => !withId.has(part)),
        old: withId,
        next: later.length === 0 ? next : new Set([...next, ...later]),
      });
    };
    switch (node.op) {
      case "false":
        break;
      case "true":
        branch([]);
        break;
      case "literal":
        if (!contradicts(forms, old, node.atom, node.positive)) branch([]);
        break;
      case "and":
        branch([node.left, node.right]);
        break;
      case "or":
        branch([node.left]);
        branch([node.right]);
        break;
      case "X":
        branch([], [node.arg]);
        break;
      case "U":
        branch([node.left], [id]);
        branch([node.right]);
        break;
      case "R":
        branch([node.right], [id]);
        branch([node.left, node.right]);
    }
  }
  return nodes;
}

const sorted = (ids: ReadonlySet<number>): number[] => [...ids].toSorted((a, b) => a - b);

function contradicts(
  forms: NormalForms,
  old: ReadonlySet<number>,
  atom: number,
  positive: boolean,
): boolean {
  for (const id of old) {
    const other = forms.nodes[id]!;
    if (other.op === "literal" && other.atom === atom && other.positive !== positive) return true;
  }
  return false;
}

function toAutomaton(forms: NormalForms, nodes: readonly TableauNode[]): Automaton {
  const untils = new Set<number>();
  for (const { old } of nodes) {
    for (const id of old) if (forms.nodes[id]!.op === "U") untils.add(id);
  }
  if (untils.size > maximalAtoms) throw new FormulaTooLarge("the formula has too many untils");
  const positive = new Uint32Array(nodes.length);
  const negative = new Uint32Array(nodes.length);
  const duty = new Uint32Array(nodes.length);
  const successors: number[][] = nodes.map(() => []);
  const initial: number[] = [];
  for (const [index, { old, incoming }] of nodes.entries()) {
    for (const id of old) {
      const form = forms.nodes[id]!;
      if (form.op !== "literal") continue;
      (form.positive ? positive : negative)[index]! |= 1 << form.atom;
    }
    for (const [set, id] of [...untils].entries()) {
      const form = forms.nodes[id]!;
      // Either the until is not asked for here, or what it waits for is here.
      if (form.op === "U" && (!old.has(id) || old.has(form.right))) duty[index]! |= 1 << set;
    }
    for (const from of incoming) {
      if (from === start) initial.push(index);
      else successors[from]!.push(index);
    }
  }
  return { positive, negative, successors, initial, duty, sets: untils.size };
}

/** Merges states that look and continue alike, until none do. */
function merge(automaton: Automaton): Automaton {
  const size = automaton.positive.length;
  let classOf = Array.from({ length: size }, () => 0);
  let classes = 0;
  for (;;) {
    const numbers = new Map<string, number>();
    const refined = classOf.map((own, state) => {
      const following = [...new Set(automaton.successors[state]!.map((next) => classOf[next]!))];
      const key = [
        own,
        automaton.positive[state],
        automaton.negative[state],
        automaton.duty[state],
        following.toSorted((a, b) => a - b).join(),
      ].join(";");
      let number = numbers.get(key);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(key, number);
      }
      return number;
    });
    if (numbers.size === classes) break;
    classes = numbers.size;
    classOf = refined;
  }
  const member = Array.from({ length: classes }, (_, number) => classOf.indexOf(number));
  const pick = (values: Uint32Array): Uint32Array =>
    Uint32Array.from(member, (state) => values[state]!);
  return {
    positive: pick(automaton.positive),
    negative: pick(automaton.negative),
    duty: pick(automaton.duty),
    successors: member.map((state) => [
      ...new Set(automaton.successors[state]!.map((next) => classOf[next]!)),
    ]),
    initial: [...new Set(automaton.initial.map((state) => classOf[state]!))],
    sets: automaton.sets,
  };
}

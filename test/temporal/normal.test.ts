/**
 * Equal formulas get the same number, and automata are as small as the ones in the textbooks: what only
 * saves work changes no verdict, so that nothing else would notice its loss.
 */

import { expect, test } from "vitest";

import { automatonOf } from "../../checkers/explore/temporal/buchi.ts";
import { Atoms, NormalForms } from "../../checkers/explore/temporal/normal.ts";
import { f, type Formula } from "../../index.ts";

const yes: Formula = { op: "constant", value: true };
const no: Formula = { op: "constant", value: false };
const [p, q] = ["p", "q"].map((state): Formula => ({ op: "atom", state }));

/** Laws that hold of all formulas (Manna and Pnueli 1992, Baier and Katoen 2008, figure 5.7). */
const laws: readonly (readonly [string, Formula, Formula])[] = [
  ["p and true", f.and(p!, yes), p!],
  ["true and p", f.and(yes, p!), p!],
  ["p and false", f.and(p!, no), no],
  ["false and p", f.and(no, p!), no],
  ["p or true", f.or(p!, yes), yes],
  ["true or p", f.or(yes, p!), yes],
  ["p or false", f.or(p!, no), p!],
  ["false or p", f.or(no, p!), p!],
  ["p and p", f.and(p!, p!), p!],
  ["p or p", f.or(p!, p!), p!],
  ["q and p", f.and(q!, p!), f.and(p!, q!)],
  ["q or p", f.or(q!, p!), f.or(p!, q!)],
  ["not not p", f.not(f.not(p!)), p!],
  ["not (p and q)", f.not(f.and(p!, q!)), f.or(f.not(p!), f.not(q!))],
  ["not (p or q)", f.not(f.or(p!, q!)), f.and(f.not(p!), f.not(q!))],
  ["p implies q", f.implies(p!, q!), f.or(f.not(p!), q!)],
  ["not (p implies q)", f.not(f.implies(p!, q!)), f.and(p!, f.not(q!))],
  ["X true", f.X(yes), yes],
  ["X false", f.X(no), no],
  ["not X p", f.not(f.X(p!)), f.X(f.not(p!))],
  ["F true", f.F(yes), yes],
  ["F false", f.F(no), no],
  ["G true", f.G(yes), yes],
  ["G false", f.G(no), no],
  ["F p", f.F(p!), f.U(yes, p!)],
  ["G p", f.G(p!), f.R(no, p!)],
  ["not F p", f.not(f.F(p!)), f.G(f.not(p!))],
  ["not G p", f.not(f.G(p!)), f.F(f.not(p!))],
  ["F F p", f.F(f.F(p!)), f.F(p!)],
  ["G G p", f.G(f.G(p!)), f.G(p!)],
  ["p U true", f.U(p!, yes), yes],
  ["p U false", f.U(p!, no), no],
  ["false U p", f.U(no, p!), p!],
  ["p U p", f.U(p!, p!), p!],
  ["p U (p U q)", f.U(p!, f.U(p!, q!)), f.U(p!, q!)],
  ["p R true", f.R(p!, yes), yes],
  ["p R false", f.R(p!, no), no],
  ["true R p", f.R(yes, p!), p!],
  ["p R p", f.R(p!, p!), p!],
  ["p R (p R q)", f.R(p!, f.R(p!, q!)), f.R(p!, q!)],
  ["not (p U q)", f.not(f.U(p!, q!)), f.R(f.not(p!), f.not(q!))],
  ["not (p R q)", f.not(f.R(p!, q!)), f.U(f.not(p!), f.not(q!))],
  ["p W q", f.W(p!, q!), f.R(q!, f.or(p!, q!))],
  ["not (p W q)", f.not(f.W(p!, q!)), f.U(f.not(q!), f.and(f.not(p!), f.not(q!)))],
];

test.for(laws)("%s", ([, left, right]) => {
  const forms = new NormalForms();
  const atoms = new Atoms();
  expect(forms.of(left, atoms)).toBe(forms.of(right, atoms));
  expect(forms.of(left, atoms, false)).toBe(forms.of(right, atoms, false));
});

test("different formulas stay apart", () => {
  const forms = new NormalForms();
  const atoms = new Atoms();
  const different: readonly Formula[] = [
    [p!, q!, yes, no, f.not(p!), f.and(p!, q!), f.or(p!, q!), f.X(p!), f.F(p!), f.G(p!)],
    [f.U(p!, q!), f.U(q!, p!), f.R(p!, q!), f.R(q!, p!), f.W(p!, q!), f.iff(p!, q!)],
    [f.U(p!, f.R(p!, q!)), f.R(p!, f.U(p!, q!)), f.U(q!, f.U(p!, q!)), f.R(q!, f.R(p!, q!))],
    [f.F(f.G(p!)), f.G(f.F(p!))],
  ].flat();
  const numbers = different.map((formula) => forms.of(formula, atoms));
  expect(new Set(numbers).size).toBe(different.length);
});

/** States (labels are on states), edges, first states, acceptance sets. */
test.for<[string, Formula, readonly [number, number, number, number]]>([
  ["true", yes, [1, 1, 1, 0]],
  ["false", no, [0, 0, 0, 0]],
  ["p", p!, [2, 2, 1, 0]],
  ["X p", f.X(p!), [3, 3, 1, 0]],
  ["G p", f.G(p!), [1, 1, 1, 0]],
  ["F p", f.F(p!), [3, 4, 2, 1]],
  ["p U q", f.U(p!, q!), [3, 4, 2, 1]],
  ["p R q", f.R(p!, q!), [3, 4, 2, 0]],
  ["G F p", f.G(f.F(p!)), [2, 4, 2, 1]],
  ["F G p", f.F(f.G(p!)), [2, 3, 2, 1]],
  ["p and not p", f.and(p!, f.not(p!)), [0, 0, 0, 0]],
])("the automaton of %s", ([, formula, size]) => {
  const { positive, successors, initial, sets } = automatonOf(formula, new Atoms());
  expect([positive.length, successors.flat().length, initial.length, sets]).toEqual(size);
});

/** Systems that cannot be explored as declared are refused, with the machine or the channel at fault. */

import { createMachine } from "xstate";
import { expect, test } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { ComponentDeclaration, SystemModel } from "../../index.ts";
import { validateSystem } from "../../semantics/validate-system.ts";

const machine = createMachine({
  id: "m",
  context: { x: 0, y: 0 },
  initial: "s",
  states: { s: { on: { M: {} } } },
});
const one: ComponentDeclaration = { machine, events: [], shares: { x: "a", y: "b" } };
const sender: ComponentDeclaration = { ...one, events: [{ type: "M" }] };
const wire = { from: "m0", to: "m1", carries: ["M"], capacity: 1 };
const good: SystemModel = {
  shared: { a: { int: [0, 1] }, b: { int: [0, 1] } },
  machines: { m0: sender, m1: one },
  channels: { wire },
};

test("a system that fits together is accepted", () => {
  expect(() => validateSystem(good, "subject")).not.toThrow();
  expect(() =>
    validateSystem({ ...good, channels: { wire: { ...wire, from: ["m0", "m1"] } } }, "subject"),
  ).not.toThrow();
});

test.for<[string, SystemModel, RegExp]>([
  ["a machine", { ...good, machines: { ...good.machines, "m 2": one } }, /m 2.*no plain name/],
  ["a shared variable", { ...good, shared: { ...good.shared, "1st": "bool" } }, /1st.*no plain/],
  ["a channel", { ...good, channels: { "a-b": wire } }, /a-b.*no plain name/],
  ["its sender", { ...good, channels: { wire: { ...wire, from: "m2" } } }, /no machine "m2"/],
  ["one sender", { ...good, channels: { wire: { ...wire, from: ["m0", "m3"] } } }, /"m3"/],
  ["its receiver", { ...good, channels: { wire: { ...wire, to: "m4" } } }, /no machine "m4"/],
  ["no room", { ...good, channels: { wire: { ...wire, capacity: 0 } } }, /its capacity is 0/],
  ["half a place", { ...good, channels: { wire: { ...wire, capacity: 1.5 } } }, /is 1.5/],
  [
    "what is shared",
    { ...good, machines: { m0: sender, m1: { ...one, shares: { x: "a", y: "c" } } } },
    /no shared variable "c"/,
  ],
  [
    "two names for one thing",
    { ...good, machines: { m0: sender, m1: { ...one, shares: { x: "a", y: "a" } } } },
    /"x" and "y" are one shared variable, "a"/,
  ],
])("%s is refused by name", ([, system, message]) => {
  const check = (): void => validateSystem(system, "subject");
  expect(check).toThrow(DiagnosticError);
  expect(check).toThrow(message);
});

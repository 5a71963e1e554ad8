/**
 * A machine whose delays are events. `createTestModel` of both packages refuses machines with `after`
 * (and with `invoke`), so the suite tests this variant and lets time pass when it sees the event.
 */

import { createMachine, type AnyStateMachine, type AnyStateNodeConfig } from "xstate";

/** The event that stands for the delay of this name, e.g. `after resetTimeout`. */
export const delayEvent = (delay: string): string => `after ${delay}`;

/** The same states, guards and actions; every `after` is an event; `context` is fixed, without input. */
export function eventOnly(machine: AnyStateMachine, context: object): AnyStateMachine {
  const config = machine.config as AnyStateNodeConfig;
  return createMachine({ ...withoutDelays(config), context });
}

function withoutDelays({ after, on, states, ...rest }: AnyStateNodeConfig): AnyStateNodeConfig {
  const delays = Object.entries((after ?? {}) as Readonly<Record<string, unknown>>).map(
    ([delay, transition]) => [delayEvent(delay), transition],
  );
  const inner = Object.entries((states ?? {}) as Readonly<Record<string, AnyStateNodeConfig>>).map(
    ([name, state]) => [name, withoutDelays(state)],
  );
  return {
    ...rest,
    on: { ...on, ...Object.fromEntries(delays) },
    states: Object.fromEntries(inner),
  };
}

/** The events that stand for the delays of this machine. */
export const delayEvents = (machine: AnyStateMachine): string[] => [
  ...new Set(delaysIn(machine.config as AnyStateNodeConfig).map(delayEvent)),
];

function delaysIn({ after, states }: AnyStateNodeConfig): string[] {
  const inner = Object.values((states ?? {}) as Readonly<Record<string, AnyStateNodeConfig>>);
  return [...Object.keys(after ?? {}), ...inner.flatMap(delaysIn)];
}

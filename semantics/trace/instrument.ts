/**
 * A copy of a machine whose guards, assignments and other functions see the context through a
 * recorder. The machine's structure is untouched and XState's interpreter still runs it; only the
 * user's functions are wrapped, wherever they may stand: inline, named, nested in and/or/not,
 * computed parameters and delays, and what enqueueActions queues.
 */

import { and, assign, fromCallback, type AnyStateMachine } from "xstate";

import { messageOf } from "../fault.ts";
import type { Met } from "./coverage.ts";
import type { Recorder } from "./recorder.ts";

type Anything = Record<string, unknown>;
type UserFunction = (args: Anything, params: unknown) => unknown;
type BuiltIn = UserFunction & Anything;

/** Never started: what another actor does is the environment's choice. */
const inert = fromCallback(() => {});

export function instrument(
  machine: AnyStateMachine,
  recorder: Recorder,
  met: Met,
): AnyStateMachine {
  const watching =
    (fn: UserFunction): UserFunction =>
    (args, params) =>
      fn({ ...args, context: recorder.watch(args["context"]) }, params);

  const cloned = (original: BuiltIn, changes: Anything): BuiltIn =>
    Object.assign(function builtIn() {} as unknown as BuiltIn, original as Anything, changes);

  const note = (update: unknown): unknown => {
    if (typeof update === "object" && update !== null) {
      for (const field of Object.keys(update)) recorder.wrote(field);
    }
    return update;
  };

  const wrapAssign = (action: BuiltIn): BuiltIn => {
    const { assignment } = action as { assignment?: unknown };
    if (typeof assignment === "function") {
      const fn = watching(assignment as UserFunction);
      return cloned(action, {
        assignment: (args: Anything, params: unknown) => note(fn(args, params)),
      });
    }
    const fields = Object.entries((assignment ?? {}) as Anything).map(
      ([field, value]) =>
        [field, typeof value === "function" ? watching(value as UserFunction) : value] as const,
    );
    // One function for all fields: each of them sees the context as it was before the action.
    return cloned(action, {
      assignment: (args: Anything, params: unknown) =>
        note(
          Object.fromEntries(
            fields.map(([field, value]) => [
              field,
              typeof value === "function" ? (value as UserFunction)(args, params) : value,
            ]),
          ),
        ),
    });
  };

  const wrapCollect = (collect: UserFunction): UserFunction => {
    const watched = watching(collect);
    return (args, params) => {
      const original = args["enqueue"] as BuiltIn;
      const enqueue = Object.assign(
        (action: unknown) => original(wrapAction(action) as Anything, undefined),
        original as Anything,
      );
      // What xstate's helpers make is put into a private list first, and queued wrapped.
      for (const name of Object.keys(original)) {
        const helper = original[name];
        Reflect.set(enqueue, name, (...made: unknown[]) => {
          if (name === "assign") {
            original(wrapAction(assign(made[0] as never)) as Anything, undefined);
            return;
          }
          (helper as (...all: unknown[]) => void)(
            ...made.map((argument) =>
              typeof argument === "function" ? watching(argument as UserFunction) : argument,
            ),
          );
        });
      }
      const check = args["check"] as (guard: unknown) => boolean;
      return watched(
        { ...args, enqueue, check: (guard: unknown) => check(wrapGuard(guard)) },
        params,
      );
    };
  };

  const internal = new Set([
    "resolve",
    "execute",
    "retryResolve",
    "assignment",
    "collect",
    "check",
  ]);

  const wrapBuiltIn = (action: BuiltIn): BuiltIn => {
    if (action["type"] === "xstate.assign") return wrapAssign(action);
    const changes: Anything = {};
    for (const [name, value] of Object.entries(action as Anything)) {
      if (name === "collect") changes[name] = wrapCollect(value as UserFunction);
      else if (typeof value === "function" && !internal.has(name) && name !== "src") {
        changes[name] = watching(value as UserFunction);
      } else if (name === "src" && typeof value !== "string") changes[name] = inert;
    }
    return cloned(action, changes);
  };

  /** What is called by its name, with or without parameters. */
  const wrapReference = (reference: Anything): Anything =>
    typeof reference["params"] === "function"
      ? { ...reference, params: watching(reference["params"] as UserFunction) }
      : reference;

  const wrapAction = (action: unknown): unknown => {
    if (typeof action === "function") {
      return "resolve" in action ? wrapBuiltIn(action as unknown as BuiltIn) : action;
    }
    return wrapReference(action as Anything);
  };

  const wrapGuard = (guard: unknown): unknown => {
    if (typeof guard === "function") {
      const { guards } = guard as unknown as { guards?: readonly unknown[] };
      if (guards !== undefined) {
        return cloned(guard as unknown as BuiltIn, { guards: guards.map(wrapGuard) });
      }
      return "check" in guard ? guard : watching(guard as UserFunction);
    }
    return wrapReference(guard as Anything);
  };

  /** The guard of one transition, whose answers are noted. */
  const noted = (guard: unknown): unknown => {
    const one = and([wrapGuard(guard) as never]) as unknown as BuiltIn;
    const check = one["check"] as (...all: unknown[]) => boolean;
    const wrapped = cloned(one, {
      check: (...all: unknown[]) => {
        let yes: boolean;
        try {
          yes = check(...all);
        } catch (thrown) {
          // XState names the guard that threw when it can; here it would see ours.
          const name = typeof guard === "string" ? guard : (guard as Anything)["type"];
          if (typeof name !== "string") throw thrown;
          throw new Error(`guard '${name}': ${messageOf(thrown)}`, { cause: thrown });
        }
        met.answered(wrapped, yes);
        return yes;
      },
    });
    return wrapped;
  };

  const list = (value: unknown, wrap: (item: unknown) => unknown): unknown =>
    Array.isArray(value) ? value.map(wrap) : wrap(value);

  const wrapTransition = (transition: unknown): unknown => {
    if (typeof transition !== "object" || transition === null) return transition;
    const copy: Anything = { ...transition };
    if (copy["guard"] !== undefined) copy["guard"] = noted(copy["guard"]);
    if (copy["actions"] !== undefined) copy["actions"] = list(copy["actions"], wrapAction);
    return copy;
  };

  const wrapTransitions = (value: unknown): unknown => list(value, wrapTransition);

  const mapped = (value: unknown, wrap: (item: unknown) => unknown): unknown =>
    Object.fromEntries(
      Object.entries((value ?? {}) as Anything).map(([name, item]) => [name, wrap(item)]),
    );

  const wrapInvoke = (invoke: unknown): unknown => {
    const copy: Anything = { ...(invoke as Anything) };
    if (typeof copy["src"] !== "string") copy["src"] = inert;
    if (typeof copy["input"] === "function") copy["input"] = undefined;
    for (const name of ["onDone", "onError", "onSnapshot"]) {
      if (copy[name] !== undefined) copy[name] = wrapTransitions(copy[name]);
    }
    return copy;
  };

  const wrapNode = (node: unknown): unknown => {
    const copy: Anything = { ...(node as Anything) };
    const change = (name: string, wrap: (value: unknown) => unknown): void => {
      if (copy[name] !== undefined) copy[name] = wrap(copy[name]);
    };
    change("states", (states) => mapped(states, wrapNode));
    change("on", (on) => mapped(on, wrapTransitions));
    change("after", (after) => mapped(after, wrapTransitions));
    for (const name of ["always", "onDone"]) change(name, wrapTransitions);
    for (const name of ["entry", "exit"]) change(name, (actions) => list(actions, wrapAction));
    change("initial", wrapTransition);
    change("invoke", (invoke) => list(invoke, wrapInvoke));
    change("output", (output) =>
      typeof output === "function" ? watching(output as UserFunction) : output,
    );
    return copy;
  };

  const { actions, guards, delays, actors } = machine.implementations as unknown as Record<
    string,
    Anything
  >;
  const implementations = {
    actions: mapped(actions, wrapAction),
    guards: mapped(guards, wrapGuard),
    delays: mapped(delays, (delay) =>
      typeof delay === "function" ? watching(delay as UserFunction) : delay,
    ),
    actors: mapped(actors, () => inert),
  };
  // The user's own copy of XState makes the machine: its class, its interpreter.
  const Machine = machine.constructor as new (
    config: unknown,
    implementations: unknown,
  ) => AnyStateMachine;
  return new Machine(wrapNode(machine.config), implementations);
}

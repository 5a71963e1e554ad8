/**
 * A copy of a machine in which guards answer what they are told to and assignments are recorded
 * instead of run. XState itself then selects transitions, enters and exits states and settles
 * eventless transitions, so the symbolic system follows XState's semantics and not a retelling.
 */

import { assign, createMachine, type AnyStateMachine } from "xstate";

import { expressionTextOf } from "../../expr/index.ts";

type Callable = (...args: never[]) => unknown;

export interface Hooks {
  /** The outcome of a guard that is an expression. */
  guard(text: string, event: unknown): boolean;
  /** An assignment: functions or constants by field. */
  assign(fields: Readonly<Record<string, unknown>>, event: unknown): void;
  /** A function of JavaScript as the text of an expression; null after it was refused. */
  read(fn: Callable, what: string, kind: "guard" | "update"): string | null;
  /** Something that cannot be expressed was met. */
  refuse(what: string): void;
}

export function forcedCopy(machine: AnyStateMachine, hooks: Hooks): AnyStateMachine {
  const copier = new Copier(hooks);
  const { guards, actions, delays, actors } = machine.implementations;
  const config: Record<string, unknown> = copier.stateNode(machine.config);
  const named = (implementations: object, copy: (value: unknown, name: string) => unknown) =>
    Object.fromEntries(
      Object.entries(implementations).map(([name, value]) => [name, copy(value, name)]),
    );
  return createMachine(config as never, {
    guards: named(guards, (value, name) => copier.guard(value, name)) as never,
    actions: named(actions, (value, name) => copier.action(value, name)) as never,
    // When a timer fires does not matter here: any pending timer may fire at any moment.
    delays: named(delays, () => 1) as never,
    actors: actors as never,
  });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

class Copier {
  readonly #hooks: Hooks;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  stateNode(config: unknown): Record<string, unknown> {
    if (!isRecord(config)) return {};
    const copy: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(config)) {
      switch (key) {
        case "states":
          copy[key] = mapValues(value, (node) => this.stateNode(node));
          break;
        case "on":
        case "after":
          copy[key] = mapValues(value, (transition) => this.#transitions(transition));
          break;
        case "always":
        case "onDone":
        case "initial":
          copy[key] = this.#transitions(value);
          break;
        case "entry":
        case "exit":
          copy[key] = this.#actions(value);
          break;
        case "output": // nothing that the claims speak of
          break;
        default:
          copy[key] = value;
      }
    }
    return copy;
  }

  #transitions(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one: unknown) => this.#transitions(one));
    if (typeof value === "function") {
      this.#hooks.refuse("a transition that is computed by a function");
      return undefined;
    }
    if (!isRecord(value)) return value;
    const copy: Record<string, unknown> = { ...value };
    if ("guard" in value) copy["guard"] = this.guard(value["guard"], null);
    if ("actions" in value) copy["actions"] = this.#actions(value["actions"]);
    return copy;
  }

  #actions(value: unknown): unknown {
    return Array.isArray(value)
      ? value.map((one: unknown) => this.action(one, null))
      : this.action(value, null);
  }

  guard(value: unknown, name: string | null): unknown {
    if (isRecord(value)) return value["type"]; // parameters of a guard: expressions have none
    if (typeof value !== "function") return value;
    const text = expressionTextOf(value);
    if (text !== null) return ({ event }: { event: unknown }) => this.#hooks.guard(text, event);
    const { check, guards, stateValue } = value as Callable & Record<string, unknown>;
    if (typeof check === "function" && (Array.isArray(guards) || stateValue !== undefined)) {
      // XState's own and(…), or(…), not(…), stateIn(…)
      const copy = () => false;
      return Object.assign(copy, {
        check,
        ...(stateValue === undefined ? {} : { stateValue }),
        ...(Array.isArray(guards)
          ? { guards: guards.map((inner: unknown) => this.guard(inner, name)) }
          : {}),
      });
    }
    const label = nameOf(value, name);
    return ({ event }: { event: unknown }) => {
      const read = this.#hooks.read(value as Callable, `guard ${label}`, "guard");
      return read !== null && this.#hooks.guard(read, event);
    };
  }

  action(value: unknown, name: string | null): unknown {
    if (isRecord(value)) return value["type"];
    if (typeof value !== "function") return value;
    const { type, assignment, event, delay } = value as Callable & Record<string, unknown>;
    const label = nameOf(value, name);
    switch (type) {
      case undefined:
      case "xstate.cancel":
        return value; // an effect outside the model; pure steps do not run it
      case "xstate.log":
      case "xstate.emit":
        return () => undefined;
      case "xstate.assign":
        if (!isRecord(assignment))
          return this.#refusing(`assignment ${label} is an opaque function`);
        return assign(({ event: current }: { event: unknown }) => {
          this.#hooks.assign(assignment, current);
          return {};
        });
      case "xstate.raise":
        if (delay !== undefined) return this.#refusing("raise with a delay");
        if (typeof event === "function") {
          return this.#refusing("raise of an event that is computed by a function");
        }
        return value;
      default:
        return this.#refusing(`action ${label} (${String(type)})`);
    }
  }

  #refusing(what: string): unknown {
    return assign(() => {
      this.#hooks.refuse(what);
      return {};
    });
  }
}

function mapValues(value: unknown, copy: (value: unknown) => unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}

function nameOf(value: { readonly name: string }, name: string | null): string {
  const own = name ?? value.name;
  return own === "" || own === "guard" || own === "actions" || own === "assign"
    ? "written inline"
    : `\`${own}\``;
}

/**
 * What can be said about a model without exploring it: cheap checks of its declarations, so that a
 * mistake is one clear message and not a strange verdict.
 */

import type { EventObject } from "xstate";

import { DiagnosticError, type DiagnosticCode } from "../core/diagnostic.ts";
import type { MachineModel } from "../core/subject.ts";
import { checkMachineExpressions } from "../expr/index.ts";
import { ModelFault } from "./fault.ts";
import { actionsOf, allNodes, pathOf, type Node, type TransitionLike } from "./nodes.ts";
import {
  declaredEvents,
  makeStepper,
  undeclaredField,
  watchReads,
  type RawStep,
} from "./stepper.ts";
import { rangeText } from "./ranges.ts";
import { tickOf } from "./ticks.ts";

/**
 * Refuses a model that cannot be explored as declared.
 * @param place the subject's id, for the message
 * @param delivered event types that come through channels
 * @throws {DiagnosticError} VRF101, VRF102, VRF103 or VRF106
 */
export function validateModel(
  model: MachineModel,
  place: string,
  delivered: readonly string[] = [],
): void {
  const refuse = (code: DiagnosticCode, message: string, help?: string, where = place): never => {
    throw new DiagnosticError(code, message, {
      place: where,
      ...(help === undefined ? {} : { help }),
    });
  };
  const nodes = allNodes(model.machine);

  for (const [name, { int, explore }] of Object.entries(model.parameters ?? {})) {
    if (explore < int[0] || (int[1] !== null && explore > int[1])) {
      refuse(
        "VRF103",
        `the parameter "${name}" is explored with ${explore}, declared is ${rangeText({ int })}`,
      );
    }
  }
  refuseActors(model, nodes, place, refuse);
  refuseUndeclaredEvents(model, nodes, place, refuse, delivered);
  if (model.time === "discrete") tickOf(model.machine);

  const [mistake] = checkMachineExpressions(model);
  if (mistake !== undefined) {
    const { code, message, help, excerpt } = mistake;
    throw new DiagnosticError(code, message, {
      place: `${place}, ${mistake.place ?? "machine"}`,
      ...(help === undefined ? {} : { help }),
      ...(excerpt === undefined ? {} : { excerpt }),
    });
  }

  let start: RawStep;
  try {
    start = makeStepper(model, { actors: true }).initial();
  } catch (thrown) {
    if (thrown instanceof ModelFault && thrown.code !== "VRF104" && thrown.code !== "VRF107") {
      refuse(thrown.code, thrown.message, thrown.help);
    }
    return; // a machine that throws or loops when it starts is reported with the verdicts
  }
  const context = start.snapshot.context as Record<string, unknown>;
  const declared = { ...model.variables, ...model.parameters, ...model.input };
  const missing = Object.keys(context).filter((name) => !(name in declared));
  if (missing.length > 0) {
    const lines = missing.map((name) => `${name}: ${declarationFor(context[name])}`);
    const fields = missing.map((name) => `"${name}"`).join(", ");
    const [what, are] = missing.length === 1 ? ["context field", "is"] : ["context fields", "are"];
    refuse(
      "VRF102",
      `the ${what} ${fields} of machine "${model.machine.id}" ${are} not declared`,
      `add to the model's variables, with every value that may occur: ${lines.join(", ")}`,
    );
  }
  for (const name of Object.keys({ ...model.variables, ...model.parameters })) {
    if (name in context) continue;
    refuse(
      "VRF102",
      `"${name}" is declared, but the context of machine "${model.machine.id}" has no such field`,
      name in (model.parameters ?? {})
        ? `copy it from the input: context: ({ input }) => ({ ${name}: input.${name} })`
        : "remove the declaration, or give the field its first value in the context",
    );
  }
  refuseUndeclaredFields(model, nodes, context, place);
}

type Refuse = (code: DiagnosticCode, message: string, help?: string, where?: string) => never;

/** The action behind a reference: named actions are looked up in the machine. */
function resolved(node: Node, reference: unknown): unknown {
  const name =
    typeof reference === "string"
      ? reference
      : typeof reference === "object" && reference !== null && "type" in reference
        ? reference.type
        : undefined;
  if (typeof name !== "string") return reference;
  const { machine } = node as unknown as {
    machine: { implementations: { actions: Record<string, unknown> } };
  };
  return machine.implementations.actions[name] ?? reference;
}

const builtInType = (action: unknown): string | null =>
  typeof action === "function" && "type" in action && typeof action.type === "string"
    ? action.type
    : null;

function refuseActors(
  model: MachineModel,
  nodes: readonly Node[],
  place: string,
  refuse: Refuse,
): void {
  const help =
    "declare under actors what it may answer: actors: { source: { done: [output, …], error: [error, …] } }";
  const known = model.actors ?? {};
  for (const node of nodes) {
    const where = `${place}, state ${pathOf(node)}`;
    for (const { id, src } of node.invoke) {
      if (id in known || (typeof src === "string" && src in known)) continue;
      refuse("VRF106", `the invoked actor "${id}" is not declared`, help, where);
    }
    for (const reference of actionsOf(node)) {
      const type = builtInType(resolved(node, reference));
      if (model.actors !== undefined) continue; // which one it is, is seen while exploring
      if (type === "xstate.spawnChild" || type === "xstate.sendTo" || type === "xstate.stopChild") {
        refuse(
          "VRF106",
          `the action ${type.replace("xstate.", "")} needs another actor`,
          help,
          where,
        );
      }
    }
  }
}

function refuseUndeclaredEvents(
  model: MachineModel,
  nodes: readonly Node[],
  place: string,
  refuse: Refuse,
  delivered: readonly string[],
): void {
  const known = new Set([...model.events.map((event) => event.type), ...delivered]);
  let raisesAnything = false; // enqueueActions and computed events cannot be read off
  for (const node of nodes) {
    for (const reference of actionsOf(node)) {
      const action = resolved(node, reference);
      const type = builtInType(action);
      if (type === "xstate.enqueueActions") raisesAnything = true;
      if (type !== "xstate.raise") continue;
      const { event } = action as { event: EventObject | (() => EventObject) };
      if (typeof event === "function") raisesAnything = true;
      else known.add(event.type);
    }
  }
  if (raisesAnything) return;
  /** Undeclared types with the first state that handles them. */
  const undeclared = new Map<string, string>();
  for (const node of nodes) {
    for (const type of node.transitions.keys()) {
      if (known.has(type) || type.startsWith("xstate.") || type.endsWith("*")) continue;
      if (!undeclared.has(type)) undeclared.set(type, pathOf(node));
    }
  }
  const [first] = undeclared;
  if (first === undefined) return;
  const types = [...undeclared.keys()];
  const [what, are] = types.length === 1 ? ["event", "is"] : ["events", "are"];
  refuse(
    "VRF101",
    `the machine "${model.machine.id}" handles the ${what} ${types.join(", ")}, which ${are} not declared`,
    `declare under events: ${types.map((type) => `{ type: "${type}" }`).join(", ")}, with a list of values for each payload field`,
    `${place}, state ${first[1]}`,
  );
}

/** How a field may be declared, guessed from its first value. */
function declarationFor(value: unknown): string {
  switch (typeof value) {
    case "boolean":
      return '"bool"';
    case "number":
      return `{ int: [${Math.min(0, value)}, hi] }`;
    case "string":
      return `{ enum: [${JSON.stringify(value)}, … ] }`;
    default:
      return `{ values: [${JSON.stringify(value) ?? "undefined"}, … ] }`;
  }
}

/** Runs guards and assignments once per declared event, only to see which fields they read. */
function refuseUndeclaredFields(
  model: MachineModel,
  nodes: readonly Node[],
  context: Record<string, unknown>,
  place: string,
): void {
  const guards = model.machine.implementations.guards as Record<string, unknown>;
  const probe = (fn: unknown, node: Node, event: EventObject): void => {
    if (typeof fn !== "function") return;
    const fields = new Set(
      Object.keys(model.events.find((declaration) => declaration.type === event.type) ?? {}),
    );
    let undeclared: string | null = null;
    const watched = watchReads(event, fields, (field) => {
      undeclared ??= field;
    });
    try {
      (fn as (args: unknown) => unknown)({ context, event: watched });
    } catch {
      // Out of its state a guard may throw; whether it does in its state is seen when exploring.
    }
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- set from within the call
    if (undeclared === null) return;
    const fault = undeclaredField(event.type, undeclared);
    throw new DiagnosticError("VRF101", fault.message, {
      place: `${place}, state ${pathOf(node)}`,
      ...(fault.help === undefined ? {} : { help: fault.help }),
    });
  };
  const guardFunctions = (guard: unknown): readonly unknown[] => {
    if (typeof guard === "string") return guardFunctions(guards[guard]);
    if (typeof guard === "object" && guard !== null && "type" in guard) {
      return guardFunctions(guards[guard.type as string]);
    }
    if (typeof guard !== "function") return [];
    if ("guards" in guard && Array.isArray(guard.guards))
      return guard.guards.flatMap(guardFunctions);
    return "check" in guard ? [] : [guard];
  };
  const readers = (node: Node, transition: TransitionLike): readonly unknown[] => [
    ...guardFunctions(transition.guard),
    ...transition.actions.flatMap((reference) => {
      const action = resolved(node, reference);
      if (builtInType(action) !== "xstate.assign") return [];
      const { assignment } = action as { assignment: unknown };
      return typeof assignment === "function" ? [assignment] : Object.values(assignment as object);
    }),
  ];

  const events = declaredEvents(model);
  for (const node of nodes) {
    for (const [type, transitions] of node.transitions) {
      for (const event of events.filter((candidate) => candidate.type === type)) {
        for (const transition of transitions) {
          for (const fn of readers(node, transition)) probe(fn, node, event);
        }
      }
    }
  }
}

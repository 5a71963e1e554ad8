/**
 * Machine -> symbolic system: for every configuration and every cause, XState's step is run once
 * per combination of guard outcomes; the guards' expressions become the path condition and the
 * assignments are composed into updates.
 */

import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from "xstate";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { MachineModel } from "../../core/subject.ts";
import {
  boolType,
  build,
  elaborate,
  expressionTextOf,
  type Expression,
  print,
  type Scope,
  scopeOfModel,
  substitute,
  type Type,
  typeOfConstant,
} from "../../expr/index.ts";
import { ModelFault } from "../../semantics/fault.ts";
import { activePaths, allNodes, entryOrderMatters, nodesOf } from "../../semantics/nodes.ts";
import { makeStepper, type RawStep, type Stepper, timerNames } from "../../semantics/stepper.ts";
import { forcedCopy } from "./forced.ts";
import { type ImportedFunction, importFromModel } from "./imported.ts";
import { initialContext, isToken, literalOf, makeToken } from "./initial.ts";
import {
  type Cause,
  type Location,
  type LocationId,
  NotExpressible,
  type Parameter,
  type PayloadField,
  type Start,
  type SymbolicSystem,
  type Transition,
} from "./system.ts";

/** Beyond these the machine is not what this engine is for; it says so instead of running on. */
const limits = { guardsPerStep: 60, runsPerCause: 4000, locations: 2000 };

/**
 * @throws {NotExpressible} with the reason, when something in the machine has no symbolic form
 * @throws {DiagnosticError} when an expression of the machine is wrong
 */
export function extract(model: MachineModel): SymbolicSystem {
  const invoking = allNodes(model.machine).find((node) => node.invoke.length > 0);
  if (invoking !== undefined) {
    throw new NotExpressible(`state ${invoking.path.join(".")} invokes an actor`);
  }
  return new Extraction(model).run();
}

/** The path that one run of XState's step took. */
interface Path {
  readonly guard: Expression;
  readonly updates: ReadonlyMap<string, Expression>;
  /** null: the machine ignored the event. */
  readonly step: RawStep | null;
}

/** A location, with the event types of the timers that are pending in it. */
interface Place {
  readonly snapshot: AnyMachineSnapshot;
  readonly pending: readonly string[];
}

interface Decision {
  readonly guard: Expression;
  readonly outcome: boolean;
}

class Extraction {
  readonly #model: MachineModel;
  readonly #stepper: Stepper;
  readonly #scope: Scope;
  readonly #orderMatters: boolean;
  readonly #locations: Location[] = [];
  readonly #places: Place[] = [];
  readonly #ids = new Map<string, LocationId>();
  readonly #imported = new Map<unknown, ImportedFunction>();

  // The run in progress.
  #forced: readonly boolean[] = [];
  #trail: Decision[] = [];
  #known = new Map<string, boolean>();
  #context = new Map<string, Expression>();
  #cause: Cause | null = null;
  #refusal: string | null = null;
  #failure: DiagnosticError | null = null;

  constructor(model: MachineModel) {
    this.#model = model;
    const copy = forcedCopy(model.machine, {
      guard: (text, event) => this.#onGuard(text, event as EventObject),
      assign: (fields, event) => this.#onAssign(fields, event as EventObject),
      read: (fn, what, kind) => this.#readFunction(fn, what, kind),
      refuse: (what) => {
        this.#refusal ??= what;
      },
    });
    const machine: AnyStateMachine = copy;
    // Parameters enter the machine as tokens that can be copied but not computed with.
    const parameters = Object.fromEntries(
      Object.entries(model.parameters ?? {}).map(([name, declared]) => [
        name,
        { ...declared, explore: makeToken(name) as unknown as number },
      ]),
    );
    this.#stepper = makeStepper({ ...model, machine, parameters });
    this.#scope = scopeOfModel(model);
    this.#orderMatters = entryOrderMatters(machine);
  }

  run(): SymbolicSystem {
    const initial = initialContext(this.#model);
    const variableNames = new Set(Object.keys(this.#model.variables ?? {}));
    const constants = new Map([...initial].filter(([name]) => !variableNames.has(name)));
    const parameters = new Map<string, Parameter>(
      Object.entries(this.#model.parameters ?? {}).map(([name, { int, explore }]) => [
        name,
        { low: int[0], high: int[1], explored: explore },
      ]),
    );

    const starts: Start[] = [];
    for (const path of this.#paths(null, initial, () => this.#stepper.initial())) {
      if (path.step === null) continue;
      const values = new Map<string, Expression>();
      for (const name of variableNames) {
        const value = path.updates.get(name) ?? initial.get(name);
        if (value === undefined) throw new NotExpressible(`\`${name}\` has no initial value`);
        values.set(name, value);
      }
      starts.push({ location: this.#locate(after([], path.step)), guard: path.guard, values });
    }

    const own = new Map<string, Expression>([
      ...constants,
      ...[...variableNames].map((name) => [name, build.name(name)] as const),
    ]);
    const transitions: Transition[] = [];
    const causes = this.#eventCauses();
    let hasTimers = false;
    for (let from = 0; from < this.#locations.length; from++) {
      const place = this.#places[from];
      if (place === undefined || place.snapshot.status !== "active") continue;
      const timers = this.#timerCauses(place);
      hasTimers ||= timers.length > 0;
      for (const cause of [...causes, ...timers]) {
        const event = eventOf(cause);
        // A timer that fires is no longer pending, whatever the machine makes of it.
        const pending = place.pending.filter((type) => type !== cause.type);
        for (const path of this.#paths(cause, own, () =>
          this.#stepper.send(place.snapshot, event),
        )) {
          const { guard, updates, step } = path;
          const to = this.#locate(step === null ? { ...place, pending } : after(pending, step));
          transitions.push({
            from,
            to,
            cause,
            guard,
            updates,
            ignored: step === null && to === from,
          });
        }
      }
    }
    const variables = new Map<string, Type>();
    for (const name of variableNames) {
      const type = this.#scope.variables.get(name);
      if (type !== undefined) variables.set(name, type);
    }
    const ranges = new Map<string, readonly [number, number | null]>();
    for (const [name, type] of Object.entries(this.#model.variables ?? {})) {
      if (typeof type === "object" && "int" in type) ranges.set(name, type.int);
    }
    return {
      locations: this.#locations,
      starts,
      transitions,
      variables,
      parameters,
      ranges,
      constants,
      hasTimers,
      imported: [...this.#imported.values()].flatMap((one) =>
        one.kind === "expression" ? [one.remark] : [],
      ),
    };
  }

  #eventCauses(): readonly Cause[] {
    return this.#model.events.map((declaration) => {
      const fields = new Map<string, PayloadField>();
      for (const [name, type] of this.#scope.events?.get(declaration.type) ?? []) {
        const declared = declaration[name];
        const values = (Array.isArray(declared) ? declared : []).filter((value) => value !== null);
        fields.set(name, { type, values });
      }
      return { kind: "event", type: declaration.type, fields };
    });
  }

  /** Untimed: a pending timer may fire at any moment. */
  #timerCauses({ pending }: Place): readonly Cause[] {
    const names = timerNames(this.#model.machine);
    return pending.map((type) => ({
      kind: "timer",
      type,
      fields: new Map(),
      timer: names.get(type) ?? { label: type, state: null },
    }));
  }

  /** All paths of one step, by depth-first search over the guards' outcomes. */
  #paths(
    cause: Cause | null,
    before: ReadonlyMap<string, Expression>,
    take: () => RawStep | null,
  ): readonly Path[] {
    const paths: Path[] = [];
    const pending: (readonly boolean[])[] = [[]];
    let runs = 0;
    for (let forced = pending.pop(); forced !== undefined; forced = pending.pop()) {
      if (++runs > limits.runsPerCause) {
        throw new NotExpressible(`more than ${limits.runsPerCause} guard combinations in one step`);
      }
      this.#forced = forced;
      this.#trail = [];
      this.#known = new Map();
      this.#context = new Map(before);
      this.#cause = cause;
      this.#refusal = null;
      this.#failure = null;
      const step = this.#runStep(take);
      const trail = this.#trail;
      for (let index = trail.length - 1; index >= forced.length; index--) {
        const prefix = trail.slice(0, index).map(({ outcome }) => outcome);
        pending.push([...prefix, trail[index]?.outcome === false]);
      }
      const guard = trail.reduce<Expression>(
        (all, { guard: condition, outcome }) =>
          substitute(build.binary("and", all, outcome ? condition : build.not(condition)), {}),
        build.bool(true),
      );
      const updates = new Map(
        [...this.#context].filter(([name, value]) => before.get(name) !== value),
      );
      paths.push({ guard, updates, step });
    }
    return paths;
  }

  #runStep(take: () => RawStep | null): RawStep | null {
    let step: RawStep | null = null;
    let fault: unknown = null;
    try {
      step = take();
    } catch (thrown) {
      if (!(thrown instanceof ModelFault)) throw thrown;
      fault = thrown;
    }
    // What our own hooks saw explains what XState made of it.
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- set from within the step
    if (this.#failure !== null) throw this.#failure;
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- set from within the step
    if (this.#refusal !== null) throw new NotExpressible(this.#refusal);
    if (fault instanceof ModelFault) throw new NotExpressible(fault.message);
    return step;
  }

  #onGuard(text: string, event: EventObject): boolean {
    const guard = this.#read(text, boolType, event);
    if (guard === null) return false;
    if (guard.kind === "bool") return guard.value;
    const key = print(guard);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#trail.length >= limits.guardsPerStep) {
      this.#refusal ??=
        "a step that evaluates its guards again and again (a loop of eventless transitions?)";
      return false;
    }
    const outcome = this.#forced[this.#trail.length] ?? true;
    this.#trail.push({ guard, outcome });
    this.#known.set(key, outcome);
    return outcome;
  }

  #onAssign(fields: Readonly<Record<string, unknown>>, event: EventObject): void {
    const updated = new Map(this.#context);
    for (const [name, value] of Object.entries(fields)) {
      const type = this.#scope.variables.get(name);
      if (type === undefined || this.#model.variables?.[name] === undefined) {
        const what =
          this.#model.parameters?.[name] === undefined ? "undeclared field" : "parameter";
        this.#refusal ??= `an assignment changes the ${what} \`${name}\``;
        return;
      }
      const text =
        expressionTextOf(value) ??
        (typeof value === "function"
          ? this.#readFunction(value as never, `the assignment of \`${name}\``, "update")
          : null);
      const next = text === null ? literalOf(value, type) : this.#read(text, type, event);
      if (next === null) {
        this.#refusal ??= `the assignment of \`${name}\` is an opaque function`;
        return;
      }
      updated.set(name, next);
    }
    this.#context = updated; // all fields read the context as it was
  }

  /** Ordinary JavaScript, where it can be read and agrees with its reading; null after a refusal. */
  #readFunction(
    fn: (...args: never[]) => unknown,
    what: string,
    kind: "guard" | "update",
  ): string | null {
    let imported = this.#imported.get(fn);
    if (imported === undefined) {
      imported = importFromModel(fn, what, kind, this.#model);
      this.#imported.set(fn, imported);
    }
    if (imported.kind === "expression") return imported.text;
    this.#refusal ??= imported.reason;
    return null;
  }

  /** An expression in terms of the variables before the step; null after a failure. */
  #read(text: string, wanted: Type, event: EventObject): Expression | null {
    const { fields, scope } = this.#eventScope(event);
    let expression: Expression;
    try {
      ({ expression } = elaborate(text, scope, wanted));
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticError)) throw thrown;
      this.#failure ??= thrown;
      return null;
    }
    return substitute(expression, {
      name: (name) => this.#context.get(name) ?? null,
      field: (field) => fields.get(field) ?? null,
    });
  }

  /** The event as the expressions see it: symbolic from outside, constant when raised within. */
  #eventScope(event: EventObject): { fields: ReadonlyMap<string, Expression>; scope: Scope } {
    const { variables } = this.#scope;
    if (this.#cause?.kind === "event" && event.type === this.#cause.type && hasTokens(event)) {
      const events = this.#scope.events ?? new Map();
      return { fields: new Map(), scope: { variables, events, event: event.type } };
    }
    const types = new Map<string, Type>();
    const fields = new Map<string, Expression>();
    for (const [name, value] of Object.entries(event)) {
      if (name === "type") continue;
      const type = typeOfConstant(value);
      const literal = type === null ? null : literalOf(value, type);
      if (type === null || literal === null) continue;
      types.set(name, type);
      fields.set(name, literal);
    }
    return {
      fields,
      scope: { variables, events: new Map([[event.type, types]]), event: event.type },
    };
  }

  #locate({ snapshot, pending }: Place): LocationId {
    const ids = nodesOf(snapshot).map((node) => node.id);
    if (!this.#orderMatters) ids.sort();
    const history = Object.entries(
      snapshot.historyValue as unknown as Record<string, readonly { readonly id: string }[]>,
    ).map(([id, nodes]) => [id, ...nodes.map((node) => node.id).toSorted()].join(" "));
    const key = JSON.stringify([
      snapshot.status,
      ids,
      history.toSorted((a, b) => (a < b ? -1 : 1)),
      pending,
    ]);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#locations.length;
      if (id >= limits.locations) {
        throw new NotExpressible(`more than ${limits.locations} configurations of states`);
      }
      this.#ids.set(key, id);
      this.#places.push({ snapshot, pending });
      this.#locations.push({ id, label: activePaths(snapshot).join("+"), value: snapshot.value });
    }
    return id;
  }
}

/** Where a step leads, with the timers that it sets and stops; the id of an `after` is its event. */
function after(pending: readonly string[], { snapshot, effects }: RawStep): Place {
  const left = new Set(pending);
  for (const effect of effects) {
    if (effect.op === "cancel") left.delete(effect.id);
    else left.add(effect.timer.event.type);
  }
  return { snapshot, pending: snapshot.status === "active" ? [...left].toSorted() : [] };
}

function eventOf(cause: Cause): EventObject {
  const fields = [...cause.fields.keys()].map((name) => [name, makeToken(name)]);
  return { ...Object.fromEntries(fields), type: cause.type };
}

const hasTokens = (event: EventObject): boolean =>
  Object.values(event).some(isToken) || Object.keys(event).length === 1;

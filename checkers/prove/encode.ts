/**
 * The symbolic system as SMT-LIB: states are numbered 0, 1, 2 … along a run, each with a location
 * and a value per variable; the parameters have one value for the whole run.
 */

import {
  type ExactEnvironment,
  type ExactValue,
  type Expression,
  formatRational,
  isActive,
  substitute,
  type Type,
} from "../../expr/index.ts";
import type { Sexpr } from "../../solver/sexpr.ts";
import { type Arithmetic, bitVectors, integers } from "./arithmetic.ts";
import {
  EnumCodes,
  readValue,
  sortName,
  symbol,
  type Term,
  type TermEnvironment,
  toTerm,
} from "./smt.ts";
import type { Cause, LocationId, Start, SymbolicSystem, Transition } from "./system.ts";

/** A claim about every state, or about every step. */
export interface Claim {
  readonly kind: "state" | "step";
  readonly expression: Expression;
}

/** A state of a run as the solver gave it. */
export interface SolvedState {
  readonly location: LocationId;
  readonly values: ReadonlyMap<string, ExactValue>;
}

export interface SolvedStep {
  readonly transition: Transition;
  readonly fields: ReadonlyMap<string, ExactValue>;
}

export interface SolvedRun {
  readonly parameters: ReadonlyMap<string, ExactValue>;
  readonly states: readonly SolvedState[];
  readonly steps: readonly SolvedStep[];
}

const sortOf = (type: Type): Term["sort"] =>
  type.kind === "bool" ? "Bool" : type.kind === "real" ? "Real" : "Int";

export const conjunction = (terms: readonly string[]): string =>
  terms.length === 0 ? "true" : terms.length === 1 ? terms.join("") : `(and ${terms.join(" ")})`;

const disjunction = (terms: readonly string[]): string =>
  terms.length === 0 ? "false" : terms.length === 1 ? terms.join("") : `(or ${terms.join(" ")})`;

export class Encoding {
  readonly system: SymbolicSystem;
  readonly arithmetic: Arithmetic;
  readonly enums = new EnumCodes();
  /** How locations and transitions are numbered. */
  readonly #codes: Arithmetic;
  readonly #fieldTypes = new Map<string, Type>();

  constructor(system: SymbolicSystem, arithmetic: Arithmetic = integers) {
    this.system = system;
    this.arithmetic = arithmetic;
    const largest = Math.max(system.locations.length, system.transitions.length + 1);
    this.#codes = arithmetic.limit === null ? integers : bitVectors(largest.toString(2).length + 2);
    for (const { cause } of system.transitions) {
      for (const [name, field] of cause.fields)
        this.#fieldTypes.set(fieldKey(name, field.type), field.type);
    }
  }

  /** Declarations of `length` states, the steps between them, and the parameters in their ranges. */
  declare(length: number): readonly string[] {
    const lines: string[] = [];
    const { sort } = this.arithmetic;
    const constant = (own: string, type: Type | null): void => {
      lines.push(
        `(declare-const ${own} ${type === null ? sort : sortName(type, this.arithmetic)})`,
      );
      const within = type?.kind === "bool" ? null : this.arithmetic.range(own);
      if (within !== null) lines.push(`(assert ${within})`);
    };
    for (const [name, { low, high }] of this.system.parameters) {
      constant(symbol(name), null);
      const range = this.parameterRange(name, low, high);
      lines.push(`(assert (! ${range} :named ${rangeName(name)}))`);
    }
    for (let index = 0; index < length; index++) {
      lines.push(`(declare-const ${this.#location(index)} ${this.#codes.sort})`);
      for (const [name, type] of this.system.variables) constant(symbol(`${name}@${index}`), type);
    }
    for (let index = 0; index + 1 < length; index++) {
      lines.push(`(declare-const ${this.#via(index)} ${this.#codes.sort})`);
      for (const [key, type] of this.#fieldTypes) constant(symbol(`event.${key}@${index}`), type);
    }
    return lines;
  }

  parameterRange(name: string, low: number, high: number | null): string {
    const own = symbol(name);
    const { arithmetic } = this;
    const least = arithmetic.compare("<=", this.#number(low), own);
    if (high === null || (this.arithmetic.limit ?? high) < high) return least;
    return `(and ${least} ${arithmetic.compare("<=", own, this.#number(high))})`;
  }

  /** State `index` is one in which the machine starts. */
  start(index: number): string {
    return disjunction(
      this.system.starts.map((start) =>
        conjunction([
          `(= ${this.#location(index)} ${this.#code(start.location)})`,
          this.#startTerm(start),
          ...[...start.values].map(
            ([name, value]) =>
              `(= ${symbol(`${name}@${index}`)} ${toTerm(value, this.#parameterEnvironment()).text})`,
          ),
        ]),
      ),
    );
  }

  /**
   * State `index + 1` follows state `index`.
   * @param ignored whether events that change nothing count: they matter for claims about the step
   *   itself, but as steps on the way they would only let the solver wait
   */
  step(index: number, ignored: boolean): string {
    return disjunction(
      this.system.transitions.flatMap((transition, number) =>
        transition.ignored && !ignored
          ? []
          : [
              conjunction([
                `(= ${this.#via(index)} ${this.#code(number)})`,
                ...this.stepParts(transition, index),
              ]),
            ],
      ),
    );
  }

  /** Nothing happens between state `index` and the next. */
  pause(index: number): string {
    return conjunction([
      this.paused(index),
      `(= ${this.#location(index)} ${this.#location(index + 1)})`,
      ...[...this.system.variables.keys()].map(
        (name) => `(= ${symbol(`${name}@${index}`)} ${symbol(`${name}@${index + 1}`)})`,
      ),
    ]);
  }

  paused(index: number): string {
    return `(= ${this.#via(index)} ${this.#code(this.system.transitions.length)})`;
  }

  /** The steps into states 1 … last of a run whose last step the claim may speak of. */
  steps(claim: Claim, last: number): readonly string[] {
    return Array.from({ length: last }, (_, index) =>
      this.step(index, claim.kind === "step" && index + 1 === last),
    );
  }

  stepParts(transition: Transition, index: number): readonly string[] {
    const conditions: string[] = [];
    const environment = this.environment(index, transition.cause, conditions);
    const parts = [
      `(= ${this.#location(index)} ${this.#code(transition.from)})`,
      `(= ${this.#location(index + 1)} ${this.#code(transition.to)})`,
      ...this.fieldRanges(transition.cause, environment),
    ];
    const guard = toTerm(transition.guard, environment).text;
    if (guard !== "true") parts.push(guard);
    for (const name of this.system.variables.keys()) {
      const update = transition.updates.get(name);
      const value =
        update === undefined ? symbol(`${name}@${index}`) : toTerm(update, environment).text;
      parts.push(`(= ${symbol(`${name}@${index + 1}`)} ${value})`);
    }
    return [...parts, ...conditions];
  }

  fieldRanges(cause: Cause, environment: TermEnvironment): readonly string[] {
    return [...cause.fields].map(([name, { values }]) => {
      const own = environment.field?.(name)?.text ?? "false";
      return disjunction(
        values.map((value) =>
          typeof value === "boolean"
            ? value
              ? own
              : `(not ${own})`
            : `(= ${own} ${this.#number(typeof value === "number" ? value : this.enums.codeOf(value))})`,
        ),
      );
    });
  }

  /** The claim at state `index`, or for step claims of the step from `index - 1` to `index`. */
  claim(claim: Claim, index: number): string {
    return this.#claim(claim, index, undefined);
  }

  /** The claim is false there; what is computed to say so stays within the limits. */
  refutation(claim: Claim, index: number): string {
    const conditions: string[] = [];
    const holds = this.#claim(claim, index, conditions);
    return conjunction([`(not ${holds})`, ...conditions]);
  }

  #claim(claim: Claim, index: number, conditions: string[] | undefined): string {
    if (claim.kind === "state") {
      return toTerm(claim.expression, this.environment(index, null, conditions)).text;
    }
    const before = index - 1;
    return conjunction(
      this.system.transitions.map((transition, number) => {
        const taken = `(= ${this.#via(before)} ${this.#code(number)})`;
        const own: string[] = [];
        const term = toTerm(this.specialise(claim.expression, transition), {
          ...this.environment(before, transition.cause, own),
          next: this.environment(index, null, own),
        }).text;
        for (const condition of own) conditions?.push(`(=> ${taken} ${condition})`);
        return `(=> ${taken} ${term})`;
      }),
    );
  }

  /** A predicate over states, with `at` turned into the locations that it means. */
  stateTerm(expression: Expression, index: number): string {
    return toTerm(expression, this.environment(index, null)).text;
  }

  /** A step predicate for one transition: event and states are known, so most of it folds away. */
  specialise(expression: Expression, transition: Transition): Expression {
    const at =
      (location: LocationId) =>
      (path: string): Expression => ({
        kind: "bool",
        value: isActive(this.system.locations[location]?.value, path.split(".")),
        span: expression.span,
      });
    return substitute(expression, {
      at: at(transition.from),
      event: (type) => ({
        kind: "bool",
        value: transition.cause.kind === "event" && transition.cause.type === type,
        span: expression.span,
      }),
      // What comes after is expressed by the updates, in terms of the state before.
      next: {
        at: at(transition.to),
        name: (name) => transition.updates.get(name) ?? null,
      },
    });
  }

  environment(index: number, cause: Cause | null, conditions?: string[]): TermEnvironment {
    return {
      enums: this.enums,
      arithmetic: this.arithmetic,
      ...(conditions === undefined ? {} : { conditions }),
      variable: (name) => this.#variable(name, (own) => symbol(`${own}@${index}`)),
      field: (name) => {
        const field = cause?.fields.get(name);
        if (field === undefined)
          throw new TypeError(`${cause?.type ?? "no event"} has no field ${name}`);
        return {
          text: symbol(`event.${fieldKey(name, field.type)}@${index}`),
          sort: sortOf(field.type),
        };
      },
      at: (path) => ({ text: this.#at(path, this.#location(index)), sort: "Bool" }),
    };
  }

  /** For expressions over the parameters only. */
  #parameterEnvironment(): TermEnvironment {
    return {
      enums: this.enums,
      arithmetic: this.arithmetic,
      variable: (name) =>
        this.#variable(name, () => {
          throw new TypeError(`${name} is not a parameter`);
        }),
    };
  }

  #startTerm(start: Start): string {
    return toTerm(start.guard, this.#parameterEnvironment()).text;
  }

  #variable(name: string, own: (name: string) => string): Term {
    if (this.system.parameters.has(name)) return { text: symbol(name), sort: "Int" };
    const constant = this.system.constants.get(name);
    if (constant !== undefined) return toTerm(constant, this.#parameterEnvironment());
    const type = this.system.variables.get(name);
    if (type === undefined) throw new TypeError(`unresolved name ${name}`);
    return { text: own(name), sort: sortOf(type) };
  }

  #at(path: string, location: string): string {
    const keys = path.split(".");
    return disjunction(
      this.system.locations
        .filter(({ value }) => isActive(value, keys))
        .map(({ id }) => `(= ${location} ${this.#code(id)})`),
    );
  }

  #location(index: number): string {
    return symbol(`location@${index}`);
  }

  #via(index: number): string {
    return symbol(`transition@${index}`);
  }

  #number(value: number): string {
    return this.arithmetic.literal(value);
  }

  #code(value: number): string {
    return this.#codes.literal(value);
  }

  /** The same transitions in the same order as in a run. */
  sameWay(run: SolvedRun): string {
    return conjunction(
      run.steps.map(({ transition }, index) => {
        return `(= ${this.#via(index)} ${this.#code(this.system.transitions.indexOf(transition))})`;
      }),
    );
  }

  /** Asks for everything that `readRun` needs. */
  valuesQuery(length: number): string {
    const names = [...this.system.parameters.keys()].map(symbol);
    for (let index = 0; index < length; index++) {
      names.push(this.#location(index));
      for (const name of this.system.variables.keys()) names.push(symbol(`${name}@${index}`));
      if (index + 1 === length) continue;
      names.push(this.#via(index));
      for (const key of this.#fieldTypes.keys()) names.push(symbol(`event.${key}@${index}`));
    }
    return `(get-value (${names.join(" ")}))`;
  }

  readRun(values: ReadonlyMap<string, Sexpr>, length: number): SolvedRun {
    const number = (name: string): number => {
      const value = values.get(name);
      const read = value === undefined ? null : this.#codes.read(value);
      if (read === null) throw new TypeError(`the solver gave no value for ${name}`);
      return Number(formatRational(read));
    };
    const value = (name: string, type: Type): ExactValue => {
      const raw = values.get(name);
      const read = raw === undefined ? null : readValue(raw, type, this.enums, this.arithmetic);
      if (read === null) throw new TypeError(`the solver gave no value for ${name}`);
      return read;
    };
    const states: SolvedState[] = [];
    const steps: SolvedStep[] = [];
    for (let index = 0; index < length; index++) {
      states.push({
        location: number(`location@${index}`),
        values: new Map(
          [...this.system.variables].map(([name, type]) => [name, value(`${name}@${index}`, type)]),
        ),
      });
      if (index + 1 === length) continue;
      const transition = this.system.transitions[number(`transition@${index}`)];
      if (transition === undefined) {
        // A pause before the run has begun: the same start again.
        if (number(`transition@${index}`) !== this.system.transitions.length || steps.length > 0) {
          throw new TypeError("the solver took an unknown transition");
        }
        states.pop();
        continue;
      }
      const fields = [...transition.cause.fields].map(
        ([name, field]) =>
          [name, value(`event.${fieldKey(name, field.type)}@${index}`, field.type)] as const,
      );
      steps.push({ transition, fields: new Map(fields) });
    }
    const parameters = [...this.system.parameters.keys()].map(
      (name) => [name, value(name, { kind: "int" })] as const,
    );
    return { parameters: new Map(parameters), states, steps };
  }

  /** For exact evaluation of predicates in a solved state. */
  exact(run: SolvedRun, index: number): ExactEnvironment {
    const state = run.states[index];
    return {
      variable: (name) => {
        const constant = this.system.constants.get(name);
        if (constant?.kind === "text" || constant?.kind === "bool") return constant.value;
        if (constant?.kind === "int") return { numerator: constant.value, denominator: 1n };
        return run.parameters.get(name) ?? state?.values.get(name);
      },
      state: this.system.locations[state?.location ?? -1]?.value,
    };
  }
}

/** The name under which the range of a parameter appears in an unsat core. */
export const rangeName = (parameter: string): string => symbol(`range of ${parameter}`);

/** Fields of one name but different sorts in different events are different symbols. */
const fieldKey = (name: string, type: Type): string => `${name}:${sortName(type)}`;

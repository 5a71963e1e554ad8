/** Records through the real interpreter of OTTL, rule by rule. */

import {
  compileCondition,
  compileStatement,
  compileValue,
  type CompiledStatement,
} from "../../../impl/ottl/compile.ts";
import { inferContext } from "../../../impl/ottl/infer.ts";
import { itemsOf } from "../../../impl/ottl/items.ts";
import { decodePayload, encodePayload, encodeValue } from "../../../impl/ottl/otlp/json.ts";
import type { ContextName, Item } from "../../../impl/ottl/runtime/item.ts";
import { EvaluationError } from "../../../impl/ottl/runtime/value.ts";
import {
  parseCondition,
  parseStatement,
  parseValueExpression,
} from "../../../impl/ottl/syntax/parser.ts";
import type { Json } from "../../../core/trace.ts";
import { fillReferences, type Signal } from "../collector/sections.ts";
import type { CompatLevel } from "../level.ts";
import { contextsOf, type ItemContext, type Program, type Step } from "../symbolic/program.ts";
import { canonical } from "./compare.ts";
import { toOtlp, type PlainRecord } from "./record.ts";
import type { AnyRule, ConcreteRun, Observed, Replayer, ReplayOptions } from "./replay.ts";
import { plainValue } from "./show.ts";

type Rule = CompiledStatement | ((item: Item) => boolean);
type Payload = ReturnType<typeof decodePayload>;

export function makeReplayer(level: CompatLevel): Replayer {
  const cache = new WeakMap<AnyRule, Map<string, Rule>>();
  const compiled = (rule: AnyRule, context: ContextName, options: ReplayOptions): Rule => {
    const references = options.references;
    const key = references === undefined ? "" : JSON.stringify([...references]);
    let versions = cache.get(rule);
    if (versions === undefined) cache.set(rule, (versions = new Map()));
    let found = versions.get(key);
    if (found === undefined) {
      versions.set(key, (found = compile(rule, context, level, references)));
    }
    return found;
  };
  return {
    run: (program, record, options = {}) => new Run(program, record, options, compiled).go(),
    condition: (text, signal, record) => {
      const tree = parseCondition(text);
      const context = contextOf(tree, signal, level);
      const test = compileCondition(tree, optionsFor(level, context));
      return onFirst(signal, record, context, (item) => test(item)) === true;
    },
    value: (text, signal, record) => {
      const tree = parseValueExpression(text);
      const context = contextOf(tree, signal, level);
      const get = compileValue(tree, optionsFor(level, context));
      const value = onFirst(signal, record, context, (item) =>
        canonical(plainValue(encodeValue(get(item)) as Json)),
      );
      return typeof value === "string" ? value : "an error";
    },
  };
}

/** All functions of the transform processor: a claim may use any of them. */
const optionsFor = (level: CompatLevel, context: ContextName) => ({
  context,
  level: level.ottl,
  component: "transform",
});

function contextOf(
  tree: Parameters<typeof inferContext>[0][number],
  signal: Signal,
  level: CompatLevel,
): ContextName {
  if (signal === "profiles") throw new TypeError("profiles are not analysed");
  const inferred = inferContext([tree], signal, level.ottl, "transform");
  return inferred.kind === "inferred" ? inferred.context : "resource";
}

/** The result on the record's item, `null` when the evaluation fails or there is none. */
function onFirst<T>(
  signal: Signal,
  record: PlainRecord,
  context: ContextName,
  use: (item: Item) => T,
): T | null {
  const payload = decodePayload(toOtlp(signal, record));
  const [item] = itemsOf(payload, context);
  try {
    return item === undefined ? null : use(item);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}

function compile(
  rule: AnyRule,
  context: ContextName,
  level: CompatLevel,
  references: ReadonlyMap<string, string> | undefined,
): Rule {
  // Values of references stand inside string literals.
  const text = fillReferences(rule.text, (name) => {
    const value = references?.get(name);
    return value === undefined ? undefined : JSON.stringify(value).slice(1, -1);
  });
  const options = optionsFor(level, context);
  if (rule.kind === "statement") return compileStatement(parseStatement(text), options);
  // Routes were statements once: the condition is what stands behind their `where`.
  if (!/^\s*[a-z][a-z_]*\s*\(/.test(text)) return compileCondition(parseCondition(text), options);
  const { where } = parseStatement(text);
  return where === null ? () => true : compileCondition(where, options);
}

type Compiled = (rule: AnyRule, context: ContextName, options: ReplayOptions) => Rule;

class Run {
  readonly #program: Program;
  readonly #options: ReplayOptions;
  readonly #compiled: Compiled;
  readonly #payload: Payload;
  readonly #input: Json;
  readonly #contexts: readonly ItemContext[];
  readonly #observed: Observed[] = [];
  readonly #dropped = new Set<ItemContext>();
  #isAlive = true;

  constructor(program: Program, record: PlainRecord, options: ReplayOptions, compiled: Compiled) {
    this.#program = program;
    this.#options = options;
    this.#compiled = compiled;
    this.#input = toOtlp(program.signal, record);
    this.#payload = decodePayload(this.#input);
    this.#contexts = contextsOf[program.signal];
  }

  go(): ConcreteRun {
    const input = this.#encoded();
    for (const step of this.#program.steps) {
      if (this.#isAlive && this.#isPresent(step.context)) this.#step(step);
    }
    const innermost = this.#contexts.findLast((context) => context !== "spanevent")!;
    return {
      observed: this.#observed,
      input,
      output: this.#encoded(),
      delivered: this.#isAlive && this.#isPresent(innermost),
    };
  }

  #encoded(): Json {
    return encodePayload(this.#payload);
  }

  #isPresent(context: ItemContext): boolean {
    const around = this.#contexts.slice(0, this.#contexts.indexOf(context) + 1);
    return around.every((name) => !this.#dropped.has(name));
  }

  #step(step: Step): void {
    const [item] = itemsOf(this.#payload, step.context);
    if (item === undefined) return;
    const holds = this.#anyOf(step, item);
    if (!this.#isAlive) return;
    if (step.kind === "drop") {
      if (holds) this.#dropped.add(step.context);
      return;
    }
    if (!holds) return;
    for (const rule of step.statements) {
      if (this.#options.disabled?.has(rule) === true) continue;
      const { applies, edit } = this.#compiled(
        rule,
        step.context,
        this.#options,
      ) as CompiledStatement;
      let fired = false;
      const error = caught(() => {
        fired = applies(item);
        if (fired) edit(item);
      });
      const isChanged = fired && error === null && this.#options.trace === true;
      this.#observed.push({ rule, fired, error, after: isChanged ? this.#encoded() : null });
      if (error !== null && step.errorMode === "propagate") {
        this.#isAlive = false;
        return;
      }
    }
  }

  #anyOf(step: Step, item: Item): boolean {
    let holds = step.kind === "group" && step.conditions.length === 0;
    for (const rule of step.conditions) {
      if (this.#options.disabled?.has(rule) === true) continue;
      const test = this.#compiled(rule, step.context, this.#options) as (item: Item) => boolean;
      let fired = false;
      const error = caught(() => {
        fired = test(item);
      });
      this.#observed.push({ rule, fired, error, after: null });
      if (error !== null && step.errorMode === "propagate") {
        this.#isAlive = false;
        return false;
      }
      if (!fired) continue;
      holds = true;
      if (!(step.kind === "drop" && step.copying?.has(rule) === true)) return true;
    }
    return holds;
  }
}

/** The message of an evaluation error; anything else is a fault of ours. */
function caught(action: () => void): string | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof EvaluationError) return error.message;
    throw error;
  }
}

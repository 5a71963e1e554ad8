/** Trees into closures: names are resolved and arguments checked once, records are run many times. */

import { enums } from "./contexts/enums.ts";
import { pathAccessor } from "./contexts/paths.ts";
import { camel } from "./functions/texts.ts";
import { functionNamed } from "./functions/index.ts";
import {
  NotKnownHere,
  type FunctionSpec,
  type Getter,
  type LambdaValue,
  type Level,
  type Parameter,
  type ParameterType,
} from "./registry.ts";
import { indexResult, type Accessor, type KeyGetter } from "./runtime/access.ts";
import { compare } from "./runtime/compare.ts";
import {
  asBool,
  asDuration,
  asFloat,
  asInt,
  asList,
  asMap,
  asText,
  asTime,
  boolLike,
  bytesLike,
  constant,
  floatLike,
  intLike,
  stringLike,
  through,
} from "./runtime/getters.ts";
import type { ContextName, Item } from "./runtime/item.ts";
import { calculate, negate } from "./runtime/math.ts";
import {
  copy,
  EvaluationError,
  fail,
  fromRaw,
  RawList,
  typeName,
  type Val,
  type ValMap,
} from "./runtime/value.ts";
import type {
  Argument,
  Call,
  Condition,
  Expression,
  Key,
  Lambda,
  Path,
  Span,
  Statement,
  Value,
} from "./syntax/ast.ts";

/** A text that is OTTL, and means nothing here: an unknown path or function, a wrong argument. */
export class OttlBuildError extends Error {
  readonly span: Span;
  constructor(message: string, span: Span) {
    super(message);
    this.name = "OttlBuildError";
    this.span = span;
  }
}

/** Upstream has it, this engine has not: nothing can be said about the statement. */
export class OttlUnsupportedError extends OttlBuildError {}

export interface CompileOptions {
  readonly context: ContextName;
  readonly level: Level;
  /** Which functions there are, e.g. `transform`. */
  readonly component: string;
  /** Paths and functions instead of those of the context. */
  readonly fixture?: Fixture;
}

/** Names that have a meaning of their own, as in upstream's tests of the language itself. */
export interface Fixture {
  readonly paths: ReadonlyMap<string, Val>;
  readonly functions: ReadonlyMap<string, FunctionSpec>;
}

export interface CompiledStatement {
  /** Whether the statement applies. @throws EvaluationError */
  readonly applies: (item: Item) => boolean;
  /** The editor alone. @throws EvaluationError */
  readonly edit: (item: Item) => void;
}

/** @throws OttlBuildError */
export function compileStatement(statement: Statement, options: CompileOptions): CompiledStatement {
  const compiler = new Compiler(options);
  const edit = compiler.call(statement.editor, "editor");
  const where = statement.where === null ? null : compiler.condition(statement.where);
  return {
    applies: where ?? (() => true),
    edit: (item) => void edit(item),
  };
}
/** @throws OttlBuildError */
export const compileCondition = (
  condition: Condition,
  options: CompileOptions,
): ((item: Item) => boolean) => new Compiler(options).condition(condition);
/** @throws OttlBuildError */
export const compileValue = (value: Value, options: CompileOptions): ((item: Item) => Val) =>
  new Compiler(options).value(value);

class Compiler {
  readonly #options: CompileOptions;
  /** Names bound by the lambdas around. */
  #locals: ReadonlySet<string> = new Set();

  constructor(options: CompileOptions) {
    this.#options = options;
  }

  condition(node: Condition): Getter<boolean> {
    switch (node.kind) {
      case "bool":
        return constant(node.value);
      case "call": {
        const get = this.value(node);
        return (item) => {
          const value = get(item);
          return typeof value === "boolean"
            ? value
            : fail(
                `value returned from Converter in constant expression must be bool but got ${typeName(value)}`,
              );
        };
      }
      case "compare": {
        const left = this.value(node.left);
        const right = this.value(node.right);
        const { op } = node;
        if (left.constant !== undefined && right.constant !== undefined) {
          return constant(compare(left.constant.value, right.constant.value, op));
        }
        return (item) => {
          const a = left(item);
          return compare(a, right(item), op);
        };
      }
      case "not": {
        const inner = this.condition(node.operand);
        return inner.constant === undefined
          ? (item) => !inner(item)
          : constant(!inner.constant.value);
      }
      case "and":
      case "or":
        return connective(
          node.kind,
          node.operands.map((operand) => this.condition(operand)),
        );
    }
  }

  value(node: Value): Getter<Val> {
    switch (node.kind) {
      case "nil":
        return constant(null);
      case "bool":
      case "int":
      case "float":
      case "string":
      case "bytes":
        return constant<Val>(node.value);
      case "enum": {
        const value = enums[this.#options.context][node.name];
        if (value === undefined)
          throw new OttlBuildError(`enum symbol ${node.name} not found`, node.span);
        return constant(value);
      }
      case "function":
        throw new OttlBuildError(`a function by name is no value: ${node.name}`, node.span);
      case "lambda":
        throw new OttlBuildError(
          "lambda expressions can only be passed to function arguments that accept them",
          node.span,
        );
      case "path": {
        const local = this.#local(node);
        if (local !== null) return local;
        const { get } = this.#path(node);
        return get;
      }
      case "call":
        return this.call(node, "converter");
      case "list":
        return listGetter(node.items.map((item) => this.value(item)));
      case "map": {
        const entries = node.entries.map(({ key, value }) => [key, this.value(value)] as const);
        const build = (item: Item): ValMap => {
          const out: ValMap = new Map();
          for (const [key, get] of entries) out.set(key, inMap(get(item)));
          return out;
        };
        if (!entries.every(([, get]) => get.constant !== undefined)) return build;
        return constant<Val>(
          new Map(entries.map(([key, get]) => [key, inMap(get.constant!.value)])),
        );
      }
      case "unary": {
        const inner = this.value(node.operand);
        if (node.op === "+") return inner;
        const literal = node.operand.kind === "int" || node.operand.kind === "float";
        return literal ? constant(negate(inner.constant!.value)) : (item) => negate(inner(item));
      }
      case "math": {
        const left = this.value(node.left);
        const right = this.value(node.right);
        const { op } = node;
        return (item) => {
          const a = left(item);
          return calculate(a, op, right(item));
        };
      }
    }
  }

  #local(node: Path): Getter<Val> | null {
    const first = node.fields[0]!;
    if (!this.#locals.has(first.name)) return null;
    if (node.fields.length > 1) {
      throw new OttlBuildError(`"${first.name}" is bound by a lambda and has no fields`, node.span);
    }
    const keys = first.keys.map((key) => this.#key(key));
    return (item) => indexResult(item.locals![first.name]!, keys, item);
  }

  #path(node: Path): Accessor {
    const known = this.#options.fixture?.paths.get(node.fields.map(({ name }) => name).join("."));
    if (known !== undefined) return { get: () => known, set: () => fail("not writable") };
    const steps = node.fields.map(({ name, keys }) => ({
      name,
      keys: keys.map((key) => this.#key(key)),
    }));
    const found = pathAccessor(steps, this.#options.context);
    if (typeof found === "string") throw new OttlBuildError(found, node.span);
    return found;
  }

  #key(key: Key): KeyGetter {
    if (key.kind === "string" || key.kind === "int") return { known: key.value };
    return { get: this.value(key) };
  }

  call(node: Call, kind: "editor" | "converter"): Getter<Val> {
    const spec = this.#spec(node.name, node.span);
    if (spec.kind !== kind) {
      throw new OttlBuildError(`${node.name} is an ${spec.kind}, not a ${kind}`, node.span);
    }
    const args = this.#arguments(node, spec);
    const run = this.#build(spec, args, node.span);
    if (node.keys.length === 0) return run;
    const keys = node.keys.map((key) => this.#key(key));
    return (item) => indexResult(run(item), keys, item);
  }

  #spec(name: string, span: Span): FunctionSpec {
    const { context, level, component, fixture } = this.#options;
    const spec = fixture?.functions.get(name) ?? functionNamed(name, context, level, component);
    if (spec !== null) return spec;
    throw new OttlBuildError(`undefined function "${name}"`, span);
  }

  #build(spec: FunctionSpec, args: readonly unknown[], span: Span): (item: Item) => Val {
    try {
      return spec.build(args, this.#options.level);
    } catch (error) {
      if (error instanceof OttlBuildError || !(error instanceof Error)) throw error;
      if (error instanceof NotKnownHere) throw new OttlUnsupportedError(error.message, span);
      throw new OttlBuildError(`couldn't create function: ${error.message}`, span);
    }
  }

  #arguments(node: Call, spec: FunctionSpec): unknown[] {
    const { parameters } = spec;
    const required = parameters.filter(({ optional }) => !optional).length;
    if (node.args.length < required || node.args.length > parameters.length) {
      throw new OttlBuildError(
        `error while parsing arguments for call to "${node.name}": incorrect number of arguments. Expected: ${parameters.length} Received: ${node.args.length}`,
        node.span,
      );
    }
    const bound: unknown[] = Array.from(parameters, () => undefined);
    let named = false;
    for (const [i, argument] of node.args.entries()) {
      if (argument.name !== null) named = true;
      else if (named) {
        throw new OttlBuildError("unnamed argument used after named argument", argument.span);
      }
      const index = argument.name === null ? i : indexOf(parameters, argument.name);
      if (index === -1) {
        throw new OttlBuildError(`no such parameter: ${argument.name}`, argument.span);
      }
      bound[index] = this.#argument(argument, parameters[index]!.type, i);
    }
    const missing = parameters.find(({ optional }, i) => !optional && bound[i] === undefined);
    if (missing !== undefined) {
      throw new OttlBuildError(
        `the parameter ${missing.name} of ${node.name} has no value`,
        node.span,
      );
    }
    return bound;
  }

  #argument(argument: Argument, type: ParameterType, position: number): unknown {
    try {
      return this.#typed(argument.value, type);
    } catch (error) {
      if (!(error instanceof EvaluationError) && !(error instanceof WrongArgument)) throw error;
      throw new OttlBuildError(
        `invalid argument at position ${position}: ${error.message}`,
        argument.span,
      );
    }
  }

  #typed(value: Value, type: ParameterType): unknown {
    switch (type) {
      case "any":
        return this.value(value);
      case "string":
        return through(this.value(value), asText);
      case "stringLike":
        return through(this.value(value), stringLike);
      case "int":
        return through(this.value(value), asInt);
      case "intLike":
        return through(this.value(value), intLike);
      case "float":
        return through(this.value(value), asFloat);
      case "floatLike":
        return through(this.value(value), floatLike);
      case "bool":
        return through(this.value(value), asBool);
      case "boolLike":
        return through(this.value(value), boolLike);
      case "bytesLike":
        return through(this.value(value), bytesLike);
      case "map":
        return through(this.value(value), asMap);
      case "list":
        return through(this.value(value), asList);
      case "time":
        return through(this.value(value), asTime);
      case "duration":
        return through(this.value(value), asDuration);
      case "literalString":
        return value.kind === "string" ? value.value : wrong("must be a string");
      case "literalInt":
        return value.kind === "int" ? value.value : wrong("must be an int");
      case "literalFloat":
        return value.kind === "float" ? value.value : wrong("must be a float");
      case "literalBool":
        return value.kind === "bool" ? value.value : wrong("must be a bool");
      case "anyPath":
        return this.#target(value);
      case "mapPath":
        return checked(this.#target(value), asMap);
      case "listPath":
        return checked(this.#target(value), asList);
      case "anyList":
        return this.#list(value, (item) => this.value(item));
      case "stringList":
        return this.#list(value, (item) => through(this.value(item), asText));
      case "mapList":
        return this.#list(value, (item) => through(this.value(item), asMap));
      case "literalStrings":
        return this.#list(value, (item) =>
          item.kind === "string" ? item.value : wrong("must be a string"),
        );
      case "literalFloats":
        return this.#list(value, (item) =>
          item.kind === "float" ? item.value : wrong("must be a float"),
        );
      case "stringLikeSlice":
        return this.#stringLikes(value);
      case "function":
        return this.#functionByName(value);
      case "lambda":
        return value.kind === "lambda" ? this.#lambda(value) : wrong("must be a lambda expression");
    }
  }

  #target(value: Value): Accessor {
    return value.kind === "path" ? this.#path(value) : wrong("must be a path");
  }

  #list<T>(value: Value, each: (item: Value) => T): T[] {
    return value.kind === "list" ? value.items.map(each) : wrong("must be a list");
  }

  #stringLikes(value: Value): Getter<readonly (string | null)[]> {
    if (value.kind === "list") {
      const items = value.items.map((item) => through(this.value(item), stringLike));
      return (item) => items.map((get) => get(item));
    }
    if (this.#options.level.minor < 161) return wrong("must be a list");
    // nil counts as a list of nothing.
    const list = through(this.value(value), (from) => (from === null ? [] : asList(from)));
    return (item) => Array.from(list(item), stringLike);
  }

  #functionByName(value: Value): (item: Item, input: Val) => Val {
    if (value.kind !== "enum" && value.kind !== "function")
      return wrong("invalid function name given");
    const spec = this.#spec(value.name, value.span);
    const [parameter] = spec.parameters;
    // That a function does not take one value is found out where it is applied, as upstream does.
    const required = spec.parameters.filter(({ optional }) => !optional).length;
    if (parameter === undefined || required > 1) {
      return () =>
        fail(`incorrect number of arguments. Expected: ${spec.parameters.length} Received: 1`);
    }
    // Upstream panics when it is given a function of anything else.
    if (parameter.type !== "string") return () => fail(`${value.name} does not take a string`);
    let input: Val = null;
    const args: unknown[] = Array.from(spec.parameters, () => undefined);
    args[0] = () => asText(input);
    const run = this.#build(spec, args, value.span);
    return (item, given) => {
      input = given;
      return run(item);
    };
  }

  #lambda(node: Lambda): LambdaValue {
    if (!this.#options.level.lambdas) {
      return wrong(
        "lambda expression arguments require the `ottl.functions.enableLambda` feature gate to be enabled",
      );
    }
    const names = node.params.filter((name) => name !== "_");
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) return wrong(`duplicate local identifier "${twice}"`);
    const outer = this.#locals;
    this.#locals = new Set([...outer, ...names]);
    try {
      const body = isCondition(node.body) ? this.condition(node.body) : this.value(node.body);
      return {
        parameters: node.params.length,
        call: (item, ...values) => {
          const around = item.locals;
          const bound: Record<string, Val> = { ...around };
          for (const [i, name] of node.params.entries()) bound[name] = values[i] ?? null;
          item.locals = bound;
          try {
            return body(item);
          } finally {
            item.locals = around;
          }
        },
      };
    } finally {
      this.#locals = outer;
    }
  }
}

/** Of an argument; becomes an {@link OttlBuildError} with its place. */
class WrongArgument extends Error {}
function wrong(message: string): never {
  throw new WrongArgument(message);
}

const isCondition = (node: Expression): node is Condition =>
  ["compare", "and", "or", "not", "bool"].includes(node.kind);

const checked = (path: Accessor, check: (value: Val) => Val): Accessor => ({
  get: (item) => check(path.get(item)),
  set: path.set,
});

/** The name of the field upstream; those with capitals in a row cannot be named at all. */
const field = (name: string): string =>
  name.replace(/(?:^|_)([a-zA-Z0-9])/g, (_, c: string) => c.toUpperCase());
const indexOf = (parameters: readonly Parameter[], name: string): number =>
  parameters.findIndex((parameter) => field(parameter.name) === camel(name));

function listGetter(items: readonly Getter<Val>[]): Getter<Val> {
  if (items.every((item) => item.constant !== undefined)) {
    return constant<Val>(RawList.from(items, (item) => item.constant!.value));
  }
  return (item) => RawList.from(items, (get) => get(item));
}

/** Maps of records may stand in a map, and in a list in it. */
function inMap(value: Val): Val {
  if (value instanceof Map) return copy(value);
  if (!(value instanceof RawList)) return fromRaw(value);
  return Array.from(value, (item) => (item instanceof Map ? copy(item) : fromRaw(item)));
}

/** Constants are folded before anything runs, so an operand after one that decides never fails. */
function connective(kind: "and" | "or", operands: readonly Getter<boolean>[]): Getter<boolean> {
  const decides = kind === "or";
  if (operands.some(({ constant: known }) => known?.value === decides)) return constant(decides);
  const rest = operands.filter(({ constant: known }) => known === undefined);
  if (rest.length === 0) return constant(!decides);
  if (rest.length === 1) return rest[0]!;
  return (item) => {
    for (const operand of rest) if (operand(item) === decides) return decides;
    return !decides;
  };
}

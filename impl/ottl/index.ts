/**
 * OTTL: the language of the OpenTelemetry Collector for changing and choosing telemetry. Texts are
 * parsed (`syntax/`), given their meaning for a context and a version (`compile.ts`) and run on
 * records of OTLP (`items.ts`, `sequence.ts`).
 */

export {
  compileCondition,
  compileStatement,
  compileValue,
  OttlBuildError,
  OttlUnsupportedError,
} from "./compile.ts";
export type { CompiledStatement, CompileOptions } from "./compile.ts";
export { functionNamed, functions } from "./functions/index.ts";
export { inferContext, type Inferred } from "./infer.ts";
export { itemsOf, signalOf } from "./items.ts";
export { decodePayload, encodePayload, OtlpError, type JsonValue } from "./otlp/json.ts";
export { decodeProtobuf, encodeProtobuf } from "./otlp/protobuf.ts";
export type { Payload, Signal } from "./otlp/model.ts";
export { levelOf, newest, type FunctionSpec, type Level, type SymbolicForm } from "./registry.ts";
export {
  contexts,
  visible,
  type ContextName,
  type Item,
  type RequestInfo,
} from "./runtime/item.ts";
export { EvaluationError, type Val } from "./runtime/value.ts";
export {
  evaluateConditions,
  runSequence,
  runStatement,
  type ErrorMode,
  type StatementOutcome,
} from "./sequence.ts";
export * from "./syntax/ast.ts";
export { OttlSyntaxError } from "./syntax/lexer.ts";
export { parseCondition, parseStatement, parseValueExpression } from "./syntax/parser.ts";
export { contextNames, pathsIn, prependContext, splitContext } from "./syntax/paths.ts";

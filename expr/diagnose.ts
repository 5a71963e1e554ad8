/** Errors that point into an expression's text. */

import { DiagnosticError, type DiagnosticCode } from "../core/diagnostic.ts";
import type { Span } from "./ast.ts";

/** The line of the text that holds the span, with a caret line below it. */
export function excerptOf(text: string, span: Span): string {
  const start = Math.min(span.start, text.length);
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", start);
  const to = lineEnd === -1 ? text.length : lineEnd;
  const width = Math.max(1, Math.min(span.end, to) - start);
  return `${text.slice(from, to)}\n${" ".repeat(start - from)}${"^".repeat(width)}`;
}

export function expressionError(
  code: DiagnosticCode,
  message: string,
  text: string,
  span: Span,
  help?: string,
): DiagnosticError {
  return new DiagnosticError(code, message, {
    excerpt: excerptOf(text, span),
    ...(help === undefined ? {} : { help }),
  });
}

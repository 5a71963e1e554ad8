/** S-expressions: what a solver prints. */

export type Sexpr = string | readonly Sexpr[];

/** Parses everything in the text; `|quoted symbols|` lose their bars, strings keep their quotes. */
export function parseSexprs(text: string): readonly Sexpr[] {
  const top: Sexpr[] = [];
  const stack: Sexpr[][] = [];
  const pattern = /\s+|;[^\n]*|\(|\)|\|[^|]*\||"(?:[^"]|"")*"|[^\s()|";]+/gy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw new SyntaxError("the solver's answer cannot be read");
    const [token] = match;
    const current = stack.at(-1) ?? top;
    if (token === "(") {
      stack.push([]);
    } else if (token === ")") {
      const done = stack.pop();
      if (done === undefined) throw new SyntaxError("the solver's answer cannot be read");
      (stack.at(-1) ?? top).push(done);
    } else if (token.startsWith("|")) {
      current.push(token.slice(1, -1));
    } else if (!/^[\s;]/.test(token)) {
      current.push(token);
    }
  }
  if (stack.length > 0) throw new SyntaxError("the solver's answer is cut off");
  return top;
}

/** Texts into tokens, with the token classes of upstream: the first class that matches wins. */

/** A text that is not OTTL. */
export class OttlSyntaxError extends Error {
  /** UTF-16 offset into the text, at most its length. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = "OttlSyntaxError";
    this.offset = offset;
  }
}

export type TokenKind =
  | "Bytes"
  | "Float"
  | "Int"
  | "String"
  | "Nil"
  | "OpNot"
  | "OpOr"
  | "OpAnd"
  | "OpComparison"
  | "LambdaArrow"
  | "OpAddSub"
  | "OpMultDiv"
  | "Boolean"
  | "Equal"
  | "LParen"
  | "RParen"
  | "LBrace"
  | "RBrace"
  | "Colon"
  | "Punct"
  | "Uppercase"
  | "Lowercase"
  | "Underscore"
  | "End";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Words end at a word boundary, and start anywhere: upstream matches each class against the rest of
 * the text, so a keyword may directly follow capitals (`For` is `F` and `or`).
 */
const classes: readonly (readonly [TokenKind, RegExp])[] = [
  ["Bytes", /0x[a-fA-F0-9]+/y],
  ["Float", /(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?/y],
  ["Int", /[0-9]+/y],
  ["Nil", /nil\b/y],
  ["OpNot", /not\b/y],
  ["OpOr", /or\b/y],
  ["OpAnd", /and\b/y],
  ["OpComparison", /==|!=|>=|<=|>|</y],
  ["LambdaArrow", /=>/y],
  ["OpAddSub", /[+-]/y],
  ["OpMultDiv", /[/*]/y],
  ["Boolean", /(?:true|false)\b/y],
  ["Equal", /=/y],
  ["LParen", /\(/y],
  ["RParen", /\)/y],
  ["LBrace", /\{/y],
  ["RBrace", /\}/y],
  ["Colon", /:/y],
  ["Punct", /[,.[\]]/y],
  ["Uppercase", /[A-Z][A-Z0-9_]*/y],
  ["Lowercase", /[a-z][a-z0-9_]*/y],
  ["Underscore", /_\b/y],
];
/** Until v0.140 numbers carried their sign, and `nil` was a word like others. */
const signedClasses: typeof classes = [
  ["Bytes", /0x[a-fA-F0-9]+/y],
  ["Float", /[-+]?[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?/y],
  ["Int", /[-+]?[0-9]+/y],
  ...classes.filter(
    ([kind]) => !["Bytes", "Float", "Int", "Nil", "LambdaArrow", "Underscore"].includes(kind),
  ),
];
const space = /[\t\n\f\r ]+/y;

/**
 * `signed` reads as versions before v0.140 did.
 * @throws OttlSyntaxError at the first character that begins no token.
 */
export function tokenize(text: string, signed = false): Token[] {
  const known = signed ? signedClasses : classes;
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    space.lastIndex = at;
    if (space.test(text)) {
      at = space.lastIndex;
      continue;
    }
    const token = text[at] === '"' ? stringAt(text, at) : tokenAt(text, at, known);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "End", text: "", start: text.length, end: text.length });
  return tokens;
}

function tokenAt(text: string, at: number, known: typeof classes): Token {
  for (const [kind, pattern] of known) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { kind, text: match[0], start: at, end: at + match[0].length };
  }
  const character = String.fromCodePoint(text.codePointAt(at)!);
  throw new OttlSyntaxError(`invalid input text ${JSON.stringify(character)}`, at);
}

function stringAt(text: string, start: number): Token {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      return { kind: "String", text: text.slice(start, at + 1), start, end: at + 1 };
    }
    if (character === "\\") {
      at++;
      // The class of an escaped character excludes the line feed.
      if (text[at] === "\n") break;
    }
  }
  throw new OttlSyntaxError("the string that starts here has no end", start);
}

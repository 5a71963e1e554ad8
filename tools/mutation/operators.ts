/**
 * Mutants of a TypeScript source by fixed operators: nobody chooses the places. Left out are types,
 * imports, texts of errors, and statements that only refuse bad options (an `if` whose one consequence
 * is a throw of RangeError or TypeError): campaigns drive code within its options.
 */

import ts from "typescript";

export interface SourceMutant {
  /** `operator@line:column`, and what became of the place. */
  readonly name: string;
  readonly operator: string;
  readonly line: number;
  readonly text: string;
}

const swapped: Partial<Record<ts.SyntaxKind, readonly string[]>> = {
  [ts.SyntaxKind.LessThanToken]: ["<=", ">="],
  [ts.SyntaxKind.LessThanEqualsToken]: ["<", ">"],
  [ts.SyntaxKind.GreaterThanToken]: [">=", "<="],
  [ts.SyntaxKind.GreaterThanEqualsToken]: [">", "<"],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ["!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ["==="],
  [ts.SyntaxKind.AmpersandAmpersandToken]: ["||"],
  [ts.SyntaxKind.BarBarToken]: ["&&"],
  [ts.SyntaxKind.PlusToken]: ["-"],
  [ts.SyntaxKind.MinusToken]: ["+"],
  [ts.SyntaxKind.AsteriskToken]: ["/"],
  [ts.SyntaxKind.SlashToken]: ["*"],
  [ts.SyntaxKind.PlusEqualsToken]: ["-="],
  [ts.SyntaxKind.MinusEqualsToken]: ["+="],
};

const operatorNames: Partial<Record<ts.SyntaxKind, string>> = {
  [ts.SyntaxKind.AmpersandAmpersandToken]: "connective",
  [ts.SyntaxKind.BarBarToken]: "connective",
  [ts.SyntaxKind.PlusToken]: "arithmetic",
  [ts.SyntaxKind.MinusToken]: "arithmetic",
  [ts.SyntaxKind.AsteriskToken]: "arithmetic",
  [ts.SyntaxKind.SlashToken]: "arithmetic",
  [ts.SyntaxKind.PlusEqualsToken]: "update",
  [ts.SyntaxKind.MinusEqualsToken]: "update",
};

/** All mutants of a source, in the order of their places. */
export function mutantsOf(source: string, fileName = "source.ts"): SourceMutant[] {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true);
  const mutants: SourceMutant[] = [];
  const add = (operator: string, node: ts.Node, by: string): void => {
    const start = node.getStart(file);
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const was = source.slice(start, node.end).replaceAll(/\s+/g, " ").slice(0, 60);
    mutants.push({
      name: `${operator}@${line + 1}:${character + 1} ${was} → ${by === "" ? "(nothing)" : by.slice(0, 60)}`,
      operator,
      line: line + 1,
      text: source.slice(0, start) + by + source.slice(node.end),
    });
  };

  const visit = (node: ts.Node): void => {
    if (isLeftOut(node)) return;
    if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      // a sum with a text in it is a message
      const isText = kind === ts.SyntaxKind.PlusToken && /["'`]/.test(node.getText(file));
      if (!isText) {
        for (const by of swapped[kind] ?? []) {
          add(operatorNames[kind] ?? "relation", node.operatorToken, by);
        }
      }
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      add("negation", node, node.operand.getText(file));
    }
    if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
      add("condition", node.expression, ts.isIfStatement(node) ? "true" : "false");
      if (ts.isIfStatement(node)) add("condition", node.expression, "false");
    }
    if (ts.isConditionalExpression(node)) {
      add("condition", node.condition, `!(${node.condition.getText(file)})`);
    }
    if (ts.isNumericLiteral(node) && !ts.isPropertyAccessExpression(node.parent)) {
      add("constant", node, `(${node.text} + 1)`);
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) add("constant", node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) add("constant", node, "true");
    if (ts.isExpressionStatement(node) && !isSuperCall(node)) add("deletion", node, "");
    if (ts.isReturnStatement(node) && node.expression === undefined) add("deletion", node, "");
    ts.forEachChild(node, visit);
  };
  visit(file);
  return mutants;
}

function isLeftOut(node: ts.Node): boolean {
  return (
    ts.isImportDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isTypeNode(node) ||
    ts.isThrowStatement(node) ||
    ts.isTemplateExpression(node) ||
    refusesOptions(node) ||
    extendsError(node)
  );
}

function refusesOptions(node: ts.Node): boolean {
  if (!ts.isIfStatement(node)) return false;
  const { thenStatement } = node;
  const only = ts.isBlock(thenStatement) ? thenStatement.statements : [thenStatement];
  const [first] = only;
  return (
    only.length === 1 &&
    first !== undefined &&
    ts.isThrowStatement(first) &&
    ts.isNewExpression(first.expression) &&
    /^(Range|Type)Error$/.test(first.expression.expression.getText())
  );
}

/** Errors are texts for people. */
function extendsError(node: ts.Node): boolean {
  return (
    ts.isClassDeclaration(node) &&
    (node.heritageClauses ?? []).some(({ types }) =>
      types.some(({ expression }) => expression.getText().endsWith("Error")),
    )
  );
}

const isSuperCall = (node: ts.ExpressionStatement): boolean =>
  ts.isCallExpression(node.expression) &&
  node.expression.expression.kind === ts.SyntaxKind.SuperKeyword;

/** Puts a counter into each branch of a TypeScript file, and takes the types off. */
import ts from "typescript";

const COUNTERS = "fuzz$counters";
const { factory, SyntaxKind: Kind } = ts;

const LOGICAL = new Set([
  Kind.AmpersandAmpersandToken,
  Kind.BarBarToken,
  Kind.QuestionQuestionToken,
  Kind.AmpersandAmpersandEqualsToken,
  Kind.BarBarEqualsToken,
  Kind.QuestionQuestionEqualsToken,
]);

/**
 * JavaScript of a module whose branches count themselves: functions, both ways of each condition (also where the second
 * does nothing), cases, loops, handlers of errors.
 */
export function instrument(name, source) {
  const lines = [];
  const constants = new Set();
  const { outputText } = ts.transpileModule(source, {
    fileName: name,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      jsx: ts.JsxEmit.ReactJSX,
      verbatimModuleSyntax: true,
      removeComments: true,
    },
    transformers: { before: [(context) => (file) => transform(file, context, lines, constants)] },
  });
  const arguments_ = [name, lines, [...constants]].map((value) => JSON.stringify(value)).join(", ");
  return `const ${COUNTERS} = globalThis.fuzzCoverage(${arguments_});\n${outputText}`;
}

function transform(file, context, lines, constants) {
  const count = (node) => {
    const at = lines.push(file.getLineAndCharacterOfPosition(Math.max(node.pos, 0)).line + 1) - 1;
    if (node.getStart !== undefined && node.pos >= 0) {
      lines[at] = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    }
    return factory.createPostfixIncrement(
      factory.createElementAccessExpression(
        factory.createIdentifier(COUNTERS),
        factory.createNumericLiteral(at),
      ),
    );
  };
  const statement = (node) => factory.createExpressionStatement(count(node));
  const counted = (original, expression) =>
    factory.createParenthesizedExpression(factory.createComma(count(original), expression));
  const block = (original, body) =>
    factory.createBlock([statement(original), ...(ts.isBlock(body) ? body.statements : [body])], true);

  const visit = (original) => {
    remember(original, constants);
    const node = ts.visitEachChild(original, visit, context);
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const body = counted(original.body, node.body);
      return factory.updateArrowFunction(
        node,
        node.modifiers,
        node.typeParameters,
        node.parameters,
        node.type,
        node.equalsGreaterThanToken,
        body,
      );
    }
    if (ts.isIfStatement(node)) {
      const otherwise = node.elseStatement
        ? block(original.elseStatement, node.elseStatement)
        : factory.createBlock([statement(original)]);
      return factory.updateIfStatement(
        node,
        node.expression,
        block(original.thenStatement, node.thenStatement),
        otherwise,
      );
    }
    if (ts.isConditionalExpression(node)) {
      return factory.updateConditionalExpression(
        node,
        node.condition,
        node.questionToken,
        counted(original.whenTrue, node.whenTrue),
        node.colonToken,
        counted(original.whenFalse, node.whenFalse),
      );
    }
    if (ts.isBinaryExpression(node) && LOGICAL.has(node.operatorToken.kind)) {
      return factory.updateBinaryExpression(
        node,
        node.left,
        node.operatorToken,
        counted(original.right, node.right),
      );
    }
    if (ts.isCaseClause(node)) {
      return factory.updateCaseClause(node, node.expression, [statement(original), ...node.statements]);
    }
    if (ts.isDefaultClause(node)) {
      return factory.updateDefaultClause(node, [statement(original), ...node.statements]);
    }
    if (ts.isCatchClause(node)) {
      return factory.updateCatchClause(node, node.variableDeclaration, block(original, node.block));
    }
    if (ts.isForStatement(node)) {
      const { initializer, condition, incrementor } = node;
      return factory.updateForStatement(
        node,
        initializer,
        condition,
        incrementor,
        block(original.statement, node.statement),
      );
    }
    if (ts.isForOfStatement(node)) {
      const { awaitModifier, initializer, expression } = node;
      return factory.updateForOfStatement(
        node,
        awaitModifier,
        initializer,
        expression,
        block(original.statement, node.statement),
      );
    }
    if (ts.isWhileStatement(node)) {
      return factory.updateWhileStatement(node, node.expression, block(original.statement, node.statement));
    }
    if (ts.isBlock(node) && isBodyOfFunction(original)) return block(original, node);
    return node;
  };
  return ts.visitEachChild(file, visit, context);
}

function isBodyOfFunction(node) {
  const { parent } = node;
  return ts.isFunctionLike(parent) && parent.body === node;
}

/** Numbers and texts in the program are worth trying in what it reads. */
function remember(node, constants) {
  if (ts.isImportDeclaration(node.parent ?? node) || ts.isExportDeclaration(node.parent ?? node)) return;
  if (ts.isStringLiteral(node) && node.text.length > 0 && node.text.length <= 32) constants.add(node.text);
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) constants.add(node.name.text);
  if (ts.isNumericLiteral(node)) constants.add(Number(node.text));
}

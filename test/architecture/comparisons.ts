import ts from "typescript";
import { code, parse, visit } from "./checks.ts";
import type { Sources } from "./checks.ts";

/** The one file that may look at such values byte by byte. */
const HELPER = "src/lib/constant-time.ts";

/** Names of what only the helper may compare: authenticators, `state`, tokens, account ids. */
const AUTHENTICATOR = /^(?:uid|state|mac|hmac|binder|verifyData|codeVerifier|\w*[tT]oken)$/;
const EQUALITY = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);
/** Functions and methods that compare bytes or texts in another way. */
const COMPARERS = new Set(["timingSafeEqual", "equals", "compare", "localeCompare"]);

/** Comparisons that belong to {@link HELPER}, by the names of what is compared. */
export function checkComparisons(sources: Sources): string[] {
  return code(sources).flatMap(([path, text]) => {
    if (!path.startsWith("src/") || path === HELPER) return [];
    const found: string[] = [];
    visit(parse(path, text), (node) => {
      if (comparesAuthenticators(node)) found.push(`${path} compares by itself: ${node.getText()}`);
    });
    return found;
  });
}

function comparesAuthenticators(node: ts.Node): boolean {
  if (ts.isBinaryExpression(node) && EQUALITY.has(node.operatorToken.kind)) {
    const sides = [node.left, node.right];
    return sides.some(isAuthenticator) && !sides.some(isKnown);
  }
  if (ts.isSwitchStatement(node)) {
    const { clauses } = node.caseBlock;
    const values = clauses.flatMap((clause) => (ts.isCaseClause(clause) ? [clause.expression] : []));
    return isAuthenticator(node.expression) && !values.every(isKnown);
  }
  return ts.isCallExpression(node) && COMPARERS.has(lastName(node.expression));
}

function isAuthenticator(expression: ts.Expression): boolean {
  return AUTHENTICATOR.test(lastName(expression));
}

/** A value that stands in the source, or none at all: there is no secret in it. */
function isKnown(expression: ts.Expression): boolean {
  return (
    ts.isLiteralExpression(expression) ||
    expression.kind === ts.SyntaxKind.NullKeyword ||
    expression.kind === ts.SyntaxKind.TrueKeyword ||
    expression.kind === ts.SyntaxKind.FalseKeyword ||
    lastName(expression) === "undefined"
  );
}

function lastName(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : "";
}

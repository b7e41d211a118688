/** The tests of a file by the names that stand in its source, without running it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A test's name after those of the groups that it is in. */
export type NamePath = readonly string[];

const ROOT = new URL("../../", import.meta.url);

const read = new Map<string, readonly NamePath[]>();

/** Where one name is made of others (`${…}`), it has `%s` there. */
export function testNamesIn(file: string): readonly NamePath[] {
  const names = read.get(file) ?? readNames(file);
  read.set(file, names);
  return names;
}

function readNames(file: string): readonly NamePath[] {
  const path = fileURLToPath(new URL(file, ROOT));
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: NamePath[] = [];
  const visit = (node: ts.Node, groups: NamePath): void => {
    const call = ts.isCallExpression(node) ? nameOf(node) : undefined;
    const inside = call?.kind === "describe" ? [...groups, call.name] : groups;
    if (call?.kind === "test") found.push([...groups, call.name]);
    ts.forEachChild(node, (child) => {
      visit(child, inside);
    });
  };
  visit(source, []);
  return found;
}

function nameOf(call: ts.CallExpression): { kind: "describe" | "test"; name: string } | undefined {
  const base = /^(it|test|describe)\b/.exec(call.expression.getText())?.[1];
  const [first] = call.arguments;
  const name = first === undefined ? undefined : textOf(first);
  if (base === undefined || name === undefined) return undefined;
  return { kind: base === "describe" ? "describe" : "test", name };
}

function textOf(expression: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (!ts.isTemplateExpression(expression)) return undefined;
  return expression.head.text + expression.templateSpans.map(({ literal }) => `%s${literal.text}`).join("");
}

/** Whether a test is meant by a name of its own or of a group, or by several joined by ` > `. */
export function isMeant(path: NamePath, meant: string): boolean {
  const names = meant.split(" > ");
  return path.some((_name, start) => names.every((name, offset) => path[start + offset] === name));
}

/** As a part of the full name that a test has when it runs: what is filled in there may be anything. */
export function asPattern(meant: string): string {
  return meant
    .split(" > ")
    .map((name) =>
      name
        .split(/%\.?\d*[sdifjo#]|\$[\w.]+/)
        .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
        .join(".*"),
    )
    .join(" ");
}

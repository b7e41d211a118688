import { posix } from "node:path";
import ts from "typescript";
import {
  EXTRA_PACKAGES,
  LAYERS,
  MAX_FILE_LINES,
  MAX_TLS_LINES,
  SYSTEM_FILES,
  SYSTEM_MODULES,
} from "./layers.ts";

/** Texts by path from the project's folder, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly specifier: string;
  readonly typesOnly: boolean;
}

/** Every import of a module: static, re-export, dynamic, of a type; a dynamic one of a computed name is `<computed>`. */
export function importsOf(path: string, text: string): Import[] {
  const imports: Import[] = [];
  visit(parse(path, text), (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier === undefined) return;
      imports.push({ specifier: literal(node.moduleSpecifier), typesOnly: bringsTypesOnly(node) });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      imports.push({ specifier: literal(node.arguments[0]), typesOnly: false });
    } else if (ts.isImportTypeNode(node)) {
      imports.push({ specifier: literal((node.argument as ts.LiteralTypeNode).literal), typesOnly: true });
    }
  });
  return imports;
}

function bringsTypesOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function literal(node: ts.Node | undefined): string {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : "<computed>";
}

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, scriptKind(path));
}

function scriptKind(path: string): ts.ScriptKind {
  if (path.endsWith(".tsx")) return ts.ScriptKind.TSX;
  return path.endsWith(".ts") ? ts.ScriptKind.TS : ts.ScriptKind.JS;
}

export function visit(node: ts.Node, action: (node: ts.Node) => void): void {
  action(node);
  ts.forEachChild(node, (child) => {
    visit(child, action);
  });
}

export function layerOf(path: string): string {
  const [top = "", next = ""] = path.split("/");
  if (top !== "src") return top;
  return path === "src/main.ts" ? "main" : next;
}

/** Imports that the layers do not allow. */
export function checkLayers(sources: Sources): string[] {
  return code(sources).flatMap(([path, text]) => {
    const rule = LAYERS[layerOf(path)];
    if (rule === undefined) return [`${path}: no such layer`];
    return importsOf(path, text)
      .filter((each) => !isAllowed(path, each))
      .map(({ specifier }) => `${path} imports ${specifier}`);
  });
}

function isAllowed(path: string, { specifier, typesOnly }: Import): boolean {
  const rule = LAYERS[layerOf(path)] ?? {};
  if (!specifier.startsWith(".")) {
    return rule.packages?.test(specifier) === true || EXTRA_PACKAGES[path]?.test(specifier) === true;
  }
  const target = resolve(path, specifier);
  return (
    layerOf(target) === layerOf(path) ||
    rule.layers?.includes(layerOf(target)) === true ||
    rule.files?.includes(target) === true ||
    (typesOnly && rule.types?.includes(target) === true)
  );
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** Rings of imports in `src`, each once, as `a -> b -> a`. */
export function checkCycles(sources: Sources): string[] {
  const rings = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) rings.add([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const { specifier } of importsOf(path, sources.get(path) ?? "")) {
      const target = resolve(path, specifier);
      if (specifier.startsWith(".") && sources.has(target)) walk(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const [path] of code(sources)) walk(path, []);
  return [...rings];
}

const GLOBALS = new Set(["process", "console", "performance", "setTimeout", "setInterval", "setImmediate"]);

/** Uses of the process, the clock and timers outside the files that own them. */
export function checkSystemUse(sources: Sources): string[] {
  return code(sources).flatMap(([path, text]) => {
    if (!path.startsWith("src/") || SYSTEM_FILES.has(path)) return [];
    const uses: string[] = importsOf(path, text)
      .filter(({ specifier }) => SYSTEM_MODULES.test(specifier))
      .map(({ specifier }) => specifier);
    visit(parse(path, text), (node) => {
      const use = systemUse(node);
      if (use !== undefined) uses.push(use);
    });
    return uses.map((use) => `${path} uses ${use}`);
  });
}

function systemUse(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && GLOBALS.has(node.text) && !isOnlyName(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const [object, property] = [node.expression.text, node.name.text];
    if (object === "Date" && property === "now") return "Date.now";
    if (object === "globalThis" && (GLOBALS.has(property) || property === "Date"))
      return `globalThis.${property}`;
  }
  const isDate =
    (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === "Date";
  return isDate && (node.arguments ?? []).length === 0 ? "the time of day" : undefined;
}

/** A property's or member's name, which refers to nothing by itself. */
function isOnlyName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) {
    return (ts.isPropertyAccessExpression(parent) ? parent.name : parent.right) === node;
  }
  return (
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isBindingElement(parent) && parent.propertyName === node) ||
    (ts.isClassElement(parent) && parent.name === node) ||
    (ts.isTypeElement(parent) && parent.name === node)
  );
}

/** Files in `src` that have grown too long, and the TLS part if it has. */
export function checkSizes(sources: Sources): string[] {
  const lines = code(sources)
    .filter(([path]) => path.startsWith("src/"))
    .map(([path, text]) => [path, text.trimEnd().split("\n").length] as const);
  const tls = lines.filter(([path]) => layerOf(path) === "tls").reduce((sum, [, count]) => sum + count, 0);
  return [
    ...lines
      .filter(([, count]) => count > MAX_FILE_LINES)
      .map(([path, count]) => `${path} has ${count} lines`),
    ...(tls > MAX_TLS_LINES ? [`src/tls has ${tls} lines`] : []),
  ];
}

/** Written in pieces, so that this file does not hold what it looks for. */
const PRIVATE_TO_A_MACHINE: readonly RegExp[] = [
  new RegExp(`(?<![\\w.~>}-])/(?:${["wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"].join("|")})/\\w`),
  new RegExp(
    ["regis" + "try\\.npmjs", "regis" + "try\\.yarnpkg", "npm" + "mirror", "artifac" + "tory"].join("|"),
  ),
  new RegExp(`shared/(?:${["sp" + "ec", "des" + "ign"].join("|")})`),
];

/** Paths and hosts that mean something on one machine only. */
export function checkTraces(files: Sources): string[] {
  return [...files].flatMap(([path, text]) =>
    PRIVATE_TO_A_MACHINE.flatMap((pattern) => {
      const found = pattern.exec(text);
      return found === null ? [] : [`${path} mentions ${found[0]}`];
    }),
  );
}

export function code(sources: Sources): [string, string][] {
  return [...sources].filter(([path]) => /^(?:src|bin|scripts)\//.test(path));
}

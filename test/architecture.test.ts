import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  checkCycles,
  checkLayers,
  checkSizes,
  checkSystemUse,
  checkTraces,
  importsOf,
} from "./architecture/checks.ts";
import type { Sources } from "./architecture/checks.ts";
import { checkComparisons } from "./architecture/comparisons.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NOT_OURS = new Set(["node_modules", ".git", "dist", "coverage"]);
const BINARY = /\.(?:png|jpg|webp|gif|bin|tgz|mmdb)$/;

function readTree(folder = ROOT): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (NOT_OURS.has(entry.name) || BINARY.test(entry.name)) continue;
    if (entry.isDirectory()) for (const [name, text] of readTree(path)) files.set(name, text);
    else if (entry.isFile()) files.set(relative(ROOT, path).split(sep).join("/"), readFileSync(path, "utf8"));
  }
  return files;
}

describe("the project", () => {
  const tree = readTree();

  test("is read", () => {
    expect([...tree.keys()]).toEqual(
      expect.arrayContaining(["src/main.ts", "bin/fxa-pair", "package-lock.json"]),
    );
  });

  test.each([
    ["imports along the layers only", checkLayers],
    ["has no cycles", checkCycles],
    ["touches process, clock and timers in three files only", checkSystemUse],
    ["keeps files short", checkSizes],
    ["mentions no single machine's paths and hosts", checkTraces],
    ["C10: compares authenticators and account ids by its one helper", checkComparisons],
  ])("%s", (_name, check) => {
    expect(check(tree)).toEqual([]);
  });
});

function planted(files: Readonly<Record<string, string>>): Sources {
  return new Map(Object.entries(files));
}

/** In pieces, because this file is searched, too. */
function folder(...names: string[]): string {
  return ["", ...names].join("/");
}

describe("planted violations are found", () => {
  test.each([
    [
      "a command that reaches into tls",
      "src/commands/host.ts",
      'import { a } from "../tls/alerts.ts";',
      "../tls/alerts.ts",
    ],
    ["a re-export", "src/qr/encode.ts", 'export * from "../oauth/pkce.ts";', "../oauth/pkce.ts"],
    ["a lazy import", "src/oauth/pkce.ts", 'const a = await import("../qr/encode.ts");', "../qr/encode.ts"],
    ["a computed import", "src/oauth/pkce.ts", "const a = await import(name);", "<computed>"],
    [
      "an imported type",
      "src/tls/codec.ts",
      'import type { Clock } from "../lib/clock.ts";',
      "../lib/clock.ts",
    ],
    ["a type written in place", "src/lib/hex.ts", 'let a: import("../ui/words.ts").A;', "../ui/words.ts"],
    [
      "a value where types are allowed",
      "src/ui/words.ts",
      'import { a } from "../pairing/status.ts";',
      "../pairing/status.ts",
    ],
    [
      "a single type among values",
      "src/ui/words.ts",
      'import { type A, b } from "../channel/wire.ts";',
      "../channel/wire.ts",
    ],
    ["Node in tls", "src/tls/suite.ts", 'import { hash } from "node:crypto";', "node:crypto"],
    [
      "Node's cryptography beside its one place",
      "src/channel/wire.ts",
      'import { hash } from "node:crypto";',
      "node:crypto",
    ],
    ["a foreign package", "src/qr/decode.ts", 'import a from "jose";', "jose"],
    [
      "the relay in the channel",
      "src/relay/server.ts",
      'import { a } from "../channel/socket.ts";',
      "../channel/socket.ts",
    ],
    [
      "the sandbox server in the client",
      "src/oauth/http.ts",
      'import { a } from "../accounts/store.ts";',
      "../accounts/store.ts",
    ],
    [
      "accounts in what is not pure",
      "src/accounts/store.ts",
      'import { a } from "../oauth/http.ts";',
      "../oauth/http.ts",
    ],
    ["sources in a script", "scripts/build.mjs", 'import "../src/main.ts";', "../src/main.ts"],
    [
      "sources in the program",
      "bin/fxa-pair",
      '#!/usr/bin/env node\nimport "../src/main.ts";',
      "../src/main.ts",
    ],
  ])("%s", (_name, path, text, specifier) => {
    expect(checkLayers(planted({ [path]: text }))).toEqual([`${path} imports ${specifier}`]);
  });

  test("a new folder", () => {
    expect(checkLayers(planted({ "src/utils/a.ts": "" }))).toEqual(["src/utils/a.ts: no such layer"]);
  });

  test("a ring of types", () => {
    const files = {
      "src/lib/a.ts": 'import type { B } from "./b.ts";',
      "src/lib/b.ts": 'import { c } from "./deep/c.ts";',
      "src/lib/deep/c.ts": 'export type { A } from "../a.ts";',
      "src/lib/d.ts": 'import "./a.ts"; import "./d.ts";',
    };
    expect(checkCycles(planted(files))).toEqual([
      "src/lib/a.ts -> src/lib/b.ts -> src/lib/deep/c.ts -> src/lib/a.ts",
      "src/lib/d.ts -> src/lib/d.ts",
    ]);
  });

  test.each([
    ["process.exit(1);", "process"],
    ["const { env } = process;", "process"],
    ["globalThis.process.env;", "globalThis.process"],
    ["const a = { process };", "process"],
    ["log(console);", "console"],
    ["const a = Date.now();", "Date.now"],
    ["const a = new Date();", "the time of day"],
    ["const a = performance.now();", "performance"],
    ["setTimeout(a, 1);", "setTimeout"],
    ["const later = setInterval;", "setInterval"],
    ["`${setImmediate(a)}`;", "setImmediate"],
    ['import { setTimeout as wait } from "node:timers/promises";', "node:timers/promises"],
    ['import { env } from "process";', "process"],
  ])("%s", (text, use) => {
    expect(checkSystemUse(planted({ "src/relay/a.ts": text }))).toContain(`src/relay/a.ts uses ${use}`);
  });

  test("a file and a layer that grew", () => {
    expect(checkSizes(planted({ "src/ui/a.ts": "\n".repeat(350) + "x\n" }))).toEqual([
      "src/ui/a.ts has 351 lines",
    ]);
    const parts = Array.from({ length: 6 }, (_, i) => [`src/tls/${i}.ts`, "x\n".repeat(301)] as const);
    expect(checkSizes(new Map(parts))).toEqual(["src/tls has 1806 lines"]);
  });

  test.each([
    ["a home", `cd ${folder("home", "anna")}`],
    ["a lock file's host", `"resolved": "https://${["registry", "npmjs", "org"].join(".")}/ws"`],
    ["a file beside the project", `see ..${folder("shared", "spec")}/cli.md`],
  ])("%s", (_name, text) => {
    expect(checkTraces(planted({ "docs/a.md": text }))).toHaveLength(1);
  });
});

describe("C10: a comparison beside the one helper is found", () => {
  test.each([
    "if (binder === expected) go();",
    "if (finished.verifyData != expected) stop();",
    "const same = answer.state !== request.state;",
    "tokens.filter((token) => token.uid === uid);",
    "seat.current === claim.token;",
    "equal = session?.sessionToken === kept[0];",
    "switch (sessionToken) { case other: go(); }",
    "timingSafeEqual(a, b);",
    "a.equals(mac);",
    "Buffer.compare(mac, expected);",
    "indexOfPair.compare(binder);",
  ])("%s", (text) => {
    expect(checkComparisons(planted({ "src/relay/a.ts": text }))).toHaveLength(1);
  });

  test.each([
    'seat.state === "left"',
    "token === undefined || null !== uid",
    "sessionToken.length === 64",
    "equalText(a.uid, b.uid)",
    "typeof token === kind",
  ])("%s is none", (text) => {
    expect(checkComparisons(planted({ "src/relay/a.ts": text }))).toEqual([]);
  });
});

describe("what is allowed is not found", () => {
  test("along the layers", () => {
    const files = {
      "src/ui/words.ts":
        'import type { A } from "../pairing/status.ts"; import "../lib/hex.ts"; import "./plain.ts";',
      "src/channel/node-primitives.ts": 'import { hash } from "node:crypto";',
      "src/accounts/routes/oauth.ts": 'import { parseScope } from "../../oauth/scopes.ts";',
      "bin/fxa-pair": '#!/usr/bin/env node\nimport "../dist/main.js";',
    };
    expect(checkLayers(planted(files))).toEqual([]);
  });

  test("names that are no uses", () => {
    const text = `
      // process.exit(), setTimeout()
      const a = "Date.now()" + \`console\`;
      interface B { process: string; setTimeout(): void }
      const b: B = { process: "x", setTimeout() {} };
      b.process; b.setTimeout(); const { process: renamed } = b;
      new Date(0); Date.parse(a); clock.now();`;
    expect(checkSystemUse(planted({ "src/relay/a.ts": text }))).toEqual([]);
    expect(checkSystemUse(planted({ "src/lib/clock.ts": "Date.now(); setTimeout(a, 1);" }))).toEqual([]);
  });

  test("imports in comments and strings", () => {
    expect(importsOf("src/a.ts", '// import "x";\nconst a = \'import "y"\';')).toEqual([]);
  });

  test("addresses and relative paths that look alike", () => {
    const text = `https://example.com${folder("home", "x")} .${folder("work", "x")} ~${folder("work", "x")} "${folder("work")}"`;
    expect(checkTraces(planted({ "docs/a.md": text }))).toEqual([]);
  });
});

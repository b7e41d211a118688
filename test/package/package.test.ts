/** What is published: nothing but what is needed, and it works where nothing else is. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PATIENT, cleanUp, environmentFor, temporaryFolder } from "../cli/harness.ts";
import { createWorld, EMAIL, storedCredentials } from "../cli/world.ts";
import { startRegistry } from "./registry.ts";

// npm is called several times, and the machine may be busy with others.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = fileURLToPath(new URL("../../", import.meta.url));
const { version, dependencies, bin } = readManifest(root);
/** What a registry is asked for by whoever installs it: the packages with native parts. */
const INSTALLED = ["@napi-rs/keyring", "sharp"];
/** What bundled packages would use if it were there, and do without. */
const OPTIONAL = ["bufferutil", "utf-8-validate", "react-devtools-core", "@node-rs/xxhash"];
const MEBIBYTE = 1024 * 1024;

/** Where the package and its list of contents were written. */
let made: string;
/** The package, unpacked. */
let unpacked: string;

beforeAll(() => {
  made = temporaryFolder();
  run(process.execPath, [join(root, "scripts", "package.mjs"), made]);
  unpacked = temporaryFolder();
  run("tar", ["-xzf", tarball(), "-C", unpacked, "--strip-components=1"]);
});

afterAll(cleanUp);

const tarball = () => join(made, `fxa-pair-${version}.tgz`);

interface Sbom {
  readonly components: readonly { readonly name: string; readonly hashes?: readonly unknown[] }[];
}

interface Manifest {
  readonly version: string;
  readonly bin: unknown;
  readonly dependencies: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function run(program: string, args: readonly string[], env: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env: environmentFor(env) });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}

describe("the package", () => {
  it("holds the program, its manual pages and its papers, and nothing else", () => {
    const expected = [
      /^bin\/fxa-pair$/,
      /^dist\/[\w-]+\.js(\.LEGAL\.txt)?$/,
      /^dist\/zxing_reader\.wasm$/,
      /^man\/fxa-pair(-\w+)?\.1$/,
      /^(README|CHANGELOG)\.md$/,
      /^(LICENSE|THIRD-PARTY-NOTICES\.txt|package\.json)$/,
    ];
    const files = filesIn(unpacked);
    expect(files.filter((file) => !expected.some((form) => form.test(file)))).toEqual([]);
    for (const form of expected)
      expect(
        files.some((file) => form.test(file)),
        String(form),
      ).toBe(true);
    expect(files.some((file) => lstatSync(join(unpacked, file)).isSymbolicLink())).toBe(false);
  });

  it("is small: it grows when somebody decides so", () => {
    expect(statSync(tarball()).size).toBeLessThan(1.5 * MEBIBYTE);
    const sizes = filesIn(unpacked).map((file) => statSync(join(unpacked, file)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4.5 * MEBIBYTE);
  });

  it("tells nothing of the machine that it was made on", () => {
    for (const file of filesIn(unpacked)) {
      const content = readFileSync(join(unpacked, file), "latin1");
      expect(content.includes(root), file).toBe(false);
      expect(content.includes("sourceMappingURL"), file).toBe(false);
    }
  });

  it("runs nothing when it is installed, and names the very versions that are tested", () => {
    const manifest = readManifest(unpacked);
    expect(manifest).not.toHaveProperty("scripts");
    expect(manifest).not.toHaveProperty("devDependencies");
    expect(manifest).toMatchObject({ version, bin, publishConfig: { provenance: true } });
    const versions = INSTALLED.map((name) => [name, readManifest(join(root, "node_modules", name)).version]);
    expect(manifest.dependencies).toEqual(Object.fromEntries(versions));
  });

  it("imports nothing that it neither holds nor names", async () => {
    const { metafile } = await build({
      entryPoints: [join(unpacked, "dist", "main.js"), join(unpacked, "dist", "search-process.js")],
      bundle: true,
      splitting: true,
      write: false,
      metafile: true,
      outdir: unpacked,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "silent",
    });
    const files = Object.values(metafile.inputs);
    expect(files.length).toBeGreaterThan(20);
    const imported = files.flatMap(({ imports }) => imports.filter(({ external }) => external === true));
    const names = new Set(imported.map(({ path }) => path.replace(/^node:/, "")));
    const known = [...builtinModules, ...INSTALLED, ...OPTIONAL];
    expect([...names].filter((name) => !known.includes(name))).toEqual([]);
  });

  it("passes on the licences of all that was bundled", () => {
    const notices = readFileSync(join(unpacked, "THIRD-PARTY-NOTICES.txt"), "utf8");
    const bundled = Object.keys(dependencies).filter((name) => !INSTALLED.includes(name));
    for (const name of bundled) expect(notices, name).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, "m"));
    for (const name of ["typescript", "vitest"]) expect(notices).not.toMatch(new RegExp(`^${name} \\d`, "m"));
  });

  it("comes with a list of all that went into it, each with its hash", () => {
    const sbom = JSON.parse(readFileSync(join(made, `fxa-pair-${version}.cdx.json`), "utf8")) as Sbom;
    expect(sbom).toMatchObject({
      bomFormat: "CycloneDX",
      metadata: { component: { name: "fxa-pair", version } },
    });
    const { components } = sbom;
    const names = components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(names).not.toContain("vitest");
    expect(components.filter(({ hashes }) => hashes === undefined)).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("installed in an empty folder", () => {
  it("asks the registry for two packages and what they need, and pairs", async () => {
    const prefix = temporaryFolder();
    const registry = await startRegistry(INSTALLED, temporaryFolder());
    const options = ["--registry", registry.url, "--cache", temporaryFolder(), "--no-audit", "--no-fund"];
    await install(["install", "--global", "--prefix", prefix, "--foreground-scripts", ...options, tarball()]);
    registry.close();
    const unneeded = [...registry.asked].filter(
      (name) => !/^(sharp|@img\/.*|@napi-rs\/.*|detect-libc|semver)$/.test(name),
    );
    expect(unneeded).toEqual([]);
    expect(existsSync(join(prefix, "share", "man", "man1", "fxa-pair.1"))).toBe(true);

    const program = join(prefix, "bin", "fxa-pair");
    const home = temporaryFolder();
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, ".config") };
    expect(run(program, ["--version"], env)).toBe(`${version}\n`);
    const world = await createWorld();
    try {
      const picture = join(home, "code.png");
      const host = spawn(
        program,
        [
          "host",
          ...world.servers,
          "--config-dir",
          await world.hostFolder(),
          "--yes",
          "--json",
          "--qr-out",
          picture,
        ],
        { env: environmentFor(env), stdio: ["ignore", "pipe", "inherit"] },
      );
      const ended = new Promise((resolve) => host.on("close", resolve));
      await new Promise((resolve) => host.stdout.once("data", resolve));
      const folder = world.newFolder();
      // By the picture, so that what reads pictures is there, too.
      const joining = ["join", ...world.servers, "--config-dir", folder, "--yes", "--expect-email", EMAIL];
      await runLater(program, [...joining, ...PATIENT, "--qr", picture], env);
      expect(await ended).toBe(0);
      expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
    } finally {
      await world.close();
    }
  });

  /** Without blocking: the registry is in this process. */
  const install = (args: readonly string[]) => runLater("npm", args, {});

  async function runLater(
    program: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<void> {
    const child = spawn(program, args, { env: environmentFor(env) });
    child.stdin.end();
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect(status, output).toBe(0);
  }
});

/**
 * What is published, in a folder (`npm run package -- <folder>`): the tarball, and a list of all that is in it (SBOM,
 * CycloneDX). Nearly everything that package.json depends on is inside of dist/ already: whoever installs the tarball gets
 * from the registry only the packages with native parts, in the very versions that the tests ran with.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** These bring programs of their own for each platform, which no bundle can hold. */
const INSTALLED = ["@napi-rs/keyring", "sharp"];
/** Parts of package.json that mean something in a checkout only. */
const CHECKOUT_ONLY = ["scripts", "devDependencies", "allowScripts"];
const NOTICES = "THIRD-PARTY-NOTICES.txt";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = readJson("package.json");
const { packages } = readJson("package-lock.json");
const [, , given] = process.argv;
if (given === undefined) {
  console.error("Name the folder for the package: npm run package -- <folder>");
  process.exit(2);
}
const folder = resolve(given);
mkdirSync(folder, { recursive: true });

const staged = mkdtempSync(join(tmpdir(), "fxa-pair-package-"));
try {
  for (const name of manifest.files) cpSync(join(root, name), join(staged, name), { recursive: true });
  writeFileSync(join(staged, NOTICES), notices());
  writeFileSync(join(staged, "package.json"), `${JSON.stringify(publishedManifest(), null, 2)}\n`);
  const tarball = npm(["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], staged).trim();
  console.log(join(folder, tarball));
} finally {
  rmSync(staged, { recursive: true, force: true });
}
const list = JSON.parse(npm(["sbom", "--sbom-format=cyclonedx", "--omit=dev", "--package-lock-only"], root));
list.metadata.component.name = manifest.name; // npm takes the folder's
const sbom = join(folder, `${manifest.name}-${manifest.version}.cdx.json`);
writeFileSync(sbom, `${JSON.stringify(list, null, 2)}\n`);
console.log(sbom);

function publishedManifest() {
  const published = Object.fromEntries(
    Object.entries(manifest).filter(([name]) => !CHECKOUT_ONLY.includes(name)),
  );
  const dependencies = INSTALLED.map((name) => [name, packages[`node_modules/${name}`].version]);
  return {
    ...published,
    files: [...manifest.files, NOTICES],
    dependencies: Object.fromEntries(dependencies),
  };
}

/** The licences of what was bundled: most ask to be passed on with the code. */
function notices() {
  const bundled = Object.entries(packages).filter(
    ([path, { dev, devOptional, optional, peer }]) =>
      path !== "" && !(dev || devOptional || optional || peer) && !isInstalled(path),
  );
  return bundled.map(([path]) => `${licenceOf(path)}\n`).join(`\n${"-".repeat(78)}\n\n`);
}

function isInstalled(path) {
  return INSTALLED.some((name) => reachableFrom(name).has(path));
}

/** Paths in the lock file of a package and all it depends on. */
function reachableFrom(name, seen = new Set()) {
  const path = `node_modules/${name}`;
  if (seen.has(path) || packages[path] === undefined) return seen;
  seen.add(path);
  for (const next of Object.keys(packages[path].dependencies ?? {})) reachableFrom(next, seen);
  return seen;
}

function licenceOf(path) {
  const { name, version, license } = readJson(join(path, "package.json"));
  const file = readdirSync(join(root, path)).find((entry) => /^(licen[cs]e|copying)\b/i.test(entry));
  const text =
    file === undefined ? `Licence: ${license}` : readFileSync(join(root, path, file), "utf8").trim();
  return `${name} ${version}\n\n${text}`;
}

function npm(args, cwd) {
  const program = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status, stdout, error } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw error ?? new Error(`npm ${args[0]} ended with ${status}`);
  return stdout;
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

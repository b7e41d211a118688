/** What comes in from the registry, and how a release goes out. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  allowScripts: Record<string, boolean>;
};
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockedPackage> };
const locked = Object.entries(packages).filter(([path]) => path !== "");

interface Job {
  readonly permissions?: Record<string, string>;
  readonly environment?: string;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, Job>;
}

describe("the lock file", () => {
  it("pins every package by version and SHA-512", () => {
    expect(locked.length).toBeGreaterThan(100);
    for (const [path, { version, integrity }] of locked) {
      expect(version, path).toMatch(/^\d+\.\d+\.\d+/);
      expect(integrity, path).toMatch(/^sha512-[\w+/]{86}==$/);
    }
  });

  it("has no package whose install script anybody would run unasked", () => {
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = new Set(scripted.map(([path]) => path.replace(/^.*node_modules\//, "")));
    expect(Object.fromEntries([...names].map((name) => [name, false]))).toEqual(manifest.allowScripts);
  });
});

describe.each(["ci.yml", "release.yml"])("%s", (name) => {
  const text = read(`.github/workflows/${name}`);
  const workflow = parse(text) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it("installs what the lock file says, and runs nothing of it", () => {
    const installs = steps.flatMap(({ run }) => run?.match(/\bnpm (?:ci|i|install)\b.*/g) ?? []);
    expect(installs.length).toBeGreaterThan(0);
    for (const install of installs) expect(install).toMatch(/^npm ci --ignore-scripts\b/);
  });

  it("runs others' actions from commits, with the version beside them: a tag can be moved", () => {
    const uses = text.match(/\buses: .*/g) ?? [];
    expect(uses.length).toBeGreaterThan(0);
    for (const use of uses) expect(use).toMatch(/^uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("may read and no more, unless a job says why", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const more = Object.entries(workflow.jobs).filter(([, { permissions }]) => permissions !== undefined);
    expect(more.map(([job]) => job)).toEqual(name === "release.yml" ? ["publish"] : []);
  });

  it("puts no text from outside into a script", () => {
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
  });
});

describe("a release", () => {
  const { jobs } = parse(read(".github/workflows/release.yml")) as Workflow;

  it("publishes what was tested, from where nothing else runs", () => {
    const { publish } = jobs;
    expect(publish).toMatchObject({ environment: "npm", permissions: { "id-token": "write" } });
    const uses = publish?.steps.flatMap(({ uses: action }) => action?.replace(/@.*/, "") ?? []);
    // No checkout: only the package that the other job made is there.
    expect(uses).toEqual(["actions/setup-node", "actions/download-artifact"]);
    expect(publish?.steps.filter(({ run }) => /\bnpm\b/.test(run ?? "")).map(({ run }) => run)).toEqual([
      "npm publish --ignore-scripts release/*.tgz",
    ]);
  });

  it("is not made by hand in a checkout", () => {
    expect(manifest.scripts.prepublishOnly).toMatch(/exit 1$/);
  });
});

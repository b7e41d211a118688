/** An npm registry on loopback that has packages as they are installed here, and knows no others. */
import { spawnSync } from "node:child_process";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface LockedPackage {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, LockedPackage>;
};

export interface Registry {
  readonly url: string;
  /** Every package that was asked for, those that are not here among them. */
  readonly asked: Set<string>;
  close(): void;
}

/** @param names packages that it has, with all they depend on that is installed here; their tarballs go to `folder` */
export async function startRegistry(names: readonly string[], folder: string): Promise<Registry> {
  const installed = [...names.reduce(withDependencies, new Set<string>())].filter(isInstalled);
  const paths = installed.map((name) => join(root, "node_modules", name));
  const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder, ...paths];
  const packed = spawnSync("npm", args, { encoding: "utf8" });
  if (packed.status !== 0) throw new Error(`npm pack failed: ${packed.stderr}`);
  const files = packed.stdout.trim().split("\n");
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    if (files.includes(path)) {
      createReadStream(join(folder, path)).pipe(response);
      return;
    }
    asked.add(path);
    const index = installed.indexOf(path);
    if (index === -1) response.writeHead(404).end("{}");
    else response.end(JSON.stringify(packument(path, `${url}${files[index] ?? ""}`)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What a registry tells about a package: here, of its only version. */
function packument(name: string, tarball: string): unknown {
  const manifest = readManifest(name);
  const { version } = manifest;
  return {
    name,
    "dist-tags": { latest: version },
    versions: { [String(version)]: { ...manifest, dist: { tarball } } },
  };
}

function withDependencies(seen: Set<string>, name: string): Set<string> {
  const locked = packages[`node_modules/${name}`];
  if (seen.has(name) || locked === undefined) return seen;
  seen.add(name);
  return Object.keys({ ...locked.dependencies, ...locked.optionalDependencies }).reduce(
    withDependencies,
    seen,
  );
}

function isInstalled(name: string): boolean {
  try {
    return readdirSync(join(root, "node_modules", name)).length > 0;
  } catch {
    return false;
  }
}

function readManifest(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;
}

/** Asks the TypeScript sources something for a page of the documentation. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a program in a process of its own, and resolves to the JSON that it prints.
 *
 * @param {string} query TypeScript, whose imports are relative to the project's folder
 */
export async function runQuery(query) {
  const { outputFiles } = await build({
    stdin: { contents: query, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "cjs",
    platform: "node",
    write: false,
    logLevel: "warning",
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=commonjs"], {
    input: outputFiles[0].text,
    encoding: "utf8",
    maxBuffer: 16_000_000,
  });
  if (status !== 0) throw new Error(`The tables cannot be read: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * Loads the sources under `src` with a counter in each branch, for `node --import`. The counters of all files lie in one
 * piece of memory: see `coverage.ts`. Runs in a thread of its own, as all hooks of modules do.
 */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";

const here = new URL(import.meta.url);
const root = new URL("../../../", here);
const isHook = here.searchParams.has("hooks");
if (!isHook) {
  await import("./coverage.ts");
  register(`${here.href}?hooks`);
}
const { instrument } = isHook ? await import("./branches.mjs") : {};

/** Hook of `node:module`. */
export async function load(url, context, nextLoad) {
  const isSource = url.startsWith(new URL("src/", root).href) && /\.ts$/.test(url);
  if (!isSource) return nextLoad(url, context);
  const name = fileURLToPath(url).slice(fileURLToPath(root).length).replaceAll("\\", "/");
  const source = instrument(name, await readFile(new URL(url), "utf8"));
  return { format: "module", source, shortCircuit: true };
}

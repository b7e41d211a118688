/** Lets Node run the sources as they are: lines of Node that cannot strip types have esbuild do it. */
import { readFile } from "node:fs/promises";
import { register } from "node:module";

if (!process.features.typescript && !new URL(import.meta.url).searchParams.has("hooks")) {
  register(`${import.meta.url}?hooks`);
}

export async function load(url, context, nextLoad) {
  if (!/^file:.*\.ts$/.test(url)) return nextLoad(url, context);
  const { transform } = await import("esbuild");
  const { code } = await transform(await readFile(new URL(url), "utf8"), { loader: "ts" });
  return { format: "module", source: code, shortCircuit: true };
}

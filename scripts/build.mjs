/**
 * Bundles src/main.ts into dist/: one small entry and lazily loaded chunks, so that `--version` and `--help` read
 * almost nothing; and the program that searches pictures, which is run beside it. Only packages with native or wasm
 * parts of their own stay outside the bundle.
 */
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: "src/main.ts", "search-process": "src/qr/search-process.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: ["sharp", "@napi-rs/keyring", "bufferutil", "utf-8-validate", "react-devtools-core"],
  define: {
    // React and ink as their users get them: without checks, and without looking for tools of their developers.
    "process.env.NODE_ENV": '"production"',
    "process.env.DEV": '"false"',
    FXA_PAIR_VERSION: JSON.stringify(version),
    // What the relay answers at /__version__, where whoever builds it tells.
    FXA_PAIR_BUILD: JSON.stringify({
      source: process.env.BUILD_SOURCE,
      commit: process.env.BUILD_COMMIT,
      build: process.env.BUILD_ID,
    }),
  },
  // CommonJS packages inside the bundle (ws, undici, qrcode-terminal) call require() for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  legalComments: "linked",
  minify: true,
  keepNames: true,
  sourcemap: false,
  logLevel: "warning",
});

// The reader of QR codes loads its program from there.
copyFileSync(
  createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm"),
  fileURLToPath(new URL("../dist/zxing_reader.wasm", import.meta.url)),
);

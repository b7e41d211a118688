/** Who may import whom. Arrows go one way; types count like everything else, save where a rule says so. */

export interface Layer {
  /** Other layers all of whose files may be imported. */
  readonly layers?: readonly string[];
  /** Single files of other layers. */
  readonly files?: readonly string[];
  /** Single files of other layers, for their types alone. */
  readonly types?: readonly string[];
  /** Packages and Node's own modules, as a pattern for the whole specifier. */
  readonly packages?: RegExp;
}

/** Derivations without I/O, which both sides of a sign-in compute. */
const PURE_OAUTH = [
  "stretch",
  "session-token",
  "key-bundle",
  "key-material",
  "scoped-keys",
  "scopes",
  "pkce",
  "public-jwk",
].map((name) => `src/oauth/${name}.ts`);

export const LAYERS: Readonly<Record<string, Layer>> = {
  main: { layers: ["commands", "ui", "lib"], packages: /^node:(?:os|tty)$/ },
  commands: {
    layers: ["ui", "pairing", "relay", "accounts", "channel", "oauth", "network", "qr", "lib"],
    packages: /^(?:commander|env-paths|valibot|pino|node:.+)$/,
  },
  ui: {
    layers: ["qr", "lib"],
    types: ["src/pairing/status.ts", "src/channel/wire.ts"],
    packages: /^(?:ink|react|react\/jsx-runtime|node:(?:stream|readline|tty|util))$/,
  },
  pairing: {
    layers: ["channel", "lib"],
    files: PURE_OAUTH,
    packages: /^(?:@noble\/.+|@scure\/bip39\/wordlists\/english\.js|valibot|node:crypto)$/,
  },
  channel: { layers: ["tls", "cpace", "network", "lib"], packages: /^(?:@noble\/.+|ws|valibot)$/ },
  oauth: { layers: ["network", "lib"], packages: /^(?:jose|undici|valibot|@noble\/.+|node:.+)$/ },
  qr: {
    layers: ["lib"],
    packages:
      /^(?:sharp|jsqr|qr|qr\/decode\.js|zxing-wasm\/reader|qrcode-terminal|valibot|node:(?:fs|fs\/promises|module|path|url|vm|zlib|child_process))$/,
  },
  network: { layers: ["lib"], packages: /^node:(?:net|tls|http|https|dns\/promises|events|url)$/ },
  accounts: { layers: ["lib"], files: PURE_OAUTH, packages: /^(?:valibot|node:.+)$/ },
  relay: {
    layers: ["lib"],
    files: ["src/channel/wire.ts"],
    packages: /^(?:valibot|maxmind|prom-client|node:.+)$/,
  },
  cpace: {
    files: ["src/lib/base64url.ts", "src/lib/constant-time.ts", "src/lib/json.ts", "src/lib/random.ts"],
    packages: /^(?:@noble\/.+|valibot)$/,
  },
  tls: { files: ["src/lib/constant-time.ts", "src/lib/random.ts"], packages: /^@noble\/.+$/ },
  lib: { packages: /^node:(?:fs|fs\/promises|os|path)$/ },
  bin: { files: ["dist/main.js"] },
  scripts: { packages: /^(?:esbuild|node:.+)$/ },
};

/** What one file may import beyond its layer. */
export const EXTRA_PACKAGES: Readonly<Record<string, RegExp>> = {
  "src/channel/node-primitives.ts": /^node:crypto$/,
  "src/relay/redis/connection.ts": /^@redis\/client$/,
  "src/oauth/keyring.ts": /^@napi-rs\/keyring$/,
};

/** The only files that touch the process, the clock or a timer. */
export const SYSTEM_FILES: ReadonlySet<string> = new Set([
  "src/main.ts",
  "src/qr/search-process.ts",
  "src/ui/streams.ts",
  "src/lib/clock.ts",
]);

/** Ways round {@link SYSTEM_FILES}. */
export const SYSTEM_MODULES = /^(?:node:)?(?:process|console|timers|timers\/promises|perf_hooks)$/;

export const MAX_FILE_LINES = 350;
/** The part that must be read by whoever wants to trust it. */
export const MAX_TLS_LINES = 1_800;

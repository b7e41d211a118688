/**
 * What stands in the file of credentials. It is taken, and then it is the same when it is written and read again; or it
 * is refused with words that hold nothing of it, and what a newer version wrote is left as it is.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseJsonBytes } from "../../../src/lib/json.ts";
import { LocalCredentialStore } from "../../../src/oauth/credential-store.ts";
import { readCredentials } from "../../../src/oauth/credential-format.ts";
import type { Credentials } from "../../../src/oauth/credentials.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { QuickClock } from "./relay/quick-clock.ts";
import { checkWords, expectOwnError } from "./words.ts";

const RECOGNIZABLE = 16;
const PLACE = "credentials.json";
const TOKEN = "cd".repeat(32);
const SYNC = "https://identity.mozilla.com/apps/oldsync";

const credentials: Credentials = {
  version: 1,
  server: "https://accounts.firefox.com",
  clientId: "a2270f727f45f648",
  uid: "ab".repeat(16),
  email: "user@example.com",
  refreshToken: TOKEN,
  sessionToken: TOKEN,
  keys: { [SYNC]: { kty: "oct", kid: "1700000000000-AAECAwQFBgcICQoLDA0ODw", k: "AAEC", scope: SYNC } },
  scope: ["profile", SYNC],
  authAt: 1_700_000_000,
  deviceId: "ef".repeat(16),
  deviceName: "A Device",
  createdAt: "2026-01-01T00:00:00Z",
};
const { sessionToken, ...withoutSession } = credentials;

const folder = mkdtempSync(join(tmpdir(), "fxa-pair-fuzz-"));
const file = join(folder, "credentials.json");
let asked = 0;
const random = (length: number): Uint8Array => new Uint8Array(length).fill(++asked);

export const target: Target = {
  subjects: [
    "src/oauth/credential-store",
    "src/oauth/credentials",
    "src/oauth/credential-format",
    "src/oauth/scoped-keys",
    "src/lib/private-file",
  ],
  maxLength: 3_000,
  seeds: [
    credentials,
    { ...withoutSession, keys: {}, authAt: null, deviceId: null, deviceName: null },
    { ...credentials, version: 2, unknown: sessionToken },
    { ...credentials, version: 0 },
    { version: 1, store: "keyring" },
    { version: Number.MAX_SAFE_INTEGER },
    [],
  ].map((document) => Buffer.from(JSON.stringify(document))),
  isJson: true,
  run(input) {
    const text = Buffer.from(input).toString("utf8");
    // A file takes very long: only some inputs get as far.
    if (input.length % 16 === 0) return tryFile(input, text);
    try {
      tryText(text);
    } catch (error) {
      checkWords(expectOwnError(error), text, RECOGNIZABLE);
    }
  },
  finish() {
    rmSync(folder, { recursive: true });
    return Promise.resolve();
  },
};

function tryText(text: string): void {
  const read = readCredentials(text, PLACE).credentials;
  checkForm(read);
  check(
    areSame(readCredentials(JSON.stringify(read), PLACE).credentials, read),
    "other credentials once they are written and read again",
  );
}

async function tryFile(input: Uint8Array, text: string): Promise<void> {
  writeFileSync(file, input, { mode: 0o600 });
  const store = new LocalCredentialStore({ folder, clock: new QuickClock(), random, keyring: newKeyring() });
  try {
    const loaded = await store.load();
    if (loaded !== null) await checkSaved(store, loaded);
  } catch (error) {
    checkWords(expectOwnError(error), text, RECOGNIZABLE);
    check(Buffer.compare(readFileSync(file), input) === 0, "a file that was refused is another one now");
    if (isNewer(parseJsonBytes(input))) await checkLeftAlone(store, input);
  }
}

/** But for -0, which JSON has not. */
function areSame(one: Credentials | null, other: Credentials): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function checkForm({ refreshToken, server, scope, keys }: Credentials): void {
  check(/^[0-9a-f]{64}$/.test(refreshToken) && URL.canParse(server), "credentials that are none");
  check(
    scope.every((name) => typeof name === "string"),
    "a scope that is no text",
  );
  check(
    Object.entries(keys).every(([name, key]) => key.scope === name),
    "a key of another scope",
  );
}

async function checkSaved(store: LocalCredentialStore, loaded: Credentials): Promise<void> {
  checkForm(loaded);
  await store.save(loaded, loaded);
  check(areSame(await store.load(), loaded), "other credentials once they are written and read again");
}

/** Neither a sign-in nor a sign-out may touch what this version cannot read. */
async function checkLeftAlone(store: LocalCredentialStore, input: Uint8Array): Promise<void> {
  for (const attempt of [() => store.save(credentials, null), () => store.remove()]) {
    await attempt().then(
      () => {
        check(false, "what a newer version wrote was replaced");
      },
      (error: unknown) => expectOwnError(error),
    );
    check(Buffer.compare(readFileSync(file), input) === 0, "what a newer version wrote was changed");
  }
}

function isNewer(document: unknown): boolean {
  if (typeof document !== "object" || document === null || !("version" in document)) return false;
  return Number.isInteger(document.version) && Number(document.version) > credentials.version;
}

/** One that holds the same whatever it is asked. */
function newKeyring() {
  let secret: string | null = JSON.stringify(credentials);
  return {
    read: () => Promise.resolve(secret),
    write: (_entry: string, text: string) => {
      secret = text;
      return Promise.resolve();
    },
    remove: () => {
      secret = null;
      return Promise.resolve();
    },
  };
}

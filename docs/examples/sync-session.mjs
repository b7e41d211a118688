/**
 * Hands a sign-in over to a Sync client, for as long as Sync's storage token is good (an hour at Mozilla's server):
 *
 *     fxa-pair token --scope https://identity.mozilla.com/apps/oldsync --json |
 *       node sync-session.mjs <ffsclient|firefox-sync> credentials.json > session.json
 *
 * What it prints opens the account's synced data. docs/sync-clients.md has the rest.
 */
import { createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const SYNC_SCOPE = "https://identity.mozilla.com/apps/oldsync";
const TOKEN_SERVER = process.env.SYNC_TOKEN_SERVER ?? "https://token.services.mozilla.com";
/** Milliseconds that a server may take. */
const PATIENCE = 30_000;

const FORMATS = { ffsclient, "firefox-sync": firefoxSync };
const [, , format, path] = process.argv;
if (!Object.hasOwn(FORMATS, format ?? "") || path === undefined) {
  console.error(
    "Usage: sync-session.mjs <ffsclient|firefox-sync> <credentials.json>, with the token on standard input",
  );
  process.exit(2);
}
const credentials = JSON.parse(readFileSync(path, "utf8"));
const access = JSON.parse(await text(process.stdin));
const key = credentials.keys[SYNC_SCOPE];
if (key === undefined)
  throw new Error("this sign-in has no key for Sync: join without --scope, or with Sync's among them");
const now = Date.now();
const storage = await json(`${TOKEN_SERVER}/1.0/sync/1.5`, {
  authorization: `Bearer ${access.token}`,
  "x-keyid": key.kid,
});
const session = await FORMATS[format]();
process.stdout.write(`${JSON.stringify(session, null, 2)}\n`);

/** The session file of ffsclient 1.10. It has no place for our key, but takes the collections' keys, which ours opens. */
async function ffsclient() {
  const url = `${storage.api_endpoint}/storage/crypto/keys`;
  const record = await json(url, { authorization: hawk("GET", url) });
  const { default: fallback, collections } = decrypt(JSON.parse(record.payload), bundle());
  const keys = Object.entries({ "": fallback, ...collections });
  const hex = (base64) => Buffer.from(base64, "base64").toString("hex");
  return {
    mail: credentials.email,
    // Renewing takes these three, and no pairing gives the last two away: see docs/sync-clients.md.
    sessionToken: "",
    keyA: "",
    keyB: "",
    accessToken: access.token,
    refreshToken: credentials.refreshToken,
    userID: credentials.uid,
    hawk: {
      apiEndpoint: storage.api_endpoint,
      id: storage.id,
      key: storage.key,
      algorithm: storage.hashalg,
      bulkKeys: Object.fromEntries(keys.map(([collection, pair]) => [collection, pair.map(hex)])),
    },
    timeout: (now + storage.duration * 1000) * 1000, // microseconds
  };
}

/** The credentials file of the npm package firefox-sync 1.1 (`credsFile`). It drops the refresh token when it has used it. */
function firefoxSync() {
  const { encryption, mac } = bundle();
  return {
    oauthToken: {
      access_token: access.token,
      token_type: "bearer",
      scope: access.scope.join(" "),
      expires_in: Math.floor((Date.parse(access.expiresAt) - now) / 1000),
      auth_at: Math.floor(now / 1000),
      refresh_token: credentials.refreshToken,
    },
    syncKeyBundle: {
      encryptionKey: encryption.toString("base64"),
      hmacKey: mac.toString("base64"),
      kid: key.kid,
    },
    token: storage,
    tokenIssuedAt: now,
  };
}

/** Sync's key is two: 32 bytes for AES-256, 32 for HMAC-SHA256. */
function bundle() {
  const bytes = Buffer.from(key.k, "base64url");
  return { encryption: bytes.subarray(0, 32), mac: bytes.subarray(32) };
}

/** The content of a Sync record: AES-256-CBC, with an HMAC of the ciphertext's base64. */
function decrypt({ ciphertext, IV, hmac }, { encryption, mac }) {
  const expected = createHmac("sha256", mac).update(ciphertext).digest();
  const given = Buffer.from(hmac, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Error("Sync's keys were not made with this account's key");
  }
  const decipher = createDecipheriv("aes-256-cbc", encryption, Buffer.from(IV, "base64"));
  const plain = Buffer.concat([decipher.update(ciphertext, "base64"), decipher.final()]);
  return JSON.parse(plain.toString("utf8"));
}

/** A Hawk header for a request without a body. */
function hawk(method, address) {
  const url = new URL(address);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const ts = String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(6).toString("hex");
  const lines = [
    "hawk.1.header",
    ts,
    nonce,
    method,
    url.pathname + url.search,
    url.hostname,
    port,
    "",
    "",
    "",
  ];
  const mac = createHmac("sha256", storage.key).update(lines.join("\n")).digest("base64");
  return `Hawk id="${storage.id}", ts="${ts}", nonce="${nonce}", mac="${mac}"`;
}

async function json(url, headers) {
  const answer = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${new URL(url).host} answered ${answer.status}`);
  return answer.json();
}

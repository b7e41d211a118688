/** Everything that is asked of an accounts server, and what an honest one answers. */
import { AccountsClient } from "../../../../src/oauth/accounts-client.ts";
import { discover } from "../../../../src/oauth/discovery.ts";
import type { Http } from "../../../../src/oauth/http.ts";
import { openKeys } from "../../../../src/oauth/keys-jwe.ts";
import { isSyncScope } from "../../../../src/oauth/scoped-keys.ts";
import { check } from "../../engine/target.ts";
import { QuickClock } from "../relay/quick-clock.ts";

const hex = (digits: number): string => "ab".repeat(digits / 2);
const TOKEN = hex(64);
const CLIENT = "a2270f727f45f648";
const SCOPE = "profile https://identity.mozilla.com/apps/oldsync";

const SERVERS = {
  contentServer: "https://accounts.example",
  auth: "https://api.example/v1",
  oauth: "https://oauth.example/v1",
  profile: "https://profile.example/v1",
  pairing: null,
  tokenServer: null,
};

/** Every wait is over as soon as it begins. */
class HastyClock extends QuickClock {
  override after(milliseconds: number, action: () => void): () => void {
    let isCancelled = false;
    queueMicrotask(() => {
      if (isCancelled) return;
      this.advance(milliseconds);
      action();
    });
    return () => (isCancelled = true);
  }
}

/** Begins a call; it rejects as the program does. */
export type AccountsCall = (http: Http, document: unknown) => Promise<unknown>;

const call =
  (ask: (client: AccountsClient) => Promise<unknown>): AccountsCall =>
  (http) =>
    ask(new AccountsClient({ servers: SERVERS, http, clock: new HastyClock() }));

const proof = { email: "user@example.com", authPW: new Uint8Array(32) };
const authorization = { sessionToken: TOKEN };
const issued = async (ask: Promise<{ tokens: object; read(): unknown }>): Promise<unknown> => {
  const { tokens, read } = await ask;
  for (const token of Object.values(tokens))
    check(token === null || /^[\w.-]+$/.test(String(token)), "no token");
  return read();
};

/** The private key of RFC 7517, Appendix A.2. */
const PRIVATE_KEY = {
  kty: "EC",
  crv: "P-256",
  x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
  y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
  d: "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
} as const;

/** A key for Sync, sealed to it. */
const KEYS_JWE = [
  "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJ4IjoiTFd4enJENlVxTXRUX0NlRjNJYTczM3dmZHlpVTRz",
  "X2x0NHNSUkxiS0UtdyIsImNydiI6IlAtMjU2Iiwia3R5IjoiRUMiLCJ5IjoiRi1udTZ2WW1fWHo2VE8wUXd2TWVZRV9DODNSZEJD",
  "eHk5VldGTEhvSVZ5VSJ9fQ..aDDEhVuue1gleOAN.pTpFY1jyLZ8V3mheArBER_ufUkm7BdmB_DdLyLbtyKVzIsTYJ7d8CxliGZP",
  "C7z2B9N3jJ_Hi8ZqM9azhfJedBkRszzR6cSS758P_fmoExnun9RCWmcpxICNMylVCG8HaL9FVEhlDCdm3tg15IMfPjA-p1aZWvXj",
  "pAGs7uWP-KHk469OMu4400LljIuDgRKvn-Nm-4l6sPRj-lSA6THhv9vIzKrfs3Vc.Gh5HCpdy985MeUEM_fzejQ",
].join("");

/** In the order in which inputs number them; each with an answer that is all right. */
export const CALLS: readonly (readonly [AccountsCall, unknown])[] = [
  [
    (http) => discover(http, "https://accounts.example"),
    {
      auth_server_base_url: "https://api.example",
      oauth_server_base_url: "https://oauth.example/v1",
      profile_server_base_url: "https://profile.example/v1",
      pairing_server_base_uri: "wss://relay.example",
      sync_tokenserver_base_url: "https://token.example",
    },
  ],
  [
    call((client) => client.credentialsStatus("user@example.com")),
    { currentVersion: "v2", clientSalt: "salt" },
  ],
  [
    call((client) => issued(client.signIn(proof))),
    { uid: hex(32), sessionToken: TOKEN, keyFetchToken: TOKEN, authAt: 1_700_000_000, verified: true },
  ],
  [call((client) => client.verifyTotp(TOKEN, "123456")), { success: true }],
  [call((client) => client.verifyBackupCode(TOKEN, "abc")), { remaining: 3 }],
  [
    call((client) => client.sessionStatus(TOKEN)),
    { state: "verified", uid: hex(32), details: { accountEmailVerified: true, sessionVerified: true } },
  ],
  [call((client) => client.emailStatus(TOKEN)), { email: "user@example.com", verified: true }],
  [call((client) => client.accountKeys(TOKEN)), { bundle: hex(192) }],
  [
    call((client) => client.scopedKeyData(TOKEN, CLIENT, [SCOPE])),
    {
      scope: {
        identifier: "scope-identifier",
        keyRotationSecret: TOKEN,
        keyRotationTimestamp: 1_700_000_000_000,
      },
    },
  ],
  [
    call((client) =>
      client.authorize(TOKEN, {
        clientId: CLIENT,
        scope: ["profile"],
        state: "s",
        codeChallenge: "c",
        keysJwe: null,
      }),
    ),
    { code: TOKEN, state: "s", scope: "profile" },
  ],
  [
    call((client) => issued(client.redeem(CLIENT, TOKEN, "verifier"))),
    {
      access_token: TOKEN,
      token_type: "bearer",
      scope: SCOPE,
      expires_in: 3_600,
      refresh_token: TOKEN,
      keys_jwe: "e",
    },
  ],
  [
    call(async (client) => {
      const { expiresIn } = await client.refresh({ clientId: CLIENT, refreshToken: TOKEN }, ["profile"]);
      check(
        !Number.isNaN(new Date(Date.UTC(2026) + expiresIn * 1_000).getTime()),
        "an end that no calendar has",
      );
    }),
    { access_token: "a.b.c", token_type: "Bearer", scope: "profile", expires_in: 1, auth_at: 1 },
  ],
  [call((client) => client.destroyToken(CLIENT, TOKEN, "refresh_token")), {}],
  [
    call((client) => client.introspect(TOKEN)),
    {
      active: true,
      scope: SCOPE,
      client_id: CLIENT,
      token_type: "access_token",
      exp: 1,
      iat: 1,
      sub: hex(32),
    },
  ],
  [
    call((client) => client.profile(TOKEN)),
    { uid: hex(32), email: "user@example.com", displayName: "A User", avatar: "https://x.example/a" },
  ],
  [call((client) => client.clientName(CLIENT)), { name: "A Client" }],
  [
    call((client) => client.registerDevice(authorization, { name: "A Device", type: "desktop" })),
    { id: hex(32), name: "A Device", type: "desktop", createdAt: 1, isCurrentDevice: true },
  ],
  [call((client) => client.devices(authorization)), [{ id: hex(32), name: "A Device", lastAccessTime: 1 }]],
  [
    call((client) => client.attachedClients(TOKEN)),
    [
      {
        clientId: CLIENT,
        deviceId: hex(32),
        sessionTokenId: TOKEN,
        name: "N",
        os: "O",
        isCurrentSession: true,
      },
    ],
  ],
  [
    async (_http, document) => {
      const keys = await openKeys(String(document), PRIVATE_KEY);
      for (const [scope, key] of Object.entries(keys))
        check(key.scope === scope, `another key: ${isSyncScope(scope)}`);
    },
    KEYS_JWE,
  ],
];

/** Errors that it may answer with. */
export const PROBLEMS: readonly unknown[] = [
  { code: 400, errno: 103, error: "Bad Request", message: "hostile\u001b[31m" },
  { code: 429, errno: 114, retryAfter: 3, verificationMethod: "email-captcha", verificationReason: "login" },
  { errno: 163, invalidScopes: ["profile", "x y"] },
  { errno: 107, validation: { keys: ["scope", "\u202e"] }, param: "state" },
  { errno: 124, deviceId: hex(32) },
];

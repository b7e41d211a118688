/**
 * A small client of its own for the accounts stand-in: node:crypto and fetch, none of the product's client code, so that
 * both sides cannot share one misunderstanding.
 */
import { createHash, hkdfSync, pbkdf2Sync, randomBytes } from "node:crypto";
import { request } from "node:http";
import { onTestFinished } from "vitest";
import type { AccountsServer, AccountsServerOptions } from "../../src/accounts/server.ts";
import { startAccountsServer } from "../../src/accounts/server.ts";
import type { FixtureName } from "../../src/accounts/fixtures.ts";
import { createFixtureAccount, fixtureEmail, FIXTURE_PASSWORD } from "../../src/accounts/fixtures.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";

export const ANDROID = "a2270f727f45f648";
export const OLDSYNC = "https://identity.mozilla.com/apps/oldsync";
export const SESSION = "https://identity.mozilla.com/tokens/session";
export const MINUTE = 60_000;
const NAMESPACE = "identity.mozilla.com/picl/v1/";

/** Time that moves only when told to. */
export class TestClock implements Clock {
  #elapsed = 0;
  readonly #timers: { at: number; action: () => void }[] = [];

  now(): number {
    return this.#elapsed;
  }
  wallTime(): number {
    return 1_700_000_000_000 + this.#elapsed;
  }
  after(milliseconds: number, action: () => void): () => void {
    const timer = { at: this.#elapsed + milliseconds, action };
    this.#timers.push(timer);
    return () => this.#timers.splice(this.#timers.indexOf(timer), 1);
  }
  advance(milliseconds: number): void {
    this.#elapsed += milliseconds;
    const due = this.#timers.filter((timer) => timer.at <= this.#elapsed);
    for (const timer of due) this.#timers.splice(this.#timers.indexOf(timer), 1);
    for (const timer of due) timer.action();
  }
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export interface CallOptions {
  body?: unknown;
  /** The whole `Authorization` header. */
  authorization?: string;
  headers?: Record<string, string>;
}

export interface SignedIn {
  uid: string;
  sessionToken: string;
  /** `Authorization` of the session. */
  authorization: string;
  answer: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export class TestClient {
  readonly server: AccountsServer;
  readonly clock: TestClock;

  constructor(server: AccountsServer, clock: TestClock) {
    this.server = server;
    this.clock = clock;
  }

  /** A request to the auth server: the path below its `/v1`. */
  auth(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    return this.call(method, `/auth/v1${path}`, options);
  }

  oauth(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    return this.call(method, `/oauth/v1${path}`, options);
  }

  profile(accessToken: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.call("GET", "/profile/v1/profile", { authorization: `Bearer ${accessToken}`, headers });
  }

  async call(method: string, path: string, { body, authorization, headers }: CallOptions): Promise<Reply> {
    const response = await fetch(this.server.url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(authorization !== undefined && { authorization }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  }

  /** The login request for a fixture (or any address), with the version 1 stretch. */
  login(email: string, extra: Record<string, unknown> = {}, query = "?keys=true"): Promise<Reply> {
    const body = { email, authPW: stretch(email).authPW, ...extra };
    return this.auth("POST", `/account/login${query}`, { body });
  }

  /** Makes a fixture account and signs in to it. */
  async signIn(name: FixtureName = "v1", extra: Record<string, unknown> = {}): Promise<SignedIn> {
    const email = fixtureEmail(name);
    if (!this.server.store.findAccountByEmail(email)) await createFixtureAccount(this.server.store, name);
    const { body } = await this.login(email, extra);
    const { uid, sessionToken } = body;
    return { uid, sessionToken, authorization: sessionBearer(sessionToken), answer: body };
  }

  /** A code for the mobile client, with its verifier. */
  async authorize(
    caller: SignedIn,
    extra: Record<string, unknown> = {},
  ): Promise<{ code: string; verifier: string }> {
    const verifier = randomBytes(32).toString("base64url");
    const reply = await this.auth("POST", "/oauth/authorization", {
      authorization: caller.authorization,
      body: authorization(verifier, extra),
    });
    if (reply.status !== 200) throw new Error(`authorization failed: ${reply.text}`);
    return { code: reply.body.code, verifier };
  }

  redeem(code: string, verifier: string | undefined, extra: Record<string, unknown> = {}): Promise<Reply> {
    const body = { client_id: ANDROID, code, code_verifier: verifier, ...extra };
    return this.auth("POST", "/oauth/token", { body });
  }

  /** Tokens of the mobile client for some scope. */
  async tokens(caller: SignedIn, scope = `profile ${OLDSYNC}`): Promise<any> /* eslint-disable-line */ {
    const { code, verifier } = await this.authorize(caller, { scope });
    return (await this.redeem(code, verifier)).body;
  }
}

/** A server that stops with the test, and a client for it. A bug of the server's fails the test. */
export async function startTestServer(options: Partial<AccountsServerOptions> = {}): Promise<TestClient> {
  const clock = new TestClock();
  const bugs: unknown[] = [];
  const server = await startAccountsServer({
    clock,
    random: systemRandom,
    pairingServer: () => "ws://127.0.0.1:9",
    scryptCost: 2,
    onBug: (error) => bugs.push(error),
    ...options,
  });
  onTestFinished(async () => {
    await server.close();
    if (bugs.length > 0) throw bugs[0];
  });
  return new TestClient(server, clock);
}

/** The body of an authorization request for the mobile client. */
export function authorization(
  verifier: string,
  extra: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    client_id: ANDROID,
    state: "a state",
    scope: `profile ${OLDSYNC}`,
    response_type: "code",
    access_type: "offline",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...extra,
  };
}

export function stretch(email: string, password = FIXTURE_PASSWORD): { authPW: string; unwrapBKey: Buffer } {
  return split(pbkdf2Sync(password, `${NAMESPACE}quickStretch:${email}`, 1000, 32, "sha256"));
}

export function stretchV2(
  clientSalt: string,
  password = FIXTURE_PASSWORD,
): { authPW: string; unwrapBKey: Buffer } {
  return split(pbkdf2Sync(password, clientSalt, 650_000, 32, "sha256"));
}

function split(stretched: Buffer): { authPW: string; unwrapBKey: Buffer } {
  return {
    authPW: expand(stretched, "authPW", 32).toString("hex"),
    unwrapBKey: expand(stretched, "unwrapBkey", 32),
  };
}

export function expand(key: Buffer, name: string, length: number): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", NAMESPACE + name, length));
}

/** tokenId, authKey and bundleKey in one: 96 bytes. */
export function tokenMaterial(token: string, kind: "sessionToken" | "keyFetchToken"): Buffer {
  return expand(Buffer.from(token, "hex"), kind, 96);
}

export function tokenId(token: string, kind: "sessionToken" | "keyFetchToken"): string {
  return tokenMaterial(token, kind).subarray(0, 32).toString("hex");
}

export function sessionBearer(token: string): string {
  return `Bearer fxs_${tokenId(token, "sessionToken")}`;
}

export function keyFetchBearer(token: string): string {
  return `Bearer fxk_${tokenId(token, "keyFetchToken")}`;
}

/** kA and kB from the answer of `/account/keys`; the MAC is checked by a test of its own. */
export function openBundle(
  keyFetchToken: string,
  bundle: string,
  unwrapBKey: Buffer,
): { kA: string; kB: string } {
  const keys = expand(tokenMaterial(keyFetchToken, "keyFetchToken").subarray(64), "account/keys", 96);
  const plain = xor(Buffer.from(bundle, "hex").subarray(0, 64), keys.subarray(32));
  return {
    kA: plain.subarray(0, 32).toString("hex"),
    kB: xor(plain.subarray(32), unwrapBKey).toString("hex"),
  };
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}

/** A request as raw as node:http lets it be: no headers but these. */
export function rawRequest(
  origin: string,
  path: string,
  method: string,
  headers: Record<string, string>,
  body: string | Buffer,
): Promise<{ status: number; body: any }> /* eslint-disable-line */ {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const outgoing = request({ hostname, port, path, method, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        resolve({ status: incoming.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString()) });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

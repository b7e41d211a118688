/** Clocks, servers and scripted answers for the tests of the accounts client. */

import { mkdtemp, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/lib/clock.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import type { ProxyFor } from "../../src/network/proxies.ts";
import { AccountsClient } from "../../src/oauth/accounts-client.ts";
import type { CallerOptions } from "../../src/oauth/calls.ts";
import { LocalCredentialStore } from "../../src/oauth/credential-store.ts";
import type { Servers } from "../../src/oauth/discovery.ts";
import type { Http, HttpAnswer, HttpRequest } from "../../src/oauth/http.ts";
import { HttpClient } from "../../src/oauth/http.ts";

export const START = 1_700_000_000_000;
export const CLIENT_ID = "a2270f727f45f648";

/** Every wait is over at once, and counted as if it had been waited for. */
export class JumpingClock implements Clock {
  readonly waits: number[] = [];
  elapsed = 0;
  now = () => this.elapsed;
  wallTime = () => START + this.elapsed;
  after(milliseconds: number, action: () => void): () => void {
    this.waits.push(milliseconds);
    const immediate = setImmediate(() => {
      this.elapsed += milliseconds;
      action();
    });
    return () => {
      clearImmediate(immediate);
    };
  }
}

/** Time stands still; timers fire when told to. */
export class StoppedClock implements Clock {
  readonly timers = new Set<() => void>();
  now = () => 0;
  wallTime = () => START;
  after(_: number, action: () => void): () => void {
    this.timers.add(action);
    return () => this.timers.delete(action);
  }
  /** Those that are set by then: one of them may set another. */
  fire(): void {
    for (const action of [...this.timers]) if (this.timers.delete(action)) action();
  }
}

/** A server on loopback for one test; returns its origin. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

export function newHttpClient(
  options: { clock?: Clock; timeLimit?: number; proxyFor?: ProxyFor } = {},
): HttpClient {
  const client = new HttpClient({
    clock: systemClock,
    userAgent: "fxa-pair/test",
    proxyFor: noProxy,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** An empty store in a folder of its own. */
export async function newStore(): Promise<LocalCredentialStore> {
  const folder = await mkdtemp(join(tmpdir(), "store-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return new LocalCredentialStore({ folder, clock: systemClock, random: systemRandom });
}

export type Scripted = Partial<HttpAnswer> | Error | ((request: HttpRequest) => Partial<HttpAnswer> | Error);

/** Answers by route (method and path without query), in turn; the last answer stays. Remembers every request. */
export class ScriptedHttp implements Http {
  readonly requests: HttpRequest[] = [];
  readonly #script: Map<string, Scripted[]>;

  constructor(script: Record<string, Scripted | Scripted[]>) {
    this.#script = new Map(Object.entries(script).map(([route, turns]) => [route, [turns].flat()]));
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    this.requests.push(request);
    request.signal?.throwIfAborted();
    const route = routeOf(request);
    const turns = this.#script.get(route) ?? [];
    const turn = turns.length > 1 ? turns.shift() : turns[0];
    if (turn === undefined) throw new Error(`nothing scripted for ${route}`);
    const answer = typeof turn === "function" ? turn(request) : turn;
    if (answer instanceof Error) throw answer;
    return { status: 200, document: {}, retryAfter: undefined, serverTime: undefined, ...answer };
  }

  /** The routes that were asked, in order. */
  get routes(): string[] {
    return this.requests.map(routeOf);
  }

  bodies(route: string): Record<string, unknown>[] {
    const matching = this.requests.filter((request) => routeOf(request) === route);
    return matching.map(({ body }) => body as Record<string, unknown>);
  }
}

function routeOf({ method, url }: HttpRequest): string {
  return `${method} ${new URL(url).pathname}`;
}

export const SERVERS: Servers = {
  contentServer: "https://accounts.example",
  auth: "https://api.example/v1",
  oauth: "https://oauth.example/v1",
  profile: "https://profile.example/v1",
  pairing: "wss://relay.example",
  tokenServer: null,
};

export function scriptedClient(
  script: Record<string, Scripted | Scripted[]>,
  options: Partial<CallerOptions> = {},
): { client: AccountsClient; http: ScriptedHttp; clock: JumpingClock } {
  const clock = new JumpingClock();
  const http = new ScriptedHttp(script);
  return { client: new AccountsClient({ servers: SERVERS, http, clock, ...options }), http, clock };
}

/** An error of the accounts server. */
export function problem(
  status: number,
  errno: number,
  extras: Record<string, unknown> = {},
): Partial<HttpAnswer> {
  return { status, document: { code: status, errno, error: "x", message: "\u001b[31mhostile", ...extras } };
}

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
}

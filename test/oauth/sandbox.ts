/** The client against the accounts stand-in, over real HTTP on loopback. */

import { onTestFinished } from "vitest";
import type { FixtureName } from "../../src/accounts/fixtures.ts";
import { createFixtureAccount, fixtureEmail, FIXTURE_PASSWORD } from "../../src/accounts/fixtures.ts";
import type { AccountsServer } from "../../src/accounts/server.ts";
import { startAccountsServer } from "../../src/accounts/server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { AccountsClient } from "../../src/oauth/accounts-client.ts";
import type { Credentials } from "../../src/oauth/credentials.ts";
import { discover } from "../../src/oauth/discovery.ts";
import type { LoginPorts } from "../../src/oauth/login.ts";
import { loginWithPassword } from "../../src/oauth/login.ts";
import { OLDSYNC_SCOPE, PROFILE_SCOPE } from "../../src/oauth/scopes.ts";
import { CLIENT_ID, newHttpClient } from "./support.ts";

export interface Sandbox {
  readonly server: AccountsServer;
  readonly client: AccountsClient;
  /** How often a route of the auth server was asked. */
  count(route: string): number;
}

export async function startSandbox(signal?: AbortSignal): Promise<Sandbox> {
  const server = await startAccountsServer({
    clock: systemClock,
    random: systemRandom,
    pairingServer: () => "ws://127.0.0.1:1",
    scryptCost: 16,
  });
  onTestFinished(() => server.close());
  const http = newHttpClient();
  const servers = await discover(http, server.url);
  const client = new AccountsClient({ servers, http, clock: systemClock, signal });
  return { server, client, count: (route) => server.requests.count(`/auth/v1${route}`) };
}

/** Ports that answer with the codes the server mailed. */
export function portsFor(
  { server }: Sandbox,
  email: string,
  overrides: Partial<LoginPorts> = {},
): LoginPorts {
  return {
    clock: systemClock,
    askCode: () => Promise.resolve(server.mail.last(email, "code")?.code ?? ""),
    askUnblockCode: () => Promise.resolve(server.mail.last(email, "unblock")?.code ?? ""),
    reportLinkMailed: () => undefined,
    ...overrides,
  };
}

export const targetAt = (server: AccountsServer) => ({
  server: server.url,
  clientId: CLIENT_ID,
  scope: [PROFILE_SCOPE, OLDSYNC_SCOPE],
  deviceName: "host machine",
});

/** Signs a fixture account in on a first device. */
export async function loginAs(
  sandbox: Sandbox,
  name: FixtureName = "v1",
  overrides: Partial<LoginPorts> = {},
): Promise<Credentials & { readonly sessionToken: string }> {
  const email = fixtureEmail(name);
  if (!sandbox.server.store.findAccountByEmail(email)) await createFixtureAccount(sandbox.server.store, name);
  const { credentials } = await loginWithPassword(
    sandbox.client,
    { email, password: FIXTURE_PASSWORD },
    targetAt(sandbox.server),
    portsFor(sandbox, email, overrides),
  );
  const { sessionToken } = credentials;
  if (sessionToken === undefined) throw new Error("a login brings a session");
  return { ...credentials, sessionToken };
}

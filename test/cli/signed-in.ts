/** What `fxa-pair login` does, without a process of its own: for tests that are about something else. */
import { LocalCredentialStore } from "../../src/oauth/credential-store.ts";
import { AccountsClient } from "../../src/oauth/accounts-client.ts";
import { discover } from "../../src/oauth/discovery.ts";
import { HttpClient } from "../../src/oauth/http.ts";
import { loginWithPassword } from "../../src/oauth/login.ts";
import { OLDSYNC_SCOPE, PROFILE_SCOPE } from "../../src/oauth/scopes.ts";
import { DEFAULT_CLIENT } from "../../src/commands/default-client.ts";
import { systemClock as clock } from "../../src/lib/clock.ts";
import { systemRandom as random } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { temporaryFolder } from "./harness.ts";

/** A new config directory of a device that is signed in to that account. */
export async function signInHere(server: string, email: string, password: string): Promise<string> {
  const http = new HttpClient({ clock, userAgent: "fxa-pair-test", proxyFor: noProxy });
  const servers = await discover(http, server);
  const client = new AccountsClient({ servers, http, clock });
  const target = {
    server,
    clientId: DEFAULT_CLIENT,
    scope: [PROFILE_SCOPE, OLDSYNC_SCOPE],
    deviceName: "Desktop",
  };
  const unexpected = () => Promise.reject(new Error("the account wants more than a password"));
  const { credentials } = await loginWithPassword(client, { email, password }, target, {
    clock,
    askCode: unexpected,
    askUnblockCode: unexpected,
    reportLinkMailed: () => undefined,
  });
  await http.close();
  const folder = temporaryFolder();
  await new LocalCredentialStore({ folder, clock, random }).save(credentials, null);
  return folder;
}

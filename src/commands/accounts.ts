/** From options to the accounts server, the relay and the credential store that a run uses. */
import { FxaPairError } from "../lib/errors.ts";
import { isLoopback } from "../lib/loopback.ts";
import { proxiesOf } from "../network/proxies.ts";
import type { ProxyFor } from "../network/proxies.ts";
import { AccountsClient } from "../oauth/accounts-client.ts";
import { LocalCredentialStore } from "../oauth/credential-store.ts";
import type { CredentialStore, Credentials, StorePlace } from "../oauth/credential-store.ts";
import { requireServer } from "../oauth/credentials.ts";
import { discover, resolveServer } from "../oauth/discovery.ts";
import type { Servers } from "../oauth/discovery.ts";
import { SystemKeyring } from "../oauth/keyring.ts";
import { HttpClient } from "../oauth/http.ts";
import { userAgent } from "./setup.ts";
import type { Run } from "./setup.ts";

export interface ServerFlags {
  readonly server?: string | undefined;
  readonly channelServer?: string | undefined;
  readonly configDir: string;
  readonly store?: StorePlace | undefined;
}

const DEFAULT_SERVER = "release";

/** The accounts server's origin that the options name. */
export function contentServerOf(flags: ServerFlags): string {
  return resolveServer(flags.server ?? DEFAULT_SERVER);
}

/** The credentials of the config directory, moved first to where the options want them. */
export function openStore(flags: ServerFlags, run: Run): CredentialStore {
  const { clock, random, platform } = run.environment;
  return new LocalCredentialStore({
    folder: flags.configDir,
    clock,
    random,
    keyring: new SystemKeyring(clock, platform),
    preferred: flags.store,
    onMove: (place) => {
      run.reporter.progress(
        place === "keyring"
          ? "The credentials were moved from the file to the system's keyring."
          : "The credentials were moved from the system's keyring to the file.",
      );
    },
  });
}

/**
 * The stored credentials. They go only to the server they came from, whatever the options say.
 *
 * @throws FxaPairError `not_signed_in` when there are none, or `--server` names another server.
 */
export async function requireCredentials(flags: ServerFlags, store: CredentialStore): Promise<Credentials> {
  const credentials = await store.load();
  if (credentials === null) {
    throw new FxaPairError("not_signed_in", "Nobody is signed in on this device.", {
      hint: "Sign in with fxa-pair join, or with fxa-pair login.",
    });
  }
  return flags.server === undefined ? credentials : requireServer(credentials, resolveServer(flags.server));
}

export interface Accounts {
  readonly client: AccountsClient;
  readonly servers: Servers;
  readonly proxyFor: ProxyFor;
}

/**
 * Finds the parts of an accounts server and makes a client for them; requests end when the run is interrupted. A busy
 * server is waited for until the deadline, in milliseconds of `clock.now()`; without one for a minute at each call.
 */
export async function connectAccounts(contentServer: string, run: Run, deadline?: number): Promise<Accounts> {
  const { clock, variables } = run.environment;
  const proxyFor = proxiesOf(variables);
  const http = new HttpClient({ clock, userAgent: userAgent(run.environment), proxyFor });
  const servers = await discover(http, contentServer, run.signal);
  const client = new AccountsClient({
    servers,
    http,
    clock,
    signal: run.signal,
    deadline,
    onWait: (milliseconds) => {
      run.reporter.progress(
        `The accounts server is busy; trying again in ${Math.ceil(milliseconds / 1000)} s.`,
      );
    },
  });
  return { client, servers, proxyFor };
}

/** The relay, and the way to it. */
export interface RelayChoice {
  readonly relayUrl: string;
  readonly allowInsecure: boolean;
  readonly proxyFor: ProxyFor;
}

/** The relay that the options name, or `undefined` when the accounts server is to say. */
export function chosenRelay(flags: ServerFlags, run: Run): RelayChoice | undefined {
  const text = flags.channelServer;
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "ws:" && url?.protocol !== "wss:") {
    throw new FxaPairError("usage", "--channel-server is not a ws:// or wss:// URL.", {
      hint: "Give it as wss://host, or leave it out.",
    });
  }
  if (url.protocol === "ws:" && !isLoopback(url.hostname)) {
    run.reporter.warn(
      "--channel-server without TLS: whoever is on the network between can do what the relay can.",
    );
  }
  return { relayUrl: text, allowInsecure: true, proxyFor: proxiesOf(run.environment.variables) };
}

/** The relay that the accounts server names. */
export function discoveredRelay({ servers, proxyFor }: Accounts): RelayChoice {
  if (servers.pairing !== null) return { relayUrl: servers.pairing, allowInsecure: false, proxyFor };
  throw new FxaPairError("unreachable", "This accounts server names no relay for pairing.", {
    hint: "Give one with --channel-server.",
  });
}

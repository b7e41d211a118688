/** Starts every check at once; those that need another's answer wait for it alone. None takes longer than it may. */
import { FxaPairError } from "../../lib/errors.ts";
import { within } from "../../lib/within.ts";
import { noProxy, proxiesOf } from "../../network/proxies.ts";
import type { Proxy, ProxyFor } from "../../network/proxies.ts";
import { authority } from "../../network/destination.ts";
import { webSocketOpener } from "../../channel/socket.ts";
import { HttpClient } from "../../oauth/http.ts";
import { formatPairingUrl } from "../../pairing/pairing-url.ts";
import { capabilitiesFrom } from "../../qr/capabilities.ts";
import { measureWidth } from "../../ui/glyph-width.ts";
import { canAsk } from "../../ui/streams.ts";
import { chosenRelay, contentServerOf, openStore } from "../accounts.ts";
import { userAgent } from "../setup.ts";
import type { Run } from "../setup.ts";
import { checkAccounts } from "./accounts-check.ts";
import { findingOf, fine, problem, unchecked } from "./finding.ts";
import type { CheckName, Finding } from "./finding.ts";
import { checkClock, checkCredentials, checkNode } from "./machine-checks.ts";
import { checkProxy } from "./proxy-check.ts";
import type { ProxyWords, Route } from "./proxy-check.ts";
import { checkChannel, checkRelay } from "./relay-checks.ts";
import { checkName, checkTls } from "./server-checks.ts";
import { checkTerminal } from "./terminal-check.ts";

export interface DoctorFlags {
  readonly server?: string | undefined;
  readonly channelServer?: string | undefined;
  readonly configDir: string;
  readonly color: boolean;
  readonly accessible: boolean;
  /** Milliseconds that each look at the network may take. */
  readonly checkTimeout: number;
}

/** Milliseconds more than a check has: its own words for being late are better. */
const GRACE = 500;

const RELAY_UNKNOWN = "the accounts server did not say which relay it is";

/**
 * @param signal drops what is still open
 * @throws FxaPairError `usage` for servers that are none
 */
export function startChecks(
  flags: DoctorFlags,
  run: Run,
  signal: AbortSignal,
): Readonly<Record<CheckName, Promise<Finding>>> {
  const { clock, variables, nodeVersion } = run.environment;
  const timeLimit = flags.checkTimeout;
  const guarded = (check: () => Promise<Finding>) => guard(check, timeLimit + GRACE, run);
  const server = new URL(contentServerOf(flags));
  // What is wrong with a proxy's variable is a finding, and ends nothing.
  const chosen = chosenRelay(flags, { ...run, environment: { ...run.environment, variables: {} } });
  const { proxyFor, trouble } = readProxies(variables);
  const http = new HttpClient({ clock, userAgent: userAgent(run.environment), proxyFor, timeLimit });

  const discovery = checkAccounts(server.origin, http, clock, signal);
  const relay =
    chosen === undefined
      ? discovery.then(
          ({ servers }) => servers?.pairing ?? null,
          () => null,
        )
      : Promise.resolve(chosen.relayUrl);
  const ofRelay = async (check: (url: URL) => Promise<Finding>) => {
    const url = await relay;
    return url === null ? unchecked(RELAY_UNKNOWN) : guarded(() => check(new URL(url)));
  };
  const unlessProxied = (url: URL, check: () => Promise<Finding>) =>
    proxyFor(url) === undefined ? check() : Promise.resolve(fine("Left to the proxy."));
  const name = (url: URL) => unlessProxied(url, () => checkName(url));
  const tls = (url: URL) => unlessProxied(url, () => checkTls(url, clock.wallTime(), signal));

  return {
    node: guarded(() => Promise.resolve(checkNode(nodeVersion))),
    terminal: guarded(() => terminal(flags, run, server.origin)),
    credentials: guarded(() => credentials(flags, run)),
    proxy: trouble === undefined ? routes(server, relay, proxyFor) : Promise.resolve(trouble),
    "accounts-dns": guarded(() => name(server)),
    "accounts-tls": guarded(() => tls(server)),
    accounts: guarded(async () => (await discovery).finding),
    clock: guarded(async () => {
      const { servers, ahead } = await discovery;
      return servers === null && ahead === undefined
        ? unchecked("only the accounts server tells the time")
        : checkClock(ahead);
    }),
    "relay-dns": ofRelay(name),
    "relay-tls": ofRelay(tls),
    relay: ofRelay((url) => checkRelay(url, http, signal)),
    "relay-channel": ofRelay((url) =>
      checkChannel({
        relayUrl: url.href,
        allowInsecure: chosen !== undefined,
        openSocket: webSocketOpener(proxyFor),
        clock,
        userAgent: userAgent(run.environment),
        timeLimit,
      }),
    ),
  };
}

/** What a check finds, in time; its failure is a finding, too. @throws only the user's interruption */
async function guard(
  check: () => Promise<Finding>,
  timeLimit: number,
  { environment }: Run,
): Promise<Finding> {
  const late = () => problem("unreachable", "No answer in time.", "Check the network, then try again.");
  try {
    return await within(environment.clock, timeLimit, check(), late);
  } catch (error) {
    if (error instanceof FxaPairError) return findingOf(error);
    const kind = error instanceof Error ? error.name : typeof error;
    return problem("internal", `This check failed by itself (${kind}).`, "That is a bug: please report it.");
  }
}

function readProxies(variables: Run["environment"]["variables"]): { proxyFor: ProxyFor; trouble?: Finding } {
  try {
    return { proxyFor: proxiesOf(variables) };
  } catch (error) {
    return { proxyFor: noProxy, trouble: findingOf(error) };
  }
}

async function routes(server: URL, pending: Promise<string | null>, proxyFor: ProxyFor): Promise<Finding> {
  const relay = await pending;
  const route = (name: Route["name"], url: URL) => ({ name, proxy: shownProxy(proxyFor(url)) });
  return checkProxy([route("accounts", server), ...(relay === null ? [] : [route("relay", new URL(relay))])]);
}

function shownProxy(proxy: Proxy | undefined): ProxyWords | undefined {
  return (
    proxy && {
      variable: proxy.variable,
      address: `${proxy.kind}://${authority(proxy)}`,
      hasCredentials: proxy.credentials !== undefined,
    }
  );
}

async function credentials(flags: DoctorFlags, run: Run): Promise<Finding> {
  const store = openStore(flags, run);
  const found = await store.load();
  return checkCredentials(found, store.path, run.environment.clock.wallTime());
}

/** The half blocks that codes are drawn with. */
const BLOCKS = "▀▄█";

async function terminal(flags: DoctorFlags, { environment }: Run, server: string): Promise<Finding> {
  const { streams, variables, platform, clock } = environment;
  const { columns, rows } = streams.stderr;
  const plain = flags.accessible || variables.TERM === "dumb";
  const cells = plain ? undefined : await measureWidth(BLOCKS, streams, clock);
  return checkTerminal(
    {
      interactive: canAsk(streams),
      columns,
      rows,
      kind: variables.TERM,
      color: flags.color,
      capabilities: capabilitiesFrom(variables, platform),
      blockWidth: cells === undefined ? undefined : cells / BLOCKS.length,
    },
    formatPairingUrl(server, "A".repeat(22), new Uint8Array(32)),
  );
}

/** `fxa-pair host`: the authority. Opens a channel, shows the pairing URL, asks, and grants the request. */
import { hostname } from "node:os";
import type { Command } from "commander";
import * as v from "valibot";
import { createChannel } from "../channel/pairing-channel.ts";
import type { PairingChannel } from "../channel/pairing-channel.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { Credentials } from "../oauth/credential-store.ts";
import { grant } from "../oauth/grant.ts";
import { normalizeFingerprint } from "../pairing/fingerprint.ts";
import { formatPairingUrl } from "../pairing/pairing-url.ts";
import { DEFAULT_CLIENTS, DEFAULT_SCOPES } from "../pairing/request-checks.ts";
import type { RequestPolicy } from "../pairing/request-checks.ts";
import { runAuthority } from "../pairing/run-authority.ts";
import type { PairingStatus } from "../pairing/status.ts";
import { connectAccounts, openStore, relayFor } from "./accounts.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { globalFlags, readFlags, secondsFlag } from "./flags.ts";
import { offerFlags, publishOffer } from "./offer.ts";
import { requireSomebodyToAsk, userAgent, withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object({
  ...globalFlags,
  ...offerFlags,
  yes: v.optional(v.boolean(), false),
  approveJwk: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "must be the 43 characters of a key's thumbprint")),
  ),
  expectFingerprint: v.optional(
    v.pipe(
      v.string(),
      v.transform(normalizeFingerprint),
      v.string("must be the 13 characters of a fingerprint, as in XXXX-XXXXX-XXXX"),
    ),
  ),
  allowClient: v.optional(
    v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, "must be 16 lower-case hex digits"))),
    [],
  ),
  allowScope: v.optional(v.array(v.pipe(v.string(), v.minLength(1, "must name a scope"))), []),
  deviceName: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1, "must not be empty"),
      v.maxLength(255, "must be at most 255 characters"),
    ),
  ),
  timeout: v.optional(secondsFlag(1, 86_400), "900"),
});

type HostFlags = v.InferOutput<typeof Flags>;

export const host: CommandModule = {
  define(command: Command): void {
    command
      .option("--yes", "approve the first valid request without asking, then end")
      .option(
        "--approve-jwk <thumbprint>",
        "refuse every request but one with this key (join --print-thumbprint)",
      )
      .option("--expect-fingerprint <fp>", "refuse every request but the one with this fingerprint")
      .option("--allow-client <id...>", "OAuth clients to accept besides Firefox for Android and iOS")
      .option(
        "--allow-scope <scope...>",
        "scopes to grant besides profile, Sync and (asked for) the session scope",
      )
      .option(
        "--device-name <name>",
        "what the new device is told about this one (default: the machine's name)",
      )
      .option("--timeout <seconds>", "how long to wait in all (default: 900)")
      .option("--qr <form>", "how to draw the QR code: auto, half, full or none (default: auto)")
      .option("--qr-out <file>", "write the QR code to a .png or .svg file instead of drawing it")
      .option("--url-out <file>", "write the pairing URL to a file (mode 0600) instead of showing it");
    addExamples(command, [
      "fxa-pair host",
      "fxa-pair host --qr-out code.png",
      "fxa-pair host --yes --approve-jwk <thumbprint> --url-out url.txt",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, (run) => runHost(flags, run));
  },
};

async function runHost(flags: HostFlags, run: Run): Promise<number> {
  requireSomebodyToAsk(
    run,
    flags.yes,
    "Approve without asking by --yes (best with --approve-jwk), or run it in a terminal.",
  );
  if (flags.yes) warnAboutYes(flags, run);
  const credentials = await hostCredentials(flags, run);
  const accounts = await connectAccounts(flags, run, credentials.server);
  await requireUsableSession(accounts, credentials, run);

  run.reporter.progress("Opening a channel on the relay…");
  const [channel, profile] = await Promise.all([
    createChannel({
      ...relayFor(flags, run, accounts),
      clock: run.environment.clock,
      random: run.environment.random,
      userAgent: userAgent(run.environment),
    }),
    ownProfile(accounts, credentials),
  ]);
  try {
    const withdraw = await publishOffer(run, flags, {
      url: formatPairingUrl(credentials.server, channel.id, channel.key),
      channelId: channel.id,
      expiresAt: expiryOf(channel, run),
    });
    try {
      const { clientId } = await runAuthority({
        channel,
        clock: run.environment.clock,
        policy: policyOf(flags),
        metadata: { ...profile, email: credentials.email, deviceName: flags.deviceName ?? hostname() },
        timeout: flags.timeout,
        clientName: (id) => accounts.clientName(id).catch(() => null),
        authorize: (request) => grant(accounts, credentials, request),
        ask: (_question, signal) => (flags.yes ? Promise.resolve(true) : confirm(run, signal)),
        report: (status) => {
          if (status.type === "connected") void withdraw();
          report(status, run);
        },
        signal: run.signal,
      });
      run.reporter.event({ type: "complete", clientId });
      return 0;
    } finally {
      await withdraw();
    }
  } finally {
    await channel.close();
  }
}

function warnAboutYes(flags: HostFlags, run: Run): void {
  const pinned = flags.approveJwk !== undefined || flags.expectFingerprint !== undefined;
  run.reporter.warn(
    pinned
      ? "--yes: the pinned request is approved without asking."
      : "--yes: the first valid request is approved without asking. Whoever has the URL gets the account.",
  );
}

async function hostCredentials(flags: HostFlags, run: Run): Promise<Credentials & { sessionToken: string }> {
  const credentials = await openStore(flags, run).load();
  if (credentials === null) {
    throw new FxaPairError(
      "not_signed_in",
      "Nobody is signed in on this device, so it cannot sign in another.",
      {
        hint: "Sign in with fxa-pair login, or fxa-pair join --can-host.",
      },
    );
  }
  const { sessionToken } = credentials;
  if (sessionToken === undefined) {
    throw new FxaPairError(
      "not_signed_in",
      "This device was signed in without the right to sign in others.",
      {
        hint: "Sign in with fxa-pair login, or join again with --can-host.",
      },
    );
  }
  return { ...credentials, sessionToken };
}

/** Asked before a channel is opened: a revoked session should not cost anybody a scan. */
async function requireUsableSession(
  accounts: AccountsClient,
  { sessionToken }: { sessionToken: string },
  run: Run,
): Promise<void> {
  run.reporter.progress("Checking this device's session…");
  const status = await accounts.sessionStatus(sessionToken);
  if (!status.verified) {
    throw new FxaPairError("not_signed_in", "This device's session is not confirmed.", {
      hint: "Sign in again with fxa-pair login and confirm with the mailed code.",
    });
  }
  if (!status.meetsMinimumAssurance) {
    throw new FxaPairError(
      "not_signed_in",
      "The account has two-step sign-in, and this session did not pass it.",
      {
        hint: "Sign in again with fxa-pair login --totp <code>.",
      },
    );
  }
}

/** Name and picture are a courtesy to the other side: whatever goes wrong, they are just not known. */
async function ownProfile(
  accounts: AccountsClient,
  credentials: Credentials,
): Promise<{ displayName: string | null; avatar: string | null }> {
  try {
    const { accessToken } = await accounts.refresh(credentials, ["profile"]);
    const { displayName, avatar } = await accounts.profile(accessToken);
    return { displayName: displayName ?? null, avatar: avatar ?? null };
  } catch {
    return { displayName: null, avatar: null };
  }
}

function policyOf(flags: HostFlags): RequestPolicy {
  return {
    allowedClients: [...DEFAULT_CLIENTS, ...flags.allowClient],
    allowedScopes: [...DEFAULT_SCOPES, ...flags.allowScope],
    unattendedScopes: flags.allowScope,
    unattended: flags.yes,
    ...(flags.approveJwk === undefined ? {} : { approveJwkThumbprint: flags.approveJwk }),
    ...(flags.expectFingerprint === undefined ? {} : { expectFingerprint: flags.expectFingerprint }),
  };
}

function expiryOf(channel: PairingChannel, run: Run): string | null {
  if (channel.expiresAt === null) return null;
  const { clock } = run.environment;
  return new Date(clock.wallTime() + (channel.expiresAt - clock.now())).toISOString();
}

function confirm(run: Run, signal: AbortSignal): Promise<boolean> {
  if (run.prompter === null) return Promise.resolve(false);
  return run.prompter.confirm("Sign this device in?", signal);
}

function report(status: PairingStatus, run: Run): void {
  switch (status.type) {
    case "connected":
      run.reporter.progress("A device connected.");
      return;
    case "redeeming":
    case "complete":
      return;
    default:
      run.reporter.event(status);
  }
}

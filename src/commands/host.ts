/**
 * `fxa-pair host`: the authority. Opens a channel and shows the pairing URL, or takes the one that the new device shows; asks,
 * and grants the request.
 */
import { hostname } from "node:os";
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { within } from "../lib/within.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { Credentials } from "../oauth/credential-store.ts";
import { grant } from "../oauth/grant.ts";
import { normalizeFingerprint } from "../pairing/fingerprint.ts";
import type { ReverseUrl } from "../pairing/pairing-url.ts";
import { DEFAULT_CLIENTS, DEFAULT_SCOPES } from "../pairing/request-checks.ts";
import type { RequestPolicy } from "../pairing/request-checks.ts";
import { runAuthority } from "../pairing/run-authority.ts";
import type { PairingStatus } from "../pairing/status.ts";
import { ConnectionNotice } from "../ui/connection-notice.ts";
import type { OfferKind } from "../ui/offer-view.ts";
import { chosenRelay, connectAccounts, discoveredRelay, openStore, requireCredentials } from "./accounts.ts";
import { Approval, isPinned } from "./approval.ts";
import type { HostCredentials } from "./approval.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import {
  addQrTimeoutOption,
  addStoreOption,
  storeFlags,
  deviceNameFlag,
  globalFlags,
  qrTimeoutFlags,
  readFlags,
  secondsFlag,
} from "./flags.ts";
import { openHostChannel } from "./host-channel.ts";
import { NewDevice } from "./new-device.ts";
import { offerFlags, offerKind, publishOffer } from "./offer.ts";
import type { PublishedOffer } from "./offer.ts";
import { followSteps, hostPlan, SCAN_PLAN } from "./host-steps.ts";
import { attemptUntilDone } from "./renewal.ts";
import type { Attempt } from "./renewal.ts";
import { placeToScan, refuseArguments, requirePinToScan, scanCode } from "./scanned-source.ts";
import { requireSomebodyToAsk, untilInterrupted, withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object({
  ...globalFlags,
  ...storeFlags,
  ...qrTimeoutFlags,
  ...offerFlags,
  code: v.optional(v.boolean(), false),
  yes: v.optional(v.boolean(), false),
  approveJwk: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "must be the 43 characters of a key's thumbprint")),
  ),
  scan: v.optional(v.pipe(v.string(), v.minLength(1, "must name a picture, a URL, or - for standard input"))),
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
  deviceName: deviceNameFlag,
  // An offer lives fifteen minutes at most, whatever the relay allows.
  timeout: v.optional(secondsFlag(1, 900), "900"),
});

type HostFlags = v.InferOutput<typeof Flags>;

export const host: CommandModule = {
  define(command: Command): void {
    command
      // None is wanted, and there is more to say of a pairing URL than that.
      .allowExcessArguments()
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
      .option(
        "--scan <picture>",
        "take the code that the new device shows (join --show): a picture, its URL, or -",
      )
      .option("--timeout <seconds>", "how long each code waits (default: 900)")
      .option("--qr <form>", "how to draw the QR code: auto, half, full, ascii or none (default: auto)")
      .option("--qr-invert", "draw the QR code light on dark")
      .option("--qr-out <file>", "write the QR code to a .png or .svg file instead of drawing it")
      .option("--url-out <file>", "write the pairing URL to a file (mode 0600) instead of showing it")
      .option("--copy", "copy the pairing URL to the terminal's clipboard")
      .option("--code", "show a code to type instead of the QR code, for devices without a camera");
    addQrTimeoutOption(command);
    addStoreOption(command);
    addExamples(command, [
      "fxa-pair host",
      "fxa-pair host --code",
      "fxa-pair host --qr-out code.png",
      "fxa-pair host --scan photo.png",
      "fxa-pair host --yes --approve-jwk <thumbprint> --url-out url.txt",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const given = readFlags(command, Flags, environment.variables);
    refuseArguments(command.args);
    const flags = { ...given, scan: placeToScan(command, given) };
    const way = flags.scan === undefined ? offerKind(command, flags) : "url";
    return withRun(flags, environment, (run) => runHost(flags, way, run));
  },
};

async function runHost(flags: HostFlags, way: OfferKind, run: Run): Promise<number> {
  requireSomebodyToAsk(
    run,
    flags.yes,
    "Approve without asking by --yes (best with --approve-jwk), or run it in a terminal.",
  );
  if (flags.scan !== undefined) requirePinToScan(flags);
  if (flags.yes) warnAboutYes(flags, way, run);
  const credentials = await hostCredentials(flags, run);
  const scanned = await scannedCode(flags, credentials, run);
  // A fresh code is the other device's to show, when this one is scanned.
  const asks = run.prompter !== null && !flags.yes && !flags.json && scanned === undefined;
  const options = { asks, way, switches: scanned === undefined };
  const { clientId, newDevice } = await attemptUntilDone(run, options, (attempt) =>
    pairOnce(flags, credentials, scanned, run, attempt),
  );
  run.reporter.event({ type: "complete", clientId });
  await newDevice.conclude(!flags.yes && run.prompter !== null);
  return 0;
}

/** The new device's code, if it is that one that shows it. */
async function scannedCode(
  { scan, ...flags }: HostFlags,
  credentials: HostCredentials,
  run: Run,
): Promise<ReverseUrl | undefined> {
  if (scan === undefined) return undefined;
  if (!flags.yes) run.reporter.plan(SCAN_PLAN);
  run.reporter.step("scan", "active");
  const url = await scanCode({ ...flags, scan }, credentials, run);
  run.reporter.step("scan", "done");
  return url;
}

/** One channel, one key, one code: from the check of the session to the client that was signed in. */
async function pairOnce(
  flags: HostFlags,
  credentials: HostCredentials,
  scanned: ReverseUrl | undefined,
  run: Run,
  { way, offered, signal, actions }: Attempt,
): Promise<{ clientId: string; newDevice: NewDevice }> {
  const { reporter, environment } = run;
  const { clock } = environment;
  const relay = chosenRelay(flags, run);
  const connecting = connectAccounts(credentials.server, run, clock.now() + flags.timeout);
  // The first request is under way before a screen is made ready, which takes a while.
  if (scanned === undefined) reporter.plan(hostPlan(way));
  reporter.step("session", "active");
  const accounts = await connecting;
  reporter.progress("Checking this device's session…");
  const approval = await Approval.prepare(accounts.client, credentials, flags, run);
  reporter.step("session", "done");

  reporter.progress(
    scanned === undefined ? "Opening a channel on the relay…" : "Connecting to the new device…",
  );
  reporter.step("channel", "active");
  const opening = openHostChannel({
    way,
    scanned,
    relay: relay ?? discoveredRelay(accounts),
    server: credentials.server,
    timeout: flags.timeout,
    run,
  });
  const profile = ownProfile(accounts.client, credentials, run);
  const { channel, offer } = await opening;
  reporter.step("channel", "done");
  if (scanned === undefined) reporter.step("scan", "active");
  const connection = new ConnectionNotice(reporter, clock);
  const newDevice = new NewDevice(accounts.client, credentials, run);
  let published: PublishedOffer | undefined;
  try {
    offered();
    if (offer !== undefined) published = await publishOffer(run, flags, offer, actions);
    // Nobody needs it before a device is there, and what that sends is kept.
    const known = await untilInterrupted(profile, { ...run, signal }, () => undefined);
    const { clientId } = await runAuthority({
      channel,
      clock,
      policy: policyOf(flags),
      metadata: { ...known, email: credentials.email, deviceName: flags.deviceName ?? hostname() },
      ...(scanned === undefined
        ? {}
        : { origin: { role: "joiner", announced: scanned.fingerprint } as const }),
      timeout: flags.timeout,
      clientName: (id) => accounts.client.clientName(id),
      authorize: (request) => newDevice.granted(request, () => grant(accounts.client, credentials, request)),
      ask: (question, answered) => approval.ask(question, answered),
      report: (status) => {
        if (status.type === "connected") void published?.connected();
        followSteps(status, reporter);
        report(status, run, connection);
      },
      signal,
    });
    return { clientId, newDevice };
  } finally {
    connection.end();
    await published?.withdraw();
    await channel.close();
  }
}

function warnAboutYes(flags: HostFlags, way: OfferKind, run: Run): void {
  run.reporter.warn(
    isPinned(flags)
      ? "--yes: the pinned request is approved without asking."
      : `--yes: the first valid request is approved without asking. Whoever has the ${way === "url" ? "URL" : "code"} gets the account.`,
  );
}

async function hostCredentials(flags: HostFlags, run: Run): Promise<HostCredentials> {
  const credentials = await requireCredentials(flags, openStore(flags, run));
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

/** Milliseconds that a new device's user is worth waiting for, to be shown a name and a picture. */
const PROFILE_PATIENCE = 3000;

/** Name and picture are a courtesy to the other side: whatever goes wrong, they are just not known. */
async function ownProfile(
  accounts: AccountsClient,
  credentials: Credentials,
  run: Run,
): Promise<{ displayName: string | null; avatar: string | null }> {
  const unknown = { displayName: null, avatar: null };
  const fetched = accounts
    .refresh(credentials, ["profile"])
    .then(({ accessToken }) => accounts.profile(accessToken))
    .then(({ displayName, avatar }) => ({ displayName, avatar }))
    .catch(() => unknown);
  return within(run.environment.clock, PROFILE_PATIENCE, fetched, () => unknown);
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

function report(status: PairingStatus, run: Run, connection: ConnectionNotice): void {
  if (status.type === "connected") run.reporter.progress("A device connected.");
  else if (status.type === "lost") connection.lost();
  else if (status.type === "resumed") connection.resumed();
  // Completion is told with the client's id when the flow has returned; redeeming is the other side's affair.
  else if (status.type !== "redeeming" && status.type !== "complete") run.reporter.event(status);
}

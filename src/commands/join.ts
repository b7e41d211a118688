/**
 * `fxa-pair join`: the supplicant. Reads the pairing URL, or shows one, confirms the account, and ends with tokens and keys.
 */
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { createPkcePair, createState } from "../oauth/pkce.ts";
import { createRecipientKey, loadRecipientKey } from "../oauth/recipient-key.ts";
import { OLDSYNC_SCOPE, PROFILE_SCOPE, SESSION_SCOPE } from "../oauth/scopes.ts";
import { runSupplicant } from "../pairing/run-supplicant.ts";
import { ConnectionNotice } from "../ui/connection-notice.ts";
import { formatJsonLine } from "../ui/json-line.ts";
import { openStore } from "./accounts.ts";
import { formatFingerprint, requestFingerprint } from "../pairing/fingerprint.ts";
import { formatRequest } from "../pairing/messages.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { DEFAULT_CLIENT } from "./default-client.ts";
import { checkOut } from "./delivery.ts";
import {
  addQrTimeoutOption,
  addStoreOption,
  storeFlags,
  collect,
  collectWhole,
  deviceNameFlag,
  globalFlags,
  qrTimeoutFlags,
  readFlags,
  secondsFlag,
} from "./flags.ts";
import { chooseJoinPlace, openJoinChannel } from "./join-channel.ts";
import { followSteps, JOIN_PLAN, SHOW_PLAN } from "./join-steps.ts";
import { NewSignIn } from "./new-sign-in.ts";
import { drawingFlags, isShown, requireRoomForCode } from "./shown-code.ts";
import { offerFlags, publishOffer } from "./offer.ts";
import type { OfferFlags, PublishedOffer } from "./offer.ts";
import { attemptUntilDone } from "./renewal.ts";
import type { Attempt } from "./renewal.ts";
import { requireSomebodyToAsk, withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const pictureFlag = v.pipe(v.string(), v.minLength(1, "must name a picture, or - for standard input"));

const Flags = v.object({
  ...globalFlags,
  ...storeFlags,
  ...qrTimeoutFlags,
  ...offerFlags,
  qr: v.optional(
    v.union([
      v.array(pictureFlag),
      v.pipe(
        pictureFlag,
        v.transform((picture) => [picture]),
      ),
    ]),
  ),
  show: v.optional(v.boolean(), false),
  // In the environment and the settings it may be the switch of host.
  code: v.optional(
    v.pipe(
      v.union([v.string(), v.boolean()]),
      v.transform((given) =>
        typeof given === "boolean" || /^(?:[01]|true|false|yes|no|on|off|)$/i.test(given.trim())
          ? undefined
          : given,
      ),
    ),
  ),
  yes: v.optional(v.boolean(), false),
  expectEmail: v.optional(v.pipe(v.string(), v.includes("@", "must be an e-mail address"))),
  key: v.optional(v.string()),
  printThumbprint: v.optional(v.boolean(), false),
  clientId: v.optional(
    v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, "must be 16 lower-case hex digits")),
    DEFAULT_CLIENT,
  ),
  scope: v.optional(v.array(v.pipe(v.string(), v.regex(/^\S+$/, "must be one scope"))), [
    PROFILE_SCOPE,
    OLDSYNC_SCOPE,
  ]),
  canHost: v.optional(v.boolean(), false),
  deviceName: deviceNameFlag,
  out: v.optional(v.pipe(v.string(), v.minLength(1, "must name a file, or - for standard output"))),
  format: v.optional(v.picklist(["json", "env"], "must be json or env"), "json"),
  timeout: v.optional(secondsFlag(1, 86_400), "300"),
});

type JoinFlags = v.InferOutput<typeof Flags>;

export const join: CommandModule = {
  define(command: Command): void {
    command
      .argument("[url]", "the pairing URL, or - to read it from standard input")
      .option(
        "--qr <picture>",
        "read the URL from a picture of the QR code (- for standard input); may be repeated",
        collectWhole,
      )
      .option("--code <code>", "the code to type that the other device shows (- for standard input)")
      .option("--show", "show a code here, for fxa-pair host --scan on the signed-in device")
      .option("--qr-invert", "with --show: draw the QR code light on dark")
      .option(
        "--qr-out <file>",
        "with --show: write the QR code to a .png or .svg file instead of drawing it",
      )
      .option(
        "--url-out <file>",
        "with --show: write the pairing URL to a file (mode 0600) instead of showing it",
      )
      .option("--copy", "with --show: copy the pairing URL to the terminal's clipboard")
      .option("--yes", "sign in without asking")
      .option("--expect-email <email>", "fail unless this is the account")
      .option("--key <file>", "use the P-256 key kept in this file (made when absent) instead of a fresh one")
      .option("--print-thumbprint", "print the thumbprint of --key for host --approve-jwk, and end")
      .option(
        "--client-id <id>",
        `OAuth client to sign in as (default: ${DEFAULT_CLIENT}, Firefox for Android)`,
      )
      .option(
        "--scope <scope>",
        "scope to ask for; may be repeated (default: profile and Sync; profile is always asked)",
        collect,
      )
      .option("--can-host", "ask for the session scope too: this device may then sign in others")
      .option("--device-name <name>", "this device's name in the account (default: the machine's name)")
      .option("--out <file>", "write the credentials there (- for standard output) instead of storing them")
      .option("--format <format>", "how to write them: json or env (default: json)")
      .option("--timeout <seconds>", "how long to wait in all, or for each code shown (default: 300)");
    addQrTimeoutOption(command);
    addStoreOption(command);
    addExamples(command, [
      "fxa-pair join --qr photo.png",
      "fxa-pair join --show",
      "fxa-pair join --yes --expect-email me@example.com - < url.txt",
      "fxa-pair join --yes --out - --format env - < url.txt",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const given = readFlags(command, Flags, environment.variables);
    const flags = { ...given, show: isShown(command, given) };
    if (flags.printThumbprint) return printThumbprint(flags, environment);
    const qrTyped = command.getOptionValueSource("qr") === "cli";
    const codeTyped = command.getOptionValueSource("code") === "cli";
    const drawing = drawingFlags(command, flags);
    return withRun(flags, environment, (run) =>
      runJoin(command.args[0], { ...flags, qrTyped, codeTyped }, drawing, run),
    );
  },
};

async function printThumbprint(flags: JoinFlags, environment: Environment): Promise<number> {
  if (flags.key === undefined) {
    throw new FxaPairError("usage", "--print-thumbprint needs a kept key.", { hint: "Add --key <file>." });
  }
  const { thumbprint } = await loadRecipientKey(flags.key, environment.random);
  const { stdout } = environment.streams;
  stdout.write(flags.json ? formatJsonLine({ event: "thumbprint", thumbprint }) : `${thumbprint}\n`);
  return 0;
}

type TypedFlags = JoinFlags & { readonly qrTyped: boolean; readonly codeTyped: boolean };

async function runJoin(
  argument: string | undefined,
  flags: TypedFlags,
  drawing: OfferFlags,
  run: Run,
): Promise<number> {
  requireSomebodyToAsk(
    run,
    flags.yes,
    "Sign in without asking by --yes --expect-email <email>, or run it in a terminal.",
  );
  if (flags.yes && flags.expectEmail === undefined) {
    run.reporter.warn(
      "--yes without --expect-email: whatever account the other device has, this one is signed in to it.",
    );
  }
  if (flags.show) requireRoomForCode(drawing, flags, run);
  const pair = (attempt: Attempt) => pairOnce(argument, flags, drawing, run, attempt);
  const asks = run.prompter !== null && !flags.yes && !flags.json;
  // Who reads a code has no other one to offer.
  const options = { asks: asks && flags.show, way: "url", switches: false } as const;
  await attemptUntilDone(run, options, pair);
  return 0;
}

/** One channel, and one request for it. */
async function pairOnce(
  argument: string | undefined,
  flags: TypedFlags,
  drawing: OfferFlags,
  run: Run,
  { offered, signal, actions }: Attempt,
): Promise<void> {
  const { show } = flags;
  const { clock, random } = run.environment;
  // Results for standard output have no place on a screen, nor has a run that asks nothing.
  if (!flags.yes && flags.out !== "-") run.reporter.plan(show ? SHOW_PLAN : JOIN_PLAN);
  run.reporter.step("code", "active");
  const place = await chooseJoinPlace(argument, flags, run);
  if (!show) run.reporter.step("code", "done");
  const store = openStore(flags, run);
  const existing = flags.out === undefined ? await store.load() : null;
  if (flags.out === undefined) await store.checkPlace();
  await checkOut(flags.out);
  const key =
    flags.key === undefined ? createRecipientKey(random) : await loadRecipientKey(flags.key, random);
  const pkce = createPkcePair(random);
  const request = {
    clientId: flags.clientId,
    scope: scopesToAsk(flags),
    state: createState(random),
    codeChallenge: pkce.challenge,
    keysJwk: key.keysJwk,
  };

  run.reporter.progress(show ? "Opening a channel on the relay…" : "Connecting to the other device…");
  if (!show) run.reporter.step("connect", "active");
  const fingerprint = requestFingerprint(formatRequest(request));
  const { channel, accounts, offer } = await openJoinChannel(place, flags, fingerprint, run);
  const signIn = new NewSignIn({
    accounts,
    server: place.server,
    request,
    pkce,
    key,
    existing,
    store,
    flags,
    showed: show,
    run,
  });
  const connection = new ConnectionNotice(run.reporter, clock);
  let published: PublishedOffer | undefined;
  let approvedThere = false;
  /** The other device asks for its end, when the question here may have left the screen. */
  const tellFingerprint = (by: "local" | "remote") => {
    approvedThere ||= by === "remote";
    if (approvedThere) return;
    run.reporter.say(
      `The signed-in device asks for the last four characters of ${formatFingerprint(fingerprint)}.`,
    );
  };
  try {
    if (show) run.reporter.step("code", "done");
    if (show) run.reporter.step("connect", "active");
    offered();
    if (offer !== undefined) published = await publishOffer(run, drawing, offer, actions);
    await runSupplicant({
      channel,
      clock,
      origin: { role: show ? "creator" : "joiner" },
      timeout: flags.timeout,
      request,
      checkAccount: ({ email }) => {
        signIn.checkAnnounced(email);
      },
      ask: (question, signal) => signIn.ask(question, signal),
      redeem: (code, email, signal) => signIn.redeem(code, email, signal),
      report: (status) => {
        if (status.type === "connected") void published?.connected();
        if (status.type === "approved" && show) tellFingerprint(status.by);
        followSteps(status, run.reporter);
        if (status.type === "connected") run.reporter.progress("Connected; asking to be signed in…");
        else if (status.type === "redeeming") run.reporter.progress("Fetching tokens and keys…");
        else if (status.type === "complete") signIn.reportCompletion();
        else if (status.type === "lost") connection.lost();
        else if (status.type === "resumed") connection.resumed();
        else run.reporter.event(status);
      },
      signal,
    });
  } finally {
    connection.end();
    await published?.withdraw();
    await channel.close();
  }
}

/** What to ask for: `profile` always, because the account is checked against it. */
function scopesToAsk(flags: JoinFlags): string[] {
  return [...new Set([PROFILE_SCOPE, ...flags.scope, ...(flags.canHost ? [SESSION_SCOPE] : [])])];
}

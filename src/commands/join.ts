/** `fxa-pair join`: the supplicant. Reads the pairing URL, confirms the account, and ends with tokens and keys. */
import { hostname } from "node:os";
import type { Command } from "commander";
import * as v from "valibot";
import { joinChannel } from "../channel/pairing-channel.ts";
import { FxaPairError } from "../lib/errors.ts";
import { equalText } from "../lib/constant-time.ts";
import type { Credentials } from "../oauth/credential-store.ts";
import { createPkcePair, createState } from "../oauth/pkce.ts";
import { createRecipientKey, loadRecipientKey } from "../oauth/recipient-key.ts";
import type { RecipientKey } from "../oauth/recipient-key.ts";
import { redeem } from "../oauth/redeem.ts";
import type { PairingUrl } from "../pairing/pairing-url.ts";
import { runSupplicant } from "../pairing/run-supplicant.ts";
import type { PairingStatus } from "../pairing/status.ts";
import { connectAccounts, openStore, relayFor } from "./accounts.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { deliverCredentials } from "./delivery.ts";
import { globalFlags, readFlags, secondsFlag } from "./flags.ts";
import { confirmServer, readPairingUrl } from "./pairing-source.ts";
import { requireSomebodyToAsk, userAgent, withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

/** Firefox for Android: the client whose registration allows pairing, Sync and the session scope. */
const DEFAULT_CLIENT = "a2270f727f45f648";
const OLDSYNC = "https://identity.mozilla.com/apps/oldsync";
const SESSION_SCOPE = "https://identity.mozilla.com/tokens/session";

const Flags = v.object({
  ...globalFlags,
  qr: v.optional(v.string()),
  yes: v.optional(v.boolean(), false),
  expectEmail: v.optional(v.pipe(v.string(), v.includes("@", "must be an e-mail address"))),
  key: v.optional(v.string()),
  printThumbprint: v.optional(v.boolean(), false),
  clientId: v.optional(
    v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, "must be 16 lower-case hex digits")),
    DEFAULT_CLIENT,
  ),
  scope: v.optional(v.array(v.pipe(v.string(), v.regex(/^\S+$/, "must be one scope"))), ["profile", OLDSYNC]),
  canHost: v.optional(v.boolean(), false),
  deviceName: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1, "must not be empty"),
      v.maxLength(255, "must be at most 255 characters"),
    ),
  ),
  out: v.optional(v.pipe(v.string(), v.minLength(1, "must name a file, or - for standard output"))),
  format: v.optional(v.picklist(["json", "env"], "must be json or env"), "json"),
  timeout: v.optional(secondsFlag(1, 86_400), "300"),
});

type JoinFlags = v.InferOutput<typeof Flags>;

export const join: CommandModule = {
  define(command: Command): void {
    command
      .argument("[url]", "the pairing URL, or - to read it from standard input")
      .option("--qr <picture>", "read the URL from a picture of the QR code (- for standard input)")
      .option("--yes", "sign in without asking")
      .option("--expect-email <email>", "fail unless this is the account")
      .option("--key <file>", "use the P-256 key kept in this file (made when absent) instead of a fresh one")
      .option("--print-thumbprint", "print the thumbprint of --key for host --approve-jwk, and end")
      .option(
        "--client-id <id>",
        `OAuth client to sign in as (default: ${DEFAULT_CLIENT}, Firefox for Android)`,
      )
      .option("--scope <scope...>", "scopes to ask for (default: profile and Sync; profile is always asked)")
      .option("--can-host", "ask for the session scope too: this device may then sign in others")
      .option("--device-name <name>", "this device's name in the account (default: the machine's name)")
      .option("--out <file>", "write the credentials there (- for standard output) instead of storing them")
      .option("--format <format>", "how to write them: json or env (default: json)")
      .option("--timeout <seconds>", "how long to wait in all (default: 300)");
    addExamples(command, [
      "fxa-pair join --qr photo.png",
      "fxa-pair join - < url.txt",
      "fxa-pair join --yes --expect-email me@example.com --out credentials.json - < url.txt",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    if (flags.printThumbprint) return printThumbprint(flags, environment);
    return withRun(flags, environment, (run) => runJoin(command.args[0], flags, run));
  },
};

async function printThumbprint(flags: JoinFlags, environment: Environment): Promise<number> {
  if (flags.key === undefined) {
    throw new FxaPairError("usage", "--print-thumbprint needs a kept key.", { hint: "Add --key <file>." });
  }
  const key = await loadRecipientKey(flags.key);
  environment.streams.stdout.write(`${key.thumbprint}\n`);
  return 0;
}

async function runJoin(argument: string | undefined, flags: JoinFlags, run: Run): Promise<number> {
  requireSomebodyToAsk(
    run,
    flags.yes,
    "Sign in without asking by --yes --expect-email <email>, or run it in a terminal.",
  );
  const url = await readPairingUrl(argument, flags, run);
  const server = await confirmServer(url, flags, run);
  if (flags.yes && flags.expectEmail === undefined) {
    run.reporter.warn(
      "--yes without --expect-email: this device is signed in to whatever account the other device has.",
    );
  }
  const store = openStore(flags, run);
  const existing = flags.out === undefined ? await store.load() : null;
  const key = flags.key === undefined ? await createRecipientKey() : await loadRecipientKey(flags.key);

  run.reporter.progress("Connecting to the other device…");
  const connecting = connectAccounts(flags, run, server);
  const channel = await joinThrough(url, flags, run, connecting);
  try {
    const accounts = await connecting;
    const { verifier, challenge } = createPkcePair(run.environment.random);
    const request = {
      clientId: flags.clientId,
      scope: scopesToAsk(flags),
      state: createState(run.environment.random),
      codeChallenge: challenge,
      keysJwk: key.keysJwk,
    };
    let joined: Joined | undefined;
    await runSupplicant({
      channel,
      clock: run.environment.clock,
      timeout: flags.timeout,
      request,
      checkAccount: ({ email }) => {
        checkAccount(email, existing, server, flags);
      },
      ask: (question, signal) => confirm(question.email, existing, flags, run, signal),
      redeem: async (code, email) => {
        joined = await finish({
          accounts,
          code,
          verifier,
          key,
          email,
          request,
          existing,
          store,
          flags,
          run,
          server,
        });
      },
      report: (status) => {
        report(status, run, joined);
      },
      signal: run.signal,
    });
    return 0;
  } finally {
    await channel.close();
  }
}

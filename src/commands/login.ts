/** `fxa-pair login`: e-mail and password, once, where there is no signed-in device to pair with. */
import { hostname } from "node:os";
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import { AccountsError } from "../oauth/error-table.ts";
import type { Credentials } from "../oauth/credential-store.ts";
import { loginWithPassword, loginWithSession } from "../oauth/login.ts";
import type { LoginTarget } from "../oauth/login.ts";
import type { SignedInDevice } from "../oauth/redeem.ts";
import { abandon } from "../oauth/redeem.ts";
import { OLDSYNC_SCOPE, PROFILE_SCOPE } from "../oauth/scopes.ts";
import { displayText } from "../ui/safe-text.ts";
import { connectAccounts, contentServerOf, openStore } from "./accounts.ts";
import { DEFAULT_CLIENT } from "./default-client.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { addStoreOption, storeFlags, deviceNameFlag, globalFlags, readFlags } from "./flags.ts";
import { endReplaced, isSameAccount } from "./replaced.ts";
import { withRun } from "./setup.ts";
import { askLine, SignInQuestions } from "./sign-in-questions.ts";
import type { Run } from "./setup.ts";
import { readStandardInput } from "./standard-input.ts";
import { describeAccount } from "./status.ts";

const Flags = v.object({
  ...globalFlags,
  ...storeFlags,
  email: v.optional(v.pipe(v.string(), v.includes("@", "must be an e-mail address"))),
  passwordStdin: v.optional(v.boolean(), false),
  sessionTokenStdin: v.optional(v.boolean(), false),
  totp: v.optional(v.pipe(v.string(), v.regex(/^\d{6,8}$/, "must be the digits of an authenticator app"))),
  unblockCode: v.optional(
    v.pipe(
      v.string(),
      v.toUpperCase(),
      v.regex(/^[0-9A-Z]{8}$/, "must be the 8 letters and digits of a mailed unblock code"),
    ),
  ),
  deviceName: deviceNameFlag,
});

type LoginFlags = v.InferOutput<typeof Flags>;

export const login: CommandModule = {
  define(command: Command): void {
    command
      .option("--email <email>", "the account's e-mail address (asked for when left out)")
      .option("--password-stdin", "read the password from standard input")
      .option("--totp <code>", "the authenticator app's code, for accounts with two-step authentication")
      .option("--unblock-code <code>", "the code mailed after a sign-in was blocked")
      .option(
        "--session-token-stdin",
        "take over a session: read its token from standard input (brings no keys)",
      )
      .option("--device-name <name>", "this device's name in the account (default: the machine's name)");
    addStoreOption(command);
    addExamples(command, [
      "fxa-pair login",
      "fxa-pair login --email me@example.com --password-stdin < password.txt",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, (run) => runLogin(flags, run));
  },
};

async function runLogin(flags: LoginFlags, run: Run): Promise<number> {
  if (flags.totp !== undefined || flags.unblockCode !== undefined) {
    run.reporter.warn(
      "a code on the command line can be seen by other users for a moment; left out, it is asked for.",
    );
  }
  const server = contentServerOf(flags);
  const store = openStore(flags, run);
  const existing = await store.load();
  await store.checkPlace();
  const target: LoginTarget = {
    server,
    clientId: DEFAULT_CLIENT,
    scope: [PROFILE_SCOPE, OLDSYNC_SCOPE],
    deviceName: flags.deviceName ?? hostname(),
  };
  const signIn = flags.sessionTokenStdin
    ? await withSession(target, run)
    : await withPassword(flags, target, existing, run);
  const { client } = await connectAccounts(server, run);
  const { credentials, issued, warnings } = await signIn(client);
  try {
    run.signal.throwIfAborted();
    requireSameAccount(existing, server, credentials.email);
    await store.save(credentials, existing);
  } catch (error) {
    throw await abandon(client, issued, error);
  }
  for (const warning of warnings) run.reporter.warn(warning);
  if (existing !== null) await endReplaced(existing, credentials, client, run);
  run.reporter.event(describeAccount(credentials, store, run.environment.clock));
  return 0;
}

function requireSameAccount(existing: Credentials | null, server: string, email: string): void {
  if (existing === null || isSameAccount(existing, server, email)) return;
  throw new FxaPairError("usage", "This device is signed in to another account already.", {
    hint: "Sign it out first with fxa-pair logout, or use another --config-dir.",
  });
}

type SignIn = (client: AccountsClient) => Promise<SignedInDevice>;

async function withSession(target: LoginTarget, run: Run): Promise<SignIn> {
  const sessionToken = (await readStandardInput(run)).trim();
  if (!/^[0-9a-f]{64}$/.test(sessionToken)) {
    throw new FxaPairError("usage", "Standard input holds no session token (64 hex digits).", {
      hint: "Write the token, and nothing else, to standard input.",
    });
  }
  return (client) => loginWithSession(client, sessionToken, target, run.environment.clock);
}

/** Everything is asked before the server is: e-mail, then password. */
async function withPassword(
  flags: LoginFlags,
  target: LoginTarget,
  existing: Credentials | null,
  run: Run,
): Promise<SignIn> {
  const email = flags.email ?? (await askLine(run, "E-mail", false, "Give it with --email."));
  if (!email.includes("@")) {
    throw new FxaPairError("usage", "That is no e-mail address.", { hint: "Run it again, or give --email." });
  }
  // Once more when the server has said whose it is; but no password and no code should be typed for nothing.
  requireSameAccount(existing, target.server, email);
  const password = flags.passwordStdin
    ? (await readStandardInput(run)).replace(/\r?\n$/, "")
    : await askLine(
        run,
        `Password of ${displayText(email)} (not shown)`,
        true,
        "Write it to standard input with --password-stdin.",
      );
  if (password === "") throw new FxaPairError("usage", "The password is empty.", { hint: again(email) });
  run.reporter.progress("Signing in…");
  const questions = new SignInQuestions(flags, run);
  return async (client) => {
    try {
      return await loginWithPassword(client, { email, password, unblockCode: flags.unblockCode }, target, {
        clock: run.environment.clock,
        signal: run.signal,
        askCode: (question) => questions.askCode(question),
        askUnblockCode: (question) => questions.askUnblockCode(question),
        reportLinkMailed: () => {
          run.reporter.progress("A mail with a link was sent to you: open it to go on.");
        },
      });
    } catch (error) {
      throw withAddress(error, email);
    }
  };
}

/** Wrong password, unknown account: what was typed need not be typed again, but for the password. */
const NAMING_THE_ADDRESS: Readonly<Record<number, (email: string) => string>> = {
  102: (email) => `There is no account with the address ${email}.`,
  103: (email) => `The password of ${email} is wrong.`,
};

function withAddress(error: unknown, email: string): unknown {
  if (!(error instanceof AccountsError) || error.errno === undefined) return error;
  const message = NAMING_THE_ADDRESS[error.errno]?.(displayText(email));
  if (message === undefined) return error;
  return new FxaPairError(error.code, message, {
    hint: error.errno === 103 ? again(email) : "Check the address and --server.",
    ...(error.details && { details: error.details }),
    cause: error,
  });
}

/** One password a run: the server counts them, and locks out for more than a few. */
function again(email: string): string {
  return /^[\w.+@-]+$/.test(email)
    ? `To try again without typing the address: fxa-pair login --email ${email}`
    : "To try again without typing the address, give it with --email.";
}

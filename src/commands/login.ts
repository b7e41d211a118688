/** `fxa-pair login`: e-mail and password, once, where there is no signed-in device to pair with. */
import { hostname } from "node:os";
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { CodeQuestion } from "../oauth/confirm-sign-in.ts";
import { loginWithPassword, loginWithSession } from "../oauth/login.ts";
import type { LoginTarget } from "../oauth/login.ts";
import type { SignedInDevice } from "../oauth/redeem.ts";
import { abandon } from "../oauth/redeem.ts";
import { OLDSYNC_SCOPE, PROFILE_SCOPE } from "../oauth/scopes.ts";
import { connectAccounts, contentServerOf, openStore } from "./accounts.ts";
import { DEFAULT_CLIENT } from "./default-client.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { addStoreOption, storeFlags, deviceNameFlag, globalFlags, readFlags } from "./flags.ts";
import { endReplaced, isSameAccount } from "./replaced.ts";
import { withRun } from "./setup.ts";
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
  deviceName: deviceNameFlag,
});

type LoginFlags = v.InferOutput<typeof Flags>;

export const login: CommandModule = {
  define(command: Command): void {
    command
      .option("--email <email>", "the account's e-mail address (asked for when left out)")
      .option("--password-stdin", "read the password from standard input")
      .option("--totp <code>", "the authenticator app's code, for accounts with two-step authentication")
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
  if (flags.totp !== undefined) {
    run.reporter.warn(
      "a code on the command line can be seen by other users for a moment; without --totp it is asked for.",
    );
  }
  const server = contentServerOf(flags);
  const store = openStore(flags, run);
  const existing = await store.load();
  const target: LoginTarget = {
    server,
    clientId: DEFAULT_CLIENT,
    scope: [PROFILE_SCOPE, OLDSYNC_SCOPE],
    deviceName: flags.deviceName ?? hostname(),
  };
  const signIn = flags.sessionTokenStdin
    ? await withSession(target, run)
    : await withPassword(flags, target, run);
  const { client } = await connectAccounts(server, run);
  const { credentials, issued, warnings } = await signIn(client);
  try {
    run.signal.throwIfAborted();
    if (existing !== null && !isSameAccount(existing, server, credentials.email)) {
      throw new FxaPairError("usage", "This device is signed in to another account already.", {
        hint: "Sign it out first with fxa-pair logout, or use another --config-dir.",
      });
    }
    await store.save(credentials, existing);
  } catch (error) {
    throw await abandon(client, issued, error);
  }
  for (const warning of warnings) run.reporter.warn(warning);
  if (existing !== null) await endReplaced(existing, credentials, client, run);
  run.reporter.event(describeAccount(credentials, store, run.environment.clock));
  return 0;
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
async function withPassword(flags: LoginFlags, target: LoginTarget, run: Run): Promise<SignIn> {
  const email = flags.email ?? (await askLine(run, "E-mail", false, "Give it with --email."));
  if (!email.includes("@")) {
    throw new FxaPairError("usage", "That is no e-mail address.", { hint: "Run it again, or give --email." });
  }
  const password = flags.passwordStdin
    ? (await readStandardInput(run)).replace(/\r?\n$/, "")
    : await askLine(run, `Password of ${email}`, true, "Write it to standard input with --password-stdin.");
  if (password === "") throw new FxaPairError("usage", "The password is empty.", { hint: "Try again." });
  run.reporter.progress("Signing in…");
  let totp = flags.totp;
  return (client) =>
    loginWithPassword(client, { email, password }, target, {
      clock: run.environment.clock,
      signal: run.signal,
      askCode: async (question) => {
        const given = question.method === "totp" ? totp : undefined;
        totp = undefined;
        return given ?? (await askCode(question, run));
      },
      askUnblockCode: () =>
        askLine(run, "The sign-in was blocked; code mailed to you", false, "Run it in a terminal."),
      reportLinkMailed: () => {
        run.reporter.progress("A mail with a link was sent to you: open it to go on.");
      },
    });
}

async function askCode({ method, last, resendsLeft }: CodeQuestion, run: Run): Promise<string> {
  if (last === "wrong") run.reporter.warn("that code was wrong or too old.");
  if (method === "totp") return askLine(run, "Code of your authenticator app", false, "Give it with --totp.");
  if (run.prompter !== null) {
    if (last === "resent") run.reporter.say("Another mail is on its way; use the code of the newest.");
    else if (last === null) run.reporter.say("No mail? Press Enter alone, and the code is sent again.");
  }
  const code = await askLine(run, "Code mailed to you", false, "Run it in a terminal.");
  // A terminal that is gone asks for nothing.
  if (code === "" && resendsLeft > 0 && !run.environment.streams.stdin.readable) {
    throw new FxaPairError("usage", "The input ended before the mailed code.", { hint: "Start again." });
  }
  return code;
}

async function askLine(run: Run, label: string, hidden: boolean, hint: string): Promise<string> {
  if (run.prompter === null) {
    throw new FxaPairError("usage", `This has to ask (${label}), and there is no terminal to ask on.`, {
      hint,
    });
  }
  return run.prompter.line(label, { hidden }, run.signal);
}

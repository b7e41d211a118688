/** `fxa-pair logout`: ends what this device holds on the server, and only then forgets it here. */
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import type { Credentials, CredentialStore } from "../oauth/credential-store.ts";
import { signOut } from "../oauth/sign-out.ts";
import { connectAccounts, openStore } from "./accounts.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { addStoreOption, storeFlags, globalFlags, readFlags } from "./flags.ts";
import { withRun } from "./setup.ts";
import type { Run } from "./setup.ts";
import { describeAccount } from "./status.ts";

const Flags = v.object({ ...globalFlags, ...storeFlags, force: v.optional(v.boolean(), false) });

export const logout: CommandModule = {
  define(command: Command): void {
    command.option("--force", "forget the credentials here even if the server cannot be told");
    addStoreOption(command);
    addExamples(command, ["fxa-pair logout", "fxa-pair logout --force"]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, async (run) => {
      const store = openStore(flags, run);
      const credentials = await store.load();
      if (credentials !== null) {
        await revoke(credentials, flags.force, run);
        await forget(store, credentials);
      }
      run.reporter.event(describeAccount(await store.load(), store, run.environment.clock));
      return 0;
    });
  },
};

/** The server has been told by then, or the user does not mind: that is said before what keeps the file in its place. */
async function forget(store: CredentialStore, credentials: Credentials): Promise<void> {
  try {
    await store.remove(credentials);
  } catch (error) {
    if (!(error instanceof FxaPairError)) throw error;
    throw new FxaPairError(error.code, `Signed out, but the credentials are still here. ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      details: error.details ?? {},
      cause: error,
    });
  }
}

/** Revokes; when that fails, goes on only if the user wants to forget anyway, and says what still lives. */
async function revoke(credentials: Credentials, force: boolean, run: Run): Promise<void> {
  try {
    const { client } = await connectAccounts(credentials.server, run);
    await signOut(client, credentials);
  } catch (error) {
    if (!(error instanceof FxaPairError) || error.code === "interrupted") throw error;
    const told = stillLiving(error, credentials);
    if (!force && !(await askToForget(told, run))) throw told;
    run.reporter.warn(`forgotten here only. ${told.message} ${REMOVE_ELSEWHERE}`);
  }
}

const REMOVE_ELSEWHERE =
  "Remove this device with fxa-pair devices on another one, or in the account's settings on the web.";

/** The failure, with what the server goes on accepting: all there is, where it was not even reached. */
function stillLiving(error: FxaPairError, { sessionToken }: Credentials): FxaPairError {
  if (error.details?.remaining !== undefined) return error;
  const remaining = ["refresh token", ...(sessionToken === undefined ? [] : ["session"])];
  const message = `The server still accepts this device's ${remaining.join(" and ")}. ${error.message}`;
  return new FxaPairError(error.code, message, {
    hint: "Try again later; fxa-pair logout --force forgets them here all the same.",
    details: { ...error.details, remaining },
    cause: error,
  });
}

async function askToForget(error: FxaPairError, run: Run): Promise<boolean> {
  if (run.prompter === null) return false;
  run.reporter.warn(error.message);
  return run.prompter.confirm(
    "Forget the credentials here although the server still accepts them?",
    run.signal,
  );
}

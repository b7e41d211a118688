/** `fxa-pair status`: who is signed in here and with what; `--check` asks the server whether it still holds. */
import type { Command } from "commander";
import * as v from "valibot";
import { checkCredentials } from "../oauth/check-credentials.ts";
import type { Credentials, CredentialStore } from "../oauth/credential-store.ts";
import type { AccountEvent } from "../ui/events.ts";
import { connectAccounts, openStore, requireCredentials } from "./accounts.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { globalFlags, readFlags } from "./flags.ts";
import { withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object({ ...globalFlags, check: v.optional(v.boolean(), false) });

export const status: CommandModule = {
  define(command: Command): void {
    command.option("--check", "ask the accounts server whether the credentials still work");
    addExamples(command, ["fxa-pair status", "fxa-pair status --check", "fxa-pair status --json"]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, async (run) => {
      const store = openStore(flags, run);
      if (flags.check) await check(await requireCredentials(flags, store), store, run);
      run.reporter.event(describeAccount(await store.load(), store));
      return 0;
    });
  },
};

async function check(credentials: Credentials, store: CredentialStore, run: Run): Promise<void> {
  const { client } = await connectAccounts(credentials.server, run);
  await checkCredentials(client, store, credentials, run.environment.clock);
  run.reporter.progress("The accounts server accepts these credentials.");
}

/** The account event: names of scopes and keys, never the tokens or keys themselves. */
export function describeAccount(credentials: Credentials | null, store: CredentialStore): AccountEvent {
  return {
    type: "account",
    signedIn: credentials !== null,
    server: credentials?.server ?? null,
    uid: credentials?.uid ?? null,
    email: credentials?.email ?? null,
    scope: credentials?.scope ?? [],
    keys: Object.keys(credentials?.keys ?? {}),
    session: credentials?.sessionToken !== undefined,
    stored: credentials === null ? null : store.path,
  };
}

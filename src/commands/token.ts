/** `fxa-pair token --scope <s>…`: a fresh access token for scripts, and nothing else on standard output. */
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { freshAccessToken } from "../oauth/token-refresh.ts";
import { connectAccounts, openStore, requireCredentials } from "./accounts.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { addStoreOption, storeFlags, collect, globalFlags, readFlags } from "./flags.ts";
import { withRun } from "./setup.ts";

const Flags = v.object({
  ...globalFlags,
  ...storeFlags,
  scope: v.optional(v.array(v.pipe(v.string(), v.regex(/^\S+$/, "must be one scope"))), []),
});

export const token: CommandModule = {
  define(command: Command): void {
    command.option("--scope <scope...>", "scopes the token shall have (required)", collect);
    addStoreOption(command);
    addExamples(command, [
      "fxa-pair token --scope profile",
      "fxa-pair token --scope https://identity.mozilla.com/apps/oldsync --json",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    if (flags.scope.length === 0) {
      throw new FxaPairError("usage", "No scope was named.", { hint: "Add for example --scope profile." });
    }
    return withRun(flags, environment, async (run) => {
      const store = openStore(flags, run);
      const credentials = await requireCredentials(flags, store);
      const { client } = await connectAccounts(credentials.server, run);
      const fresh = await freshAccessToken(client, store, credentials, flags.scope, environment.clock);
      const expiresAt = new Date(fresh.expiresAt).toISOString();
      run.reporter.event({ type: "token", token: fresh.token, scope: fresh.scope, expiresAt });
      return 0;
    });
  },
};

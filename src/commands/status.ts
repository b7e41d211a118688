/** `fxa-pair status`: who is signed in here and with what; `--check` asks the server whether it still holds. */
import type { Command } from "commander";
import * as v from "valibot";
import type { Clock } from "../lib/clock.ts";
import { checkCredentials } from "../oauth/check-credentials.ts";
import type { Credentials, CredentialStore } from "../oauth/credential-store.ts";
import type { AccountEvent } from "../ui/events.ts";
import { timestamp } from "./listed-device.ts";
import { connectAccounts, openStore, requireCredentials } from "./accounts.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { addStoreOption, storeFlags, globalFlags, readFlags } from "./flags.ts";
import { withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object({ ...globalFlags, ...storeFlags, check: v.optional(v.boolean(), false) });

export const status: CommandModule = {
  define(command: Command): void {
    command.option("--check", "ask the accounts server whether the credentials still work");
    addStoreOption(command);
    addExamples(command, ["fxa-pair status", "fxa-pair status --check", "fxa-pair status --json"]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, async (run) => {
      const store = openStore(flags, run);
      const checked = flags.check
        ? await check(await requireCredentials(flags, store), store, run)
        : undefined;
      const account = describeAccount(await store.load(), store, run.environment.clock);
      run.reporter.event(checked === undefined ? account : { ...account, checked });
      return 0;
    });
  },
};

type Checked = NonNullable<AccountEvent["checked"]>;

async function check(credentials: Credentials, store: CredentialStore, run: Run): Promise<Checked> {
  const { client } = await connectAccounts(credentials.server, run);
  run.reporter.progress("Asking the accounts server…");
  const { session } = await checkCredentials(client, store, credentials, run.environment.clock);
  return { refreshToken: true, session: session === null ? null : true, twoStep: session?.twoStep ?? null };
}

/** The account event: names of scopes and keys, never the tokens or keys themselves. */
export function describeAccount(
  credentials: Credentials | null,
  store: CredentialStore,
  clock: Clock,
): AccountEvent {
  const keys = Object.entries(credentials?.keys ?? {});
  return {
    type: "account",
    signedIn: credentials !== null,
    server: credentials?.server ?? null,
    uid: credentials?.uid ?? null,
    email: credentials?.email ?? null,
    scope: credentials?.scope ?? [],
    keys: keys.map(([scope]) => scope),
    session: credentials?.sessionToken !== undefined,
    stored: credentials === null ? null : store.path,
    keyIds: Object.fromEntries(keys.map(([scope, { kid }]) => [scope, kid])),
    deviceId: credentials?.deviceId ?? null,
    deviceName: credentials?.deviceName ?? null,
    createdAt: credentials?.createdAt ?? null,
    authAt: timestamp((credentials?.authAt ?? 0) * 1000),
    age: credentials === null ? null : ageOf(credentials, clock),
  };
}

/** Seconds; null when the file names no time. */
function ageOf({ createdAt }: Credentials, clock: Clock): number | null {
  const since = Date.parse(createdAt);
  return Number.isNaN(since) ? null : Math.max(0, Math.floor((clock.wallTime() - since) / 1000));
}

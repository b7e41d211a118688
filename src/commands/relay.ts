/** `fxa-pair relay`: the channel server, until a signal ends it. */
import cluster from "node:cluster";
import type { Command } from "commander";
import * as v from "valibot";
import { FilesInUse } from "../relay/files-in-use.ts";
import type { RelaySettings } from "../relay/settings.ts";
import { chooseReporter } from "../ui/choose-reporter.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { globalFlags, readFlags } from "./flags.ts";
import { defineSettings, readSettings, settingsEvent } from "./relay-settings.ts";

const Flags = v.object({ ...globalFlags, check: v.optional(v.boolean(), false) });

export const relay: CommandModule = {
  define(command: Command): void {
    defineSettings(command);
    command.option("--check", "print the settings in force and where each came from, and end");
    addExamples(command, [
      "fxa-pair relay",
      "fxa-pair relay --host 127.0.0.1 --port 8001",
      "FXA_PAIR_RELAY_MAX_EXCHANGES=24 fxa-pair relay --check",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables, { configFile: false });
    const { reporter } = chooseReporter(environment.streams, environment.clock, flags);
    const warnings: string[] = [];
    const sourced = readSettings(command, environment.variables, (text) => {
      warnings.push(text);
      // Of several processes, the first one tells it.
      if (cluster.isPrimary) reporter.warn(text);
    });
    if (flags.check) {
      await checkNamed(sourced.settings);
      reporter.event(settingsEvent(sourced));
      return 0;
    }
    // Loaded only now: what a server needs is much, and help shall be quick.
    const { serve } = await import("./serve-relay.ts");
    return serve({ settings: sourced.settings, flags, environment, reporter, warnings });
  },
};

/** Looks at what settings name, as far as that can be done without anybody noticing. */
async function checkNamed(settings: RelaySettings): Promise<void> {
  await FilesInUse.open(settings);
  if (settings.redis !== null) (await import("../relay/redis/address.ts")).parseRedisAddress(settings.redis);
}

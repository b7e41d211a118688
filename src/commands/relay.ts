/** `fxa-pair relay`: the channel server, until a signal ends it. */
import type { Command } from "commander";
import * as v from "valibot";
import { formatJsonLine } from "../ui/json-line.ts";
import { startRelay } from "../relay/server.ts";
import type { RelayLog } from "../relay/log.ts";
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
    const reporter = chooseReporter(environment.streams, environment.clock, flags);
    const { clock, random } = environment;
    const sourced = readSettings(command, environment.variables, (text) => {
      reporter.warn(text);
    });
    if (flags.check) {
      reporter.event(settingsEvent(sourced));
      return 0;
    }
    const { settings } = sourced;
    const ended = endingSignal(environment);
    const server = await startRelay({ settings, clock, random, log: stderrLog(environment, flags) });
    if (flags.json) reporter.event({ type: "listening", url: server.url, metricsUrl: null });
    await ended;
    await server.drain();
    return 0;
  },
};

/** Resolves at the first SIGTERM or SIGINT. */
function endingSignal(environment: Environment): Promise<void> {
  return new Promise((resolve) => {
    environment.onSignal("SIGTERM", resolve);
    environment.onSignal("SIGINT", resolve);
  });
}

/** One JSON object a line; on a terminal the same in a form for people. */
function stderrLog({ streams, clock }: Environment, flags: { quiet: boolean; verbose: boolean }): RelayLog {
  const { stderr } = streams;
  return {
    write(level, event, fields) {
      if (level === "debug" && !flags.verbose) return;
      if (level === "info" && flags.quiet) return;
      const time = new Date(clock.wallTime()).toISOString();
      if (stderr.isTTY !== true) {
        stderr.write(formatJsonLine({ level, time, event, ...fields }));
        return;
      }
      const facts = Object.entries(fields).map(([name, value]) => `${name}=${value ?? "-"}`);
      stderr.write(`${time.slice(11, 19)} ${level} ${event} ${facts.join(" ")}\n`);
    },
  };
}

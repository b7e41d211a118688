/** The options of every command, apart from what reads them: help is quicker without that. */
import type { Command } from "commander";

/** Adds the options that every command has. */
export function addGlobalOptions(command: Command): Command {
  return command
    .option("--server <server>", "accounts server: release, stage or a URL (default: release)")
    .option("--channel-server <url>", "relay to use instead of the one the accounts server names")
    .option("--config-dir <dir>", "directory of config.json and credentials.json")
    .option("--json", "print events as JSON lines on stdout")
    .option("--quiet", "print only warnings, questions and results")
    .option("--verbose", "print a stack trace for bugs (relay: the log's debug lines too)")
    .option("--no-color", "draw without colours")
    .option("--accessible", "speak in plain lines and full sentences, for screen readers: nothing is drawn");
}

/** `fxa-pair completion <shell>`: prints a script that makes the shell complete fxa-pair's commands and options. */
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { addExamples, addHelpSection } from "./command.ts";
import type { CommandModule } from "./command.ts";
import { bashCompletion } from "./completion/bash.ts";
import { fishCompletion } from "./completion/fish.ts";
import { powershellCompletion } from "./completion/powershell.ts";
import { places } from "./completion/tree.ts";
import type { Place } from "./completion/tree.ts";
import { zshCompletion } from "./completion/zsh.ts";
import type { Environment } from "./context.ts";
import { globalFlags, readFlags } from "./flags.ts";
import { catalogue } from "./help/catalogue.ts";
import { SHELLS } from "./option-values.ts";
import { withRun } from "./setup.ts";

type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, (all: readonly Place[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
};

export const completion: CommandModule = {
  define(command: Command): void {
    command.argument("<shell>", "bash, zsh, fish or powershell");
    addHelpSection(command, "To have it in every new shell", [
      "bash: add to ~/.bashrc",
      "  source <(fxa-pair completion bash)",
      "zsh: add to ~/.zshrc, below compinit",
      "  source <(fxa-pair completion zsh)",
      "fish: run once",
      "  fxa-pair completion fish > ~/.config/fish/completions/fxa-pair.fish",
      "PowerShell: add to the file that $PROFILE names",
      "  fxa-pair completion powershell | Out-String | Invoke-Expression",
    ]);
    addExamples(command, ["fxa-pair completion bash", "fxa-pair completion zsh > _fxa-pair"]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, v.object(globalFlags), environment.variables, { configFile: false });
    return withRun(flags, environment, (run) => {
      const shell = requireShell(command.args[0] ?? "");
      const program = command.parent ?? command;
      const script = SCRIPTS[shell](places(catalogue(program)));
      run.reporter.event({ type: "completion", shell, script });
      return Promise.resolve(0);
    });
  },
};

function requireShell(text: string): Shell {
  const shell = SHELLS.find((each) => each === text.toLowerCase());
  if (shell !== undefined) return shell;
  const meant = nearest(text, SHELLS);
  throw new FxaPairError("usage", "There is no completion for that shell.", {
    hint: meant === undefined ? `Name one of ${SHELLS.join(", ")}; see --help.` : `Did you mean ${meant}?`,
  });
}

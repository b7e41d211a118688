/** Asks real shells what they would complete, with the script of `fxa-pair completion` sourced. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Shell {
  readonly name: string;
  /** What to run to see whether it is there. */
  readonly probe: readonly [string, ...string[]];
  /** What may stand in the place of the last word of `line`. */
  complete(script: string, line: string, folder: string): string[];
}

/** Bash takes words apart at equals signs and calls the function with what is left. */
const bash: Shell = {
  name: "bash",
  probe: ["bash", "--version"],
  complete(script, line, folder) {
    const words = line.split(" ").flatMap((word) => word.split(/(=)/));
    const driver = [
      `source ${script}`,
      `COMP_WORDS=(${words.map(quoted).join(" ")}) COMP_CWORD=${words.length - 1} COMP_LINE=${quoted(line)}`,
      "_fxa_pair",
      'for each in "${COMPREPLY[@]}"; do printf "%s\\n" "$each"; done',
    ];
    return linesOf(["bash", "--noprofile", "--norc", "-u", "-c", driver.join("\n")], folder);
  },
};

/** An interactive zsh in a terminal of its own, in which the Tab key is pressed; what it offers is printed on the way. */
const zsh: Shell = {
  name: "zsh",
  probe: ["zsh", "--version"],
  complete(script, line, folder) {
    const setUp = join(folder, "set-up.zsh");
    writeFileSync(
      setUp,
      `autoload -Uz compinit; compinit -u -D
source ${script}
bindkey '^I' complete-word
compadd() {
  local each
  local -a found
  for each in "$@"; do
    case $each in
      -|--) break ;;
      -[OAD]) builtin compadd "$@"; return ;;
    esac
  done
  builtin compadd -O found "$@"
  print -rl -- "<OFFER>"$^found"</OFFER>"
  builtin compadd "$@"
}
PS1="<PROM""PT>"`,
    );
    const driver = `
zmodload zsh/zpty
zpty -b inner zsh -f -i
zpty -w inner "stty columns 500; cd ${folder}; source ${setUp}"
zpty -r -m inner text "*<PROMPT>*"
zpty -w -n inner ${quoted(line)}$'\\t\\x15'
zpty -w inner 'print -r "<DO""NE>"'
zpty -r -m inner text "*<DONE>*"
print -r -- "$text"
zpty -d inner`;
    const seen = linesOf(["zsh", "-f", "-c", driver], folder).join("\n");
    return [...new Set([...seen.matchAll(/<OFFER>(.*?)<\/OFFER>/g)].map(([, offer = ""]) => offer))];
  },
};

const fish: Shell = {
  name: "fish",
  probe: ["fish", "--version"],
  complete(script, line, folder) {
    const driver = `source ${script}; complete -C ${quoted(line)}`;
    return linesOf(["fish", "--no-config", "-c", driver], folder).map((found) => found.split("\t")[0] ?? "");
  },
};

const powershell: Shell = {
  name: "powershell",
  probe: ["pwsh", "-NoProfile", "-Command", "1"],
  complete(script, line, folder) {
    const driver = [
      `Get-Content -Raw ${script} | Invoke-Expression`,
      `$line = '${line}'`,
      "[System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText",
    ];
    return linesOf(["pwsh", "-NoProfile", "-Command", driver.join("; ")], folder);
  },
};

export const SHELLS: readonly Shell[] = [bash, zsh, fish, powershell];

/** Whether a shell is installed. */
export function isThere({ probe: [program, ...args] }: Shell): boolean {
  return spawnSync(program, args).status === 0;
}

function linesOf([program = "", ...args]: readonly string[], folder: string): string[] {
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, TERM: "xterm" };
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 20_000,
  });
  if (status !== 0 || stderr !== "")
    throw new Error(`${program} ended with ${String(status)}: ${stderr}${stdout}`);
  return stdout.split("\n").filter((line) => line !== "");
}

function quoted(text: string): string {
  return `'${text}'`;
}

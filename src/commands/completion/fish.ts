/** Completion for fish, 3.0 and later. */
import type { OptionEntry } from "../help/catalogue.ts";
import type { OptionValues } from "../option-values.ts";
import { valueOptions } from "./tree.ts";
import type { Place } from "./tree.ts";

/** A script to source, or to keep as `completions/fxa-pair.fish`. */
export function fishCompletion(all: readonly Place[]): string {
  const nested = all.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(" ")));
  return `# Completion of fxa-pair for fish. Made by: fxa-pair completion fish

# What is typed before the cursor: the commands, then how many words stand behind them.
function __fxa_pair_place
    set -l words (commandline -opc)
    set -l place
    set -l operands 0
    set -l ended 0
    set -l is_value 0
    for word in $words[2..-1]
        if test $is_value -eq 1
            set is_value 0
        else if test $ended -eq 1
            set operands (math $operands + 1)
        else
            switch $word
                case --
                    set ended 1
                case ${valueOptions(all).join(" ")}
                    set is_value 1
                case '-*'
                case '*'
                    if contains -- (string join ' ' $place $word) ${nested.join(" ")}
                        set place $place $word
                    else
                        set operands (math $operands + 1)
                    end
            end
        end
    end
    echo (string join ' ' $place)
    echo $operands
end

# Whether the commands typed are just these.
function __fxa_pair_in
    set -l found (__fxa_pair_place)
    test "$found[1]" = "$argv"
end

# The same, with that many words behind them; with a + behind the number, that many or more.
function __fxa_pair_at
    set -l found (__fxa_pair_place)
    test "$found[1]" = "$argv[2..-1]"; or return 1
    string match -q '*+' -- $argv[1]; and test $found[2] -ge (string replace + '' -- $argv[1]); and return 0
    test "$found[2]" = "$argv[1]"
end

complete -c fxa-pair -e
complete -c fxa-pair -f
${all.flatMap((place) => [...place.commands.map((command) => commandLine(place, command)), ...operandLines(place), ...place.options.map((option) => optionLine(place, option))]).join("\n")}
`;
}

function commandLine({ path }: Place, { name, words }: Place["commands"][number]): string {
  return line([`__fxa_pair_at 0 ${path.join(" ")}`.trim()], `-a ${name} -d ${quoted(words)}`);
}

function operandLines(place: Place): string[] {
  if (place.commands.length > 0) return [];
  return place.arguments.flatMap(({ values, variadic }, index) => {
    const offered = offer(values);
    const count = `${index}${variadic ? "+" : ""}`;
    return offered === undefined ? [] : [line([`__fxa_pair_at ${count} ${place.path.join(" ")}`], offered)];
  });
}

function optionLine({ path }: Place, { names, placeholder, words, values }: OptionEntry): string {
  const spelt = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const taken = placeholder === null ? [] : ["-r", offer(values) ?? "-f"];
  return line(
    [`__fxa_pair_in ${path.join(" ")}`.trim()],
    [...spelt, ...taken, "-d", quoted(words)].join(" "),
  );
}

function line(conditions: readonly string[], rest: string): string {
  return `complete -c fxa-pair ${conditions.map((condition) => `-n ${quoted(condition)} `).join("")}${rest}`;
}

function offer(values: OptionValues): string | undefined {
  switch (values.kind) {
    case "words":
      return `-f -a ${quoted(values.words.join(" "))}`;
    case "files":
      return "-F";
    case "folders":
      return "-f -a '(__fish_complete_directories)'";
    case "command":
      return "-F -a '(__fish_complete_command)'";
    case "free":
      return undefined;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}

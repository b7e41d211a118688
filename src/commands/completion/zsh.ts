/** Completion for zsh, by its own `_arguments`: to source, or as a file `_fxa-pair` in a folder of `fpath`. */
import type { OptionEntry } from "../help/catalogue.ts";
import type { OptionValues } from "../option-values.ts";
import type { Place } from "./tree.ts";

/** A script to source, once `compinit` has run. */
export function zshCompletion(all: readonly Place[]): string {
  return `#compdef fxa-pair
# Completion of fxa-pair for zsh. Made by: fxa-pair completion zsh

${all.map(functionOf).join("\n\n")}

if [[ $funcstack[1] == _fxa-pair ]]; then
  _fxa-pair "$@"
else
  compdef _fxa-pair fxa-pair
fi
`;
}

function functionOf(place: Place): string {
  const specs = [...place.options.map(optionSpec), ...operandSpecs(place)].map(quoted);
  return `${nameOf(place.path)}() {
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
  _arguments -C -S \\
${specs.map((spec) => `    ${spec}`).join(" \\\n")} && ret=0
${place.commands.length > 0 ? dispatch(place) : ""}  return ret
}`;
}

function nameOf(path: readonly string[]): string {
  return ["_fxa-pair", ...path].join("-");
}

/** Hands over to the function of the command that is typed. */
function dispatch(place: Place): string {
  const items = place.commands.map(({ name, words }) => quoted(`${name}:${words}`));
  const branches = place.commands.map(({ name }) => `${name}) ${nameOf([...place.path, name])} && ret=0 ;;`);
  return `  case $state in
    command)
      local -a commands=(
${items.map((item) => `        ${item}`).join("\n")}
      )
      _describe -t commands command commands && ret=0
      ;;
    rest)
      case $words[1] in
${branches.map((branch) => `        ${branch}`).join("\n")}
      esac
      ;;
  esac
`;
}

function optionSpec({ names, placeholder, words, values }: OptionEntry): string {
  const explained = `[${words.replaceAll(/[[\]\\]/g, "\\$&")}]`;
  // Given twice, some options add to what there is; for the others it does no harm.
  if (placeholder !== null)
    return `*${names.at(-1) ?? ""}=${explained}:${plain(placeholder)}:${action(values)}`;
  const others = names.includes("--help") || names.includes("--version") ? "- *" : names.join(" ");
  // One spec for each name would list them apart; the long one is enough to be found.
  return `(${others})${names.at(-1) ?? ""}${explained}`;
}

function operandSpecs(place: Place): string[] {
  if (place.commands.length > 0) return ["1:command:->command", "*::argument:->rest"];
  return place.arguments.flatMap(({ values, variadic }, index) => {
    const count = index + 1;
    if (values.kind === "command") return [`(-)${count}:command:${action(values)}`, "*::argument:_normal"];
    return [`${variadic ? "*" : String(count)}:argument:${action(values)}`];
  });
}

function action(values: OptionValues): string {
  switch (values.kind) {
    case "words":
      return `(${values.words.join(" ")})`;
    case "files":
      return "_files";
    case "folders":
      return "_path_files -/";
    case "command":
      return "_command_names -e";
    case "free":
      return "";
  }
}

function plain(placeholder: string): string {
  return placeholder.replaceAll(/[^\w -]/g, "");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

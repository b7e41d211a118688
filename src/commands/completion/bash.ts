/** Completion for bash, 3.2 (as macOS has it) and later; needs no other package. */
import type { OptionValues } from "../option-values.ts";
import { valueOptions } from "./tree.ts";
import type { Place } from "./tree.ts";

/** A script to source. */
export function bashCompletion(all: readonly Place[]): string {
  return `# Completion of fxa-pair for bash. Made by: fxa-pair completion bash

_fxa_pair_words() {
  local found
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -W "$1" -- "$cur")
}

_fxa_pair_paths() {
  local found
  compopt -o filenames 2> /dev/null
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen "$1" -- "$cur")
}

_fxa_pair() {
  local cur= place= option= ended= operands=0 i word
  local -a typed=()
  COMPREPLY=()
  # Bash takes --option=value apart at the equals sign.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word != "=" ]]; then typed+=("$word"); elif ((i == COMP_CWORD)); then typed+=(""); fi
  done
  for ((i = 0; i < \${#typed[@]} - 1; i++)); do
    word=\${typed[i]}
    if [[ -n $ended ]]; then
      operands=$((operands + 1))
    elif [[ -n $option ]]; then
      option=
    else
      case $word in
        --) ended=1 ;;
        ${valueOptions(all).join(" | ")}) option=$word ;;
        -*) ;;
        *)
          case "$place/$word" in
            ${nested(all)}) place=$place/$word operands=0 ;;
            *) operands=$((operands + 1)) ;;
          esac
          ;;
      esac
    fi
  done
  cur=\${typed[i]}

  if [[ -n $option ]]; then
    case "$place $option" in
${optionCases(all)}
    esac
  elif [[ -z $ended && $cur == -* ]]; then
    case $place in
${all.map((place) => choice(quoted(key(place)), wordsCall(place.options.flatMap(({ names }) => names)))).join("\n")}
    esac
  else
    case "$place $operands" in
${all.flatMap(operandCases).join("\n")}
    esac
  fi
}

complete -F _fxa_pair fxa-pair
`;
}

function key({ path }: Place): string {
  return path.map((word) => `/${word}`).join("");
}

function nested(all: readonly Place[]): string {
  return all.filter(({ path }) => path.length > 0).map(key).join(" | "); // prettier-ignore
}

/** An option's values at each place; what is alike at all of them is told once. */
function optionCases(all: readonly Place[]): string {
  const cases = all.flatMap((place) =>
    place.options.flatMap(({ names, placeholder, values }) => {
      const call = placeholder === null ? undefined : completer(values);
      return call === undefined ? [] : names.map((name) => ({ place: key(place), name, call }));
    }),
  );
  const lines = cases.map(({ place, name, call }) => {
    const alike = cases.filter((other) => other.name === name && other.call === call);
    return alike.length === all.length
      ? choice(`*${quoted(` ${name}`)}`, call)
      : choice(quoted(`${place} ${name}`), call);
  });
  return [...new Set(lines)].join("\n");
}

function operandCases(place: Place): string[] {
  if (place.commands.length > 0) {
    return [choice(quoted(`${key(place)} 0`), wordsCall(place.commands.map(({ name }) => name)))];
  }
  return place.arguments.flatMap(({ values, variadic }, index) => {
    const call = completer(values);
    if (call === undefined) return [];
    const first = choice(quoted(`${key(place)} ${index}`), call);
    // A command's own arguments are most often files.
    const further = values.kind === "command" ? "_fxa_pair_paths -f" : call;
    return variadic ? [first, choice(`${quoted(`${key(place)} `)}*`, further)] : [first];
  });
}

function completer(values: OptionValues): string | undefined {
  switch (values.kind) {
    case "words":
      return wordsCall(values.words);
    case "files":
      return "_fxa_pair_paths -f";
    case "folders":
      return "_fxa_pair_paths -d";
    case "command":
      return "_fxa_pair_paths -c";
    case "free":
      return undefined;
  }
}

function wordsCall(words: readonly string[]): string {
  return `_fxa_pair_words ${quoted(words.join(" "))}`;
}

function choice(pattern: string, action: string): string {
  return `      ${pattern}) ${action} ;;`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["$`\\]/g, "\\$&")}"`;
}

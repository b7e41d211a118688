/** What may stand for the value of an option or an argument, by the word that stands for it in help. */
import type { Argument, Option } from "commander";

export type OptionValues =
  { readonly kind: "words"; readonly words: readonly string[] } | { readonly kind: ValueKind };

export type ValueKind = "files" | "folders" | "command" | "free";

/** The shells that `completion` knows. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

/** Where credentials can be kept. */
export const STORE_PLACES = ["file", "keyring"] as const;

/** How a QR code can be drawn. */
export const QR_FORMS: readonly string[] = ["auto", "half", "full", "ascii", "none"];

const WORDS: Readonly<Record<string, readonly string[]>> = {
  form: QR_FORMS,
  format: ["json", "env"],
  place: STORE_PLACES,
  server: ["release", "stage"],
  shell: SHELLS,
};

const KINDS: Readonly<Record<string, ValueKind>> = {
  file: "files",
  picture: "files",
  image: "files",
  dir: "folders",
  command: "command",
};

const SWITCH: OptionValues = { kind: "words", words: [] };

/** What an option takes; no words at all for a switch. */
export function valuesOf(option: Option): OptionValues {
  return takesValue(option) ? valuesNamed(/[<[]([^>\].]+)/.exec(option.flags)?.[1] ?? "") : SWITCH;
}

/** What an argument takes. */
export function argumentValues(argument: Argument): OptionValues {
  return argument.argChoices === undefined
    ? valuesNamed(argument.name())
    : { kind: "words", words: argument.argChoices };
}

/** The words an option may be given, if they can be counted. */
export function wordsFor(option: Option | undefined): readonly string[] {
  if (option === undefined) return [];
  const values = valuesOf(option);
  return values.kind === "words" ? values.words : [];
}

export function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function valuesNamed(placeholder: string): OptionValues {
  const words = WORDS[placeholder];
  return words === undefined ? { kind: KINDS[placeholder] ?? "free" } : { kind: "words", words };
}

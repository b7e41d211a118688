/** A code to type in lines: for people who get no screen, and for those who listen. */
import { spellCharacter } from "./spelling.ts";

/** What to do with it, before it. */
export const TYPE_THE_CODE = "Run fxa-pair join on the new device, and type this code there:";

const ORDINALS = ["First", "Second", "Third"];

/** Shown with room around it, so that it is found among other lines. */
export function codeLines(code: string): string[] {
  return [TYPE_THE_CODE, "", `    ${code}`, ""];
}

/** A code spelled: its number digit by digit, then each word and its letters. */
export function spellCode(code: string): string[] {
  const [nameplate = "", ...words] = code.split("-");
  return [
    `The code begins with a number: ${spellAll(nameplate)}.`,
    ...words.map((word, index) => `${ORDINALS[index] ?? "Next"} word, ${word}: ${spellAll(word)}.`),
    "Number and words are typed with hyphens or blanks between them.",
  ];
}

function spellAll(text: string): string {
  return Array.from(text, spellCharacter).join(", ");
}

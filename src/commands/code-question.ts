/** What `join` asks on a terminal, and what helps with a code while it is typed. */
import { completeTypedCode } from "../pairing/typed-code.ts";
import type { PasteQuestion, TypingAid } from "../ui/prompt.ts";

export const CODE_QUESTION: PasteQuestion = {
  explanation:
    "Type the code that the signed-in device shows, or paste its pairing URL. You can also drop a picture of its QR code on this window, or paste the QR code itself, copied from another terminal.",
  label: "Paste the pairing URL (it is not shown), or type the code",
  assist: helpWithCode,
};

/** The beginning of a code as keyboards write it: no URL begins so, and hardly a file. */
const BEGUN_CODE = /^ *\d[\da-z ,-]{0,60}$/i;

function helpWithCode(typed: string): TypingAid | undefined {
  return BEGUN_CODE.test(typed) ? completeTypedCode(typed) : undefined;
}

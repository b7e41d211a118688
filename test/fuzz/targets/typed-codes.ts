/** Codes that somebody types: forgiven a lot, never taken for another one, and never repeated in an error. */
import { FxaPairError } from "../../../src/lib/errors.ts";
import {
  completeTypedCode,
  formatTypedCode,
  looksLikeTypedCode,
  parseTypedCode,
} from "../../../src/pairing/typed-code.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";

export const target: Target = {
  subjects: ["src/pairing/typed-code", "src/lib/nearest"],
  maxLength: 200,
  seeds: [
    "42-crystal-ribbon-ocean",
    " 7 Crystal RIBBON ocea",
    "42crystalribbonocean",
    "x",
    "0-abandon-abandon-zoo",
    "42-crystl-ribbon",
  ].map((text) => Buffer.from(text)),
  words: ["-", " ", "abandon", "zoo", "ocean", "\u2013", "\u00a0"],
  run(input) {
    const text = Buffer.from(input).toString("utf8");
    looksLikeTypedCode(text);
    const { completed } = completeTypedCode(text);
    check(completed.length <= text.length + 16, "a completion that is no word longer");
    try {
      const code = parseTypedCode(text);
      const written = formatTypedCode(code.nameplate, code.words);
      const again = parseTypedCode(written);
      check(JSON.stringify(again) === JSON.stringify(code), "another code once it is written and read again");
    } catch (error) {
      if (!(error instanceof FxaPairError)) throw error;
      check(error.code !== "internal", "an internal error");
      check(
        !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(error.message + (error.hint ?? "")),
        "an error that steers the terminal",
      );
    }
  },
};

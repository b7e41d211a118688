/** The forms that values of settings may have, each with the words for what it wants. Pure. */
import { isIP } from "node:net";

/** A value before it is checked: text from a flag or a variable, or a number written in code. */
export type GivenValue = string | number;

export interface Form<T> {
  /** Ends the sentence "<setting> must be …". */
  readonly expected: string;
  /** What the value stands for; `undefined` if it does not have this form. */
  read(given: GivenValue): T | undefined;
}

/** A whole number within bounds, or 0 where `zero` says that it means something. */
export function wholeNumber(least: number, most: number, zero: boolean): Form<number> {
  return {
    expected: `a whole number: ${zero ? "0 or " : ""}${least} to ${most}`,
    read(given) {
      const number = /^\d{1,15}$/.test(String(given)) ? Number(given) : NaN;
      const fits = (number === 0 && zero) || (number >= least && number <= most);
      return fits ? number : undefined;
    },
  };
}

/** The same, where not being set means something else than any number. */
export function optional<T>(form: Form<T>): Form<T | null> {
  return form;
}

export const hostForm: Form<string> = text(/^[^\s/]+$/, "an address or a host name");

export const fileForm: Form<string> = text(/^[^\0]+$/, "the path of a file");

/** RFC 5646 §2.1, as far as names of places have it. */
export const languageForm: Form<string> = text(
  /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/,
  "a language tag such as en or pt-BR",
);

export const redisForm: Form<string> = text(
  /^rediss?(?:\+(?:sentinel|cluster))?:\/\/[^\s/]+\S*$/,
  "a URL that begins with redis:// or rediss://, also with +sentinel or +cluster behind the first word",
);

/** Addresses and ranges of them (RFC 4632 §3.1, RFC 4291 §2.3), between commas or spaces. */
export const rangesForm: Form<readonly string[]> = {
  expected: "addresses or ranges such as 10.0.0.0/8, with commas between them",
  read(given) {
    const ranges = String(given).split(/[\s,]+/).filter(Boolean); // prettier-ignore
    return ranges.length > 0 && ranges.every(isRange) ? ranges : undefined;
  },
};

function isRange(text: string): boolean {
  const [, address = "", length] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(length ?? 0) <= (version === 4 ? 32 : 128);
}

function text(pattern: RegExp, expected: string): Form<string> {
  return { expected, read: (given) => (pattern.test(String(given)) ? String(given) : undefined) };
}

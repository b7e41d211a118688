/** Secrets that a test knows, and the search for them in whatever a program has put out, however they were written. */
import { randomBytes } from "node:crypto";
import type { RandomSource } from "../../src/lib/random.ts";

/** Shorter pieces would be found by chance. */
const MIN_LENGTH = 8;
/** What servers draw in one go and hand out as a token or a code; ids and salts are shorter or public. */
const TOKEN_BYTES = 32;

export class Canaries {
  readonly #forms = new Map<string, ReadonlySet<string>>();
  readonly #names = new Map<string, string>();

  /** A source of random bytes for servers, every token of which is a secret from then on. */
  readonly random: RandomSource = (length) => {
    const bytes = new Uint8Array(randomBytes(length));
    if (length === TOKEN_BYTES) this.add("a token of a server", Buffer.from(bytes).toString("hex"));
    return bytes;
  };

  /** @param text as the program would have it: hex and base64url also stand for the bytes they encode */
  add(name: string, text: string): string {
    this.#names.set(text, name);
    this.#forms.set(text, formsOf(text));
    return text;
  }

  /** The names of the secrets in `output`, but for those whose text is allowed there. */
  foundIn(output: string, allowed: readonly string[] = []): string[] {
    const searched = output.toLowerCase();
    return [...this.#forms].flatMap(([text, forms]) => {
      if (allowed.includes(text)) return [];
      const found = [...forms].find((form) => searched.includes(form));
      return found === undefined ? [] : [`${this.#names.get(text) ?? "?"}: ${found}`];
    });
  }
}

/** In lower case, as letter case must not hide anything. */
function formsOf(text: string): ReadonlySet<string> {
  const forms = new Set<string>([text, ...halves(text), encodeURIComponent(text)]);
  for (const bytes of meanings(text)) {
    forms.add(bytes.toString("hex"));
    forms.add([...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
    forms.add([...bytes].join(",")); // as JSON has bytes
    for (const encoded of base64Of(bytes)) {
      forms.add(encoded);
      forms.add(encoded.replaceAll("+", "-").replaceAll("/", "_"));
      forms.add(encodeURIComponent(encoded));
    }
  }
  return new Set([...forms].filter((form) => form.length >= MIN_LENGTH).map((form) => form.toLowerCase()));
}

/** A secret cut in two is no less of one, if it is long. */
function halves(text: string): string[] {
  const middle = Math.floor(text.length / 2);
  return middle < 2 * MIN_LENGTH ? [] : [text.slice(0, middle), text.slice(middle)];
}

function meanings(text: string): Buffer[] {
  return [
    Buffer.from(text, "utf8"),
    ...(/^(?:[0-9a-f]{2}){16,}$/.test(text) ? [Buffer.from(text, "hex")] : []),
    ...(/^[\w-]{43,}$/.test(text) ? [Buffer.from(text, "base64url")] : []),
  ];
}

/** As it would look at each place in something longer that was encoded. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const certain = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(Math.ceil((before * 8) / 6), certain);
  });
}

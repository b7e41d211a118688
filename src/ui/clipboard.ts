/**
 * Copying by way of the terminal (OSC 52), which reaches the clipboard of whoever looks at it, over ssh, too. Only for a
 * user who asked for it by a key or an option. No terminal tells whether it did it.
 */

/** Bytes: what every terminal with the function takes, and a multiple of any URL or code. */
export const MAX_COPIED_BYTES = 4096;

/** What stands between the program and the terminal, as the environment tells. */
export type Multiplexer = "tmux" | "screen" | "none";

export function multiplexerOf(variables: Readonly<Record<string, string | undefined>>): Multiplexer {
  if (variables.TMUX) return "tmux";
  return variables.STY ? "screen" : "none";
}

/**
 * The sequence that has a terminal put `text` on its clipboard, as UTF-8 in base64.
 *
 * tmux takes it as its own where `set-clipboard` is `on`, and passes on what is wrapped for it where `allow-passthrough`
 * is: each is harmless where it is not, so it gets both. screen only passes on.
 *
 * @throws RangeError for more than 4,096 bytes: a terminal would drop it without a word.
 */
export function copySequence(text: string, multiplexer: Multiplexer = "none"): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > MAX_COPIED_BYTES) throw new RangeError("too much for a terminal's clipboard");
  const sequence = `\u001b]52;c;${bytes.toString("base64")}`;
  switch (multiplexer) {
    case "none":
      return `${sequence}\u0007`;
    case "tmux":
      return `${sequence}\u0007\u001bPtmux;\u001b${sequence}\u0007\u001b\\`;
    case "screen":
      return inPieces(`${sequence}\u0007`);
  }
}

/** screen passes on strings of a few hundred bytes at a time, and no end of a string within one. */
function inPieces(sequence: string): string {
  const pieces = sequence.match(/[^]{1,256}/g) ?? [];
  return pieces.map((piece) => `\u001bP${piece}\u001b\\`).join("");
}

/** What is said aloud afterwards: that it was done, what it means, and what to do where nothing came of it. */
export function copiedInWords(multiplexer: Multiplexer): string[] {
  const through =
    multiplexer === "tmux" ? " (tmux passes it on only if its set-clipboard or allow-passthrough is on)" : "";
  return [
    `Copied: the pairing URL was sent to your terminal's clipboard${through}.`,
    "Whoever can read the clipboard can use it until it ends; paste it only into the new device.",
  ];
}

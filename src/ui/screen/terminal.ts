/**
 * The terminal as a screen: the alternate one, so that nothing of it stays in the scrollback, keys without echo, and lines
 * that are drawn again only where they changed.
 */
import type { Streams } from "../streams.ts";
import { PASTE_MARKS_OFF, PASTE_MARKS_ON } from "../paste-input.ts";
import type { Size } from "./model.ts";

const ENTER = `\u001b[?1049h\u001b[?25l${PASTE_MARKS_ON}\u001b[2J`;
/** Wiped first: some terminals keep what the alternate screen showed. */
const LEAVE = `\u001b[0m\u001b[2J\u001b[H${PASTE_MARKS_OFF}\u001b[?25h\u001b[?1049l`;

const SAVE_CURSOR = "\u001b7";

/** What terminals are at least taken for when they do not tell. */
const USUAL: Size = { columns: 80, rows: 24 };

export interface TerminalListener {
  /** A piece of what was typed. */
  input(piece: string): void;
  /** No key will come any more. */
  end(): void;
  resize(): void;
}

export class ScreenTerminal {
  readonly #streams: Streams;
  readonly #listener: TerminalListener;
  readonly #onData: (chunk: Uint8Array | string) => void;
  readonly #onEnd = () => {
    this.#listener.end();
  };
  readonly #onResize = () => {
    // Terminals move lines about when they are resized: nothing there can be counted on.
    this.#streams.stderr.write(this.#wipe());
    this.#listener.resize();
  };
  #drawn: readonly string[] = [];
  /** Takes away the picture that is shown; `undefined` where there is none. */
  #erase: string | undefined;
  #entered = false;

  constructor(streams: Streams, listener: TerminalListener) {
    this.#streams = streams;
    this.#listener = listener;
    const decoder = new TextDecoder();
    this.#onData = (chunk) => {
      listener.input(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    };
  }

  get entered(): boolean {
    return this.#entered;
  }

  get size(): Size {
    const { columns = 0, rows = 0 } = this.#streams.stderr;
    // Serial lines tell 0 by 0.
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.#drawn = [];
    const { stdin, stderr } = this.#streams;
    // Of a closed terminal, also after the end.
    stdin.on("error", () => undefined);
    stdin.setRawMode?.(true);
    stderr.write(ENTER);
    stderr.on("resize", this.#onResize);
    stdin.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onEnd);
    if (stdin.readable) stdin.resume();
  }

  /** Back to the main screen, as it was. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    const { stdin, stderr } = this.#streams;
    stderr.off("resize", this.#onResize);
    stdin.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onEnd);
    stderr.write(this.#wipe() + LEAVE);
    stdin.setRawMode?.(false);
    stdin.pause();
  }

  /** Whether keys can still come. */
  get readable(): boolean {
    return this.#streams.stdin.readable;
  }

  /** Writes a question that the terminal answers by a sequence among the keys. */
  ask(question: string): void {
    if (this.#entered && question !== "") this.#streams.stderr.write(question);
  }

  /**
   * Shows these lines, from the top; at most as many as there are rows.
   *
   * @param erase takes away the picture that is among them; `undefined` where there is none
   */
  draw(lines: readonly string[], erase?: string): void {
    if (!this.#entered) return;
    // No line that is written over a picture can be trusted to wipe all of it.
    const moved = this.#erase !== undefined && pictureLine(lines) !== pictureLine(this.#drawn);
    let output = moved ? this.#wipe() : "";
    this.#erase = erase;
    const count = Math.max(lines.length, this.#drawn.length);
    for (let row = 0; row < count; row++) {
      const line = lines[row] ?? "";
      // Erased before it is written: after a line of full width the cursor still stands on its last cell.
      if (line !== this.#drawn[row]) output += `\u001b[${row + 1};1H\u001b[0m\u001b[2K${line}`;
    }
    this.#drawn = lines;
    if (output !== "") this.#streams.stderr.write(output);
  }

  /** Clears everything, and forgets it. */
  #wipe(): string {
    const erase = this.#erase ?? "";
    this.#drawn = [];
    this.#erase = undefined;
    return `${erase}\u001b[2J`;
  }
}

/** The line that holds a picture, and where it is: the only one that moves the cursor about. */
function pictureLine(lines: readonly string[]): string {
  const index = lines.findIndex((line) => line.includes(SAVE_CURSOR));
  return `${index} ${lines[index] ?? ""}`;
}

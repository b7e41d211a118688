/** Words typed while nothing is asked, as the terminal's own line editor hands them over. */
import type { InputStream } from "./streams.ts";

export interface SpokenAction {
  /** Its first letter alone will do. */
  readonly word: string;
  /** What it does, after "to": "spell the pairing URL". */
  readonly does: string;
  readonly act: () => void;
}

/** No word is as long. */
const MAX_LINE = 200;

export class TypedWords {
  readonly #stdin: InputStream;
  readonly #actions: readonly SpokenAction[];
  readonly #say: (text: string) => void;
  #line = "";
  #listening = true;

  /** Says which words there are, and listens until {@link stop}. */
  constructor(stdin: InputStream, actions: readonly SpokenAction[], say: (text: string) => void) {
    this.#stdin = stdin;
    this.#actions = actions;
    this.#say = say;
    this.#tell();
    stdin.on("data", this.#onData);
    if (stdin.readable) stdin.resume();
  }

  /** Leaves what is typed from now on to others. May be called again. */
  stop(): void {
    if (!this.#listening) return;
    this.#listening = false;
    this.#stdin.off("data", this.#onData);
    this.#stdin.pause();
  }

  readonly #onData = (chunk: Buffer | string): void => {
    const [first = "", ...more] = chunk.toString().split(/\r\n|[\r\n]/);
    this.#line = (this.#line + first).slice(0, MAX_LINE);
    for (const next of more) {
      const line = this.#line;
      this.#line = next.slice(0, MAX_LINE);
      if (this.#listening) this.#hear(line.trim().toLowerCase());
    }
  };

  #hear(text: string): void {
    if (text === "") return;
    const action = this.#actions.find(
      ({ word }) => word === text || (text.length === 1 && word.startsWith(text)),
    );
    if (action === undefined) this.#tell();
    else action.act();
  }

  #tell(): void {
    if (this.#actions.length === 0) return;
    const words = this.#actions.map(({ word, does }) => `${word} to ${does}`);
    this.#say(`You can type a word and press Enter: ${words.join(", ")}.`);
  }
}

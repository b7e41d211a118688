/** The question that waits for a key, if there is one: what is said meanwhile must not leave it out of sight. */
export class OpenQuestion {
  #text = "";

  /** Shown from now on. */
  open(text: string): void {
    this.#text = text;
  }

  close(): void {
    this.#text = "";
  }

  /** Lines to be shown, each with its end: on their own, with the question again after them. */
  around(lines: string): string {
    return this.#text === "" ? lines : `\n${lines}${this.#text}`;
  }
}

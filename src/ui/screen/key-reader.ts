/** Keys out of what a terminal sends in raw mode: characters as they are, and nothing of what is no single key. */

const PASTE_START = "\u001b[200~";
const PASTE_END = "\u001b[201~";
const CTRL_C = "\u0003";
/** A sequence of a function key, a report or a string (OSC, DCS, …), whole. No control ends up in it: Ctrl-C always counts. */
const SEQUENCE =
  // eslint-disable-next-line no-control-regex
  /^\u001b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[\]P^_X][^\u0000-\u001f]*(?:\u0007|\u001b\\)|[^[\]OP^_X\u0000-\u001f])/;
/** One that has not arrived in full. */
// eslint-disable-next-line no-control-regex
const CUT_SEQUENCE = /^\u001b(?:$|\[[0-?]*[ -/]*$|O$|[\]P^_X][^\u0000-\u001f]*\u001b?$)/;
/** One that a control character breaks off. */
// eslint-disable-next-line no-control-regex
const BROKEN_SEQUENCE = /^\u001b(?:\[[0-?]*[ -/]*|O|[\]P^_X][^\u0000-\u001f]*)/;

export class KeyReader {
  readonly #onSequence: (sequence: string) => void;
  #rest = "";
  #pasting = false;

  /** @param onSequence hears what is no key, whole */
  constructor(onSequence: (sequence: string) => void = () => undefined) {
    this.#onSequence = onSequence;
  }

  /** The keys in the next piece of input; what is cut off comes with the one after. What was pasted is no key. */
  read(piece: string): string[] {
    this.#rest += piece;
    const keys: string[] = [];
    for (let before = -1; this.#rest.length !== before && this.#rest !== "";) {
      before = this.#rest.length;
      if (this.#pasting) this.#skipPasted();
      else keys.push(...this.#next());
    }
    return keys;
  }

  #next(): string[] {
    const sequence = SEQUENCE.exec(this.#rest)?.[0];
    if (sequence !== undefined) {
      this.#pasting = sequence === PASTE_START;
      this.#rest = this.#rest.slice(sequence.length);
      this.#onSequence(sequence);
      return [];
    }
    if (CUT_SEQUENCE.test(this.#rest)) return [];
    const broken = BROKEN_SEQUENCE.exec(this.#rest)?.[0];
    if (broken !== undefined) {
      // What was held back came at another time, and perhaps for another question.
      this.#rest = this.#rest.slice(broken.length);
      return [];
    }
    const [key = ""] = this.#rest;
    this.#rest = this.#rest.slice(key.length);
    return [key];
  }

  #skipPasted(): void {
    const end = this.#rest.indexOf(PASTE_END);
    const interrupt = this.#rest.indexOf(CTRL_C);
    if (interrupt >= 0 && (end < 0 || interrupt < end)) {
      this.#rest = this.#rest.slice(interrupt);
      this.#pasting = false;
    } else if (end >= 0) {
      this.#rest = this.#rest.slice(end + PASTE_END.length);
      this.#pasting = false;
    } else {
      // The end mark itself may be cut.
      this.#rest = this.#rest.slice(-(PASTE_END.length - 1));
    }
  }
}

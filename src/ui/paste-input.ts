/**
 * What a terminal sends while somebody types or pastes something that is pasted as a rule. A terminal in bracketed paste mode
 * marks what was pasted, so that a line end in it is no Enter and a control character no key.
 */

/** Has the terminal mark pastes (DEC private mode 2004), and stop that. */
export const PASTE_MARKS_ON = "\u001b[?2004h";
export const PASTE_MARKS_OFF = "\u001b[?2004l";

/** Characters that are kept; what is longer is kept so far that it shows. */
export const MAX_PASTE = 65_536;

const START = "\u001b[200~";
const END = "\u001b[201~";
const CTRL_C = "\u0003";

/** What a piece of input amounts to, as far as whoever asks must act: nothing yet, or one of these. `stuck`: Tab added nothing. */
export type PasteStep = "more" | "pasted" | "stuck" | "cleared" | "enter" | "interrupted" | "ended";

/** A key: the sequence of one without a character or with Alt, an Enter, a run of characters, or a control. */
// eslint-disable-next-line no-control-regex
const KEY = /^(?:\u001b\[[0-?]*[ -/]*[@-~]|\u001bO[^]|\u001b[^[O]|\r\n|[^\u0000-\u001f\u007f]+|[^])/u;
/** The start of such a sequence, when its end has not arrived. */
// eslint-disable-next-line no-control-regex
const UNFINISHED = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;
// eslint-disable-next-line no-control-regex
const UNFINISHED_END = /\u001b(?:\[[0-?]{0,16})?$/;
// eslint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[(?![\d;]{0,32}m)[0-?]*[ -/]*[@-~]|O[^]|[^[O]|$)/gu;
// eslint-disable-next-line no-control-regex
const CONTROLS = /(?!\u001b\[[\d;]{0,32}m)[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

export class PasteInput {
  readonly #complete: (text: string) => string | undefined;
  #text = "";
  /** Input whose meaning depends on what comes next. */
  #rest = "";
  #pasting = false;
  #entered = false;

  /** @param complete what Tab makes of the text; undefined where it is a character as any other */
  constructor(complete: (text: string) => string | undefined = () => undefined) {
    this.#complete = complete;
  }

  /** At most one character more than {@link MAX_PASTE}. */
  get text(): string {
    return this.#text;
  }

  /**
   * Takes the next piece of input. After `enter` more may follow at once: then it was the end of a line within something
   * pasted into a terminal that marks nothing, and is a line end of the text.
   */
  feed(piece: string): PasteStep {
    if (this.#entered && piece !== "") this.#add("\n");
    this.#entered = false;
    this.#rest += piece;
    let step: PasteStep = "more";
    while (this.#rest !== "" && step !== "enter") {
      const next = this.#pasting ? this.#takePasted() : this.#takeKey();
      if (next === undefined) break;
      if (next === "interrupted" || next === "ended") return next;
      if (next !== "more") step = next;
    }
    return step;
  }

  #takePasted(): PasteStep | undefined {
    // Nobody copies this on purpose, and it must work where the end of a paste got lost.
    if (this.#rest.includes(CTRL_C)) return "interrupted";
    const end = this.#rest.indexOf(END);
    if (end >= 0) {
      this.#add(plain(this.#rest.slice(0, end)));
      this.#rest = this.#rest.slice(end + END.length);
      this.#pasting = false;
      return "pasted";
    }
    // The mark may have arrived in part.
    const held = UNFINISHED_END.exec(this.#rest)?.[0] ?? "";
    this.#add(plain(this.#rest.slice(0, this.#rest.length - held.length)));
    this.#rest = held;
    return undefined;
  }

  #takeKey(): PasteStep | undefined {
    if (UNFINISHED.test(this.#rest)) return undefined;
    const key = KEY.exec(this.#rest)?.[0] ?? "";
    this.#rest = this.#rest.slice(key.length);
    switch (key) {
      case START:
        this.#pasting = true;
        return "more";
      case CTRL_C:
        return "interrupted";
      case "\u0004":
        return this.#text === "" ? "ended" : "more";
      case "\u0008":
      case "\u007f":
        this.#text = Array.from(this.#text).slice(0, -1).join("");
        return "more";
      case "\u0015":
        this.#text = "";
        return "cleared";
      case "\t":
        return this.#takeTab();
      case "\r":
      case "\n":
      case "\r\n":
        if (this.#rest !== "") {
          this.#add("\n");
          return "more";
        }
        this.#entered = true;
        return "enter";
      default:
        if (!key.startsWith("\u001b")) this.#add(plain(key));
        return "more";
    }
  }

  #takeTab(): PasteStep {
    const completed = this.#complete(this.#text);
    if (completed === undefined) {
      this.#add("\t");
      return "more";
    }
    if (completed === this.#text) return "stuck";
    this.#text = completed;
    return "more";
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#text.length > MAX_PASTE) this.#text = this.#text.slice(0, MAX_PASTE + 1);
  }
}

/** Text without what only a terminal understands: line ends, tabs and colours stay, for a QR code can be drawn with them. */
function plain(text: string): string {
  return text.replaceAll(SEQUENCES, "").replaceAll(/\r\n?/g, "\n").replaceAll(CONTROLS, "");
}

/** What is on the screen now, and what keys mean there. One at a time asks: an offer, a question, a line. */
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { withAnswer } from "../../qr/capabilities.ts";
import type { TerminalCapabilities } from "../../qr/capabilities.ts";
import { CTRL_C, TYPED_AHEAD_MS } from "../prompt.ts";
import type { Plan, StepState } from "../reporter.ts";
import type { Streams } from "../streams.ts";
import { KeyReader } from "./key-reader.ts";
import type { Panel, ScreenModel, ShownStep, Size } from "./model.ts";
import { ScreenTerminal } from "./terminal.ts";

/** Lines for the window, and whether there is more to see further down, or in a larger one. */
export interface Frame {
  readonly lines: readonly string[];
  readonly more: boolean;
  /** How many lines of what can be scrolled are in sight. */
  readonly page: number;
  /** Takes a picture among the lines away; `undefined` where there is none. */
  readonly erase?: string | undefined;
  /** A QR code would be there if it fitted. */
  readonly lacksCode?: boolean;
}

/** Lays a screen out; `skip` lines of its middle part are scrolled away. */
export type Layout = (model: ScreenModel, size: Size, skip: number) => Frame;

/** What hears the keys while it is on the screen. */
export interface KeyListener {
  /** One key, but not Ctrl-C. */
  key?(key: string): void;
  /** Instead of keys: all that is typed and pasted, as it comes, Ctrl-C and what comes in the first moment included. */
  input?(piece: string): void;
  /** No key will come any more. */
  end?(): void;
  /** Ctrl-C; without this one it interrupts the run. */
  interrupt?(): void;
}

export interface ScreenOptions {
  readonly streams: Streams;
  readonly clock: Clock;
  readonly capabilities: TerminalCapabilities;
  /** Asks the terminal for more of them; empty where that could harm. */
  readonly questions: string;
  /** Loads what lays out; called early, so that it is there when something is to be shown. */
  loadLayout(): Promise<Layout>;
  /** Ctrl-C where no question is open. */
  interrupt(): void;
}

/** How many notices stay in sight. */
const MAX_NOTICES = 3;

export class Screen {
  readonly #options: ScreenOptions;
  readonly #terminal: ScreenTerminal;
  #model: ScreenModel;
  #layout: Layout | undefined;
  #loading: Promise<Layout> | undefined;
  readonly #reader = new KeyReader((sequence) => {
    this.#learn(sequence);
  });
  #capabilities: TerminalCapabilities;
  #asked = false;
  #keys: KeyListener = {};
  #counting = false;
  #cancel: CancelTimer = () => undefined;
  #skip = 0;
  #frame: Pick<Frame, "more" | "page"> = { more: false, page: 0 };
  /** The end of what is to be read has been in sight. */
  #read = false;
  #closed = false;
  #entering = false;
  /** About to be drawn. */
  #dirty = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#capabilities = options.capabilities;
    this.#model = {
      title: "",
      steps: [],
      status: null,
      notices: [],
      panel: { type: "steps" },
      unicode: options.capabilities.unicode,
    };
    this.#terminal = new ScreenTerminal(options.streams, {
      input: (piece) => {
        this.#hear(piece);
      },
      end: () => {
        this.#keys.end?.();
      },
      resize: () => {
        // Lines are broken elsewhere now: from the start, so that none is passed over.
        this.#skip = 0;
        this.#read = false;
        this.#draw();
      },
    });
  }

  /** Whether the alternate screen is on, or about to be: then what is said meanwhile is for it. */
  get open(): boolean {
    return this.#terminal.entered || this.#entering;
  }

  /** Whether a plan was made, so that there is something to be on a screen. */
  get planned(): boolean {
    return this.#loading !== undefined && !this.#closed;
  }

  /** Whether it was closed, which is for good. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether everything there is to read has been in sight: only then may a yes count. */
  get read(): boolean {
    return this.#read;
  }

  /** What the terminal can, as far as it is known by now. */
  get capabilities(): TerminalCapabilities {
    return this.#capabilities;
  }

  get panel(): Panel {
    return this.#model.panel;
  }

  plan({ title, steps }: Plan): void {
    this.#loading ??= this.#options.loadLayout();
    // Whoever shows something hears of it.
    this.#loading.catch(() => undefined);
    this.#update({ title, steps: steps.map((step) => ({ ...step, state: "waiting" })) });
  }

  step(name: string, state: StepState): void {
    this.#update({
      steps: this.#model.steps.map((step) => (step.name === name ? { ...step, state } : step)),
    });
  }

  /** What was under way has failed. */
  failSteps(): void {
    const failed = ({ state, ...step }: ShownStep): ShownStep => ({
      ...step,
      state: state === "active" ? "failed" : state,
    });
    this.#update({ steps: this.#model.steps.map(failed) });
  }

  status(status: string | null): void {
    this.#update({ status });
  }

  notice(text: string): void {
    this.#update({ notices: [...this.#model.notices, text].slice(-MAX_NOTICES) });
  }

  clearNotices(): void {
    this.#update({ notices: [] });
  }

  /** Loaded and on, still empty; resolves with false if it was closed meanwhile. */
  async enter(): Promise<boolean> {
    this.#entering = !this.#closed;
    try {
      this.#layout ??= await (this.#loading ??= this.#options.loadLayout());
    } finally {
      this.#entering = false;
    }
    if (this.#closed) return false;
    this.#terminal.enter();
    return true;
  }

  /** Draws what there is: for whoever enters without something to {@link show}. */
  refresh(): void {
    this.#update({});
  }

  /** Puts something else on the screen; for a moment no key counts there. */
  show(panel: Panel, keys: KeyListener = {}): void {
    this.#keys = keys;
    this.#skip = 0;
    this.#read = false;
    this.#update({ panel });
    this.#cancel();
    this.#counting = false;
    const { clock } = this.#options;
    this.#cancel = clock.after(TYPED_AHEAD_MS, () => {
      // What was typed ahead may not have been read yet if the program was kept busy: one look at stdin comes first.
      this.#cancel = clock.after(0, () => {
        this.#counting = true;
      });
    });
    if (!this.#terminal.readable) keys.end?.();
  }

  /** The same thing with other contents: keys go on counting. */
  change(panel: Panel): void {
    this.#update({ panel });
  }

  /** Leaves the terminal as it was found. */
  close(): void {
    this.#closed = true;
    this.#entering = false;
    this.#keys = {};
    this.#cancel();
    this.#terminal.leave();
    // Nothing of it is kept.
    this.#model = { ...this.#model, panel: { type: "steps" } };
  }

  #update(change: Partial<ScreenModel>): void {
    this.#model = { ...this.#model, ...change };
    if (this.#dirty) return;
    // What changes together is drawn together.
    this.#dirty = true;
    queueMicrotask(() => {
      this.#dirty = false;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#layout === undefined || !this.#terminal.entered) return;
    const frame = this.#layout(this.#model, this.#terminal.size, this.#skip);
    this.#frame = frame;
    this.#read ||= !frame.more;
    this.#terminal.draw(frame.lines, frame.erase);
    // Where characters do not fit, a picture may; its lines are drawn once the terminal said so.
    if (frame.lacksCode !== true || this.#asked) return;
    this.#asked = true;
    this.#terminal.ask(this.#options.questions);
  }

  #hear(piece: string): void {
    if (this.#keys.input !== undefined) {
      this.#keys.input(piece);
      return;
    }
    for (const key of this.#reader.read(piece)) this.#press(key);
  }

  #learn(sequence: string): void {
    const capabilities = withAnswer(this.#capabilities, sequence);
    if (capabilities === this.#capabilities) return;
    this.#capabilities = capabilities;
    this.#draw();
  }

  #press(key: string): void {
    if (key === CTRL_C) {
      if (this.#keys.interrupt === undefined) this.#options.interrupt();
      else this.#keys.interrupt();
    } else if (!this.#counting) return;
    else if (key === " ") this.#scroll();
    else this.#keys.key?.(key);
  }

  /** A page on, or back to the start. */
  #scroll(): void {
    this.#skip = this.#frame.more ? this.#skip + this.#frame.page : 0;
    this.#draw();
  }
}

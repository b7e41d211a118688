/** The screen of a relay on a terminal: shows how it does until it is to stop. Only what is asked for here is loaded for it. */
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { TerminalCapabilities } from "../../qr/capabilities.ts";
import type { Streams } from "../streams.ts";
import type { RelayFacts, RelayPanel } from "./model.ts";
import { Screen } from "./screen.ts";

export interface RelayScreenOptions {
  readonly streams: Streams;
  readonly clock: Clock;
  readonly capabilities: TerminalCapabilities;
  /** Told before the relay was there. */
  readonly warnings: readonly string[];
  /** `q`, or Ctrl-C. */
  stop(): void;
}

/** Milliseconds from one look at the figures to the next: people read no faster, and a busy relay has other work. */
const INTERVAL = 500;
/** Lines of the log that are kept: as many as a large window has room for. */
const MAX_LINES = 100;
/** How many of them are left on the terminal afterwards. */
const LAST_LINES = 10;

export class RelayScreen {
  readonly #options: RelayScreenOptions;
  readonly #screen: Screen;
  #log: string[] = [];
  #shown = "";
  #closed = false;
  #cancel: CancelTimer = () => undefined;

  constructor(options: RelayScreenOptions) {
    this.#options = options;
    const { streams, clock, capabilities, stop } = options;
    this.#screen = new Screen({
      ...{ streams, clock, capabilities, interrupt: stop },
      // No pictures here.
      questions: "",
      loadLayout: async () => (await import("../ink/render.tsx")).renderScreen,
    });
    this.#screen.plan({ title: "Relay", steps: [] });
    for (const warning of options.warnings) this.#screen.notice(`Warning: ${warning}`);
  }

  /** Takes a line of the log, with its line end; once the screen is gone, it goes to the terminal like any other. */
  write(line: string): void {
    if (this.#closed) {
      this.#options.streams.stderr.write(line);
      return;
    }
    this.#log.push(line.trimEnd());
    if (this.#log.length > 2 * MAX_LINES) this.#log = this.#log.slice(-MAX_LINES);
  }

  /** Comes up, and asks for the figures from time to time. */
  async show(facts: () => RelayFacts): Promise<void> {
    if (this.#closed || !(await this.#screen.enter())) return;
    const { stop } = this.#options;
    this.#screen.show(this.#panel(facts()), {
      key: (key) => {
        if (key === "q") stop();
      },
    });
    this.#refreshLater(facts);
  }

  /** Leaves the terminal as it was found, with the end of the log on it. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancel();
    this.#screen.close();
    for (const line of this.#log.slice(-LAST_LINES)) this.write(`${line}\n`);
    this.#log = [];
  }

  #refreshLater(facts: () => RelayFacts): void {
    this.#cancel = this.#options.clock.after(INTERVAL, () => {
      const panel = this.#panel(facts());
      const text = JSON.stringify(panel);
      // Laying out costs more than all the rest.
      if (text !== this.#shown) this.#screen.change(panel);
      this.#shown = text;
      this.#refreshLater(facts);
    });
  }

  #panel(facts: RelayFacts): RelayPanel {
    const keys = [{ key: "q", does: "stop, as soon as open channels are done" }];
    return { type: "relay", ...facts, log: this.#log.slice(-MAX_LINES), keys };
  }
}

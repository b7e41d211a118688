/**
 * Tells on a screen what lines would tell one after another. What shall outlast the screen (the ending, warnings, results) is
 * said again in lines once the terminal is as it was.
 */
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { FxaPairError } from "../../lib/errors.ts";
import type { Drawing } from "../../qr/drawing.ts";
import type { CliEvent, Explained } from "../events.ts";
import type { OfferActions, OfferHandle, OfferView, UrlOfferView } from "../offer-view.ts";
import { describe, filesOf } from "../plain.ts";
import type { Plan, Reporter, StepState } from "../reporter.ts";
import { displayText } from "../safe-text.ts";
import type { CodePanel, DrawingRoom, EndingPanel, OfferPanel } from "./model.ts";
import { offerKeys, pressed } from "./offer-keys.ts";
import type { Screen } from "./screen.ts";
import type { Subject } from "./screen-prompter.ts";

/** Prepares the drawing of a URL; what it gives is called again for each size of the window. */
export type PrepareDrawing = (
  view: UrlOfferView,
  actions: OfferActions,
) => Promise<(room: DrawingRoom) => Drawing>;

const SECOND = 1000;
/** An error may quote foreign text. */
const MAX_ERROR_CELLS = 1000;

export class ScreenReporter implements Reporter {
  readonly #screen: Screen;
  readonly #lines: Reporter;
  readonly #clock: Clock;
  readonly #prepareDrawing: PrepareDrawing;
  /** To be said in lines when the screen is gone. */
  #afterwards: (() => void)[] = [];
  /** Says the last failure, unless something came of it. */
  #failure: (() => void) | undefined;
  #about: Explained | null = null;
  #ending: EndingPanel | null = null;

  /** @param lines says it where there is no screen (yet, or any more) */
  constructor(screen: Screen, lines: Reporter, clock: Clock, prepareDrawing: PrepareDrawing) {
    this.#screen = screen;
    this.#lines = lines;
    this.#clock = clock;
    this.#prepareDrawing = prepareDrawing;
  }

  /** What the next question is about. */
  get subject(): Subject {
    return { about: this.#about, ending: this.#ending };
  }

  plan(plan: Plan): void {
    this.#screen.plan(plan);
    if (plan.atOnce !== true) return;
    // Whoever asks or offers something hears of a failure; until then nothing is lost.
    this.#screen.enter().then(
      () => {
        this.#screen.refresh();
      },
      () => undefined,
    );
  }

  step(name: string, state: StepState): void {
    this.#screen.step(name, state);
  }

  event(event: CliEvent): void {
    if (!this.#screen.open) {
      this.#lines.event(event);
      return;
    }
    const { result, words } = describe(event);
    if (event.type === "complete" || event.type === "added" || event.type === "removed") {
      this.#about = null;
      this.#afterwards.push(() => {
        this.#lines.event(event);
      });
      this.#end([...(this.#ending?.lines ?? []), ...(words ?? [])]);
      return;
    }
    const status = words?.at(-1);
    if (status !== undefined) this.#screen.status(status);
    if (result !== undefined && event.type !== "channel") {
      this.#afterwards.push(() => {
        this.#lines.event(event);
      });
    }
  }

  explain(subject: Explained, asked: boolean): void {
    this.#about = subject;
    // What led to the question is over.
    this.#screen.status(null);
    if (asked) return;
    // No question will show it.
    const say = () => {
      this.#lines.explain(subject, asked);
    };
    if (this.#screen.open) this.#afterwards.push(say);
    else say();
  }

  async offer(view: OfferView, actions: OfferActions): Promise<OfferHandle> {
    // Too late: a code that is not wanted any more is shown nowhere.
    if (this.#screen.closed) return { connected: () => undefined, withdraw: () => undefined };
    if (!this.#screen.planned) return this.#lines.offer(view, actions);
    this.#about = null;
    this.#ending = null;
    this.#failure = undefined;
    const [panel, entered] = await Promise.all([this.#preparePanel(view, actions), this.#screen.enter()]);
    if (!entered) return { connected: () => undefined, withdraw: () => undefined };
    return this.#showOffer(view, actions, panel);
  }

  say(text: string): void {
    if (this.#screen.open) this.#screen.notice(text);
    else this.#lines.say(text);
  }

  progress(text: string): void {
    if (this.#screen.open) this.#screen.status(text);
    else this.#lines.progress(text);
  }

  warn(text: string): void {
    if (!this.#screen.open) {
      this.#lines.warn(text);
      return;
    }
    this.#screen.notice(`Warning: ${text}`);
    this.#afterwards.push(() => {
      this.#lines.warn(text);
    });
  }

  fail(error: FxaPairError): void {
    const say = () => {
      this.#lines.fail(error);
    };
    if (this.#screen.open) this.#failure = say;
    else say();
    // A screen that comes up only now, to ask what to do next, tells it as well.
    if (!this.#screen.planned) return;
    this.#about = null;
    this.#screen.failSteps();
    const lines = [error.message, ...(error.hint === undefined ? [] : [error.hint])];
    this.#end(lines.map((line) => displayText(line, MAX_ERROR_CELLS)));
  }

  /** Leaves the screen, and says in lines what shall stay. */
  close(): void {
    const { open } = this.#screen;
    this.#screen.close();
    if (!open) return;
    for (const say of this.#afterwards.splice(0)) say();
    this.#failure?.();
    this.#failure = undefined;
  }

  #end(lines: readonly string[]): void {
    this.#ending = { type: "ending", lines };
    this.#screen.status(null);
    this.#screen.show(this.#ending);
  }

  /** What makes the panel of an offer as it is at the moment. */
  async #preparePanel(view: OfferView, actions: OfferActions): Promise<() => OfferPanel | CodePanel> {
    const keys = offerKeys(view.kind, actions);
    const secondsLeft = () => this.#secondsUntil(view.endsAt);
    if (view.kind === "code") {
      return () => ({ type: "code", code: view.code, secondsLeft: secondsLeft(), keys });
    }
    const draw = await this.#prepareDrawing(view, actions);
    const files = filesOf(view);
    const url = files.length === 0 ? view.url : null;
    return () => ({ type: "offer", reader: view.reader, url, files, draw, secondsLeft: secondsLeft(), keys });
  }

  #showOffer(view: OfferView, actions: OfferActions, panel: () => OfferPanel | CodePanel): OfferHandle {
    let cancel: CancelTimer = () => undefined;
    let over = false;
    const withdraw = () => {
      if (over) return;
      over = true;
      cancel();
      // What was said of the code, and what its keys did, is of no use any more.
      this.#screen.clearNotices();
      this.#screen.show({ type: "steps" });
    };
    const count = () => {
      const left = view.endsAt === null ? 0 : view.endsAt - this.#clock.now();
      // Just after the whole second, so that each is shown.
      if (left > 0) cancel = this.#clock.after(left % SECOND || SECOND, next);
    };
    const next = () => {
      this.#screen.change(panel());
      count();
    };
    this.#screen.status(null);
    this.#screen.show(panel(), {
      key: (key) => {
        pressed(key, actions, this);
      },
    });
    if (view.endsAt !== null) count();
    return { connected: withdraw, withdraw };
  }

  #secondsUntil(moment: number | null): number | null {
    return moment === null ? null : Math.max(0, Math.ceil((moment - this.#clock.now()) / SECOND));
  }
}

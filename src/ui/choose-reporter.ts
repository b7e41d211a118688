/** Who speaks and who asks: decided once, at the start of a run. */
import type { Clock } from "../lib/clock.ts";
import type { TerminalCapabilities } from "../qr/capabilities.ts";
import { AccessibleReporter } from "./accessible.ts";
import { JsonReporter } from "./json.ts";
import { OpenQuestion } from "./open-question.ts";
import { PlainReporter } from "./plain.ts";
import { TerminalPrompter } from "./prompt.ts";
import type { Prompter } from "./prompt.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import { Screen } from "./screen/screen.ts";
import { ScreenPrompter } from "./screen/screen-prompter.ts";
import { ScreenReporter } from "./screen/screen-reporter.ts";
import type { PrepareDrawing } from "./screen/screen-reporter.ts";
import { canAsk } from "./streams.ts";
import type { Streams } from "./streams.ts";

export interface Dialogue {
  readonly reporter: Reporter;
  /** Null where nobody can be asked. */
  readonly prompter: Prompter | null;
  /** Leaves the terminal as it was found, and says there what shall stay. May be called again. */
  close(): void;
}

/** What a screen needs to know and to be able to do; without it there is none. */
export interface ScreenSurroundings {
  readonly capabilities: TerminalCapabilities;
  /** Asks the terminal for more of them. */
  readonly questions: string;
  /** Ctrl-C where no question is open. */
  interrupt(): void;
}

/**
 * A screen for people on a terminal, lines for everybody else, events with `--json`. A screen comes up only in commands that
 * tell their plan, and only when there is something to see on it.
 */
export function chooseReporter(
  streams: Streams,
  clock: Clock,
  options: ReporterOptions,
  surroundings?: ScreenSurroundings,
): Dialogue {
  const question = new OpenQuestion();
  const plain = options.accessible
    ? new AccessibleReporter(streams, clock, options, question)
    : new PlainReporter(streams, options, question);
  const asks = canAsk(streams) ? new TerminalPrompter(streams, clock, question, !options.accessible) : null;
  if (options.json) return { reporter: new JsonReporter(streams, clock, plain), prompter: asks, close };
  if (surroundings === undefined || asks === null || options.quiet || options.accessible) {
    return { reporter: plain, prompter: asks, close };
  }
  const { capabilities, questions, interrupt } = surroundings;
  const screen = new Screen({
    streams,
    clock,
    capabilities,
    questions,
    interrupt,
    loadLayout: async () => {
      const [{ renderScreen }] = await Promise.all([import("./ink/render.tsx"), import("../qr/drawing.ts")]);
      return renderScreen;
    },
  });
  const reporter = new ScreenReporter(screen, plain, clock, prepareOffer(screen));
  const prompter = new ScreenPrompter(screen, asks, clock, () => reporter.subject);
  return {
    reporter,
    prompter,
    close: () => {
      reporter.close();
    },
  };
}

function close(): void {
  // Lines leave nothing behind.
}

const prepareOffer =
  (screen: Screen): PrepareDrawing =>
  async ({ url, urlFile, pictureFile, drawing }, { writePicture }) => {
    const inFile = urlFile !== undefined || pictureFile !== undefined;
    if (inFile || drawing.form === "none") return () => ({ kind: "none", reason: undefined });
    const { prepareDrawing } = await import("../qr/drawing.ts");
    const draw = await prepareDrawing(url);
    return (room) =>
      draw({
        ...drawing,
        ...room,
        capabilities: screen.capabilities,
        pictureKey: writePicture !== undefined,
      });
  };

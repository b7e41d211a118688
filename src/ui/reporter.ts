/**
 * How a command speaks. Rules, for every implementation:
 * - results go to stdout, everything for people to stderr;
 * - foreign text passes {@link displayText} before it is shown;
 * - nothing here decides anything: protocol code does not know which reporter it has.
 */
import type { FxaPairError } from "../lib/errors.ts";
import type { CliEvent, Explained } from "./events.ts";
import type { OfferActions, OfferHandle, OfferView } from "./offer-view.ts";

export interface Reporter {
  /** What is going to happen, before any of it does. A screen keeps it in view; lines do without. */
  plan(plan: Plan): void;
  /** How far a step of the plan is. */
  step(name: string, state: StepState): void;
  /** Something a script would want to know, or a result. */
  event(event: CliEvent): void;
  /**
   * Who the other device is and what it means, for people. Part of a question, when one is asked: then it is shown
   * whatever the options.
   */
  explain(subject: Explained, asked: boolean): void;
  /** Shows a pairing URL until it is withdrawn; resolves once it is there. */
  offer(view: OfferView, actions: OfferActions): Promise<OfferHandle>;
  /** What the user has to know to act safely, whatever the verbosity. */
  say(text: string): void;
  /** What is going on, for people; silent with `--quiet`. */
  progress(text: string): void;
  /** Something the user should know whatever the verbosity. */
  warn(text: string): void;
  /** A failure: the end of the run, or of an attempt that the user may have repeated. */
  fail(error: FxaPairError): void;
}

export interface Plan {
  /** What the command does, in a few words: "Sign in another device". */
  readonly title: string;
  /** Whether there is something to see from the start on, and not only when something is offered or asked. */
  readonly atOnce?: boolean;
  readonly steps: readonly Step[];
}

/** One thing that has to happen; not all need happen in the order they are told in. */
export interface Step {
  /** For {@link Reporter.step}. */
  readonly name: string;
  /** "Approve on this device". */
  readonly label: string;
  /** Who or what it takes, said while it is under way: "waiting for you". */
  readonly waitsFor: string;
}

export type StepState = "waiting" | "active" | "done" | "failed";

export interface ReporterOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Full sentences in lines, for screen readers: nothing drawn, nothing drawn again. */
  readonly accessible: boolean;
}

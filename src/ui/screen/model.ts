/** What is on a screen, as values: how it is laid out is the business of `ui/ink`. */
import type { Drawing } from "../../qr/drawing.ts";
import type { Explained } from "../events.ts";
import type { OfferReader } from "../offer-view.ts";
import type { StepState } from "../reporter.ts";

export interface ScreenModel {
  readonly title: string;
  readonly steps: readonly ShownStep[];
  /** What went on last. */
  readonly status: string | null;
  /** What the user must not miss; the newest last. */
  readonly notices: readonly string[];
  readonly panel: Panel;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

export interface ShownStep {
  readonly name: string;
  readonly label: string;
  readonly waitsFor: string;
  readonly state: StepState;
}

/** A key and what it does, as shown. */
export interface ShownKey {
  readonly key: string;
  readonly does: string;
}

export type Panel =
  /** Nothing is asked of the user: how far things are. */
  { readonly type: "steps" } | OfferPanel | CodePanel | QuestionPanel | LinePanel | EndingPanel | RelayPanel;

export interface OfferPanel {
  readonly type: "offer";
  readonly reader: OfferReader;
  /** Null where it is in a file. */
  readonly url: string | null;
  readonly files: readonly string[];
  /** The QR code for so much room, or why there is none. */
  readonly draw: (room: DrawingRoom) => Drawing;
  /** Whole seconds until the channel ends; null for never. */
  readonly secondsLeft: number | null;
  readonly keys: readonly ShownKey[];
}

/** A code to type. */
export interface CodePanel {
  readonly type: "code";
  readonly code: string;
  /** As of {@link OfferPanel}. */
  readonly secondsLeft: number | null;
  readonly keys: readonly ShownKey[];
}

export interface DrawingRoom {
  readonly columns: number;
  readonly rows: number;
  readonly window: { readonly columns: number; readonly rows: number };
}

export interface QuestionPanel {
  readonly type: "question";
  /** Whom or what it is about, shown above it. */
  readonly about: Explained | null;
  /** What came of the attempt before, when that is why something is asked. */
  readonly ending: EndingPanel | null;
  readonly question: string;
  readonly keys: readonly ShownKey[];
}

export interface LinePanel {
  readonly type: "line";
  readonly about: Explained | null;
  /** What may be entered, in full sentences. */
  readonly explanation?: string | undefined;
  readonly label: string;
  /** What was typed so far, or what stands for it when it is hidden. */
  readonly shown: string;
  /** What helps with it; undefined where nothing does, so that Tab does nothing. */
  readonly hint?: string | undefined;
}

export interface EndingPanel {
  readonly type: "ending";
  /** What happened and why, then the next step. */
  readonly lines: readonly string[];
}

/** A relay at work. */
export interface RelayPanel extends RelayFacts {
  readonly type: "relay";
  /** The end of the log, the newest line last. */
  readonly log: readonly string[];
  readonly keys: readonly ShownKey[];
}

export interface RelayFacts {
  readonly url: string;
  readonly metricsUrl: string | null;
  readonly channels: number;
  readonly connections: number;
  /** Channels that are over and in which two devices met. */
  readonly pairings: number;
}

/** The size of the window, in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

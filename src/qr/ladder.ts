/**
 * The ways in which a picture is searched for QR codes, from cheap to dear. What each of them wins, and what the order
 * costs, is printed by `npm run bench:qr`.
 */
import type { EngineName } from "./findings.ts";
import type { Binarizer } from "./zxing.ts";

/** How a picture is changed before a reader sees it, in this order; what is absent is not done. */
export interface View {
  /** Made smaller until the longer side has so many pixels; applies to much larger pictures only. */
  readonly side?: number;
  /** Made larger by this factor; applies to pictures only that do not grow beyond {@link LARGEST_ENLARGED}. */
  readonly enlarge?: number;
  /** Each pixel against the mean of its surroundings: how far they reach in parts of the shorter side, and how strong. */
  readonly contrast?: { readonly reach: number; readonly gain: number };
  /** Brightness is raised to this power: above 1 for what is washed out, below for what is in the dark. */
  readonly gamma?: number;
  /** Each pixel against a blur of so many pixels (standard deviation), and how strong: for what is out of focus. */
  readonly sharpen?: { readonly sigma: number; readonly gain: number };
  /** Degrees clockwise. */
  readonly turn?: number;
}

export interface Rung extends View {
  readonly engine: EngineName;
  /** Of zxing. */
  readonly binarizer?: Binarizer;
  /** Whether to apply a {@link View.side} to smaller pictures, too: as they are. */
  readonly always?: boolean;
}

/** Pixels of the longer side. Beyond it the readers get slow, and nothing is won. */
export const LARGEST_ENLARGED = 2400;
/** Up to this factor a picture is shown as it is: making it smaller would take longer than reading it. */
const HARDLY_LARGER = 1.5;
/** Small modules are lost when a larger picture is made smaller; jsqr and qr are given no larger one. */
const WIDE = 1000;

const COARSE = { reach: 0.12, gain: 4 };
const FINE = { reach: 0.03, gain: 4 };
const OUT_OF_FOCUS = { sigma: 4, gain: 5 };
const BLURRED = { sigma: 3, gain: 4 };

export const LADDER: readonly Rung[] = [
  { engine: "zxing", side: WIDE },
  { engine: "zxing" },
  { engine: "zxing", side: WIDE, always: true, contrast: COARSE },
  { engine: "qr", side: WIDE, always: true, contrast: COARSE },
  { engine: "qr", side: WIDE, always: true, contrast: FINE },
  { engine: "zxing", side: WIDE, always: true, binarizer: "GlobalHistogram" },
  { engine: "zxing", side: WIDE, always: true, sharpen: OUT_OF_FOCUS },
  { engine: "qr", side: WIDE, always: true, sharpen: BLURRED },
  { engine: "zxing", enlarge: 2 },
  { engine: "qr", enlarge: 2 },
  { engine: "zxing", side: WIDE, always: true, gamma: 2.5 },
  { engine: "zxing", side: WIDE, always: true, turn: 20 },
  { engine: "qr", side: WIDE, always: true, turn: 45 },
  { engine: "qr", enlarge: 2, contrast: FINE },
  { engine: "jsqr", side: 500, always: true },
];

/** The last look once something was found, with that painted over: for a second code, which zxing sees at once mostly. */
export const SECOND_LOOK: Rung = { engine: "zxing", side: WIDE, always: true, binarizer: "GlobalHistogram" };

/** The part of the ladder that applies to pictures of this size. */
export function rungsFor(ladder: readonly Rung[], width: number, height: number): readonly Rung[] {
  const longer = Math.max(width, height);
  return ladder.filter((rung) =>
    rung.enlarge === undefined
      ? rung.side === undefined || rung.always === true || shownSide(rung, longer) < longer
      : shownSide(rung, longer) <= LARGEST_ENLARGED,
  );
}

/** The longer side, in pixels, of what a view shows of a picture whose longer side is given. */
export function shownSide({ side, enlarge = 1 }: View, longer: number): number {
  return side !== undefined && longer > side * HARDLY_LARGER ? side : longer * enlarge;
}

/** For people and for statistics: `zxing`, `qr ×2`, `zxing 1000 contrast 0.05`. */
export function rungName({ engine, binarizer, side, enlarge, contrast, sharpen, gamma, turn }: Rung): string {
  const parts = [
    side !== undefined && `${side}`,
    enlarge !== undefined && `×${enlarge}`,
    contrast !== undefined && `contrast ${contrast.reach}`,
    sharpen !== undefined && `sharpened ${sharpen.sigma}`,
    gamma !== undefined && `gamma ${gamma}`,
    turn !== undefined && `turned ${turn}°`,
    binarizer === "GlobalHistogram" && "histogram",
  ];
  return [engine, ...parts.filter((part) => part !== false)].join(" ");
}

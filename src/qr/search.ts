/**
 * Finds the QR codes in a picture: looks at it in one way after the other, from cheap to dear, because a code that is
 * blurred, noisy or tiny in one is clear in another.
 */
import type { Clock } from "../lib/clock.ts";
import { loadEngine } from "./engines.ts";
import type { Finding, FoundCode, QrCode, Until } from "./findings.ts";
import { LADDER, SECOND_LOOK, rungName, rungsFor } from "./ladder.ts";
import type { Rung } from "./ladder.ts";
import { paintOver } from "./painting.ts";
import { decodePixels, readHeader } from "./picture.ts";
import { onBackground } from "./pixels.ts";
import type { GreyPicture } from "./pixels.ts";
import { show } from "./views.ts";
import type { Scales } from "./views.ts";

export interface SearchOptions {
  readonly clock: Clock;
  readonly until?: Until;
  /** Milliseconds after which one look ends without a result. */
  readonly lookTimeLimit?: number;
  readonly ladder?: readonly Rung[];
}

interface Subject {
  readonly picture: GreyPicture;
  readonly scales: Scales;
  /** From the picture's pixels to the file's. */
  readonly toFile: number;
}

/**
 * The search as a whole is ended from outside, long before; but should nobody be left to do so, it must not go on for
 * ever.
 */
const LOOK_TIME_LIMIT = 20_000;
/** Reads like a pairing URL. Whether it is a good one, others decide: this only tells when to stop looking. */
const PAIRING_URL =
  /^\s*https?:\/\/(?=\S+[#&]channel_id=[\w-]{22}(?:&|\s*$))\S+[#&]channel_key=[\w-]{43}(?:&|\s*$)/;
const WHITE = 255;
const BLACK = 0;

/**
 * Searches an image file (PNG, JPEG, WebP, GIF, TIFF, AVIF, SVG; the first frame, upright). Each different text is found
 * once. This takes as long as it takes: {@link decodeQr} sets the limit.
 *
 * Throws a {@link FxaPairError} `unreadable` when the bytes are no image, damaged or cut off, or when the picture is too
 * large: more than 64 MiB or 50 megapixels.
 */
export async function* search(
  image: Uint8Array,
  options: SearchOptions,
): AsyncGenerator<Finding, void, undefined> {
  const { clock, until = "first", lookTimeLimit = LOOK_TIME_LIMIT, ladder = LADDER } = options;
  const start = clock.now();
  const header = await readHeader(image);
  yield { type: "picture", width: header.width, height: header.height };
  const picture = await decodePixels(image, header);
  const codes: QrCode[] = [];
  // Light modules drawn on nothing vanish on white, dark ones on black.
  for (const background of picture.alpha === undefined ? [WHITE] : [WHITE, BLACK]) {
    const grey = onBackground(picture, background);
    const subject = { picture: grey, scales: new Map(), toFile: header.width / grey.width };
    for (const rung of climb(ladder, grey, codes, until)) {
      yield { type: "look" };
      for (const found of await look(subject, rung, lookTimeLimit, codes)) {
        if (codes.some(({ text }) => text === found.text)) continue;
        const code = { ...found, engine: rung.engine, rung: rungName(rung), ms: clock.now() - start };
        codes.push(code);
        yield { type: "code", ...code };
      }
    }
    if (codes.length > 0) return;
  }
}

/** The rungs to try, one after the other, as long as `codes`, which grows meanwhile, does not hold what is sought. */
function* climb(
  ladder: readonly Rung[],
  { width, height }: GreyPicture,
  codes: readonly QrCode[],
  until: Until,
): Generator<Rung, void, undefined> {
  for (const rung of rungsFor(ladder, width, height)) {
    yield rung;
    if (until === "all" || !codes.some(({ text }) => until === "first" || PAIRING_URL.test(text))) continue;
    yield SECOND_LOOK;
    return;
  }
}

/** What one rung finds beside the `known` codes, with its corners in the file's pixels. */
async function look(
  { picture, scales, toFile }: Subject,
  rung: Rung,
  timeLimit: number,
  known: readonly QrCode[],
): Promise<FoundCode[]> {
  const [engine, { shown, toPicture, fromPicture }] = await Promise.all([
    loadEngine(rung.engine, timeLimit),
    show(picture, rung, scales),
  ]);
  const canvas = { ...shown, pixels: shown.pixels.slice() };
  for (const { corners } of known) {
    paintOver(
      canvas,
      map(corners, ({ x, y }) => fromPicture({ x: x / toFile, y: y / toFile })),
    );
  }
  return engine(canvas, rung.binarizer ?? "LocalAverage").map(({ text, corners }) => ({
    text,
    corners: map(corners, (corner) => {
      const { x, y } = toPicture(corner);
      return { x: x * toFile, y: y * toFile };
    }),
  }));
}

type Corners = FoundCode["corners"];

function map([a, b, c, d]: Corners, change: (corner: Corners[0]) => Corners[0]): Corners {
  return [change(a), change(b), change(c), change(d)];
}

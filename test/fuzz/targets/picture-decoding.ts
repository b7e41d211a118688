/**
 * Whole image files through their decoders and the readers of QR codes, as in the process that searches a picture. What
 * cannot be read ends in the one refusal there is, what is found can be told, and no damage makes another pairing URL.
 */
import sharp from "sharp";
import { FxaPairError } from "../../../src/lib/errors.ts";
import { parsePairingUrl } from "../../../src/pairing/pairing-url.ts";
import type { Finding } from "../../../src/qr/findings.ts";
import { formatFinding, parseFinding } from "../../../src/qr/findings.ts";
import type { Rung } from "../../../src/qr/ladder.ts";
import { readHeader } from "../../../src/qr/picture.ts";
import { search } from "../../../src/qr/search.ts";
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { filesOf, withChecksums } from "./qr/files.ts";
import { QuickClock } from "./relay/quick-clock.ts";
import { checkWords, expectOwnError } from "./words.ts";

const SHORT = "PAIR";
const URL =
  "https://accounts.firefox.com/pair#channel_id=Jh2mM1bDkbUaV9sJb0y8WA&channel_key=n7Qe0mZJ1sO3c4vGd5yKxT2uB6wL8rPfHiA9NzXqVEk";
/** Of the ladder, one or two for each reader and each way to change the picture that takes code of its own. */
const LADDER: readonly Rung[] = [
  { engine: "zxing" },
  { engine: "qr", contrast: { reach: 0.12, gain: 4 } },
  { engine: "zxing", binarizer: "GlobalHistogram", sharpen: { sigma: 4, gain: 5 } },
  { engine: "jsqr", side: 200, always: true },
  { engine: "qr", turn: 45 },
  { engine: "zxing", enlarge: 2, gamma: 2.5 },
];
/** Larger ones end at their header: there would be few runs. */
const MOST_PIXELS = 250_000;
const MAX_PIXELS = 50_000_000;
const LOOK_TIME_LIMIT = 3_000;
const RECOGNIZABLE = 24;

// One picture at a time, each of them another one.
sharp.cache(false);
sharp.concurrency(1);
const files = await filesOf(SHORT, URL);

export const target: Target = {
  subjects: [
    "engines",
    "findings",
    "image-kinds",
    "painting",
    "picture",
    "pixels",
    "readers",
    "search.",
    "views",
    "zxing",
  ].map((name) => `src/qr/${name}`),
  maxLength: 6_000,
  seeds: files.map((file, index) => Buffer.concat([Buffer.from([index]), file])),
  words: ["IHDR", "PLTE", "tRNS", "IDAT", "eXIf", "VP8X", "ALPH", "ANIM", "Exif\0\0", "NETSCAPE2.0"],
  async run(input) {
    const reader = new InputReader(input);
    const how = reader.uint8();
    const bytes = reader.rest();
    const image = (how & 1) === 0 ? withChecksums(bytes) : bytes;
    try {
      const { width, height } = await readHeader(image);
      check(width > 0 && height > 0 && width * height <= MAX_PIXELS, "a size that is none");
      if (width * height <= MOST_PIXELS) await look(image, LADDER.slice((how >>> 1) % LADDER.length));
    } catch (error) {
      const { code } = expectOwnError(error);
      check(code === "unreadable", "another refusal");
      if (error instanceof FxaPairError)
        checkWords(error, Buffer.from(image).toString("latin1"), RECOGNIZABLE);
    }
  },
};

async function look(image: Uint8Array, ladder: readonly Rung[]): Promise<void> {
  const clock = new QuickClock();
  const findings: Finding[] = [];
  for await (const finding of search(image, { clock, ladder, lookTimeLimit: LOOK_TIME_LIMIT })) {
    const told = parseFinding(formatFinding(finding));
    check(JSON.stringify(told) === JSON.stringify(finding), "it is told as something else");
    if (finding.type === "code") checkText(finding.text);
    findings.push(finding);
  }
  check(findings[0]?.type === "picture", "a picture without a size");
  const texts = findings.flatMap((finding) => (finding.type === "code" ? [finding.text] : []));
  check(new Set(texts).size === texts.length, "a text that is found twice");
}

function checkText(text: string): void {
  check(text !== "", "a code without a text");
  if (text !== URL) check(!isPairingUrl(text), `a pairing URL that nobody has drawn: ${text}`);
}

function isPairingUrl(text: string): boolean {
  try {
    parsePairingUrl(text);
    return true;
  } catch (error) {
    expectOwnError(error);
    return false;
  }
}

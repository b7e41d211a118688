/** The pairing URL in pictures: other QR codes do not matter, two different pairing codes do. */
import { FxaPairError } from "../lib/errors.ts";
import { parsePairingUrl } from "../pairing/pairing-url.ts";
import type { PairingUrl } from "../pairing/pairing-url.ts";
import { imageName } from "../qr/images.ts";
import { displayText } from "../ui/safe-text.ts";
import { lookAt, lookAtEach, naming } from "./looking.ts";
import type { Run } from "./setup.ts";

/** A pairing URL, and where it was read. */
interface Sighting {
  readonly text: string;
  /** For people; safe to show. */
  readonly where: string;
}

export interface PictureOptions {
  /** Milliseconds for each picture. */
  readonly qrTimeout: number;
}

/** URLs that are there to hold a secret: only what they are is told. */
const SECRETIVE = /^(otpauth|otpauth-migration|wifi):/i;

/**
 * The one pairing URL in pictures: files, `data:` URLs or standard input (`-`). Pictures without one do not matter where
 * others have it.
 *
 * @throws FxaPairError `unreadable` when there is none, or more than one; what `parsePairingUrl` throws; the interruption.
 */
export async function pairingUrlInPictures(
  sources: readonly string[],
  { qrTimeout }: PictureOptions,
  run: Run,
): Promise<PairingUrl> {
  const look = async (source: string): Promise<Sighting[]> => {
    const { codes } = await lookAt(source, { until: "pairing-url", qrTimeout }, run);
    return pairingUrlsAmong(
      codes.map(({ text }) => text),
      displayText(imageName(source)),
    );
  };
  const seen = await lookAtEach([...new Set(sources)], look, "a pairing code", run);
  return theOne(seen.flat());
}

/**
 * The pairing URL among what QR codes said.
 *
 * @param where for people; safe to show
 * @throws FxaPairError `unreadable` when there is none or more than one; what `parsePairingUrl` throws.
 */
export function pairingUrlAmong(found: readonly string[], where: string): PairingUrl {
  return theOne(pairingUrlsAmong(found, where));
}

/** At least one. */
function pairingUrlsAmong(found: readonly string[], where: string): Sighting[] {
  const texts = found.map((text) => text.trim());
  const urls = texts.filter(isPairingUrl);
  if (urls.length > 0) return urls.map((text) => ({ text, where }));
  // Hardly anybody else writes this; and it must not be shown.
  const damaged = texts.find((text) => /channel_(?:id|key)/.test(text));
  if (damaged !== undefined) explain(damaged, where);
  const what = texts.length === 1 ? "a QR code, but not" : `${texts.length} QR codes, but none with`;
  throw new FxaPairError("unreadable", `${where}: ${what} a pairing URL: ${described(texts[0] ?? "")}`, {
    hint: "Use the code that the other device shows for pairing (Firefox: under “connect another device”).",
  });
}

/** Throws what is wrong with a pairing URL. */
function explain(damaged: string, where: string): void {
  try {
    parsePairingUrl(damaged);
  } catch (error) {
    throw naming(where, error);
  }
}

function theOne(sightings: readonly Sighting[]): PairingUrl {
  const texts = new Set(sightings.map(({ text }) => text));
  const [text = ""] = texts;
  if (texts.size === 1) return parsePairingUrl(text);
  const where = [...new Set(sightings.map((sighting) => sighting.where))].join(", ");
  const count = texts.size === 2 ? "two" : `${texts.size}`;
  throw new FxaPairError("unreadable", `${where}: ${count} different pairing codes`, {
    hint: "Take a picture that shows only the code to use.",
  });
}

/** Foreign text, and perhaps somebody's secret: neither opened nor told in full. */
function described(text: string): string {
  const scheme = SECRETIVE.exec(text)?.[0];
  if (scheme !== undefined) return `${scheme}…`;
  return displayText(/^https?:/i.test(text) ? text.replace(/[?#].+$/s, "…") : text, 60);
}

function isPairingUrl(text: string): boolean {
  try {
    parsePairingUrl(text);
    return true;
  } catch {
    return false;
  }
}

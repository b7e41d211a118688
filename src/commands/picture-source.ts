/** The pairing URL in pictures: other QR codes do not matter, two different pairing codes do. */
import { FxaPairError } from "../lib/errors.ts";
import { parsePairingUrl } from "../pairing/pairing-url.ts";
import type { PairingUrl } from "../pairing/pairing-url.ts";
import { decodeQr } from "../qr/decode.ts";
import { displayText } from "../ui/safe-text.ts";
import type { Run } from "./setup.ts";
import { readPicture } from "./standard-input.ts";

/**
 * What the QR codes in a picture say: in a file, a `data:` URL or standard input (`-`).
 *
 * @throws FxaPairError `unreadable` when there is none; the interruption.
 */
export async function textsInPicture(source: string, run: Run): Promise<string[]> {
  const { codes } = await decodeQr(await readPicture(source, run), {
    clock: run.environment.clock,
    signal: run.signal,
    until: "pairing-url",
  });
  return codes.map(({ text }) => text.trim());
}

/**
 * The one pairing URL among what QR codes said.
 *
 * @throws FxaPairError `unreadable` when there is none or more than one; what `parsePairingUrl` throws.
 */
export function pairingUrlAmong(found: readonly string[]): PairingUrl {
  const texts = [...new Set(found)];
  const urls = texts.filter(isPairingUrl);
  if (urls.length > 1) {
    throw new FxaPairError("unreadable", "The picture shows two different pairing codes.", {
      hint: "Take a picture that shows only the code to use.",
    });
  }
  const [url] = urls;
  if (url !== undefined) return parsePairingUrl(url);
  const [only] = texts;
  if (texts.length === 1 && only !== undefined && /[#&]channel_(?:id|key)=/.test(only))
    return parsePairingUrl(only);
  throw new FxaPairError(
    "unreadable",
    `The picture shows a QR code, but not a pairing URL: ${displayText(only ?? "", 60)}`,
    {
      hint: "Use the code that the signed-in device shows under “connect another device”.",
    },
  );
}

function isPairingUrl(text: string): boolean {
  try {
    parsePairingUrl(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The two QR code readers in JavaScript, which read some of what zxing does not: `qr` is quick and good with photos of
 * screens, `jsqr` is slow and finds bent and smeared codes.
 */
import type { DecodeQR } from "qr/decode.js";
import type { FoundCode } from "./findings.ts";
import type { GreyPicture } from "./pixels.ts";

/** Looks for one code, in dark on light or the reverse; `undefined` when there is none. */
export type QrReader = (picture: GreyPicture) => FoundCode | undefined;

/** How many further guesses `qr` makes about a code that it found but could not read. */
const EFFORT = 8;

export async function loadQrReader(): Promise<QrReader> {
  const { decodeQR } = await import("qr/decode.js");
  return qrReaderOf(decodeQR);
}

/** The same for who has loaded the package's function already. */
export function qrReaderOf(decodeQR: DecodeQR): QrReader {
  return ({ width, height, pixels }) => {
    let corners: FoundCode["corners"] | undefined;
    try {
      const text = decodeQR(
        { width, height, data: withChroma(width, height, pixels) },
        {
          format: "I420",
          effort: EFFORT,
          timeLimit: Infinity,
          pointsOnDetect: ({ bounds }) => (corners = bounds),
        },
      );
      return text === "" || corners === undefined ? undefined : { text, corners };
    } catch {
      return undefined; // its way to say that there is no code
    }
  };
}

/** `qr` takes grey pixels only as the first plane of YUV 4:2:0; the others are not looked at. */
function withChroma(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const planes = new Uint8Array(width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2));
  planes.set(pixels);
  return planes;
}

export async function loadJsqrReader(): Promise<QrReader> {
  const { default: jsqr } = await import("jsqr");
  return ({ width, height, pixels }) => {
    const found = jsqr.default(toRgba(pixels), width, height);
    if (found === null || found.data === "") return undefined; // "": bytes that are no UTF-8
    const { topLeftCorner, topRightCorner, bottomRightCorner, bottomLeftCorner } = found.location;
    return {
      text: found.data,
      corners: [topLeftCorner, topRightCorner, bottomRightCorner, bottomLeftCorner],
    };
  };
}

function toRgba(pixels: Uint8Array): Uint8ClampedArray {
  const words = new Uint32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) words[i] = (pixels[i] ?? 0) * 0x01010101;
  return new Uint8ClampedArray(words.buffer);
}

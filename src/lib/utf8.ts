/**
 * The text of bytes that must be UTF-8; `undefined` when they are not. A byte order mark stays in the text, so that it
 * stands for exactly these bytes.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

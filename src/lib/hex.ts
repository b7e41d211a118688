/** Lower-case hexadecimal, the accounts server's notation for ids, tokens and keys. */

const HEX = /^(?:[0-9a-f]{2})*$/;

export function encodeHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** Lower-case hex to bytes; `undefined` for anything else. */
export function decodeHex(text: string): Uint8Array | undefined {
  return HEX.test(text) ? new Uint8Array(Buffer.from(text, "hex")) : undefined;
}

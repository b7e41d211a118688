/** Encodings of points (RFC 9496), good and bad, and messages with them. */

const P = (1n << 255n) - 19n;

/** The first two multiples of the base point (RFC 9496 Appendix A.1), then encodings that must be refused. */
export const POINTS: readonly string[] = [
  "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
  "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
  // The neutral element, and the same not reduced.
  "00".repeat(32),
  `ed${"ff".repeat(30)}7f`,
  // Negative; beyond the field; no square.
  `01${"00".repeat(31)}`,
  "ff".repeat(32),
  `02${"00".repeat(31)}`,
].map((hex) => Buffer.from(hex, "hex").toString("base64url"));

export const SESSION_ID = Buffer.alloc(16, 7).toString("base64url");

export function joinerMessage(point: string): string {
  return JSON.stringify({ pake: { v: 1, sid: SESSION_ID, Y: point } });
}

export function hostMessage(point: string): string {
  return JSON.stringify({ pake: { v: 1, Y: point } });
}

/** Whether it may encode a point other than the neutral element: reduced, and not negative (RFC 9496 §4.3.1). */
export function isCanonical(share: Uint8Array): boolean {
  const value = share.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
  return share.length === 32 && value > 0n && value < P && (value & 1n) === 0n;
}

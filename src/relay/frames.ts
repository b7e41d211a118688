/** The frames a server sends (RFC 6455 §5.2): never masked, never in fragments, each in one piece of memory. */

export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** Bit of the first byte: the last, or only, frame of its message. */
export const FINAL = 0x80;
/** Value of a seven-bit length: the true one follows in two bytes, or in eight. */
export const TWO_BYTES = 126;
export const EIGHT_BYTES = 127;

/** Bytes that the payload of a ping, a pong or a close frame may have. */
export const MAX_CONTROL_PAYLOAD = 125;

/** A text message. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = startFrame(OPCODE.text, length);
  frame.write(text, frame.length - length);
  return frame;
}

/** A ping without payload: the same for all. */
export const PING_FRAME: Buffer = startFrame(OPCODE.ping, 0);

/** The answer to a ping, which gets its payload back (RFC 6455 §5.5.3). */
export function pongFrame(payload: Uint8Array): Buffer {
  const frame = startFrame(OPCODE.pong, payload.length);
  frame.set(payload, frame.length - payload.length);
  return frame;
}

/** A close frame; without a code if there is none to give back. `reason`: at most 123 bytes. */
export function closeFrame(code?: number, reason = ""): Buffer {
  if (code === undefined) return startFrame(OPCODE.close, 0);
  const frame = startFrame(OPCODE.close, 2 + Buffer.byteLength(reason));
  frame.writeUInt16BE(code, 2);
  frame.write(reason, 4);
  return frame;
}

/** A frame whose payload is still to be written into its last bytes. */
function startFrame(opcode: number, length: number): Buffer {
  const short = length < TWO_BYTES;
  const medium = length < 65_536;
  const frame = Buffer.allocUnsafe((short ? 2 : medium ? 4 : 10) + length);
  frame[0] = FINAL | opcode;
  frame[1] = short ? length : medium ? TWO_BYTES : EIGHT_BYTES;
  if (!short && medium) frame.writeUInt16BE(length, 2);
  if (!medium) frame.writeBigUInt64BE(BigInt(length), 2);
  return frame;
}

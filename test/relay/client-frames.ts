/** Frames as a client sends them (RFC 6455 §5.2), right or wrong. */

export interface ClientFrame {
  opcode: number;
  payload: string | Buffer;
  /** The last, or only, one of its message; true by default. */
  final?: boolean;
  /** Bits of the first byte that nobody may set. */
  reserved?: number;
  /** True by default, as it must be. */
  masked?: boolean;
  mask?: number;
  /** The length that it claims, if that is not the true one. */
  claimed?: number;
}

export function clientFrame({ opcode, payload, final = true, ...rest }: ClientFrame): Buffer {
  const { reserved = 0, masked = true, mask = 0x5ac31788, claimed } = rest;
  const bytes = Buffer.from(payload);
  const head = [(final ? 0x80 : 0) | reserved | opcode, ...lengthBytes(claimed ?? bytes.length)];
  if (!masked) return Buffer.concat([Buffer.from(head), bytes]);
  head[1] = (head[1] ?? 0) | 0x80;
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask >>> 0);
  return Buffer.concat([Buffer.from(head), key, bytes.map((byte, index) => byte ^ (key[index & 3] ?? 0))]);
}

function lengthBytes(length: number): number[] {
  if (length < 126) return [length];
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return length < 65_536 ? [126, ...bytes.subarray(6)] : [127, ...bytes];
}

/** Pieces of that many bytes, the last one shorter. */
export function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size));
  return pieces;
}

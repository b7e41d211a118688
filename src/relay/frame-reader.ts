/**
 * Reads the frames a client sends (RFC 6455 §5): bytes in, messages and control frames out, without sockets. It holds no
 * more than one message and the bytes of one unfinished frame, and neither is larger than what has arrived.
 */
import { isUtf8 } from "node:buffer";
import { CLOSE } from "../channel/wire.ts";
import { EIGHT_BYTES, FINAL, MAX_CONTROL_PAYLOAD, OPCODE, TWO_BYTES } from "./frames.ts";

export interface FrameListener {
  /** A whole text message, and its length in bytes. */
  onText(message: string, bytes: number): void;
  /** A ping. Its payload may change once this returns. */
  onPing(payload: Buffer): void;
  onPong(): void;
  /** A close frame, with its code if it had one. Nothing that comes after it is read. */
  onClose(code: number | undefined): void;
}

/** Close codes for what a peer may not do (RFC 6455 §7.4.1). */
export const FAULT = {
  protocol: 1002,
  binary: CLOSE.unsupported,
  notUtf8: 1007,
  fragments: CLOSE.policy,
  tooLarge: CLOSE.tooLarge,
} as const;
export type Fault = (typeof FAULT)[keyof typeof FAULT];
/** Faults that are within the protocol: it is this server that does not take it. */
export type Refused = Exclude<Fault, typeof FAULT.protocol | typeof FAULT.notUtf8>;

/**
 * Fragments of one message. Peers send one or two; as many as there are bytes would cost a hundred times the memory of
 * the message.
 */
const MAX_FRAGMENTS = 64;

/** Bits of the first byte that only extensions use; none is ever granted. */
const RESERVED = 0x70;
/** Bit of the second byte: the payload is masked, as everything from a client must be. */
const MASKED = 0x80;
const MASK_BYTES = 4;

const NOTHING = Buffer.alloc(0);

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  /** Where its payload starts; the mask stands before it. */
  readonly start: number;
  readonly length: number;
}

export class FrameReader {
  readonly #listener: FrameListener;
  readonly #maxMessage: number;
  /** The first bytes of a frame that is not whole yet. */
  readonly #unfinished = new Gathered();
  #fragments: Buffer[] | undefined;
  #fragmentBytes = 0;
  #closed = false;

  /** `maxMessage`: bytes that one message may have, at most. */
  constructor(listener: FrameListener, maxMessage: number) {
    this.#listener = listener;
    this.#maxMessage = maxMessage;
  }

  /**
   * Reads what has arrived; the bytes are changed. Returns the close code for what the peer did wrong, and must not be
   * called again then.
   */
  read(arrived: Buffer): Fault | undefined {
    const bytes = this.#unfinished.join(arrived);
    let offset = 0;
    while (!this.#closed) {
      const frame = this.#frameAt(bytes, offset);
      if (typeof frame === "number") return frame;
      if (frame === undefined || frame.start + frame.length > bytes.length) break;
      offset = frame.start + frame.length;
      const fault = this.#take(frame, unmask(bytes, frame));
      if (fault !== undefined) return fault;
    }
    this.#unfinished.keep(bytes, this.#closed ? bytes.length : offset);
    return undefined;
  }

  /** Reads nothing more, not even of what has arrived. */
  stop(): void {
    this.#closed = true;
  }

  /** The frame that starts there, a fault in its head, or `undefined` while its head is not whole. */
  #frameAt(bytes: Buffer, offset: number): Frame | Fault | undefined {
    if (bytes.length < offset + 2) return undefined;
    const first = bytes.readUInt8(offset);
    const second = bytes.readUInt8(offset + 1);
    const final = (first & FINAL) !== 0;
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    if ((first & RESERVED) !== 0 || (second & MASKED) === 0) return FAULT.protocol;
    const fault = this.#misplaced(opcode, final, short);
    if (fault !== undefined) return fault;
    const start = offset + 2 + lengthBytes(short) + MASK_BYTES;
    if (bytes.length < start) return undefined;
    const length = readLength(bytes, offset + 2, short);
    if (!isControl(opcode) && this.#fragmentBytes + length > this.#maxMessage) return FAULT.tooLarge;
    return { final, opcode, start, length };
  }

  /** What is wrong with a frame of that kind at this place (RFC 6455 §5.4, §5.5). */
  #misplaced(opcode: number, final: boolean, short: number): Fault | undefined {
    switch (opcode) {
      case OPCODE.continuation:
        return this.#fragments === undefined ? FAULT.protocol : undefined;
      case OPCODE.text:
        return this.#fragments === undefined ? undefined : FAULT.protocol;
      case OPCODE.binary:
        return this.#fragments === undefined ? FAULT.binary : FAULT.protocol;
      case OPCODE.close:
      case OPCODE.ping:
      case OPCODE.pong:
        return final && short <= MAX_CONTROL_PAYLOAD ? undefined : FAULT.protocol;
      default:
        return FAULT.protocol;
    }
  }

  #take({ final, opcode }: Frame, payload: Buffer): Fault | undefined {
    switch (opcode) {
      case OPCODE.close:
        return this.#takeClose(payload);
      case OPCODE.ping:
        this.#listener.onPing(payload);
        return undefined;
      case OPCODE.pong:
        this.#listener.onPong();
        return undefined;
      default:
        return this.#takeText(payload, final);
    }
  }

  #takeText(payload: Buffer, final: boolean): Fault | undefined {
    if (final && this.#fragments === undefined) return this.#deliver(payload);
    this.#fragments ??= [];
    if (this.#fragments.length === MAX_FRAGMENTS) return FAULT.fragments;
    // A copy: what the payload lies in is used again.
    this.#fragments.push(Buffer.from(payload));
    this.#fragmentBytes += payload.length;
    if (!final) return undefined;
    const message = Buffer.concat(this.#fragments);
    this.#fragments = undefined;
    this.#fragmentBytes = 0;
    return this.#deliver(message);
  }

  #deliver(message: Buffer): Fault | undefined {
    if (!isUtf8(message)) return FAULT.notUtf8;
    this.#listener.onText(message.toString(), message.length);
    return undefined;
  }

  #takeClose(payload: Buffer): Fault | undefined {
    if (payload.length === 1) return FAULT.protocol;
    const code = payload.length === 0 ? undefined : payload.readUInt16BE(0);
    if (code !== undefined && !mayBeSent(code)) return FAULT.protocol;
    if (!isUtf8(payload.subarray(2))) return FAULT.notUtf8;
    this.#closed = true;
    this.#listener.onClose(code);
    return undefined;
  }
}

/** Bytes that wait for more, in memory that grows by doubling: pieces of any size cost no more than they are long. */
class Gathered {
  #memory: Buffer = NOTHING;
  #length = 0;

  /** What waits and what has arrived, in one piece. */
  join(arrived: Buffer): Buffer {
    if (this.#length === 0) return arrived;
    const length = this.#length + arrived.length;
    if (length > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    arrived.copy(this.#memory, this.#length);
    return this.#memory.subarray(0, length);
  }

  /** Lets the end of what {@link join} has returned wait, `from` there on. */
  keep(joined: Buffer, from: number): void {
    const before = this.#length;
    this.#length = joined.length - from;
    if (this.#length === 0) this.#memory = NOTHING;
    else if (before === 0 || from > 0) this.#memory = copyOf(joined.subarray(from));
  }
}

/** In memory of its own: a slice keeps all of what it is a slice of. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** Bytes of the true length that follow a seven-bit one. */
function lengthBytes(short: number): number {
  return short === EIGHT_BYTES ? 8 : short === TWO_BYTES ? 2 : 0;
}

/** Lengths beyond what a double counts exactly are too large in any case. */
function readLength(bytes: Buffer, offset: number, short: number): number {
  if (short === EIGHT_BYTES) return Number(bytes.readBigUInt64BE(offset));
  return short === TWO_BYTES ? bytes.readUInt16BE(offset) : short;
}

function isControl(opcode: number): boolean {
  return opcode >= OPCODE.close;
}

/** Takes the mask off a payload (RFC 6455 §5.3), where it lies. */
function unmask(bytes: Buffer, { start, length }: Frame): Buffer {
  const payload = bytes.subarray(start, start + length);
  const mask = bytes.readUInt32LE(start - MASK_BYTES);
  for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask >>> (8 * (i & 3)));
  return payload;
}

/** Whether a close frame may have that code (RFC 6455 §7.4, and what IANA has registered since). */
function mayBeSent(code: number): boolean {
  if (code >= 3_000) return code <= 4_999;
  return code >= 1_000 && code <= 1_014 && (code < 1_004 || code > 1_006);
}

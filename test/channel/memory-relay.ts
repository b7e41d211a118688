/** A relay without a network: it relays as the real one does, and misbehaves on demand. */
import type { OpenSocket, Socket, SocketEvent, SocketRequest } from "../../src/channel/socket.ts";
import type { ConnectError } from "../../src/channel/socket.ts";
import { formatEnvelope, formatFirstMessage } from "../../src/channel/wire.ts";
import type { FirstMessage } from "../../src/channel/wire.ts";

export const CHANNEL_ID = "AAECAwQFBgcICQoLDA0ODw";

export interface Frame {
  /** Which of the connections sent it: 0 is the one that created the channel. */
  readonly from: number;
  readonly text: string;
}

/** One connection as the relay sees it. */
export class MemorySeat implements Socket {
  readonly request: SocketRequest;
  readonly #relay: MemoryRelay;
  /** The close code the client sent, or "terminated". */
  closed: number | "terminated" | undefined;

  constructor(relay: MemoryRelay, request: SocketRequest) {
    this.#relay = relay;
    this.request = request;
  }

  /** To the client, in order, never within the call that caused it. */
  emit(event: SocketEvent): void {
    queueMicrotask(() => {
      if (this.closed !== "terminated") this.request.listener(event);
    });
  }

  send(text: string): void {
    if (this.closed === undefined) this.#relay.relay(this, text);
  }

  close(): void {
    if (this.closed !== undefined) return;
    this.closed = 1000;
    this.emit({ type: "closed", code: 1000 });
  }

  terminate(): void {
    this.closed ??= "terminated";
  }
}

export class MemoryRelay {
  readonly seats: MemorySeat[] = [];
  /** Everything that was sent, in order. */
  readonly frames: Frame[] = [];
  /** What becomes of a frame: the texts that the other side gets. */
  tap: (frame: Frame, index: number) => readonly string[] = ({ text }) => [text];
  /** Called after a frame was passed on. */
  afterFrame: (frame: Frame, index: number) => void = () => undefined;
  greeting: Partial<FirstMessage> = { expires_in: 300 };
  /** Instead of the greeting. */
  opening: SocketEvent | "nothing" | undefined;
  refusal: ConnectError | undefined;

  readonly openSocket: OpenSocket = async (request) => {
    await Promise.resolve();
    const seat = new MemorySeat(this, request);
    this.seats.push(seat);
    if (this.refusal !== undefined) throw this.refusal;
    if (this.opening === undefined) seat.emit({ type: "text", text: this.#greet() });
    else if (this.opening !== "nothing") seat.emit(this.opening);
    return seat;
  };

  relay(seat: MemorySeat, text: string): void {
    const frame = { from: this.seats.indexOf(seat), text };
    const index = this.frames.push(frame) - 1;
    const sender = { ua: seat.request.userAgent, remote: "192.0.2.7" };
    for (const other of this.seats) {
      if (other === seat || other.closed !== undefined) continue;
      for (const passed of this.tap(frame, index)) {
        other.emit({ type: "text", text: formatEnvelope({ message: passed, sender }) });
      }
    }
    this.afterFrame(frame, index);
  }

  /** Ends every connection with that close code; 1006 is a network that went away. */
  cut(code = 1006): void {
    for (const seat of this.seats) {
      if (seat.closed !== undefined) continue;
      seat.emit({ type: "closed", code });
      queueMicrotask(() => {
        seat.closed ??= code;
      });
    }
  }

  #greet(): string {
    return formatFirstMessage({ link: `/v1/ws/${CHANNEL_ID}`, channelid: CHANNEL_ID, ...this.greeting });
  }
}

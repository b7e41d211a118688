/** A relay without a network: it relays as the real one does, and misbehaves on demand. */
import type { OpenSocket, Socket, SocketEvent, SocketRequest } from "../../src/channel/socket.ts";
import { ConnectError } from "../../src/channel/socket.ts";
import { formatEnvelope, formatFirstMessage } from "../../src/channel/wire.ts";
import type { FirstMessage } from "../../src/channel/wire.ts";

export const CHANNEL_ID = "AAECAwQFBgcICQoLDA0ODw";

export interface Frame {
  /** Which of the participants sent it: 0 is the one that created the channel. */
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

  send(text: string): boolean {
    if (this.closed !== undefined) return false;
    this.#relay.relay(this, text);
    return true;
  }

  close(): void {
    if (this.closed !== undefined) return;
    this.closed = 1000;
    this.emit({ type: "closed", code: 1000, reason: "" });
  }

  terminate(): void {
    this.closed ??= "terminated";
  }
}

/** What the relay remembers of a participant, over all its connections. */
interface Participant {
  seat: MemorySeat;
  /** Every message for it so far. */
  readonly outbox: string[];
  /** How many of its messages were accepted. */
  seen: number;
}

export class MemoryRelay {
  /** Every connection, in order. */
  readonly seats: MemorySeat[] = [];
  /** Everything that was sent, in order. */
  readonly frames: Frame[] = [];
  /** What becomes of a frame: the texts that the other side gets. */
  tap: (frame: Frame, index: number) => readonly string[] = ({ text }) => [text];
  /** Called after a frame was passed on. */
  afterFrame: (frame: Frame, index: number) => void = () => undefined;
  greeting: Partial<FirstMessage> = { expires_in: 300 };
  /** Whether it counts messages, so that a lost seat can be taken again. */
  counts = false;
  /** Instead of the greeting. */
  opening: SocketEvent | "nothing" | undefined;
  refusal: Error | undefined;
  /** Called after a connection was greeted, and got what it had missed. */
  afterGreeting: (seat: MemorySeat) => void = () => undefined;
  readonly #participants: Participant[] = [];
  readonly #awaited: { count: number; reached: () => void }[] = [];

  /** Resolves once that many connections have been tried in all. */
  tried(count: number): Promise<void> {
    if (this.seats.length >= count) return Promise.resolve();
    return new Promise((reached) => this.#awaited.push({ count, reached }));
  }

  readonly openSocket: OpenSocket = async (request) => {
    await Promise.resolve();
    const seat = new MemorySeat(this, request);
    const tried = this.seats.push(seat);
    for (const { count, reached } of this.#awaited) if (count === tried) reached();
    if (this.refusal !== undefined) throw this.refusal;
    if (this.opening === undefined) this.#welcome(seat, new URL(request.url).searchParams);
    else if (this.opening !== "nothing") seat.emit(this.opening);
    return seat;
  };

  relay(seat: MemorySeat, text: string): void {
    const from = this.#participants.findIndex((participant) => participant.seat === seat);
    const sender = this.#participants[from];
    if (sender === undefined) return;
    sender.seen += 1;
    const frame = { from, text };
    const index = this.frames.push(frame) - 1;
    for (const other of this.#participants) {
      if (other === sender) continue;
      for (const message of this.tap(frame, index)) {
        const facts = { ua: seat.request.userAgent, remote: "192.0.2.7" };
        const envelope = formatEnvelope({ message, sender: facts });
        other.outbox.push(envelope);
        if (other.seat.closed === undefined) other.seat.emit({ type: "text", text: envelope });
      }
    }
    this.afterFrame(frame, index);
  }

  /** Ends every connection with that close code; 1006 is a network that went away. */
  cut(code = 1006, reason = ""): void {
    for (const { seat } of this.#participants) this.cutSeat(seat, code, reason);
  }

  /** Ends one connection: nothing it sends from now on arrives, nor does what is still on its way to it. */
  cutSeat(seat: MemorySeat, code = 1006, reason = ""): void {
    if (seat.closed !== undefined) return;
    seat.emit({ type: "closed", code, reason });
    seat.closed = code;
  }

  #welcome(seat: MemorySeat, query: URLSearchParams): void {
    const token = query.get("resume");
    if (token === null) this.#participants.push({ seat, outbox: [], seen: 0 });
    const who = token === null ? this.#participants.length - 1 : Number(token.split(".")[0]);
    const participant = this.#participants[who];
    if (participant === undefined) throw new ConnectError({ status: 403 });
    participant.seat = seat;
    const resume = `${who}.${this.seats.length}`;
    seat.emit({ type: "text", text: this.#greet(this.counts ? { resume, seen: participant.seen } : {}) });
    for (const text of participant.outbox.slice(Number(query.get("received"))))
      seat.emit({ type: "text", text });
    this.afterGreeting(seat);
  }

  #greet(counts: Partial<FirstMessage>): string {
    const link = `/v1/ws/${CHANNEL_ID}`;
    return formatFirstMessage({ link, channelid: CHANNEL_ID, ...counts, ...this.greeting });
  }
}

/** The seats of one channel that were given on this node: who sits there, or what waits for whoever is about to. */
import type { Participant } from "../backplane.ts";
import type { SeatConnection } from "../channel-rules.ts";
import type { Ending } from "../endings.ts";
import { ENDINGS } from "../endings.ts";
import type { MessageEvent } from "./publications.ts";
import { parseBody } from "./publications.ts";

export interface LocalSeat {
  readonly connection: number;
  /** Events up to this one are not for it. */
  readonly since: number;
  /** Who sits there, or what waits for somebody who was admitted but is not attached yet. */
  occupant: Participant | string[];
  /** What to tell who attaches too late. */
  ending: Ending | undefined;
  /** Messages of the seat so far. */
  sent: number;
  /** Their bytes, of this connection alone. */
  bytes: number;
  /** Whether they broke a limit all by themselves. */
  exceeded: boolean;
}

/** What the messages of a channel may be at most; `Infinity` for any number. */
export interface MessageLimits {
  /** Bytes of one. */
  readonly maxMessage: number;
  /** Bytes of all. */
  readonly maxData: number;
  readonly maxExchanges: number;
}

/**
 * Counts one more message of a seat. Returns false if one before it has broken a limit: then the channel is as good as
 * over, and the store is not to be bothered with what comes in until everybody has heard of that.
 */
export function countMessage(seat: LocalSeat, bytes: number, limits: MessageLimits): boolean {
  if (seat.exceeded) return false;
  seat.sent++;
  seat.bytes += bytes;
  const { maxMessage, maxData, maxExchanges } = limits;
  seat.exceeded = bytes > maxMessage || seat.bytes > maxData || seat.sent > maxExchanges;
  return true;
}

export class LocalSeats {
  readonly #seats: (LocalSeat | undefined)[] = [];

  /** Whether anybody sits here, or is about to. */
  get taken(): boolean {
    return this.#seats.some((seat) => seat !== undefined);
  }

  /** The seats that are taken and not over, with their numbers. */
  get all(): (readonly [number, LocalSeat])[] {
    return [...this.#seats.entries()].flatMap(([number, seat]) =>
      seat === undefined || seat.ending !== undefined ? [] : [[number, seat] as const],
    );
  }

  at(number: number): LocalSeat | undefined {
    return this.#seats[number];
  }

  /** The seat, if it is that connection's. */
  of({ seat, connection }: SeatConnection): LocalSeat | undefined {
    const found = this.#seats[seat];
    return found?.connection === connection ? found : undefined;
  }

  /** Gives a seat; who had it before is told so. */
  put(number: number, seat: LocalSeat): void {
    const replaced = this.#seats[number]?.occupant;
    this.#seats[number] = seat;
    if (replaced !== undefined && !Array.isArray(replaced)) replaced.end(ENDINGS.replaced);
  }

  /** Takes a seat from that connection. Returns it, or undefined if it is not that connection's. */
  empty(connection: SeatConnection): LocalSeat | undefined {
    const found = this.of(connection);
    if (found !== undefined) this.#seats[connection.seat] = undefined;
    return found;
  }

  /** Connects a participant with its seat, and delivers what has waited for it, or tells it what it is too late for. */
  attach(connection: SeatConnection, participant: Participant): void {
    const seat = this.of(connection);
    if (seat === undefined) {
      participant.end(ENDINGS.replaced);
      return;
    }
    const waiting = seat.occupant;
    seat.occupant = participant;
    if (Array.isArray(waiting)) {
      for (const body of waiting) if (this.of(connection) === seat) participant.deliver(parseBody(body));
    }
    if (seat.ending === undefined || this.empty(connection) !== seat) return;
    participant.end(seat.ending);
  }

  /** Passes a message to everybody here who is to have it. */
  deliver({ seat, sequence, body }: MessageEvent): void {
    for (let number = 0; number < this.#seats.length; number++) {
      const recipient = this.#seats[number];
      if (number === seat || recipient === undefined || recipient.ending !== undefined) continue;
      if (sequence <= recipient.since) continue;
      if (Array.isArray(recipient.occupant)) recipient.occupant.push(body);
      else recipient.occupant.deliver(parseBody(body));
    }
  }

  /** Tells the owner of a seat that it is over, at once or when it attaches. */
  dismiss(number: number, ending: Ending): void {
    const seat = this.#seats[number];
    if (seat === undefined) return;
    if (!Array.isArray(seat.occupant)) {
      this.#seats[number] = undefined;
      seat.occupant.end(ending);
      return;
    }
    seat.ending ??= ending;
    // What it had missed is for the one who has the seat now.
    if (ending === ENDINGS.replaced) seat.occupant = [];
  }

  dismissAll(ending: Ending): void {
    for (let number = 0; number < this.#seats.length; number++) this.dismiss(number, ending);
  }
}

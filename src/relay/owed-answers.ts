/**
 * Answers that connections still wait for. A client may send its next request before it has the last answer; if that
 * one is an upgrade, the answer would end up in the middle of the WebSocket. And a client that asks on and takes no
 * answer would have the relay keep them all: it may ask a little ahead, and gets a while to take what it has asked for.
 */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { CancelTimer, Clock } from "../lib/clock.ts";

/** Answers that one connection may wait for. Browsers, proxies and Prometheus wait for one at a time. */
export const MOST_OWED = 16;

/** Milliseconds in which a client has to take an answer; as long as it gets to send a request. */
export const ANSWER_TIMEOUT = 10_000;

interface Debt {
  owed: number;
  cancelCut: CancelTimer;
}

export class OwedAnswers {
  readonly #clock: Clock;
  readonly #debts = new WeakMap<Duplex, Debt>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Notes that a request has come and is going to be answered. Returns false if it is not to be, as its connection waits
   * for too many answers already: then that is cut.
   */
  note(socket: Duplex, response: ServerResponse): boolean {
    const debt = this.#debtOf(socket);
    if (debt.owed === MOST_OWED) socket.destroy();
    if (socket.destroyed) return false;
    if (debt.owed++ === 0) debt.cancelCut = cutLater(socket, this.#clock);
    response.once("finish", () => {
      debt.cancelCut();
      if (--debt.owed > 0) debt.cancelCut = cutLater(socket, this.#clock);
    });
    return true;
  }

  /** Whether some answer has not left yet. */
  isOwed(socket: Duplex): boolean {
    return (this.#debts.get(socket)?.owed ?? 0) > 0;
  }

  #debtOf(socket: Duplex): Debt {
    const known = this.#debts.get(socket);
    if (known !== undefined) return known;
    const debt: Debt = { owed: 0, cancelCut: () => undefined };
    this.#debts.set(socket, debt);
    socket.once("close", () => {
      debt.cancelCut();
    });
    return debt;
  }
}

/** Cuts a connection whose client has not taken an answer by then. */
export function cutLater(socket: Duplex, clock: Clock): CancelTimer {
  return clock.after(ANSWER_TIMEOUT, () => socket.destroy());
}

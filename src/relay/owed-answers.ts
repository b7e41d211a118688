/**
 * Answers that connections still wait for. A client may send its next request before it has the last answer; if that
 * one is an upgrade, the answer would end up in the middle of the WebSocket.
 */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export class OwedAnswers {
  /** Answers leave in the order of their requests: when the last one has, all have. */
  readonly #last = new WeakMap<Duplex, ServerResponse>();

  /** Notes that a request has come and is going to be answered. */
  note(socket: Duplex, response: ServerResponse): void {
    this.#last.set(socket, response);
  }

  /** Whether some answer has not left yet. */
  isOwed(socket: Duplex): boolean {
    return this.#last.get(socket)?.writableFinished === false;
  }
}

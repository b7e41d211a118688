import type { Socket } from "node:net";
import { brokeOff } from "./failures.ts";
import type { Proxy } from "./proxies.ts";

const EVENTS = ["readable", "end", "error", "close"] as const;

/** Reads a proxy's answers in exact amounts, and leaves what comes after them in the socket. */
export class SocketReader {
  readonly #socket: Socket;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Not anew for each wait: who begins to listen is told at once of bytes that are too few, over and over.
    for (const event of EVENTS) socket.on(event, this.#onEvent);
  }

  /**
   * @param length in bytes; at least one
   * @throws FxaPairError when the connection ends before; the system's error
   */
  async read(length: number, proxy: Proxy): Promise<Uint8Array> {
    for (;;) {
      const bytes: unknown = this.#socket.read(length);
      // At its end a socket gives what is left.
      if (bytes instanceof Uint8Array && bytes.length === length) return bytes;
      if (this.#socket.errored !== null) throw this.#socket.errored;
      if (bytes !== null || this.#socket.readableEnded || this.#socket.destroyed) throw brokeOff(proxy);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The socket is somebody else's from now on. */
  release(): void {
    for (const event of EVENTS) this.#socket.off(event, this.#onEvent);
  }

  readonly #onEvent = (): void => {
    this.#wake();
  };
}

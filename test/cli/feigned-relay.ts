/** A relay that only greets, and then does what a test wants with the connection. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

export const ID = "AAECAwQFBgcICQoLDA0ODw";

/** What becomes of a connection once it was greeted. */
export type Treatment = (socket: WebSocket, relay: FeignedRelay) => void;

export class FeignedRelay {
  /** What was asked for, in order. */
  readonly paths: string[] = [];
  readonly #server: WebSocketServer;
  readonly #treatments: readonly Treatment[];
  readonly #counts: boolean;

  /**
   * @param treatments one for each connection; any further one is refused as of a channel that has ended
   * @param counts whether it counts messages, so that a lost seat can be taken again
   */
  static async start(treatments: readonly Treatment[], counts = false): Promise<FeignedRelay> {
    const relay = new FeignedRelay(treatments, counts);
    await once(relay.#server, "listening");
    return relay;
  }

  private constructor(treatments: readonly Treatment[], counts: boolean) {
    this.#treatments = treatments;
    this.#counts = counts;
    this.#server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      verifyClient: ({ req }, answer) => {
        this.paths.push(req.url ?? "");
        answer(this.paths.length <= treatments.length, 410);
      },
    });
    this.#server.on("connection", (socket) => {
      this.#greet(socket);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection, and takes no more. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #greet(socket: WebSocket): void {
    socket.on("error", () => undefined);
    const counted = this.#counts ? { resume: `token-${this.paths.length}`, seen: 0 } : {};
    socket.send(JSON.stringify({ link: `/v1/ws/${ID}`, channelid: ID, ...counted, expires_in: 300 }));
    this.#treatments[this.paths.length - 1]?.(socket, this);
  }
}

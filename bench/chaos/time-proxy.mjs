/** Stands before a Redis and tells another time than it does. */
import { connect, createServer } from "node:net";

/** Two bulk strings of digits (RESP): the answer to `TIME`, and to nothing else that relays ask. */
const TIME = /\*2\r\n\$10\r\n(\d{10})\r\n\$(\d)\r\n(\d{1,6})\r\n/g;

export class TimeProxy {
  /** Seconds by which the clock is wrong. */
  jump = 0;
  #server;
  #sockets = new Set();

  constructor(port) {
    this.#server = createServer((relay) => {
      const redis = connect({ host: "127.0.0.1", port });
      for (const socket of [relay, redis]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          this.#sockets.delete(socket);
          relay.destroy();
          redis.destroy();
        });
      }
      relay.pipe(redis);
      redis.on("data", (bytes) => {
        const changed = bytes
          .toString("latin1")
          .replace(
            TIME,
            (_, time, digits, rest) =>
              `*2\r\n$10\r\n${Number(time) + this.jump}\r\n$${digits}\r\n${rest}\r\n`,
          );
        relay.write(Buffer.from(changed, "latin1"));
      });
    });
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `redis://127.0.0.1:${this.#server.address().port}`;
  }

  /** Cuts all connections; new ones are taken. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    this.#server.close();
    this.cut();
  }
}

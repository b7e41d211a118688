/** A balancer of TCP connections: each goes to the next relay that takes it. It counts what passes, and may act on it. */
import { connect, createServer } from "node:net";

export class Balancer {
  /** Ports of relays. */
  ports;
  /** Called with how many pieces the relays have sent to devices so far, and the port that sent the latest. */
  onPiece = () => undefined;
  /** Pieces so far. */
  pieces = 0;
  #server;
  #next = 0;

  constructor(...ports) {
    this.ports = ports;
    this.#server = createServer((device) => {
      device.setNoDelay().on("error", () => device.destroy());
      this.#serve(device, this.ports.length);
    });
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `ws://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
  }

  #serve(device, attempts) {
    const port = this.ports[this.#next++ % this.ports.length];
    const relay = connect({ host: "127.0.0.1", port, noDelay: true });
    let connected = false;
    relay.on("connect", () => {
      connected = true;
      device.pipe(relay);
    });
    relay.on("data", (piece) => {
      device.write(piece);
      this.pieces++;
      this.onPiece(this.pieces, port);
    });
    relay.on("end", () => device.end());
    relay.on("error", () => undefined);
    relay.on("close", () => {
      if (!connected && attempts > 1) this.#serve(device, attempts - 1);
      else device.destroy();
    });
    device.on("close", () => relay.destroy());
  }
}

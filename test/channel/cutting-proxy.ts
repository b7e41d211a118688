/** A network between one device and the relay that fails at a byte of a test's choice. It knows nothing of what it carries. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

export type Direction = "up" | "down";

/** Where a connection ends: as soon as so many bytes have gone that way, counted from its first one. */
export interface Cut {
  readonly direction: Direction;
  readonly after: number;
  /** Whether only the device notices; to the relay the connection looks open until the device has come back. */
  readonly relayNotices: boolean;
}

export class CuttingProxy {
  /** One for each connection in turn; those that have none are not cut. */
  cuts: readonly Cut[] = [];
  /** Connections made since {@link reset}. */
  connections = 0;
  /** Those of them that were cut. */
  made = 0;
  /** What each of them has carried, if it is recorded. */
  readonly recorded: Record<Direction, Buffer>[] = [];
  recording = false;
  #up = true;
  readonly #server: Server;
  readonly #targets: readonly URL[];
  readonly #sockets = new Set<Socket>();
  /** Ends of the relay that have not noticed yet. */
  readonly #unnoticed: Socket[] = [];

  /** @param relayUrls the relay's nodes; each connection leads to the next of them */
  static async start(...relayUrls: readonly string[]): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(relayUrls.map((url) => new URL(url)));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(targets: readonly URL[]) {
    this.#targets = targets;
    this.#server = createServer({ noDelay: true }, (device) => {
      if (this.#up) this.#carry(device);
      else device.destroy();
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ready for another run, with these cuts. */
  reset(cuts: readonly Cut[]): void {
    this.cuts = cuts;
    this.connections = 0;
    this.made = 0;
    this.recorded.length = 0;
    for (const socket of this.#unnoticed.splice(0)) socket.destroy();
  }

  /** Loses every connection, and takes none until it is up again. */
  goDown(): void {
    this.#up = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  comeUp(): void {
    this.#up = true;
  }

  close(): void {
    this.#server.close();
    this.goDown();
  }

  #carry(device: Socket): void {
    const cut = this.cuts[this.connections];
    const record = { up: Buffer.alloc(0), down: Buffer.alloc(0) };
    this.recorded[this.connections] = record;
    const target = this.#targets[this.connections % this.#targets.length];
    this.connections += 1;
    const relay = connect({ host: target?.hostname, port: Number(target?.port), noDelay: true });
    let cutOff = false;
    const cutOffNow = () => {
      cutOff = true;
      this.made += 1;
      device.destroySoon();
      if (cut?.relayNotices === false) this.#unnoticed.push(relay);
      else relay.destroySoon();
    };
    const carry = (from: Socket, to: Socket, direction: Direction) => {
      let left = cut?.direction === direction ? cut.after : Infinity;
      this.#sockets.add(from);
      from.on("data", (chunk: Buffer) => {
        if (cutOff) return;
        const passed = chunk.subarray(0, left);
        left -= passed.length;
        if (this.recording) record[direction] = Buffer.concat([record[direction], passed]);
        to.write(passed);
        if (left === 0) cutOffNow();
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!cutOff) to.destroySoon();
      });
    };
    carry(device, relay, "up");
    carry(relay, device, "down");
  }
}

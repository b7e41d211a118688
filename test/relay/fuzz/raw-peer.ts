/** One TCP connection to a relay that sends whatever bytes it is given, and keeps all that comes back. */
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { Relay } from "../../../src/relay/server.ts";
import { OPCODE } from "../../../src/relay/frames.ts";

export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

const END_OF_HEAD = "\r\n\r\n";

export class RawPeer {
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;
  #received = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  /** `localAddress`: of the loopback network, for limits that count each address by itself. */
  constructor(relay: Relay, localAddress = "127.0.0.1") {
    const { hostname, port } = new URL(relay.url);
    this.#socket = connect({ host: hostname, port: Number(port), localAddress, noDelay: true });
    this.#closed = new Promise((resolve) => this.#socket.on("close", resolve));
    // A connection that the relay cuts is an answer like others.
    this.#socket.on("error", () => undefined);
    this.#socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    void this.#closed.then(() => {
      this.#wake();
    });
  }

  send(...pieces: readonly Buffer[]): void {
    for (const piece of pieces) this.#socket.write(piece);
  }

  /** Sends no more, and waits until the relay has said everything and hung up. */
  async finish(): Promise<void> {
    this.#socket.end();
    await this.#closed;
  }

  /** Waits for an answer's status line and headers. Returns the status; undefined if the relay hung up instead. */
  async status(): Promise<number | undefined> {
    await this.#until(() => this.#received.includes(END_OF_HEAD));
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(this.#received.toString("latin1")) ?? [];
    return status === undefined ? undefined : Number(status);
  }

  /** What follows an answer's headers. */
  get body(): string {
    return this.#received.toString("utf8", this.#received.indexOf(END_OF_HEAD) + END_OF_HEAD.length);
  }

  /** Every whole frame so far, after the answer to the opening handshake. */
  get frames(): ServerFrame[] {
    const frames: ServerFrame[] = [];
    let at = this.#received.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    while (at + 2 <= this.#received.length) {
      const short = this.#received.readUInt8(at + 1);
      const start = at + (short < 126 ? 2 : 4);
      if (start > this.#received.length) break;
      const end = start + (short < 126 ? short : this.#received.readUInt16BE(at + 2));
      if (end > this.#received.length) break;
      frames.push({
        opcode: this.#received.readUInt8(at) & 0x0f,
        payload: this.#received.subarray(start, end),
      });
      at = end;
    }
    return frames;
  }

  /** The channel's id and the token, once the first message is there. */
  async first(): Promise<{ id: string; token: string }> {
    await this.#until(() => this.frames.length > 0);
    const text = this.frames.find(({ opcode }) => opcode === OPCODE.text)?.payload.toString() ?? "{}";
    const { channelid, resume } = JSON.parse(text) as { channelid: string; resume: string };
    return { id: channelid, token: resume };
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#socket.closed) await new Promise<void>((wake) => (this.#wake = wake));
  }
}

/** A connection with a seat at that path. */
export async function takeSeat(relay: Relay, path: string, localAddress?: string): Promise<RawPeer> {
  const peer = new RawPeer(relay, localAddress);
  peer.send(
    Buffer.from(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==${END_OF_HEAD}`,
    ),
  );
  const status = await peer.status();
  if (status !== 101) throw new Error(`No seat at ${path}: ${status ?? "cut"}`);
  await peer.first();
  return peer;
}

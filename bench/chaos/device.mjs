/** A device that says what it is told to, and remembers what it is told. */
import { WebSocket } from "ws";

/** Milliseconds within which something that is waited for has to come. */
const PATIENCE = 60_000;

export class Device {
  first;
  #socket;
  #texts = [];
  #wake = () => undefined;
  #refusedWith;
  /** Resolves with code, reason and the moment of the end. */
  closed;

  constructor(url, localAddress) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false, localAddress });
    this.#socket.on("error", () => undefined);
    this.#socket.on("message", (text) => {
      this.#texts.push(JSON.parse(text.toString()));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.#socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString(), at: performance.now() });
        this.#wake();
      });
    });
  }

  /** A device with a seat, or the status that it was refused with. */
  static async seat(url, localAddress = "127.0.0.1") {
    const device = new Device(url, localAddress);
    device.#socket.on("unexpected-response", (request, response) => {
      device.#refusedWith = response.statusCode;
      request.destroy();
      device.#wake();
    });
    device.first = await device.#next().catch(() => undefined);
    return device.first === undefined ? { status: device.#refusedWith ?? "cut" } : { status: 101, device };
  }

  /** Opens a channel; throws where it cannot. */
  static async open(url, localAddress) {
    return seatedOrThrow(await Device.seat(`${url}/v1/ws/`, localAddress));
  }

  /** Joins the channel of another, through any relay; throws where it cannot. */
  static async join(url, other, localAddress) {
    return seatedOrThrow(await Device.seat(`${url}/v1/ws/${other.first.channelid}`, localAddress));
  }

  say(text) {
    this.#socket.send(text);
  }

  /** The next message from the other device. */
  async hear() {
    return (await this.#next()).message;
  }

  /** Reads nothing any more. */
  getStuck() {
    this.#socket.pause();
  }

  close() {
    this.#socket.close(1000);
  }

  terminate() {
    this.#socket.terminate();
  }

  async #next() {
    while (this.#texts.length === 0) {
      if (this.#refusedWith !== undefined || this.#socket.readyState >= WebSocket.CLOSING)
        throw new Error("The connection is gone.");
      await Promise.race([new Promise((wake) => (this.#wake = wake)), patience()]);
    }
    return this.#texts.shift();
  }
}

function seatedOrThrow({ status, device }) {
  if (device === undefined) throw new Error(`A device was refused with ${status}.`);
  return device;
}

/** Rejects when something takes too long. */
export function patience() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`Nothing came within ${PATIENCE / 1000} s.`)), PATIENCE).unref();
  });
}

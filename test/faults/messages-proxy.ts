/** A relay between one device and the real one, which passes messages on, and does something to one of them. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { RawData } from "ws";

export const MESSAGE_FAULTS = [
  /** The connection breaks before the message has come through; the device may take its seat again. */
  "cut",
  /** Likewise, and the relay does not take it back. */
  "cut for good",
  /** It comes a while later, and what follows it after it. */
  "delayed",
  /** It comes twice. */
  "doubled",
  /** It comes after the one that follows it. */
  "overtaken",
] as const;
export type MessageFault = (typeof MESSAGE_FAULTS)[number];

export interface MessageMischief {
  /** Seen from the device. */
  readonly direction: "up" | "down";
  /** Of the messages that go this way, the relay's greetings not counted, from 0 on; -1 for the first greeting. */
  readonly number: number;
  /** A fault, or something to be done before the message goes on. */
  readonly fault: MessageFault | { readonly before: () => void };
}

const A_WHILE = 1500;

export class MessagesProxy {
  /** Whether the mischief was done. */
  met = false;
  /** How many messages have gone each way. */
  readonly counts = { up: 0, down: 0 };
  #mischief: MessageMischief | undefined;
  #onMessage: () => void = () => undefined;
  #refuses = false;
  #target: string;
  readonly #server: WebSocketServer;

  static async start(target: string): Promise<MessagesProxy> {
    const proxy = new MessagesProxy(target);
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(target: string) {
    this.#target = target;
    this.#server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      perMessageDeflate: false,
      verifyClient: (_info, answer) => {
        answer(!this.#refuses, 410);
      },
    });
    this.#server.on("connection", (device, request) => {
      this.#carry(device, request.url ?? "", request.headers["user-agent"] ?? "");
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ready for another run. */
  reset(mischief?: MessageMischief): void {
    this.met = false;
    this.#refuses = false;
    this.#mischief = mischief;
    this.counts.up = this.counts.down = 0;
  }

  /** To another relay from now on. */
  leadTo(target: string): void {
    this.#target = target;
  }

  /** Resolves once so many messages have come from the relay, or are about to. */
  async hasBrought(number: number): Promise<void> {
    while (this.counts.down < number) {
      await new Promise<void>((resolve) => {
        this.#onMessage = resolve;
      });
    }
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #carry(device: WebSocket, path: string, userAgent: string): void {
    const relay = new WebSocket(this.#target + path, {
      perMessageDeflate: false,
      headers: { "user-agent": userAgent },
    });
    const breakOff = () => {
      device.terminate();
      relay.terminate();
    };
    const up = this.#lane(
      "up",
      (text) => {
        relay.send(text);
      },
      breakOff,
    );
    const down = this.#lane(
      "down",
      (text) => {
        device.send(text);
      },
      breakOff,
    );
    const waiting: string[] = [];
    device.on("message", (content) => {
      if (relay.readyState === WebSocket.OPEN) up(textOf(content), false);
      else waiting.push(textOf(content));
    });
    relay.on("open", () => {
      for (const text of waiting.splice(0)) up(text, false);
    });
    let greeted = false;
    relay.on("message", (content) => {
      down(textOf(content), !greeted);
      greeted = true;
    });
    relay.on("unexpected-response", (_request, response) => {
      response.resume();
      device.terminate();
    });
    relay.on("close", (code, reason) => {
      if (code >= 1000 && code !== 1005 && code !== 1006) device.close(code, reason);
      else device.terminate();
    });
    device.on("close", (code) => {
      if (code === 1006) relay.terminate();
      else relay.close(1000);
    });
    for (const socket of [device, relay]) socket.on("error", () => undefined);
  }

  /** One direction of one connection. */
  #lane(direction: "up" | "down", pass: (text: string) => void, breakOff: () => void) {
    let held: string | undefined;
    let late = false;
    const queue: string[] = [];
    return (text: string, greeting: boolean): void => {
      const number = greeting ? -1 : this.counts[direction]++;
      this.#onMessage();
      if (late) return void queue.push(text);
      const fault = this.#meet(direction, number);
      if (typeof fault === "object") fault.before();
      if (fault === "cut" || fault === "cut for good") {
        this.#refuses = fault === "cut for good";
        breakOff();
        return;
      }
      if (fault === "overtaken") return void (held = text);
      if (fault === "delayed") {
        late = true;
        queue.push(text);
        setTimeout(() => {
          late = false;
          for (const each of queue.splice(0)) pass(each);
        }, A_WHILE);
        return;
      }
      pass(text);
      if (fault === "doubled") pass(text);
      if (held !== undefined) pass(held);
      held = undefined;
    };
  }

  #meet(direction: "up" | "down", number: number): MessageMischief["fault"] | undefined {
    const mischief = this.#mischief;
    if (mischief?.direction !== direction || mischief.number !== number || this.met) return undefined;
    this.met = true;
    return mischief.fault;
  }
}

function textOf(content: RawData): string {
  return Buffer.isBuffer(content) ? content.toString("utf8") : "";
}

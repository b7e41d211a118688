/** A relay in front of another one, which says of the devices whatever a test wants. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { RawData } from "ws";

export class LyingRelay {
  readonly #server: WebSocketServer;

  /** @param lies members of what it tells each device of the other */
  static async start(behind: string, lies: Readonly<Record<string, string>>): Promise<LyingRelay> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
    await once(server, "listening");
    server.on("connection", (client, request) => {
      relayed(client, new WebSocket(behind + (request.url ?? ""), { perMessageDeflate: false }), lies);
    });
    return new LyingRelay(server);
  }

  private constructor(server: WebSocketServer) {
    this.#server = server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every channel as a relay does whose time for it is over. */
  expire(): void {
    for (const client of this.#server.clients) client.close(4001, "lifespan over");
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }
}

function relayed(client: WebSocket, relay: WebSocket, lies: Readonly<Record<string, string>>): void {
  const waiting: string[] = [];
  client.on("message", (content) => {
    if (relay.readyState === WebSocket.OPEN) relay.send(textOf(content));
    else waiting.push(textOf(content));
  });
  relay.on("open", () => {
    for (const message of waiting.splice(0)) relay.send(message);
  });
  relay.on("message", (content) => {
    const frame = JSON.parse(textOf(content)) as { sender?: Record<string, string> };
    const told = frame.sender === undefined ? frame : { ...frame, sender: { ...frame.sender, ...lies } };
    client.send(JSON.stringify(told));
  });
  relay.on("close", (code, reason) => {
    if (code >= 1000 && code !== 1005 && code !== 1006) client.close(code, reason);
    else client.terminate();
  });
  client.on("close", () => {
    relay.close(1000);
  });
  for (const socket of [client, relay]) socket.on("error", () => undefined);
}

function textOf(content: RawData): string {
  return Buffer.isBuffer(content) ? content.toString("utf8") : "";
}

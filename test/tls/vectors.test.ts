import { describe, expect, it } from "vitest";
import { TlsPskConnection, type TlsEvent } from "../../src/tls/connection.ts";
import { drain, IMPLEMENTATIONS, scriptedRandom, toHex, vector } from "./helpers.ts";

/** Events with their bytes in hex, so that a difference can be read. */
const shown = (events: TlsEvent[]): string[] =>
  events.map((event) => {
    if (event.type === "transmit") return `transmit ${toHex(event.record)}`;
    return event.type === "data" ? `data ${toHex(event.bytes)}` : event.type;
  });
const transmits = (...names: string[]): string[] => names.map((name) => `transmit ${toHex(vector(name))}`);
const delivers = (name: string): string[] => [`data ${toHex(vector(name))}`];

describe.each(IMPLEMENTATIONS)("the recorded trace, on $name", ({ primitives }) => {
  const common = { psk: vector("PSK"), pskIdentity: vector("PSK_ID"), primitives };
  const newServer = () =>
    new TlsPskConnection({ ...common, role: "server", random: scriptedRandom(vector("SERVER_RANDOM")) });
  const serverFlight = [
    "SERVER_HELLO",
    "SERVER_CHANGE_CIPHER_SPEC",
    "SERVER_ENCRYPTED_EXTENSIONS_AND_FINISHED",
  ];

  it("is what our client says and understands", () => {
    const random = scriptedRandom(vector("CLIENT_RANDOM"), vector("SESSION_ID"));
    const client = new TlsPskConnection({ ...common, role: "client", random, legacySessionId: "random" });
    client.start();
    expect(shown(drain(client))).toEqual(transmits("CLIENT_HELLO"));
    for (const name of serverFlight) client.feed(vector(name));
    expect(shown(drain(client))).toEqual([...transmits("CLIENT_FINISHED"), "connected"]);
    client.send(vector("CLIENT_RAW_APP_DATA"));
    client.feed(vector("SERVER_APP_DATA"));
    expect(shown(drain(client))).toEqual([
      ...transmits("CLIENT_APP_DATA"),
      ...delivers("SERVER_RAW_APP_DATA"),
    ]);
    client.send(vector("CLIENT_RAW_APP_DATA_2"));
    client.feed(vector("SERVER_APP_DATA_2"));
    expect(shown(drain(client))).toEqual([
      ...transmits("CLIENT_APP_DATA_2"),
      ...delivers("SERVER_RAW_APP_DATA_2"),
    ]);
    client.close();
    client.feed(vector("SERVER_CLOSE"));
    expect(shown(drain(client))).toEqual([...transmits("CLIENT_CLOSE"), "closed"]);
  });

  it("is what our server says and understands", () => {
    const server = newServer();
    server.feed(vector("CLIENT_HELLO"));
    expect(shown(drain(server))).toEqual(transmits(...serverFlight));
    server.feed(vector("CLIENT_CHANGE_CIPHER_SPEC"));
    server.feed(vector("CLIENT_FINISHED"));
    expect(shown(drain(server))).toEqual(["connected"]);
    server.feed(vector("CLIENT_APP_DATA"));
    server.send(vector("SERVER_RAW_APP_DATA"));
    expect(shown(drain(server))).toEqual([
      ...delivers("CLIENT_RAW_APP_DATA"),
      ...transmits("SERVER_APP_DATA"),
    ]);
    server.send(vector("SERVER_RAW_APP_DATA_2"));
    server.feed(vector("CLIENT_APP_DATA_2"));
    expect(shown(drain(server))).toEqual([
      ...transmits("SERVER_APP_DATA_2"),
      ...delivers("CLIENT_RAW_APP_DATA_2"),
    ]);
    server.feed(vector("CLIENT_CLOSE"));
    server.close();
    expect(shown(drain(server))).toEqual(["closed", ...transmits("SERVER_CLOSE")]);
  });

  it("lets a server pick its key among others, past extensions it does not know", () => {
    const server = newServer();
    server.feed(vector("EXTENDED_CLIENT_HELLO"));
    const [hello] = drain(server);
    expect(hello?.type === "transmit" && toHex(hello.record)).toMatch(/00290002000[12]$/);
  });
});

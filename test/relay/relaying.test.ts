/** What two participants see of each other. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { isChannelId, parseFirstMessage } from "../../src/channel/wire.ts";
import { MAX_USER_AGENT } from "../../src/relay/sender.ts";
import { ask, closeRelays, handshake, testRelay } from "./support.ts";

afterEach(closeRelays);

describe("the first message", () => {
  it("tells the channel, the token and the seconds left, rounded down", async () => {
    const { clock, open, join } = await testRelay();
    const first = await open();
    expect(isChannelId(first.id)).toBe(true);
    expect(first.first).toEqual({
      link: `/v1/ws/${first.id}`,
      channelid: first.id,
      resume: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      seen: 0,
      expires_in: 300,
    });
    expect(Object.keys(first.first)).toEqual(["link", "channelid", "resume", "seen", "expires_in"]);
    expect(parseFirstMessage(JSON.stringify(first.first))).toEqual(first.first);
    clock.advance(1_001);
    const second = await join(first);
    expect(second.first).toEqual({
      ...first.first,
      expires_in: 298,
      resume: expect.not.stringMatching(String(first.first.resume)),
    });
  });

  it("offers no resuming where that is off", async () => {
    const { open } = await testRelay({ resumeWindow: 0 });
    expect(Object.keys((await open()).first)).toEqual(["link", "channelid", "expires_in"]);
  });

  it("has null for an unlimited lifespan", async () => {
    const { open } = await testRelay({ connLifespan: 0 });
    expect((await open()).first.expires_in).toBeNull();
  });

  it("never has the same id twice", async () => {
    const { open } = await testRelay();
    const clients = await Promise.all(Array.from({ length: 50 }, () => open()));
    expect(new Set(clients.map(({ id }) => id)).size).toBe(50);
  });
});

describe("a message", () => {
  it("reaches the other participant alone, trimmed, with what is known of the sender", async () => {
    const { open, join } = await testRelay();
    const first = await open({ headers: { "User-Agent": "fxa-pair/1.0 (linux)" } });
    const second = await join(first);
    first.send(" \r\n text with \u{1F511} inside\t\n");
    expect(JSON.parse(await second.next())).toEqual({
      message: "text with \u{1F511} inside",
      sender: { ua: "fxa-pair/1.0 (linux)", remote: "127.0.0.1" },
    });
    second.send("back");
    expect(JSON.parse(await first.next())).toEqual({ message: "back", sender: { remote: "127.0.0.1" } });
    await Promise.all([first.settled(), second.settled()]);
    expect([...first.received, ...second.received]).toEqual([]);
  });

  it("carries a sender even of whom nothing is known but the address, and an endless User-Agent cut", async () => {
    const { open, join } = await testRelay();
    const first = await open({ headers: { "User-Agent": "x".repeat(5_000) } });
    const second = await join(first);
    first.send("");
    expect(JSON.parse(await second.next())).toEqual({
      message: "",
      sender: { ua: "x".repeat(MAX_USER_AGENT), remote: "127.0.0.1" },
    });
  });

  it("keeps its place among 1 000 others, both ways at once", async () => {
    const { open, join } = await testRelay({ maxExchanges: 2_000 });
    const first = await open();
    const second = await join(first);
    const texts = Array.from({ length: 1_000 }, (_, index) => String(index));
    for (const text of texts) {
      first.send(text);
      second.send(text);
    }
    for (const text of texts)
      expect([await second.nextMessage(), await first.nextMessage()]).toEqual([text, text]);
  });

  it("sent in fragments arrives whole", async () => {
    const { pair } = await testRelay();
    const [first, second] = await pair();
    first.socket.send("two ", { fin: false });
    first.socket.send("parts", { fin: true });
    expect(await second.nextMessage()).toBe("two parts");
  });

  it("sent while nobody else is there is dropped", async () => {
    const { open, join } = await testRelay();
    const first = await open();
    first.send("to nobody");
    await first.settled();
    const second = await join(first);
    first.send("to somebody");
    expect(await second.nextMessage()).toBe("to somebody");
  });

  it("reaches every other participant where there are three", async () => {
    const { pair, join } = await testRelay({ maxChannelConnections: 3 });
    const [first, second] = await pair();
    const third = await join(first);
    third.send("to both");
    expect([await first.nextMessage(), await second.nextMessage()]).toEqual(["to both", "to both"]);
    expect(third.received).toEqual([]);
  });

  it("R9: leaves no trace in the log, nor does the channel's whole id", async () => {
    const { log, pair } = await testRelay();
    const [first, second] = await pair();
    const canary = createHash("sha256").update("canary").digest("base64url");
    first.send(canary);
    await second.next();
    second.socket.close(1000, "canary reason");
    await second.closed;
    const written = JSON.stringify(log.lines);
    expect(written).not.toContain(canary);
    expect(written).not.toContain("canary reason");
    expect(written).not.toContain(first.id);
    expect(written).toContain(first.id.slice(0, 6));
  });
});

describe("the handshake", () => {
  it("R5: never grants compression, a protocol or any other extension, and takes any Origin", async () => {
    const { relay, open } = await testRelay();
    const client = await open({ perMessageDeflate: true, headers: { Origin: "null" } });
    expect(client.socket.extensions).toBe("");
    expect(client.upgrade?.headers["sec-websocket-extensions"]).toBeUndefined();
    const other = await open({
      headers: { Origin: "https://other.example", "Sec-WebSocket-Extensions": "x; y=;;" },
    });
    expect(other.socket.extensions).toBe("");
    for (const protocols of ["chat, superchat", ",;,"]) {
      const answer = await ask(relay, "/v1/ws/", handshake({ "Sec-WebSocket-Protocol": protocols }));
      expect(answer.status).toBe(101);
      expect(answer.headers["sec-websocket-protocol"]).toBeUndefined();
    }
  });
});

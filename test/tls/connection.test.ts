/** How a connection behaves towards its user and towards a well-behaved peer. */
import { describe, expect, it } from "vitest";
import { TlsError } from "../../src/tls/alerts.ts";
import { TlsPskConnection } from "../../src/tls/connection.ts";
import {
  ENCRYPTED_EXTENSIONS,
  handshake,
  offer,
  PSK_MODES,
  record,
  SUPPORTED_VERSIONS,
  u16,
  u8,
  zeros,
} from "./forge.ts";
import {
  concat,
  connectedPair,
  connection,
  countingRandom,
  drain,
  failure,
  IDENTITY,
  IMPLEMENTATIONS,
  pair,
  PSK,
  pump,
  records,
  toHex,
  utf8,
} from "./helpers.ts";
import {
  clientWaitingForExtensions,
  clientWaitingForHello,
  serverAtStart,
  serverConnected,
} from "./stages.ts";

const types = (of: TlsPskConnection): string[] => drain(of).map((event) => event.type);

describe.each(IMPLEMENTATIONS)("two connections on $name", ({ primitives }) => {
  it("shake hands in three records, and carry data and the end both ways", () => {
    const both = pair({ primitives });
    both.client.start();
    const [hello, ...noMore] = records(both.client);
    expect(noMore).toEqual([]);
    both.server.feed(hello!);
    const flight = records(both.server);
    // ServerHello; EncryptedExtensions and Finished together: no change_cipher_spec without a session id.
    expect(flight.map((sent) => sent[0])).toEqual([22, 23]);
    for (const sent of flight) both.client.feed(sent);
    const [finished, connected] = drain(both.client);
    expect([finished?.type, connected?.type]).toEqual(["transmit", "connected"]);
    both.server.feed(finished?.type === "transmit" ? finished.record : zeros(0));
    expect(types(both.server)).toEqual(["connected"]);
    both.client.send(utf8("ping"));
    both.server.send(utf8("pong"));
    both.client.close();
    both.server.close();
    expect(pump(both)).toEqual({
      client: [{ type: "data", bytes: utf8("pong") }, { type: "closed" }],
      server: [{ type: "data", bytes: utf8("ping") }, { type: "closed" }],
    });
  });

  it("carry any length from nothing to 2^14 bytes", () => {
    const both = connectedPair({ primitives });
    for (const length of [0, 1, 15, 16, 17, 255, 256, 2 ** 14 - 1, 2 ** 14]) {
      const bytes = zeros(length).fill(length % 251);
      both.client.send(bytes);
      const [sent] = records(both.client);
      expect(sent).toHaveLength(5 + length + 1 + 16);
      both.server.feed(Buffer.from(sent!));
      // An empty record arrives and delivers nothing.
      expect(drain(both.server)).toEqual(length === 0 ? [] : [{ type: "data", bytes }]);
    }
  });
});

describe("sending", () => {
  it("waits for the handshake, then goes out in order", () => {
    const both = pair();
    both.server.send(utf8("first"));
    both.client.send(utf8("second"));
    both.client.start();
    const waiting = utf8("third");
    both.client.send(waiting);
    waiting.fill(0); // the caller may reuse its buffer
    const { client, server } = pump(both);
    expect(client).toEqual([{ type: "connected" }, { type: "data", bytes: utf8("first") }]);
    expect(server).toEqual([
      { type: "connected" },
      { type: "data", bytes: utf8("second") },
      { type: "data", bytes: utf8("third") },
    ]);
  });

  it("refuses more than 2^14 bytes and anything after the end, unharmed", () => {
    const { client, server } = connectedPair();
    expect(() => {
      client.send(zeros(2 ** 14 + 1));
    }).toThrow(TlsError);
    client.send(utf8("fine"));
    client.close();
    expect(() => {
      client.send(utf8("late"));
    }).toThrow(/already closed on this side/);
    for (const sent of records(client)) server.feed(sent);
    expect(types(server)).toEqual(["data", "closed"]);
  });
});

describe("the end", () => {
  it("by close_notify stops one direction only", () => {
    const both = connectedPair();
    both.client.close();
    both.client.close();
    expect(pump(both).server).toEqual([{ type: "closed" }]);
    both.server.send(utf8("still here"));
    expect(pump(both).client).toEqual([{ type: "data", bytes: utf8("still here") }]);
    both.server.close();
    expect(pump(both).client).toEqual([{ type: "closed" }]);
  });

  it("by close_notify hides whatever comes after it", () => {
    const { connection: server, peer } = serverConnected();
    server.feed(peer.writing!.seal(21, u16(0x0100)));
    server.feed(peer.writing!.seal(23, utf8("late")));
    server.feed(zeros(3));
    expect(types(server)).toEqual(["closed"]);
  });

  it("by close() during the handshake gives up, telling the peer", () => {
    const both = pair();
    both.client.start();
    both.client.send(utf8("never"));
    both.client.close();
    const [hello, end, ...noMore] = records(both.client);
    expect(toHex(end!)).toBe("15030300020100");
    expect(noMore).toEqual([]);
    both.server.feed(hello!);
    for (const sent of records(both.server)) both.client.feed(sent);
    expect(drain(both.client)).toEqual([]);
  });

  it("is not orderly before the peer has proved the key, though the relay may forge it", () => {
    const { connection: client } = clientWaitingForHello();
    client.feed(record(21, u16(0x0100)));
    expect(drain(client)).toMatchObject([
      { type: "failed", error: { alert: "close_notify", fromPeer: true } },
    ]);
  });

  it.each([
    [40, "handshake_failure", /handshake_failure/],
    [90, "user_canceled", /user_canceled/],
    [200, "unknown", /alert 200/],
  ] as const)("by alert %i from the peer is final and not answered", (code, alert, words) => {
    for (const level of [1, 2]) {
      const { connection: server, peer } = serverConnected();
      server.feed(peer.writing!.seal(21, concat(u8(level), u8(code))));
      const events = drain(server);
      expect(events).toMatchObject([{ type: "failed", error: { alert, code, fromPeer: true } }]);
      expect(failure(events)?.message).toMatch(words);
    }
  });

  it("by failure makes every further call throw that first error", () => {
    const { connection: server } = serverConnected();
    server.feed(zeros(3));
    const error = failure(drain(server));
    expect(error).toBeInstanceOf(TlsError);
    for (const call of [
      () => {
        server.feed(zeros(9));
      },
      () => {
        server.send(zeros(1));
      },
      () => {
        server.close();
      },
      () => {
        server.start();
      },
    ]) {
      expect(call).toThrow(error!);
    }
    server.dispose();
    expect(server.take()).toBeUndefined();
  });

  it("by failure after our own close_notify sends nothing more", () => {
    const { connection: server } = serverConnected();
    server.close();
    drain(server);
    server.feed(zeros(3));
    expect(types(server)).toEqual(["failed"]);
  });

  it("by dispose() is silent, also when repeated or at once", () => {
    const fresh = connection("client");
    fresh.dispose();
    fresh.start();
    const { client } = connectedPair();
    client.dispose();
    client.dispose();
    client.feed(zeros(3));
    client.close();
    expect([...drain(client), ...drain(fresh)]).toEqual([]);
    expect(() => {
      client.send(zeros(1));
    }).toThrow(TlsError);
  });
});

describe("one key", () => {
  it("seals so many records, one alert more, and no other", () => {
    const { client } = connectedPair({ recordsPerKey: 3 });
    for (let i = 0; i < 3; i++) client.send(zeros(1));
    expect(types(client)).toEqual(["transmit", "transmit", "transmit"]);
    client.send(zeros(1));
    const events = drain(client);
    expect(events.map((event) => event.type)).toEqual(["transmit", "failed"]);
    expect(failure(events)).toMatchObject({ alert: "internal_error", refusal: "keyWornOut" });
  });

  it("opens so many records", () => {
    const { connection: server, peer } = serverConnected({ recordsPerKey: 3 });
    for (let i = 0; i < 4; i++) server.feed(peer.writing!.seal(23, utf8("x")));
    const events = drain(server);
    expect(events.map((event) => event.type)).toEqual(["data", "data", "data", "transmit", "failed"]);
    expect(failure(events)?.alert).toBe("internal_error");
  });
});

describe("misuse and misfortune", () => {
  it("start is needed once, by a client only", () => {
    const both = pair();
    both.server.start();
    both.server.start();
    both.client.start();
    both.client.start();
    expect(records(both.server)).toEqual([]);
    expect(records(both.client)).toHaveLength(1);
  });

  it("a client that was not started refuses a hello", () => {
    const client = connection("client");
    client.feed(record(22, handshake(2, zeros(40))));
    expect(failure(drain(client))?.alert).toBe("unexpected_message");
  });

  it("keys and identities of impossible length are refused at once", () => {
    const make = (psk: Uint8Array, pskIdentity: Uint8Array) => () =>
      new TlsPskConnection({ role: "client", psk, pskIdentity, random: countingRandom });
    expect(make(zeros(0), IDENTITY)).toThrow(RangeError);
    expect(make(PSK, zeros(0))).toThrow(RangeError);
    expect(make(PSK, zeros(8193))).toThrow(RangeError);
    expect(make(PSK, zeros(8192))).not.toThrow();
  });

  it("a failing generator becomes internal_error, with its cause", () => {
    const cause = new Error("no entropy");
    const client = connection("client", {
      random: () => {
        throw cause;
      },
    });
    client.start();
    const events = drain(client);
    expect(events.map((event) => event.type)).toEqual(["transmit", "failed"]);
    expect(failure(events)).toMatchObject({ alert: "internal_error", cause });
  });

  it("an identity of 8192 bytes fits", () => {
    const both = pair({ pskIdentity: zeros(8192) });
    both.client.start();
    expect(pump(both).server).toEqual([{ type: "connected" }]);
  });
});

it("says nothing secret in its errors, and the same whichever byte is wrong", () => {
  const messages = new Set<string>();
  for (let at = 1; at <= 32; at++) {
    const { connection: server, peer } = serverAtStart();
    const hello = peer.hello({ extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer()] });
    hello[hello.length - at]! ^= 0x80;
    server.feed(hello);
    messages.add(failure(drain(server))!.message);
  }
  for (let at = 0; at < 32; at++) {
    const { connection: client, peer } = clientWaitingForExtensions();
    const finished = peer.finishedMessage(ENCRYPTED_EXTENSIONS);
    finished[4 + at]! ^= 0x80;
    client.feed(peer.writing!.seal(22, concat(ENCRYPTED_EXTENSIONS, finished)));
    messages.add(failure(drain(client))!.message);
  }
  expect([...messages]).toEqual([
    "the peer does not hold the pre-shared key (decrypt_error)",
    "the peer's Finished does not match this handshake (decrypt_error)",
  ]);
});

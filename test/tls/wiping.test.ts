/** Secrets are overwritten: every buffer that went into or came out of the keyed primitives is zero in the end. */
import { describe, expect, it } from "vitest";
import type { TlsPskConnection } from "../../src/tls/connection.ts";
import type { TlsPrimitives } from "../../src/tls/primitives.ts";
import type { Pair } from "./helpers.ts";
import {
  connectedPair,
  connection,
  drain,
  failure,
  flipped,
  IMPLEMENTATIONS,
  pair,
  PSK,
  pump,
  records,
  toHex,
  utf8,
} from "./helpers.ts";
import {
  clientConnected,
  clientWaitingForExtensions,
  clientWaitingForFinished,
  clientWaitingForHello,
  serverAtStart,
  serverConnected,
  serverWaitingForFinished,
  type ClientStage,
  type ServerStage,
} from "./stages.ts";

/** Primitives that remember all keys, MACs and IVs, and how many AEAD keys are still alive. */
function watched(primitives: TlsPrimitives) {
  const buffers = new Set<Uint8Array>();
  const see = (bytes: Uint8Array): Uint8Array => {
    buffers.add(bytes);
    return bytes;
  };
  const watching: TlsPrimitives = {
    sha256: () => primitives.sha256(),
    hmacSha256(key) {
      const keyed = primitives.hmacSha256(see(key));
      return {
        mac: (message) => see(keyed.mac(message)),
        wipe: () => {
          keyed.wipe();
        },
      };
    },
    aes128Gcm(key) {
      const aead = primitives.aes128Gcm(see(key));
      return {
        seal: (nonce, additionalData, plaintext) => aead.seal(see(nonce), additionalData, plaintext),
        open: (nonce, additionalData, sealed) => aead.open(see(nonce), additionalData, sealed),
        wipe: () => {
          aead.wipe();
        },
      };
    },
  };
  const alive = (): string[] => [...buffers].map(toHex).filter((text) => /[^0]/.test(text));
  return { primitives: watching, buffers, alive };
}

/** The byte arrays that are made as copies of others meanwhile. */
function copiesMade(action: () => void): Uint8Array[] {
  const copies: Uint8Array[] = [];
  const Original = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, given: [unknown]) {
      const made = Reflect.construct(target, given) as Uint8Array<ArrayBuffer>;
      if (given[0] instanceof Original) copies.push(made);
      return made;
    },
  });
  try {
    action();
  } finally {
    globalThis.Uint8Array = Original;
  }
  return copies;
}

describe.each(IMPLEMENTATIONS)("on $name", ({ primitives }) => {
  it("only the application keys and IVs survive the handshake, and nothing the end", () => {
    const watch = watched(primitives);
    const both = connectedPair({ primitives: watch.primitives });
    both.client.send(utf8("x"));
    both.server.send(utf8("y"));
    pump(both);
    // Two sides with two directions each: a key of 16 bytes and a nonce of 12.
    expect(
      watch
        .alive()
        .map((text) => text.length / 2)
        .toSorted((a, b) => a - b),
    ).toEqual([12, 12, 12, 12, 16, 16, 16, 16]);
    expect(watch.buffers.size).toBeGreaterThan(40);
    both.client.close();
    both.server.close();
    pump(both);
    expect(watch.alive()).toEqual([]);
    // The caller's own buffer is the caller's to wipe: it made the URL from it.
    expect(toHex(PSK)).toBe("17".repeat(32));
  });

  const stages: [string, (watch: TlsPrimitives) => TlsPskConnection][] = [
    ["a server at the start", (watch) => serverAtStart({ primitives: watch }).connection],
    ["a server waiting for Finished", (watch) => serverWaitingForFinished({ primitives: watch }).connection],
    ["a connected server", (watch) => serverConnected({ primitives: watch }).connection],
    ["a client at the start", (watch) => clientWaitingForHello({ primitives: watch }).connection],
    [
      "a client waiting for EncryptedExtensions",
      (watch) => clientWaitingForExtensions({ primitives: watch }).connection,
    ],
    ["a client waiting for Finished", (watch) => clientWaitingForFinished({ primitives: watch }).connection],
    ["a connected client", (watch) => clientConnected({ primitives: watch }).connection],
  ];
  it.each(stages)("a failure wipes %s", (_name, reach) => {
    const watch = watched(primitives);
    const target = reach(watch.primitives);
    expect(watch.alive().length).toBeGreaterThan(0);
    target.feed(new Uint8Array(3));
    expect(drain(target).map((event) => event.type)).toEqual(["transmit", "failed"]);
    expect(watch.alive()).toEqual([]);
  });

  it.each<(typeof stages)[number]>([
    ...stages,
    ["a client that was not started", (watch) => connection("client", { primitives: watch })],
  ])("dispose() wipes %s", (_name, reach) => {
    const watch = watched(primitives);
    const target = reach(watch.primitives);
    expect(watch.alive().length).toBeGreaterThan(0);
    target.dispose();
    expect(watch.alive()).toEqual([]);
  });

  it("keys that were never put to use are overwritten too", () => {
    const { connection: target, peer } = serverAtStart({ primitives });
    const hello = peer.hello();
    const made = copiesMade(() => {
      target.feed(hello);
    });
    // The client's application keys, for which the server waits with its client's Finished.
    const isSecret = ({ length }: Uint8Array) => length === 16 || length === 12;
    const alive = () =>
      made
        .filter(isSecret)
        .map(toHex)
        .filter((text) => /[^0]/.test(text)).length;
    expect(alive()).toBeGreaterThan(0);
    target.dispose();
    expect(alive()).toBe(0);
  });

  it.each<[what: string, end: (both: Pair) => void]>([
    [
      "dispose()",
      ({ client }) => {
        client.dispose();
      },
    ],
    [
      "close()",
      ({ client }) => {
        client.close();
      },
    ],
    [
      "a failure",
      ({ client }) => {
        client.feed(new Uint8Array(3));
      },
    ],
    ["being sent", pump],
  ])("what waits to be sent is overwritten by %s", (_what, end) => {
    const secret = utf8("not for anybody else");
    const both = pair({ primitives });
    both.client.start();
    const kept = copiesMade(() => {
      both.client.send(secret);
    });
    expect(kept.map(toHex)).toEqual([toHex(secret)]);
    end(both);
    expect(kept.map(toHex)).toEqual(["00".repeat(secret.length)]);
    // The caller's own bytes are the caller's.
    expect(toHex(secret)).toBe(toHex(utf8("not for anybody else")));
  });

  it("a wrong binder leaves nothing behind", () => {
    const watch = watched(primitives);
    const { client, server } = pair({ primitives: watch.primitives });
    client.start();
    const hello = records(client)[0]!;
    hello[hello.length - 1]! ^= 1;
    server.feed(hello);
    client.dispose();
    expect(watch.alive()).toEqual([]);
  });

  it.each<[whose: string, reach: (watch: TlsPrimitives) => ClientStage | ServerStage]>([
    ["server's", (watch) => clientWaitingForFinished({ primitives: watch })],
    ["client's", (watch) => serverWaitingForFinished({ primitives: watch })],
  ])("the %s wrong Finished leaves nothing behind on the other side", (_whose, reach) => {
    const watch = watched(primitives);
    const { connection: target, peer } = reach(watch.primitives);
    target.feed(peer.writing!.seal(22, flipped(peer.finishedMessage(), -1)));
    expect(failure(drain(target))).toMatchObject({ refusal: "finishedMismatch" });
    expect(watch.alive()).toEqual([]);
  });
});

/** Whatever happens to records on their way, nobody is fooled: it ends in an alert, and in nothing but a TlsError. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodePrimitives } from "../../src/channel/node-primitives.ts";
import { TlsError } from "../../src/tls/alerts.ts";
import type { TlsPskConnection } from "../../src/tls/connection.ts";
import { drain, failure, flipped, pair, records, utf8, connectedPair } from "./helpers.ts";
import {
  clientConnected,
  clientWaitingForExtensions,
  clientWaitingForHello,
  serverAtStart,
  serverConnected,
  serverWaitingForFinished,
} from "./stages.ts";

type Side = "client" | "server";
/** What the relay makes of the `index`-th record that a side sends. */
type Relay = (from: Side, index: number, record: Uint8Array) => Uint8Array[];

/** What a side sends during {@link run}, in order; `last` is the index of the last. */
const SENT = {
  client: { last: 4, names: ["ClientHello", "Finished", "data", "data", "close_notify"] },
  server: {
    last: 5,
    names: ["ServerHello", "change_cipher_spec", "Finished", "data", "data", "close_notify"],
  },
} as const;

/** A whole conversation, through a relay. Returns what each side saw, in words. */
function run(relay: Relay): Record<Side, string[]> {
  const both = pair({ legacySessionId: "random", primitives: nodePrimitives });
  const seen: Record<Side, string[]> = { client: [], server: [] };
  const sent = { client: 0, server: 0 };
  const unlessFailed = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
    }
  };
  const deliver = (from: Side): boolean => {
    const to = from === "client" ? "server" : "client";
    const events = drain(both[from]);
    for (const event of events) {
      if (event.type === "transmit") {
        const relayed = relay(from, sent[from]++, event.record);
        for (const record of relayed)
          unlessFailed(() => {
            both[to].feed(record);
          });
      } else if (event.type === "data") seen[from].push(Buffer.from(event.bytes).toString());
      else seen[from].push(event.type);
    }
    return events.length > 0;
  };
  const settle = (): void => {
    while (deliver("client") || deliver("server"));
  };
  both.client.start();
  settle();
  for (const side of ["client", "server"] as const) {
    for (const text of [`${side} 1`, `${side} 2`])
      unlessFailed(() => {
        both[side].send(utf8(text));
      });
  }
  settle();
  for (const side of ["client", "server"] as const)
    unlessFailed(() => {
      both[side].close();
    });
  settle();
  return seen;
}

const CLEAN: Record<Side, string[]> = {
  client: ["connected", "server 1", "server 2", "closed"],
  server: ["connected", "client 1", "client 2", "closed"],
};

/** Somebody failed, and until then everybody saw only what was really said. */
function expectNoticed(seen: Record<Side, string[]>): void {
  expect([...seen.client, ...seen.server]).toContain("failed");
  for (const side of ["client", "server"] as const) {
    const before = seen[side].filter((word) => word !== "failed");
    expect(before).toEqual(CLEAN[side].slice(0, before.length));
    expect(seen[side].indexOf("failed")).toBeOneOf([-1, seen[side].length - 1]);
  }
}

const everyRecord = (["client", "server"] as const).flatMap((from) =>
  SENT[from].names.map((name, index) => ({ from, index, name })),
);
const untouched: Relay = (_from, _index, record) => [record];
const only =
  (from: Side, index: number, change: (record: Uint8Array) => Uint8Array[]): Relay =>
  (side, at, record) =>
    side === from && at === index ? change(record) : [record];

it("a faithful relay changes nothing", () => {
  expect(run(untouched)).toEqual(CLEAN);
});

describe.each(everyRecord)("$from's record $index ($name)", ({ from, index }) => {
  /** The legacy version of a record in the clear may be 0x0301 as well as 0x0303. */
  const harmless = (record: Uint8Array, at: number, bits: number) =>
    record[0] !== 23 && at === 2 && bits === 2;

  it("is fatal if any byte differs", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (position, bits) => {
        const change = { harmless: false };
        const seen = run(
          only(from, index, (record) => {
            const at = position % record.length;
            change.harmless = harmless(record, at, bits);
            return [flipped(record, at, bits)];
          }),
        );
        if (change.harmless) expect(seen).toEqual(CLEAN);
        else expectNoticed(seen);
      }),
      { numRuns: 60 },
    );
  });

  it("is fatal if cut short or followed by anything", () => {
    fc.assert(
      fc.property(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 20 }), (position, more) => {
        expectNoticed(run(only(from, index, (record) => [record.subarray(0, position % record.length)])));
        expectNoticed(run(only(from, index, (record) => [new Uint8Array([...record, ...more])])));
      }),
      { numRuns: 15 },
    );
  });
});

describe.each(everyRecord.filter(({ from, index }) => index < SENT[from].last))(
  "$from's record $index ($name)",
  ({ from, index }) => {
    it("is fatal if repeated, at once or later", () => {
      expectNoticed(run(only(from, index, (record) => [record, record])));
      let kept: Uint8Array[] = [];
      const replay: Relay = (side, at, record) => {
        if (side === from && at === index) kept = [record];
        return side === from && at === SENT[from].last ? [...kept, record] : [record];
      };
      expectNoticed(run(replay));
    });

    it("is fatal if it changes places with the next", () => {
      let held: Uint8Array[] = [];
      const swap: Relay = (side, at, record) => {
        if (side !== from) return [record];
        if (at === index) {
          held = [record];
          return [];
        }
        return at === index + 1 ? [record, ...held] : [record];
      };
      const seen = run(swap);
      // A side that waits for an answer has nothing to swap with: the conversation then stands still.
      if (seen.client.includes("failed") || seen.server.includes("failed")) expectNoticed(seen);
      else expect([...seen.client, ...seen.server]).not.toContain("closed");
    });
  },
);

// Nothing depends on change_cipher_spec, which peers may leave out.
it.each(everyRecord.filter(({ name }) => name !== "change_cipher_spec"))(
  "$from's record $index ($name) is missed if lost",
  ({ from, index, name }) => {
    const receiver = from === "client" ? "server" : "client";
    const seen = run(only(from, index, () => []));
    expect(seen[receiver]).not.toContain("closed");
    // Without the first flights both sides wait for ever; later ones are missed by whoever gets the next record.
    const standsStill = index === 0 || (from === "server" && name === "Finished");
    if (standsStill) expect(seen[receiver]).not.toContain("connected");
    else if (index < SENT[from].last) expectNoticed(seen);
  },
);

describe("reflection fails", () => {
  const feedOwn = (target: TlsPskConnection, own: Uint8Array[]): void => {
    target.feed(own[0]!);
    expect(failure(drain(target))).toBeInstanceOf(TlsError);
  };

  it("of a client's hello to itself", () => {
    const { client } = pair();
    client.start();
    feedOwn(client, records(client));
  });

  it.each([0, 1])("of record %i of a server's flight to itself", (index) => {
    const both = pair();
    both.client.start();
    both.server.feed(records(both.client)[0]!);
    feedOwn(both.server, records(both.server).slice(index));
  });

  it.each(["client", "server"] as const)("of a connected %s's data to itself", (side) => {
    const target = connectedPair()[side];
    target.send(utf8("echo"));
    feedOwn(target, records(target));
  });
});

describe.each([
  ["a server at the start", serverAtStart],
  ["a server waiting for Finished", serverWaitingForFinished],
  ["a connected server", serverConnected],
  ["a client at the start", clientWaitingForHello],
  ["a client waiting for EncryptedExtensions", clientWaitingForExtensions],
  ["a connected client", clientConnected],
] as const)("%s throws nothing, whatever it is fed:", (_name, reach) => {
  /** Feeds it; nothing is thrown, and a failure ends with one alert and one TlsError. */
  function survives(target: TlsPskConnection, bytes: Uint8Array): void {
    target.feed(bytes);
    const events = drain(target);
    const error = failure(events);
    if (error) expect(error).toBeInstanceOf(TlsError);
    expect(events.some((event) => event.type === "connected")).toBe(false);
  }

  it("noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        survives(reach().connection, bytes);
      }),
      { numRuns: 60 },
    );
  });

  it("noise that is a record, in the clear or under the right keys", () => {
    const message = fc.tuple(fc.constantFrom(1, 2, 4, 8, 20, 24), fc.uint8Array({ maxLength: 80 }));
    fc.assert(
      fc.property(fc.constantFrom(20, 21, 22, 23), message, fc.boolean(), (type, [kind, body], framed) => {
        const stage = reach();
        const content = framed ? new Uint8Array([kind, 0, 0, body.length, ...body]) : body;
        const sealed = stage.peer.writing?.seal(type, content);
        survives(stage.connection, sealed ?? new Uint8Array([type, 3, 3, 0, content.length, ...content]));
      }),
      { numRuns: 100 },
    );
  });
});

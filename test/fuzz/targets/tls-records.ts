/**
 * Two ends of a TLS connection, and between them somebody who has not the key: records are passed on, changed, left out,
 * repeated, exchanged, made up. Nobody may be connected unless everything that makes up the handshake came as it was
 * sent, and nobody may get data but what the other sent, in order and from the start.
 */
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { mixedPrimitives } from "./tls/primitives.ts";
import { Side } from "./tls/side.ts";

const CHANGE_CIPHER_SPEC = 20;
const MOST_STEPS = 32;
const TYPES = [20, 21, 22, 23];

export const target: Target = {
  subjects: ["src/tls/"],
  maxLength: 2_048,
  seeds: [
    Uint8Array.of(0, 11),
    Uint8Array.of(1, 11, 10, 5, 0x8a, 9, 0, 0x80, 11, 0x8b),
    Uint8Array.of(0, 0x80, 0, 0x80, 0, 10, 1, 11, 12, 11, 0x8c, 11),
    Uint8Array.of(0, 0x81, 0, 7, 1, 0, 0, 6, 2, 0, 2, 1, 0),
    Uint8Array.of(3, 0x80, 2, 0, 0x85, 0, 5, 22, 3, 3, 0, 0, 4, 0x83, 0, 8, 9),
  ],
  run(input) {
    const reader = new InputReader(input);
    const attack = new Attack(reader.uint8());
    for (let left = MOST_STEPS; left > 0 && !reader.isAtEnd; left--) attack.step(reader);
    attack.end();
  },
};

class Attack {
  readonly #client: Side;
  readonly #server: Side;
  /** What each side was fed. */
  readonly #fed = new Map<Side, Uint8Array[]>();

  constructor(flags: number) {
    const shared = { primitives: mixedPrimitives, recordsPerKey: (flags & 2) === 0 ? 1_000 : 3 };
    this.#client = new Side("client", { ...shared, legacySessionId: (flags & 1) === 0 ? "empty" : "random" });
    this.#server = new Side("server", shared);
    this.#fed.set(this.#client, []).set(this.#server, []);
  }

  step(reader: InputReader): void {
    const what = reader.uint8();
    const [to, from] = (what & 0x80) === 0 ? [this.#server, this.#client] : [this.#client, this.#server];
    const { outbox, sent } = from;
    switch (what & 0x0f) {
      case 0:
        this.#feed(to, outbox.shift());
        break;
      case 1:
        this.#feed(to, changed(outbox.shift(), reader));
        break;
      case 2:
        outbox.shift();
        break;
      case 3:
        this.#feed(to, sent[reader.below(sent.length)]);
        break;
      case 4:
        outbox.push(...outbox.splice(0, 1));
        break;
      case 5:
        this.#feed(to, reader.piece());
        break;
      case 6:
        this.#feed(to, framed(TYPES[reader.below(TYPES.length)] ?? 0, reader.piece()));
        break;
      case 7:
        this.#feed(to, outbox.shift()?.slice(0, reader.uint16()));
        break;
      case 8:
        this.#feed(to, Buffer.concat([outbox.shift() ?? new Uint8Array(), reader.piece()]));
        break;
      case 9:
        this.#feed(to, to.sent[reader.below(to.sent.length)]);
        break;
      case 10:
        from.send(lengthOf(reader.uint8()));
        break;
      case 11:
        this.#carryAll();
        break;
      case 12:
        from.close();
        break;
      case 13:
        from.dispose();
        break;
      default:
        break;
    }
  }

  end(): void {
    this.#client.dispose();
    this.#server.dispose();
  }

  #carryAll(): void {
    for (let left = 16; left > 0; left--) {
      const carried = [this.#client.outbox.shift(), this.#server.outbox.shift()];
      if (carried.every((record) => record === undefined)) return;
      this.#feed(this.#server, carried[0]);
      this.#feed(this.#client, carried[1]);
    }
  }

  #feed(side: Side, record: Uint8Array | undefined): void {
    if (record === undefined) return;
    const fed = this.#fed.get(side) ?? [];
    fed.push(new Uint8Array(record));
    const before = { isConnected: side.isConnected, got: side.got.length, isClosed: side.isClosed };
    side.feed(record);
    check(Buffer.compare(record, fed.at(-1) ?? record) === 0, `the ${side.role} changed what it was fed`);
    const peer = side === this.#client ? this.#server : this.#client;
    if (side.isConnected && !before.isConnected) {
      check(
        isPrefix(said(fed), said(peer.sent)),
        `the ${side.role} is connected, but was not told what was sent`,
      );
    }
    if (side.got.length > before.got) {
      check(isPrefix(side.got, peer.said), `the ${side.role} got data that was not sent`);
    }
    if (side.isClosed && !before.isClosed) {
      check(
        peer.hasClosed && side.got.length === peer.said.length,
        `the ${side.role} was told of a false end`,
      );
    }
  }
}

/** Short ones as a rule, and now and then one that is almost, or just, too long. */
function lengthOf(byte: number): number {
  return byte < 250 ? byte : 16_384 - 252 + byte;
}

/**
 * What counts of records: the version in their header is not protected before there are keys, and anybody may send a
 * change_cipher_spec (RFC 8446 §5).
 */
function said(records: readonly Uint8Array[]): Uint8Array[] {
  return records
    .filter(([type]) => type !== CHANGE_CIPHER_SPEC)
    .map((record) => Uint8Array.of(record[0] ?? 0, ...record.subarray(5)));
}

function isPrefix(start: readonly Uint8Array[], whole: readonly Uint8Array[]): boolean {
  return start.every((bytes, index) => Buffer.compare(bytes, whole[index] ?? new Uint8Array()) === 0);
}

function framed(type: number, content: Uint8Array): Uint8Array {
  return Uint8Array.of(type, 3, 3, content.length >>> 8, content.length & 0xff, ...content);
}

function changed(record: Uint8Array | undefined, reader: InputReader): Uint8Array | undefined {
  if (record === undefined) return undefined;
  const copy = new Uint8Array(record);
  const at = reader.below(Math.max(1, copy.length));
  copy[at] = (copy[at] ?? 0) ^ reader.uint8();
  return copy;
}

/**
 * One end of a TLS connection whose peer could forge everything: cryptography that protects nothing lets any message
 * through to what reads it, in every state. Whatever comes, the connection goes on or fails with an alert.
 */
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { openPrimitives } from "./tls/primitives.ts";
import { Side } from "./tls/side.ts";
import type { Role } from "./tls/side.ts";

const MOST_STEPS = 16;
const TAG = new Uint8Array(16);
const TYPES = [22, 23, 21, 20];
const APPLICATION_DATA = 23;

type SessionId = "empty" | "random";

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");
const zeros = (length: number): string => "00".repeat(length);

export const target: Target = {
  subjects: ["src/tls/"],
  maxLength: 1_024,
  seeds: [
    ...["0004", "0104", "0204", "0304", "00040404", "02040404", "040404 02 0010 00", "0604 05 02 1002"].map(
      hex,
    ),
    // EncryptedExtensions and Finished; a session ticket; alerts; data with padding.
    hex(`02 00 02 16 0006 08000002 0000 00 02 16 0024 14000020 ${zeros(32)} 00`),
    hex("02 04 02 16 0015 0400000f 00000001 00000002 00 0001 aa 0000 00"),
    hex("02 04 02 15 0002 0100 00 05"),
    hex("00 04 02 15 0002 0228 00"),
    hex("00 04 02 17 0002 0228 09 06 0010"),
    hex("00 03 05 01 0001 ff"),
    hex("00 01 00 0003 0100 00"),
  ],
  words: [
    ...[
      "002b0002 0304",
      "002b0003 02 0304",
      "0029 0002 0000",
      "002d 0002 0100",
      "0000 0000",
      "002a 0000",
    ].map(hex),
    ...["1301", "0303", "0304", "0200", "08000002 0000", "14000020", "18000001 00", "01 00", "02 28"].map(
      hex,
    ),
    hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"),
    hex("0029 0041 001c 0016 4141454341775146426763494351 6f4c4441304f4477 00000000 0021 20"),
  ],
  run(input) {
    const reader = new InputReader(input);
    const flags = reader.uint8();
    const role = (flags & 2) === 0 ? "server" : "client";
    const sessionId = (flags & 1) === 0 ? "empty" : "random";
    const side = newSide(role, sessionId, (flags & 4) === 0 ? 1_000 : 2);
    const expected = EXPECTED[role][sessionId].values();
    for (let left = MOST_STEPS; left > 0 && !reader.isAtEnd; left--) step(reader, side, expected);
    side.dispose();
  },
};

function newSide(role: Role, legacySessionId: SessionId, recordsPerKey: number): Side {
  return new Side(role, { primitives: openPrimitives, legacySessionId, recordsPerKey });
}

/** What an honest peer would send to each, from its first message to its end. */
const EXPECTED: Readonly<Record<Role, Readonly<Record<SessionId, readonly Uint8Array[]>>>> = {
  client: { empty: honest("empty").server, random: honest("random").server },
  server: { empty: honest("empty").client, random: honest("random").client },
};

function honest(sessionId: SessionId): Readonly<Record<Role, readonly Uint8Array[]>> {
  const sides = { client: newSide("client", sessionId, 1_000), server: newSide("server", sessionId, 1_000) };
  const carry = (): void => {
    for (let left = 4; left > 0; left--) {
      for (const record of sides.client.outbox.splice(0)) sides.server.feed(record);
      for (const record of sides.server.outbox.splice(0)) sides.client.feed(record);
    }
  };
  carry();
  for (const side of [sides.client, sides.server]) side.send(5);
  carry();
  for (const side of [sides.client, sides.server]) side.close();
  return { client: sides.client.sent, server: sides.server.sent };
}

function step(reader: InputReader, side: Side, expected: Iterator<Uint8Array>): void {
  switch (reader.uint8() & 0x07) {
    case 0:
      feedNext(side, expected);
      break;
    case 1:
      side.feed(framed(TYPES[reader.below(TYPES.length)] ?? 0, reader.piece()));
      break;
    case 2: {
      const type = reader.uint8();
      const content = reader.piece();
      side.feed(framed(APPLICATION_DATA, content, Uint8Array.of(type), new Uint8Array(reader.uint8()), TAG));
      break;
    }
    case 3: {
      const record = expected.next();
      if (record.done !== true) side.feed(edited(record.value, reader));
      break;
    }
    case 4:
      for (let left = side.role === "client" ? 3 : 2; left > 0 && !side.isConnected; left--)
        feedNext(side, expected);
      break;
    case 5:
      side.close();
      break;
    case 6:
      side.send(reader.uint16());
      break;
    default:
      side.feed(reader.piece());
  }
}

function feedNext(side: Side, expected: Iterator<Uint8Array>): void {
  const record = expected.next();
  if (record.done !== true) side.feed(record.value);
}

function framed(type: number, ...content: Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const record = new Uint8Array(5 + length);
  record.set([type, 3, 3, (length >>> 8) & 0xff, length & 0xff]);
  let at = 5;
  for (const part of content) {
    record.set(part, at);
    at += part.length;
  }
  return record;
}

/** Other bytes in the place of some of a record's content; the record is as long as it says again. */
function edited(record: Uint8Array, reader: InputReader): Uint8Array {
  const isSealed = record[0] === APPLICATION_DATA;
  const content = isSealed ? record.subarray(5, -TAG.length) : record.subarray(5);
  const start = Math.min(reader.uint8(), content.length);
  const removed = reader.uint8();
  const parts = [content.subarray(0, start), reader.piece(), content.subarray(start + removed)];
  return framed(record[0] ?? 0, ...parts, ...(isSealed ? [TAG] : []));
}

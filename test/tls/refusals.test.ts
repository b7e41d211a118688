/** Records and messages that must be refused, and with which alert: one row each, by role and stage. */
import { describe, expect, it } from "vitest";
import type { AlertName } from "../../src/tls/alerts.ts";
import {
  CHANGE_CIPHER_SPEC,
  ENCRYPTED_EXTENSIONS,
  extension,
  handshake,
  PSK_MODES,
  record,
  SELECTED_VERSION,
  u16,
  u32,
  u8,
  vec16,
  vec8,
  zeros,
} from "./forge.ts";
import { concat, drain, flipped, utf8 } from "./helpers.ts";
import {
  clientConnected,
  clientWaitingForExtensions,
  clientWaitingForHello,
  expectRefusal,
  serverAtStart,
  serverConnected,
  serverWaitingForFinished,
  type ClientStage,
  type ServerStage,
} from "./stages.ts";

const DUMMY = extension(0x2a2a, utf8("GREASE"));
const KEY_UPDATE = handshake(24, u8(0));
const TICKET = handshake(4, u32(7200), u32(1), vec8(u8(0)), vec16(zeros(16)), vec16());
const APP_DATA = utf8("{}");

/** A row: what the peer says at that stage. */
type Row<S> = [name: string, alert: AlertName, says: (stage: S) => Uint8Array];

describe("a server waiting for the ClientHello refuses", () => {
  const rows: Row<ServerStage>[] = [
    ["a ServerHello", "unexpected_message", () => record(22, handshake(2, zeros(40)))],
    ["an unknown handshake message", "unexpected_message", () => record(22, handshake(99, zeros(4)))],
    ["a handshake record without content", "unexpected_message", () => record(22, zeros(0))],
    [
      "a message behind the ClientHello",
      "unexpected_message",
      ({ peer }) => record(22, concat(peer.helloMessage(), KEY_UPDATE)),
    ],
    ["a change_cipher_spec", "unexpected_message", () => CHANGE_CIPHER_SPEC],
    ["application data", "unexpected_message", () => record(23, zeros(30))],
    ["an unknown record type", "unexpected_message", () => record(24, zeros(3))],
    ["an alert without content", "unexpected_message", () => record(21, zeros(0))],
    ["half an alert", "decode_error", () => record(21, u8(1))],
    ["an alert and a half", "decode_error", () => record(21, concat(u8(2), u8(40), u8(2)))],
    ["a fatal close_notify", "illegal_parameter", () => record(21, concat(u8(2), u8(0)))],
    ["an alert of unknown level", "illegal_parameter", () => record(21, concat(u8(3), u8(40)))],
    ["an unknown record version", "decode_error", ({ peer }) => record(22, peer.helloMessage(), 0x0302)],
    ["no bytes", "decode_error", () => zeros(0)],
    ["four bytes", "decode_error", ({ peer }) => peer.hello().subarray(0, 4)],
    ["a header alone", "decode_error", ({ peer }) => peer.hello().subarray(0, 5)],
    ["a partial record", "decode_error", ({ peer }) => peer.hello().subarray(0, -1)],
    [
      "a second record in the message",
      "decode_error",
      ({ peer }) => concat(peer.hello(), CHANGE_CIPHER_SPEC),
    ],
    [
      "a handshake message cut short",
      "decode_error",
      ({ peer }) => record(22, peer.helloMessage().subarray(0, -1)),
    ],
    ["three bytes of a handshake header", "decode_error", () => record(22, zeros(3).fill(1))],
    ["more than 2^14 bytes in the clear", "record_overflow", () => record(22, zeros(2 ** 14 + 1))],
    ["more than 2^14 + 256 bytes of ciphertext", "record_overflow", () => record(23, zeros(2 ** 14 + 257))],
  ];
  it.each(rows)("%s: %s", (_name, alert, says) => {
    const stage = serverAtStart();
    expectRefusal(stage, says(stage), alert);
  });
});

/** Faults of protected records, the same at every stage that has keys. */
const sealedRows: Row<ServerStage | ClientStage>[] = [
  ["a tampered record", "bad_record_mac", ({ peer }) => flipped(peer.writing!.seal(23, APP_DATA), -1)],
  [
    "a protected record with version 0x0301",
    "decode_error",
    ({ peer }) => flipped(peer.writing!.seal(23, APP_DATA), 2, 2),
  ],
  ["a record shorter than a tag", "bad_record_mac", () => record(23, zeros(15))],
  ["a handshake record in the clear", "unexpected_message", () => record(22, KEY_UPDATE)],
  ["an alert in the clear", "unexpected_message", () => record(21, concat(u8(2), u8(40)))],
  ["a record of nothing", "unexpected_message", ({ peer }) => peer.writing!.sealInner(zeros(0))],
  ["a record of only padding", "unexpected_message", ({ peer }) => peer.writing!.sealInner(zeros(9))],
  ["a protected change_cipher_spec", "unexpected_message", ({ peer }) => peer.writing!.seal(20, u8(1))],
  ["a protected record of unknown type", "unexpected_message", ({ peer }) => peer.writing!.seal(25, u8(1))],
  ["an empty handshake record", "unexpected_message", ({ peer }) => peer.writing!.seal(22, zeros(0))],
  ["an empty alert", "unexpected_message", ({ peer }) => peer.writing!.seal(21, zeros(0))],
  ["a KeyUpdate", "unexpected_message", ({ peer }) => peer.writing!.seal(22, KEY_UPDATE)],
  [
    "plaintext of 2^14 + 1 bytes",
    "record_overflow",
    ({ peer }) => peer.writing!.seal(23, zeros(2 ** 14 + 1).fill(1)),
  ],
  ["padding beyond 2^14", "record_overflow", ({ peer }) => peer.writing!.seal(23, APP_DATA, 2 ** 14)],
  [
    "ciphertext of 2^14 + 257 bytes",
    "record_overflow",
    ({ peer }) => peer.writing!.seal(23, zeros(2 ** 14 + 240)),
  ],
  ["a malformed change_cipher_spec", "unexpected_message", () => record(20, u8(2))],
  ["an empty change_cipher_spec", "unexpected_message", () => record(20, zeros(0))],
  ["a long change_cipher_spec", "unexpected_message", () => record(20, u16(0x0101))],
  [
    "a handshake message cut short",
    "decode_error",
    ({ peer }) => peer.writing!.seal(22, handshake(20, zeros(32)).subarray(0, -1)),
  ],
];

describe.each<[string, () => ServerStage | ClientStage]>([
  ["a server waiting for Finished", serverWaitingForFinished],
  ["a connected server", serverConnected],
  ["a client waiting for EncryptedExtensions", clientWaitingForExtensions],
  ["a connected client", clientConnected],
])("%s refuses", (_name, reach) => {
  it.each(sealedRows)("%s: %s", (_row, alert, says) => {
    const stage = reach();
    expectRefusal(stage, says(stage), alert);
  });
});

describe("a server waiting for Finished refuses", () => {
  const rows: Row<ServerStage>[] = [
    [
      "a wrong Finished",
      "decrypt_error",
      ({ peer }) => peer.writing!.seal(22, flipped(peer.finishedMessage(), -1)),
    ],
    [
      "a Finished of 31 bytes",
      "decode_error",
      ({ peer }) => peer.writing!.seal(22, handshake(20, zeros(31))),
    ],
    [
      "a Finished of 33 bytes",
      "decode_error",
      ({ peer }) => peer.writing!.seal(22, handshake(20, zeros(33))),
    ],
    ["application data", "unexpected_message", ({ peer }) => peer.writing!.seal(23, APP_DATA)],
    [
      "an empty application data record",
      "unexpected_message",
      ({ peer }) => peer.writing!.seal(23, zeros(0)),
    ],
    [
      "a message behind Finished",
      "unexpected_message",
      ({ peer }) => peer.writing!.seal(22, concat(peer.finishedMessage(), KEY_UPDATE)),
    ],
    ["another ClientHello", "unexpected_message", ({ peer }) => peer.writing!.seal(22, peer.helloMessage())],
  ];
  it.each(rows)("%s: %s", (_name, alert, says) => {
    const stage = serverWaitingForFinished();
    expectRefusal(stage, says(stage), alert);
  });

  it("a second change_cipher_spec: unexpected_message", () => {
    const stage = serverWaitingForFinished();
    stage.connection.feed(CHANGE_CIPHER_SPEC);
    expect(drain(stage.connection)).toEqual([]);
    expectRefusal(stage, CHANGE_CIPHER_SPEC, "unexpected_message");
  });
});

describe("a client waiting for the ServerHello refuses", () => {
  const rows: Row<ClientStage>[] = [
    ["a ClientHello", "unexpected_message", () => record(22, handshake(1, zeros(40)))],
    ["a change_cipher_spec before it", "unexpected_message", () => CHANGE_CIPHER_SPEC],
    ["application data", "unexpected_message", () => record(23, zeros(30))],
    [
      "a message behind the ServerHello",
      "unexpected_message",
      ({ peer }) => record(22, concat(peer.helloMessage(), ENCRYPTED_EXTENSIONS)),
    ],
  ];
  it.each(rows)("%s: %s", (_name, alert, says) => {
    const stage = clientWaitingForHello();
    expectRefusal(stage, says(stage), alert);
  });
});

describe("a client waiting for EncryptedExtensions refuses", () => {
  const ee = (...extensions: Uint8Array[]): Uint8Array => handshake(8, vec16(...extensions));
  const rows: Row<ClientStage>[] = [
    [
      "an extension nobody asked for",
      "unsupported_extension",
      ({ peer }) => peer.writing!.seal(22, ee(DUMMY)),
    ],
    [
      "an extension of the hellos",
      "illegal_parameter",
      ({ peer }) => peer.writing!.seal(22, ee(SELECTED_VERSION)),
    ],
    [
      "bytes after the list",
      "decode_error",
      ({ peer }) => peer.writing!.seal(22, handshake(8, vec16(), u8(0))),
    ],
    ["Finished at once", "unexpected_message", ({ peer }) => peer.writing!.seal(22, peer.finishedMessage())],
    ["application data", "unexpected_message", ({ peer }) => peer.writing!.seal(23, APP_DATA)],
    ["a session ticket", "unexpected_message", ({ peer }) => peer.writing!.seal(22, TICKET)],
    [
      "a wrong Finished",
      "decrypt_error",
      ({ peer }) =>
        peer.writing!.seal(
          22,
          concat(ENCRYPTED_EXTENSIONS, flipped(peer.finishedMessage(ENCRYPTED_EXTENSIONS), -1)),
        ),
    ],
    [
      "a message behind Finished",
      "unexpected_message",
      ({ peer }) =>
        peer.writing!.seal(
          22,
          concat(ENCRYPTED_EXTENSIONS, peer.finishedMessage(ENCRYPTED_EXTENSIONS), TICKET),
        ),
    ],
    [
      "EncryptedExtensions twice",
      "unexpected_message",
      ({ peer }) => peer.writing!.seal(22, concat(ENCRYPTED_EXTENSIONS, ENCRYPTED_EXTENSIONS)),
    ],
  ];
  it.each(rows)("%s: %s", (_name, alert, says) => {
    const stage = clientWaitingForExtensions();
    expectRefusal(stage, says(stage), alert);
  });

  it("a second change_cipher_spec, or one after EncryptedExtensions: unexpected_message", () => {
    const twice = clientWaitingForExtensions();
    twice.connection.feed(CHANGE_CIPHER_SPEC);
    expect(drain(twice.connection)).toEqual([]);
    expectRefusal(twice, CHANGE_CIPHER_SPEC, "unexpected_message");
    const late = clientWaitingForExtensions();
    late.connection.feed(late.peer.writing!.seal(22, ENCRYPTED_EXTENSIONS));
    expectRefusal(late, CHANGE_CIPHER_SPEC, "unexpected_message");
  });
});

describe("once connected", () => {
  const clientRows: Row<ClientStage>[] = [
    [
      "a ticket that is empty",
      "decode_error",
      ({ peer }) => peer.writing!.seal(22, handshake(4, u32(0), u32(0), vec8(), vec16(), vec16())),
    ],
    [
      "a ticket cut short",
      "decode_error",
      ({ peer }) => peer.writing!.seal(22, handshake(4, u32(0), u32(0), vec8(), vec16(u8(1)))),
    ],
    [
      "a ticket with bytes behind it",
      "decode_error",
      ({ peer }) =>
        peer.writing!.seal(22, handshake(4, u32(0), u32(0), vec8(), vec16(u8(1)), vec16(), u8(0))),
    ],
    [
      "a ticket with an extension of the hellos",
      "illegal_parameter",
      ({ peer }) =>
        peer.writing!.seal(22, handshake(4, u32(0), u32(0), vec8(), vec16(u8(1)), vec16(PSK_MODES))),
    ],
    ["a change_cipher_spec", "unexpected_message", () => CHANGE_CIPHER_SPEC],
    ["another Finished", "unexpected_message", ({ peer }) => peer.writing!.seal(22, peer.finishedMessage())],
    [
      "a CertificateRequest",
      "unexpected_message",
      ({ peer }) => peer.writing!.seal(22, handshake(13, vec8(), vec16())),
    ],
  ];
  it.each(clientRows)("a client refuses %s: %s", (_name, alert, says) => {
    const stage = clientConnected();
    expectRefusal(stage, says(stage), alert);
  });

  const serverRows: Row<ServerStage>[] = [
    ["a session ticket", "unexpected_message", ({ peer }) => peer.writing!.seal(22, TICKET)],
    ["a change_cipher_spec", "unexpected_message", () => CHANGE_CIPHER_SPEC],
    [
      "a protected fatal close_notify",
      "illegal_parameter",
      ({ peer }) => peer.writing!.seal(21, concat(u8(2), u8(0))),
    ],
  ];
  it.each(serverRows)("a server refuses %s: %s", (_name, alert, says) => {
    const stage = serverConnected();
    expectRefusal(stage, says(stage), alert);
  });
});

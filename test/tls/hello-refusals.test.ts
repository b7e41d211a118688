/** Hellos that must be refused, and with which alert: one row each. */
import { describe, expect, it } from "vitest";
import type { AlertName } from "../../src/tls/alerts.ts";
import {
  binders,
  extension,
  identities,
  offer,
  PSK_MODES,
  SELECTED_IDENTITY,
  SELECTED_VERSION,
  SUPPORTED_VERSIONS,
  u16,
  u8,
  vec16,
  vec8,
  zeros,
  type ClientHelloFields,
  type ServerHelloFields,
} from "./forge.ts";
import { drain, flipped, hex, IDENTITY, utf8 } from "./helpers.ts";
import { clientWaitingForHello, expectRefusal, serverAtStart, serverWaitingForFinished } from "./stages.ts";

const DUMMY = extension(0x2a2a, utf8("GREASE"));

describe("a server refuses a ClientHello with", () => {
  const rows: [string, AlertName, Partial<ClientHelloFields>][] = [
    [
      "no identity that is ours",
      "unknown_psk_identity",
      { extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer(identities(utf8("other")))] },
    ],
    [
      "only psk_dhe_ke",
      "handshake_failure",
      { extensions: [SUPPORTED_VERSIONS, extension(45, vec8(u8(1))), offer()] },
    ],
    ["other cipher suites", "handshake_failure", { suites: vec16(u16(0x1302), u16(0x1303)) }],
    ["no pre_shared_key", "missing_extension", { extensions: [SUPPORTED_VERSIONS, PSK_MODES] }],
    ["no psk_key_exchange_modes", "missing_extension", { extensions: [SUPPORTED_VERSIONS, offer()] }],
    ["no supported_versions", "missing_extension", { extensions: [PSK_MODES, offer()] }],
    [
      "no TLS 1.3 among its versions",
      "protocol_version",
      { extensions: [extension(43, vec8(u16(0x0303))), PSK_MODES, offer()] },
    ],
    ["legacy version SSL 3", "protocol_version", { legacyVersion: u16(0x0300) }],
    [
      "pre_shared_key not last",
      "illegal_parameter",
      { extensions: [SUPPORTED_VERSIONS, offer(), PSK_MODES] },
    ],
    [
      "an unknown extension behind pre_shared_key",
      "illegal_parameter",
      { extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer(), DUMMY] },
    ],
    ["a compression method besides null", "illegal_parameter", { compression: vec8(u8(0), u8(1)) }],
    ["another compression method", "illegal_parameter", { compression: vec8(u8(1)) }],
    ["no compression method", "illegal_parameter", { compression: vec8() }],
    [
      "more identities than binders",
      "illegal_parameter",
      { extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer(identities(IDENTITY, utf8("b")))] },
    ],
    [
      "more binders than identities",
      "illegal_parameter",
      {
        extensions: [
          SUPPORTED_VERSIONS,
          PSK_MODES,
          offer(identities(IDENTITY), binders(zeros(32), zeros(32))),
        ],
      },
    ],
    [
      "a binder of 31 bytes",
      "illegal_parameter",
      { extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer(identities(IDENTITY), binders(zeros(31)))] },
    ],
    [
      "a binder of 33 bytes",
      "decrypt_error",
      { extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer(identities(IDENTITY), binders(zeros(33)))] },
    ],
    [
      "the same extension twice",
      "decode_error",
      { extensions: [SUPPORTED_VERSIONS, SUPPORTED_VERSIONS, PSK_MODES, offer()] },
    ],
    [
      "the same unknown extension twice",
      "decode_error",
      { extensions: [DUMMY, DUMMY, SUPPORTED_VERSIONS, PSK_MODES, offer()] },
    ],
    ["bytes after the extensions", "decode_error", { tail: u8(0) }],
    ["a session id of 33 bytes", "decode_error", { sessionId: vec8(zeros(33)) }],
    ["no cipher suite at all", "decode_error", { suites: vec16() }],
    ["half a cipher suite", "decode_error", { suites: vec16(u16(0x1301), u8(0)) }],
    [
      "half a version",
      "decode_error",
      { extensions: [extension(43, vec8(u16(0x0304), u8(3))), PSK_MODES, offer()] },
    ],
    [
      "no versions in supported_versions",
      "decode_error",
      { extensions: [extension(43, vec8()), PSK_MODES, offer()] },
    ],
    [
      "bytes after the versions",
      "decode_error",
      { extensions: [extension(43, vec8(u16(0x0304)), u8(0)), PSK_MODES, offer()] },
    ],
    [
      "no modes in psk_key_exchange_modes",
      "decode_error",
      { extensions: [SUPPORTED_VERSIONS, extension(45, vec8()), offer()] },
    ],
    ["no identities", "decode_error", { extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer(identities())] }],
    [
      "an empty identity",
      "decode_error",
      { extensions: [SUPPORTED_VERSIONS, PSK_MODES, offer(identities(zeros(0)))] },
    ],
    [
      "bytes after the binders",
      "decode_error",
      {
        extensions: [
          SUPPORTED_VERSIONS,
          PSK_MODES,
          extension(41, identities(IDENTITY), binders(zeros(32)), u8(0)),
        ],
      },
    ],
  ];
  it.each(rows)("%s: %s", (_name, alert, fields) => {
    const stage = serverAtStart();
    expectRefusal(stage, stage.peer.hello(fields), alert);
  });

  it("a wrong binder: decrypt_error", () => {
    const stage = serverAtStart();
    expectRefusal(stage, flipped(stage.peer.hello(), -1), "decrypt_error");
  });

  it("nothing wrong, as a control", () => {
    expect(drain(serverWaitingForFinished({}, vec8(zeros(32))).connection)).toEqual([]);
  });
});

describe("a client refuses a ServerHello with", () => {
  const HRR = hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
  const rows: [string, AlertName, Partial<ServerHelloFields>][] = [
    ["a session id that was not sent", "illegal_parameter", { sessionId: vec8(u8(1)) }],
    ["identity 1 selected", "illegal_parameter", { extensions: [SELECTED_VERSION, extension(41, u16(1))] }],
    ["another cipher suite", "illegal_parameter", { suite: u16(0x1302) }],
    ["a compression method", "illegal_parameter", { compression: u8(1) }],
    [
      "another version selected",
      "illegal_parameter",
      { extensions: [extension(43, u16(0x0303)), SELECTED_IDENTITY] },
    ],
    ["another legacy version", "illegal_parameter", { legacyVersion: u16(0x0302) }],
    ["legacy version SSL 3", "protocol_version", { legacyVersion: u16(0x0300) }],
    ["the random of HelloRetryRequest", "illegal_parameter", { random: HRR }],
    ["no supported_versions", "missing_extension", { extensions: [SELECTED_IDENTITY] }],
    ["no pre_shared_key", "missing_extension", { extensions: [SELECTED_VERSION] }],
    [
      "a key_share nobody asked for",
      "unsupported_extension",
      { extensions: [SELECTED_VERSION, SELECTED_IDENTITY, extension(51, zeros(4))] },
    ],
    [
      "an unknown extension",
      "unsupported_extension",
      { extensions: [SELECTED_VERSION, SELECTED_IDENTITY, DUMMY] },
    ],
    [
      "an extension of the ClientHello",
      "illegal_parameter",
      { extensions: [SELECTED_VERSION, SELECTED_IDENTITY, PSK_MODES] },
    ],
    [
      "the same extension twice",
      "decode_error",
      { extensions: [SELECTED_VERSION, SELECTED_VERSION, SELECTED_IDENTITY] },
    ],
    [
      "bytes after selected_identity",
      "decode_error",
      { extensions: [SELECTED_VERSION, extension(41, u16(0), u8(0))] },
    ],
    ["bytes after the extensions", "decode_error", { tail: u8(0) }],
    ["a session id of 33 bytes", "decode_error", { sessionId: vec8(zeros(33)) }],
  ];
  it.each(rows)("%s: %s", (_name, alert, fields) => {
    const stage = clientWaitingForHello();
    expectRefusal(stage, stage.peer.hello(fields), alert);
  });

  it("its own session id left out: illegal_parameter", () => {
    const stage = clientWaitingForHello({ legacySessionId: "random" });
    expectRefusal(stage, stage.peer.hello(), "illegal_parameter");
  });
});

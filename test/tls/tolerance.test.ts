/** What well-behaved peers may do, although we never do it. */
import { describe, expect, it } from "vitest";
import type { TlsPskConnection } from "../../src/tls/connection.ts";
import {
  CHANGE_CIPHER_SPEC,
  extension,
  handshake,
  offer,
  record,
  u16,
  u32,
  u8,
  vec16,
  vec8,
  zeros,
} from "./forge.ts";
import { concat, drain, records, toHex, utf8 } from "./helpers.ts";
import {
  clientConnected,
  clientWaitingForExtensions,
  serverAtStart,
  serverConnected,
  serverWaitingForFinished,
} from "./stages.ts";

const types = (of: TlsPskConnection): string[] => drain(of).map((event) => event.type);

describe("tolerance", () => {
  it("lets a server see record version 0x0301, other suites, modes, versions, identities, extensions", () => {
    const { connection: server, peer } = serverAtStart();
    const hello = peer.helloMessage({
      legacyVersion: u16(0x0301),
      suites: vec16(u16(0x1303), u16(0x1301)),
      extensions: [
        extension(0, zeros(3)),
        extension(43, vec8(u16(0x7a7a), u16(0x0304), u16(0x0303))),
        extension(45, vec8(u8(1), u8(0))),
        offer(),
      ],
    });
    server.feed(record(22, hello, 0x0301));
    expect(records(server)).toHaveLength(2);
  });

  it("lets a server ignore one change_cipher_spec from a client", () => {
    const { connection: server, peer } = serverWaitingForFinished();
    server.feed(CHANGE_CIPHER_SPEC);
    server.feed(peer.finished());
    expect(types(server)).toEqual(["connected"]);
  });

  it("makes a server send change_cipher_spec exactly to clients with a session id, which it echoes", () => {
    const { connection: server, peer } = serverAtStart();
    const sessionId = zeros(32).fill(9);
    server.feed(peer.hello({ sessionId: vec8(sessionId) }));
    const [hello, change, flight] = records(server);
    expect(toHex(hello!)).toContain(`20${toHex(sessionId)}1301`);
    expect(toHex(change!)).toBe("140303000101");
    expect(flight![0]).toBe(23);
  });

  it.each([1, 2] as const)("lets a client take EncryptedExtensions and Finished in %i record(s)", (count) => {
    const { connection: client, peer } = clientWaitingForExtensions();
    client.feed(CHANGE_CIPHER_SPEC);
    for (const sealed of peer.flight(count)) client.feed(sealed);
    expect(types(client)).toEqual(["transmit", "connected"]);
  });

  it("lets a client ignore session tickets, one or several in a record", () => {
    const { connection: client, peer } = clientConnected();
    const ticket = handshake(
      4,
      u32(7200),
      u32(1),
      vec8(u8(0)),
      vec16(zeros(200)),
      vec16(extension(42, u32(0))),
    );
    client.feed(peer.writing!.seal(22, ticket));
    client.feed(peer.writing!.seal(22, concat(ticket, ticket)));
    client.feed(peer.writing!.seal(23, utf8("x")));
    expect(drain(client)).toEqual([{ type: "data", bytes: utf8("x") }]);
  });

  it("strips padding, up to the largest record, and skips empty records", () => {
    const { connection: server, peer } = serverConnected();
    server.feed(peer.writing!.seal(23, utf8("x"), 1));
    server.feed(peer.writing!.seal(23, zeros(0), 100));
    server.feed(peer.writing!.seal(23, utf8("x\0"), 2 ** 14 - 2));
    expect(drain(server)).toEqual([
      { type: "data", bytes: utf8("x") },
      { type: "data", bytes: utf8("x\0") },
    ]);
  });
});

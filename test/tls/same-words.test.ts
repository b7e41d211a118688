/** Whichever byte of an authenticator is wrong, the words are the same: they tell nothing about the right one. */
import { describe, expect, it } from "vitest";
import { ENCRYPTED_EXTENSIONS } from "./forge.ts";
import { concat, drain, failure, flipped } from "./helpers.ts";
import { clientWaitingForExtensions, serverAtStart, serverWaitingForFinished } from "./stages.ts";

const BYTES = Array.from({ length: 32 }, (_, index) => index - 32);

/** What is said for each byte, counted from the end, in which it is wrong. */
function wordsFor(failWith: (at: number) => Error | undefined): Set<string | undefined> {
  return new Set(BYTES.map((at) => failWith(at)?.message));
}

describe("C10: the error is the same for each wrong byte", () => {
  it("of a binder", () => {
    const words = wordsFor((at) => {
      const { connection, peer } = serverAtStart();
      connection.feed(flipped(peer.hello(), at));
      return failure(drain(connection));
    });
    expect([...words]).toEqual(["the peer does not hold the pre-shared key (decrypt_error)"]);
  });

  it("of a client's Finished", () => {
    const words = wordsFor((at) => {
      const { connection, peer } = serverWaitingForFinished();
      connection.feed(peer.writing!.seal(22, flipped(peer.finishedMessage(), at)));
      return failure(drain(connection));
    });
    expect([...words]).toEqual(["the peer's Finished does not match this handshake (decrypt_error)"]);
  });

  it("of a server's Finished", () => {
    const words = wordsFor((at) => {
      const { connection, peer } = clientWaitingForExtensions();
      const finished = flipped(peer.finishedMessage(ENCRYPTED_EXTENSIONS), at);
      connection.feed(peer.writing!.seal(22, concat(ENCRYPTED_EXTENSIONS, finished)));
      return failure(drain(connection));
    });
    expect([...words]).toEqual(["the peer's Finished does not match this handshake (decrypt_error)"]);
  });
});

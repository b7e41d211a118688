/** Somebody who has the QR code sits between both devices, with a TLS connection to each. */
import { expect, it } from "vitest";
import { createChannel, joinChannel } from "../../src/channel/pairing-channel.ts";
import type { PairingChannel } from "../../src/channel/pairing-channel.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";
import { runSupplicant } from "../../src/pairing/run-supplicant.ts";
import { optionsFor } from "../channel/harness.ts";
import { MemoryRelay } from "../channel/memory-relay.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { encodeJson, JWK, POLICY, REQUEST } from "./request-fixture.ts";

const METADATA = { email: "a@b.example", avatar: null, displayName: null, deviceName: null };
/** Another point of the curve (RFC 7517 appendix A.1). */
const OWN_KEY = encodeJson({
  ...JWK,
  x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
  y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
});

/** Carries documents from one channel to the other, changed or not. */
async function carry(
  from: PairingChannel,
  to: PairingChannel,
  change: (document: string) => string,
): Promise<void> {
  for await (const event of from.events()) {
    if (event.type === "message") to.send(change(event.text));
    if (event.type === "peerClosed") to.closeNotify();
  }
}

/** The fingerprints that both users see before they answer. */
async function fingerprints(change: (document: string) => string): Promise<Record<"host" | "join", string>> {
  const [clock, hostsRelay, joinersRelay] = [new FakeClock(), new MemoryRelay(), new MemoryRelay()];
  const host = await createChannel(optionsFor(hostsRelay, clock));
  const channelKey = new Uint8Array(host.key);
  const toHost = await joinChannel({ ...optionsFor(hostsRelay, clock), channelId: host.id, channelKey });
  const draws = [new Uint8Array(channelKey)];
  const random = (length: number) => draws.shift() ?? systemRandom(length);
  const toJoiner = await createChannel({ ...optionsFor(joinersRelay, clock), random });
  const join = await joinChannel({ ...optionsFor(joinersRelay, clock), channelId: host.id, channelKey });
  void carry(toJoiner, toHost, change);
  void carry(toHost, toJoiner, (document) => document);

  const seen = { host: "", join: "" };
  const stop = new AbortController();
  const asking = (side: "host" | "join") => ({
    clock,
    timeout: 300_000,
    report: () => undefined,
    signal: stop.signal,
    ask: ({ fingerprint }: { fingerprint: string }) => {
      seen[side] = fingerprint;
      if (seen.host !== "" && seen.join !== "") stop.abort(new FxaPairError("interrupted", "seen enough"));
      return new Promise<boolean>(() => undefined);
    },
  });
  await Promise.allSettled([
    runAuthority({
      ...asking("host"),
      channel: host,
      policy: POLICY,
      metadata: METADATA,
      clientName: () => Promise.resolve(null),
      authorize: () => Promise.reject(new Error("nobody said yes")),
    }),
    runSupplicant({
      ...asking("join"),
      channel: join,
      request: REQUEST,
      redeem: () => Promise.reject(new Error("nobody said yes")),
    }),
  ]);
  await Promise.all([toHost.close(), toJoiner.close()]);
  return seen;
}

it("F3: somebody in the middle with the channel key is seen by the fingerprints, if the key for the bundle is not the device's", async () => {
  const seen = await fingerprints((document) => document.replace(REQUEST.keysJwk, OWN_KEY));
  expect(seen.host).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4}$/);
  expect(seen.join).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4}$/);
  expect(seen.host).not.toBe(seen.join);
});

it("F3: who leaves the request as it is gets nothing for it: the fingerprints agree, the bundle is for the device", async () => {
  const seen = await fingerprints((document) => document);
  expect(seen.host).toBe(seen.join);
  expect(seen.host).not.toBe("");
});

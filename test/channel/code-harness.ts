/** Two devices that are given a code to type, in one channel of an in-memory relay. */
import { createCodeChannel, joinCodeChannel } from "../../src/channel/code-channel.ts";
import { decodeBase64url } from "../../src/lib/base64url.ts";
import { FakeClock } from "../relay/support.ts";
import { EventReader, optionsFor } from "./harness.ts";
import { MemoryRelay } from "./memory-relay.ts";
import type { Frame } from "./memory-relay.ts";

export const PASSWORD = "tiger-abandon-zoo";
export const NAMEPLATE = "7";

/** A relay that gives that number to its one channel. */
export function relayWithNameplate(): MemoryRelay {
  const relay = new MemoryRelay();
  relay.greeting = { expires_in: 300, nameplate: NAMEPLATE };
  return relay;
}

export interface Typed {
  readonly relay?: MemoryRelay;
  /** What the host shows. */
  readonly shown?: string;
  /** What the joiner's user typed. */
  readonly typed?: string;
}

/** Opens both ends; nothing has crossed yet. */
export async function openCodePair({ relay = relayWithNameplate(), shown, typed }: Typed = {}) {
  const clock = new FakeClock();
  const options = optionsFor(relay, clock);
  const host = await createCodeChannel({ ...options, password: shown ?? PASSWORD });
  const join = await joinCodeChannel({ ...options, nameplate: NAMEPLATE, password: typed ?? PASSWORD });
  const readers = { host: new EventReader(host), join: new EventReader(join) };
  return { relay, clock, host, join, readers };
}

/** The content type of the TLS record in a frame; undefined if it holds none. */
export function recordType({ text }: Frame): number | undefined {
  return text.startsWith("{") ? undefined : decodeBase64url(text)?.[0];
}

export const APPLICATION_DATA = 23;

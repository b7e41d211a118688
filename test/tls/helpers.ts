/** Two connections on one table: what tests of the TLS part share. Malformed bytes are built here and nowhere else. */
import { readFileSync } from "node:fs";
import { nodePrimitives } from "../../src/channel/node-primitives.ts";
import type { TlsError } from "../../src/tls/alerts.ts";
import { TlsPskConnection, type TlsEvent, type TlsPskConfig } from "../../src/tls/connection.ts";
import { noblePrimitives, type TlsPrimitives } from "../../src/tls/primitives.ts";

export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Both implementations of the primitives: everything cryptographic is tested on each. */
export const IMPLEMENTATIONS: { name: string; primitives: TlsPrimitives }[] = [
  { name: "noble", primitives: noblePrimitives },
  { name: "node:crypto", primitives: nodePrimitives },
];

/** A copy with one byte changed, counted from the end if `at` is negative. */
export function flipped(bytes: Uint8Array, at: number, bits = 1): Uint8Array {
  const copy = new Uint8Array(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = copy[index]! ^ bits;
  return copy;
}

const { vectors } = JSON.parse(readFileSync(new URL("../vectors/tls-psk.json", import.meta.url), "utf8")) as {
  vectors: Record<string, string>;
};

/** A value of the recorded trace. */
export function vector(name: string): Uint8Array {
  const value = vectors[name];
  if (value === undefined) throw new Error(`no vector ${name}`);
  return hex(value);
}

/** A source of given answers, in order; it must not be asked for more. */
export function scriptedRandom(...answers: Uint8Array[]): (length: number) => Uint8Array {
  return (length) => {
    const answer = answers.shift();
    if (answer?.length !== length) throw new Error(`unexpected request for ${length} random bytes`);
    return new Uint8Array(answer);
  };
}

let counter = 0;
/** Not random, but never the same twice, and the same in every run of one test file. */
export function countingRandom(length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x5a);
  new DataView(bytes.buffer).setUint32(0, ++counter);
  return bytes;
}

export const PSK = new Uint8Array(32).fill(0x17);
export const IDENTITY = utf8("AAECAwQFBgcICQoLDA0ODw");

export function connection(
  role: "client" | "server",
  overrides: Partial<TlsPskConfig> = {},
): TlsPskConnection {
  return new TlsPskConnection({
    role,
    psk: PSK,
    pskIdentity: IDENTITY,
    random: countingRandom,
    ...overrides,
  });
}

export function drain(of: TlsPskConnection): TlsEvent[] {
  const events: TlsEvent[] = [];
  for (let event = of.take(); event; event = of.take()) events.push(event);
  return events;
}

/** Drains, and keeps the records to transmit. */
export function records(of: TlsPskConnection): Uint8Array[] {
  return drain(of).flatMap((event) => (event.type === "transmit" ? [event.record] : []));
}

export function failure(events: TlsEvent[]): TlsError | undefined {
  return events.flatMap((event) => (event.type === "failed" ? [event.error] : []))[0];
}

export interface Pair {
  client: TlsPskConnection;
  server: TlsPskConnection;
}

export function pair(overrides: Partial<TlsPskConfig> = {}): Pair {
  return { client: connection("client", overrides), server: connection("server", overrides) };
}

/** Carries records both ways until nobody has anything to say; returns the other events of each. */
export function pump({ client, server }: Pair): { client: TlsEvent[]; server: TlsEvent[] } {
  const seen = { client: [] as TlsEvent[], server: [] as TlsEvent[] };
  for (let quiet = false; !quiet;) {
    quiet = true;
    for (const [from, to, log] of [
      [client, server, seen.client],
      [server, client, seen.server],
    ] as const) {
      for (const event of drain(from)) {
        quiet = false;
        if (event.type === "transmit") to.feed(event.record);
        else log.push(event);
      }
    }
  }
  return seen;
}

/** A pair whose handshake is done and whose events are drained. */
export function connectedPair(overrides: Partial<TlsPskConfig> = {}): Pair {
  const both = pair(overrides);
  both.client.start();
  both.server.start();
  pump(both);
  return both;
}

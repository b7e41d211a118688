/** Who the primaries of the store are, and which hash slots each of them serves. */
import * as v from "valibot";
import type { Endpoint, RedisAddress } from "./address.ts";
import { formatEndpoint } from "./address.ts";
import { SLOTS } from "./keys.ts";
import { StoreError } from "./store-error.ts";

export interface Primary {
  readonly endpoint: Endpoint;
  /** Ranges of slots, ends included. */
  readonly slots: readonly (readonly [number, number])[];
}

/** Asks a server of the store. */
export type Ask = (endpoint: Endpoint, command: readonly string[]) => Promise<unknown>;

const ALL_SLOTS = [[0, SLOTS - 1]] as const;

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const slot = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(SLOTS - 1));
const masterSchema = v.tuple([v.string(), v.pipe(v.string(), v.transform(Number), port)]);
/** What `CLUSTER SLOTS` tells: from, to, and the primary's host, port and more, before its replicas. */
const slotsSchema = v.array(v.looseTuple([slot, slot, v.looseTuple([v.nullable(v.string()), port])]));

/**
 * Finds the primaries. `known`: servers that were part of the store when last heard of, asked before the ones that the
 * address names. `turn` says which of those comes first: one that is cut off may not know who the master is.
 *
 * @throws StoreError if nobody who is asked knows
 */
export async function findPrimaries(
  address: RedisAddress,
  known: readonly Endpoint[],
  turn: number,
  ask: Ask,
): Promise<readonly Primary[]> {
  const first = turn % address.endpoints.length;
  const endpoints = [...address.endpoints.slice(first), ...address.endpoints.slice(0, first)];
  switch (address.kind) {
    case "single":
      return [{ endpoint: address.endpoints[0], slots: ALL_SLOTS }];
    case "sentinel":
      return firstAnswer(endpoints, async (sentinel) => {
        const answer = await ask(sentinel, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.master]);
        const parsed = v.safeParse(masterSchema, answer);
        if (!parsed.success) throw StoreError.refusal("it knows no such master", formatEndpoint(sentinel));
        const [host, number] = parsed.output;
        return [{ endpoint: { host, port: number }, slots: ALL_SLOTS }];
      });
    case "cluster":
      return firstAnswer([...known, ...endpoints], async (member) =>
        readSlots(await ask(member, ["CLUSTER", "SLOTS"]), member),
      );
  }
}

function readSlots(answer: unknown, asked: Endpoint): Primary[] {
  const parsed = v.safeParse(slotsSchema, answer);
  if (!parsed.success || parsed.output.length === 0) {
    throw StoreError.passing("it serves no hash slots", formatEndpoint(asked));
  }
  const primaries = new Map<string, { endpoint: Endpoint; slots: [number, number][] }>();
  for (const [from, to, [host, number]] of parsed.output) {
    // A member that does not know its own name is the one that was asked.
    const endpoint = { host: host === null || host === "" ? asked.host : host, port: number };
    const primary = primaries.get(formatEndpoint(endpoint)) ?? { endpoint, slots: [] };
    primary.slots.push([from, to]);
    primaries.set(formatEndpoint(endpoint), primary);
  }
  return [...primaries.values()];
}

async function firstAnswer(
  endpoints: readonly Endpoint[],
  ask: (endpoint: Endpoint) => Promise<readonly Primary[]>,
): Promise<readonly Primary[]> {
  let failure: unknown;
  for (const endpoint of endpoints) {
    try {
      return await ask(endpoint);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

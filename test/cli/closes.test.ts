/** How a relay may end a channel, towards real processes: exit status, error code, words, and whether they come back. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { FeignedRelay, ID } from "./feigned-relay.ts";
import type { Treatment } from "./feigned-relay.ts";
import { cleanUp, start } from "./harness.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

const KEY = "B".repeat(42) + "A";
const SIDES = ["host", "join"] as const;

const relays: FeignedRelay[] = [];
let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterEach(() => {
  for (const relay of relays.splice(0)) relay.close();
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

/** One of the two, at a relay that treats its connections so; and how it ends. */
async function at(
  side: (typeof SIDES)[number],
  treatments: readonly Treatment[],
  { counts = true, extra = [] as readonly string[] } = {},
) {
  const relay = await FeignedRelay.start(treatments, counts);
  relays.push(relay);
  const folder = side === "host" ? await world.hostFolder() : world.newFolder();
  const servers = ["--server", world.accounts.url, "--channel-server", relay.url];
  const args = [side, ...servers, "--config-dir", folder, "--json", "--yes", ...extra];
  const url = `${world.accounts.url}/pair#channel_id=${ID}&channel_key=${KEY}`;
  const program = side === "host" ? start(args) : start([...args, "-"], { input: url });
  const ending = program.exit.then((status) => ({
    status,
    code: program.events.at(-1)?.code,
    words: program.stderr,
  }));
  return { program, relay, ending };
}

const closing =
  (code: number, reason = "") =>
  (socket: WebSocket) => {
    if (code === 1006) socket.terminate();
    else socket.close(code, reason);
  };

const RESUMABLE = [1001, 1006, 1013, 4002];
const BROKE = (code: number) =>
  new RegExp(`^fxa-pair: The connection to the relay broke \\(${code}\\)\\.$`, "m");

const FINAL: readonly [code: number, reason: string, status: number, error: string, words: RegExp][] = [
  [1000, "", 6, "unreachable", BROKE(1000)],
  [
    1003,
    "binary message",
    6,
    "unreachable",
    /ended the channel: a device sent it something that is not text/,
  ],
  [1008, "max-exchanges", 6, "unreachable", /it allows less than a pairing needs \(max-exchanges\)/],
  [1008, "max-data", 6, "unreachable", /it allows less than a pairing needs \(max-data\)/],
  [1008, "slow-consumer", 6, "unreachable", /a device did not read what was sent to it/],
  [1008, "its own words", 6, "unreachable", /ended the channel: one of its rules was broken/],
  [1009, "max-message", 6, "unreachable", /a message was larger than it allows/],
  [4001, "lifespan over", 5, "timeout", /The channel's time is over\./],
  [4003, "the other device left", 4, "declined_there", /The other device left\./],
  [4999, "its own words", 6, "unreachable", BROKE(4999)],
];

const LOST = /^The connection to the relay was lost: trying to get it back \(50 s at most\)\.$/m;
const BACK = /^The connection to the relay is back\.$/m;

describe.each(SIDES)("%s, where the relay closes with", (side) => {
  it.each(FINAL)("%i %j: ends", async (code, reason, status, error, words) => {
    const both = [false, true].map((counts) => at(side, [closing(code, reason)], { counts }));
    for (const { ending, relay } of await Promise.all(both)) {
      const ended = await ending;
      expect(ended).toMatchObject({ status, code: error, words: expect.stringMatching(words) as unknown });
      expect(ended.words).not.toMatch(/its own words|was lost/);
      expect(relay.paths).toHaveLength(1);
    }
  });

  it(`${RESUMABLE.join(", ")}: ends as well if it does not count messages`, async () => {
    const all = await Promise.all(RESUMABLE.map((code) => at(side, [closing(code)], { counts: false })));
    for (const [index, { ending, relay }] of all.entries()) {
      const words = expect.stringMatching(BROKE(RESUMABLE[index] ?? 0)) as unknown;
      expect(await ending).toMatchObject({ status: 6, code: "unreachable", words });
      expect(relay.paths).toHaveLength(1);
    }
  });

  it(`${RESUMABLE.join(", ")}: comes back if it does, and says so to people alone`, async () => {
    const leaving = closing(4003, "the other device left");
    const all = await Promise.all(RESUMABLE.map((code) => at(side, [closing(code), leaving])));
    for (const { ending, relay, program } of all) {
      const { status, words } = await ending;
      expect(status).toBe(4);
      expect(words).toMatch(LOST);
      expect(words).toMatch(BACK);
      expect(relay.paths[1]).toBe(`/v1/ws/${ID}?resume=token-1&received=0`);
      const events = side === "host" ? ["channel", "error"] : ["error"];
      expect(program.events.map(({ event }) => event)).toEqual(events);
    }
  });

  it(`${RESUMABLE.join(", ")}: ends if the seat is not given back`, async () => {
    const all = await Promise.all(RESUMABLE.map((code) => at(side, [closing(code)])));
    for (const [index, { ending, relay }] of all.entries()) {
      const words = expect.stringMatching(BROKE(RESUMABLE[index] ?? 0)) as unknown;
      expect(await ending).toMatchObject({ status: 6, code: "unreachable", words });
      expect(relay.paths).toHaveLength(2);
    }
  });
});

describe.each(SIDES)("%s, while the relay is gone", (side) => {
  const goAway: Treatment = (_socket, relay) => {
    relay.close();
  };

  it("is ended by Ctrl-C", async () => {
    const { program, ending } = await at(side, [goAway]);
    await program.says(LOST);
    program.kill("SIGINT");
    const { status, words } = await ending;
    expect(status).toBe(130);
    expect(words).not.toMatch(BACK);
  });

  it("waits no longer than --timeout", async () => {
    const { ending } = await at(side, [goAway], { extra: ["--timeout", "2"] });
    expect(await ending).toMatchObject({
      status: 5,
      code: "timeout",
      words: expect.stringMatching(LOST) as unknown,
    });
  });
});

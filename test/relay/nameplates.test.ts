/** Short numbers for channels: how they are drawn, and how clients use them. */
import { afterEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { Nameplates } from "../../src/relay/nameplates.ts";
import type { TestRelay } from "./support.ts";
import { ask, closeRelays, handshake, testRelay, TestClient } from "./support.ts";

afterEach(closeRelays);

describe("Nameplates", () => {
  it("are drawn from the shortest length with free numbers, each once, without a leading zero", () => {
    const nameplates = new Nameplates(systemRandom);
    const drawn = Array.from({ length: 999 }, (_, index) => nameplates.take(`channel ${index}`));
    expect(drawn.map((each) => each.length)).toEqual(
      [9, 90, 900].flatMap((count, index) => Array.from({ length: count }, () => index + 1)),
    );
    expect(new Set(drawn).size).toBe(999);
    for (const each of drawn) expect(each).toMatch(/^[1-9][0-9]*$/);
    expect(nameplates.find(drawn[500] ?? "")).toBe("channel 500");
  });

  it("W6: are each as likely as any other", () => {
    // One byte after the other: a draw below 9 takes the remainder of the whole number.
    let counter = 0;
    const random = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, counter++);
      return bytes;
    };
    const counts = new Map<string, number>();
    for (let round = 0; round < 900; round++) {
      const drawn = new Nameplates(random).take("channel");
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 9 }, () => 100));
  });

  it("draw again rather than prefer low numbers", () => {
    const draws = [0xffff_ffff, 3];
    const random = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, draws.shift() ?? 0);
      return bytes;
    };
    expect(new Nameplates(random).take("channel")).toBe("4");
  });

  it("are free again once released, and harmless to release twice", () => {
    const nameplates = new Nameplates(systemRandom);
    const drawn = Array.from({ length: 12 }, () => nameplates.take("channel"));
    for (const each of [...drawn, ...drawn]) nameplates.release(each);
    expect([nameplates.size, nameplates.find(drawn[0] ?? "")]).toEqual([0, undefined]);
    const again = Array.from({ length: 99 }, () => nameplates.take("channel"));
    expect(new Set(again).size).toBe(99);
    expect(Math.max(...again.map(Number))).toBe(99);
  });
});

const withNameplate = ({ relay }: TestRelay): Promise<TestClient> =>
  TestClient.connect(`${relay.url}/v1/ws/?nameplate=1`);

describe("a nameplate", () => {
  it("is in the first message of who asks for one, and takes one other to the channel", async () => {
    const world = await testRelay();
    const first = await withNameplate(world);
    expect(first.first.nameplate).toMatch(/^[1-9]$/);
    const path = `/v1/nameplates/${String(first.first.nameplate)}`;
    const second = await TestClient.connect(`${world.relay.url}${path}?received=1`);
    expect(second.first).toMatchObject({ channelid: first.id, link: `/v1/ws/${first.id}`, seen: 0 });
    expect(second.first.nameplate).toBeUndefined();
    second.send("hello");
    expect(await first.nextMessage()).toBe("hello");
    expect((await ask(world.relay, path, handshake())).status).toBe(404);
    expect((await ask(world.relay, path)).status).toBe(426);
    const place = { channel: first.id.slice(0, 6), remote: "127.0.0.1", seat: 1 };
    expect(world.log.lines[2]).toMatchObject({ event: "participant_joined", fields: place });
  });

  it.each(["", "?nameplate=0", "?nameplate=", "?nameplate=1&nameplate=1", "?nameplate=11", "?Nameplate=1"])(
    "is not given for %j",
    async (query) => {
      const { relay } = await testRelay();
      const client = await TestClient.connect(`${relay.url}/v1/ws/${query}`);
      expect(client.first.nameplate).toBeUndefined();
    },
  );

  it("W6: that was never used, is used up, expired or malformed has one and the same answer", async () => {
    const world = await testRelay();
    const [used, expired] = [await withNameplate(world), await withNameplate(world)];
    const path = (client: TestClient): string => `/v1/nameplates/${String(client.first.nameplate)}`;
    await TestClient.connect(world.relay.url + path(used));
    expired.socket.close(1000);
    await expired.closed;
    const paths = [
      path(used),
      path(expired),
      "/v1/nameplates/987654",
      "/v1/nameplates/0",
      "/v1/nameplates/%00",
    ];
    const answers = [];
    for (const each of [...paths, "/v1/nameplates/", "/v1/nameplates/../ws/"]) {
      const { status, body, headers } = await ask(world.relay, each, handshake());
      answers.push({ status, body, headers });
    }
    expect(answers[0]?.status).toBe(404);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it("W6: with 100 shown, one address burns ten a minute, and is told when to come back", async () => {
    const world = await testRelay({ connLifespan: 0, clientTimeout: 86_400, heartbeat: 80_000 });
    const hosts = [];
    for (let count = 0; count < 100; count++) hosts.push(await withNameplate(world));
    const walk = async (): Promise<number[]> => {
      const statuses = [];
      for (let number = 1; number < 200; number++) {
        const { status } = await ask(world.relay, `/v1/nameplates/${number}`, handshake());
        statuses.push(status);
      }
      return statuses;
    };
    expect((await walk()).filter((status) => status === 101)).toHaveLength(10);
    const refused = await ask(world.relay, "/v1/nameplates/50", handshake());
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "60"]);
    expect(world.log.lines.at(-1)).toEqual({
      ...{ level: "info", event: "refused" },
      fields: { status: 429, error: "too_many_requests", remote: "127.0.0.1" },
    });
    const other = await ask(world.relay, "/v1/nameplates/50", handshake(), "GET", "127.0.0.2");
    expect(other.status).toBe(101);
    world.clock.advance(60_000);
    expect((await walk()).filter((status) => status !== 429)).toHaveLength(10);
    expect(hosts).toHaveLength(100);
  });
});

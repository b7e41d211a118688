/** What concerns whoever runs the relay: figures, proxies, places, health. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { VERSION } from "../../src/lib/version.ts";
import { MemoryBackplane } from "../../src/relay/backplane-memory.ts";
import { Health } from "../../src/relay/health.ts";
import { limitsOf } from "../../src/relay/limits.ts";
import { MetricsPage } from "../../src/relay/metrics-page.ts";
import { RelayMetrics } from "../../src/relay/metrics.ts";
import { DEFAULT_SETTINGS } from "../../src/relay/settings.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { Answer } from "./support.ts";
import { ask, closeRelays, FakeClock, handshake, RecordingObserver, testRelay } from "./support.ts";

const DATABASE = fileURLToPath(new URL("places/GeoIP2-City-Test.mmdb", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fxa-pair-operation-"));

afterEach(closeRelays);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function withMetrics(given = {}) {
  const figures = new RelayMetrics();
  return testRelay(given, undefined, { figures, metricsText: () => figures.text() });
}

/** One figure, by its name and labels. */
function figure({ body }: Answer, name: string): number | undefined {
  const line = body.split("\n").find((each) => each.startsWith(`fxa_pair_relay_${name} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

describe("the figures", () => {
  it("are served to everybody where they have no port of their own", async () => {
    const { relay, pair, log } = await withMetrics();
    expect(relay.metricsUrl).toBe(`${relay.url.replace("ws:", "http:")}/metrics`);
    expect(log.lines[0]?.fields).toEqual({ url: relay.url, metrics: relay.metricsUrl });
    const [first, second] = await pair();
    first.send("12345");
    await second.next();
    await ask(relay, `/v1/ws/${first.id}`, handshake());
    const answer = await ask(relay, "/metrics");
    expect([answer.status, answer.headers["content-type"]]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
    ]);
    expect(figure(answer, "channels_open")).toBe(1);
    expect(figure(answer, "connections_open")).toBe(2);
    expect(figure(answer, "messages_relayed_total")).toBe(1);
    expect(figure(answer, "bytes_relayed_total")).toBe(5);
    expect(figure(answer, 'connections_refused_total{reason="channel_full"}')).toBe(1);
    expect((await ask(relay, "/metrics", {}, "HEAD")).body).toBe("");
    expect((await ask(relay, "/metrics", {}, "POST")).status).toBe(404);
  });

  it("R9: tell no channel, no address and no path, nor do version and health", async () => {
    const { relay, pair } = await withMetrics();
    const [first, second] = await pair();
    await ask(relay, `/v1/ws/${first.id}`, handshake());
    await ask(relay, "/v1/ws/a-path", handshake());
    for (const client of [first, second]) client.socket.close(1000);
    await Promise.all([first.closed, second.closed]);
    for (const path of ["/metrics", "/__version__", "/__heartbeat__"]) {
      const { body } = await ask(relay, path);
      for (const said of [first.id, "127.0.0.1", "a-path"]) expect(body).not.toContain(said);
    }
  });

  it("count a seat taken again, and how a channel ends", async () => {
    const { relay, clock, pair, resume } = await withMetrics({ clientTimeout: 400 });
    const [first, second] = await pair();
    second.socket.terminate();
    await resume(second);
    clock.advance(300_250);
    await first.closed;
    const answer = await ask(relay, "/metrics");
    expect(figure(answer, "resumes_total")).toBe(1);
    expect(figure(answer, 'channels_ended_total{reason="lifespan over"}')).toBe(1);
    expect(figure(answer, "pairing_duration_seconds_count")).toBe(1);
    expect(figure(answer, "channels_open")).toBe(0);
  });

  it("R9: with a port of their own are there alone, and nothing else is", async () => {
    const { relay } = await withMetrics({ metricsPort: 0 });
    const own = { ...relay, url: String(relay.metricsUrl).replace("/metrics", "") };
    expect((await ask(relay, "/metrics")).status).toBe(404);
    expect(figure(await ask(own, "/metrics"), "channels_open")).toBe(0);
    expect((await ask(own, "/metrics?x=1")).status).toBe(200);
    for (const path of ["/", "/__heartbeat__", "/__version__", "/v1/ws/", "/metrics/"])
      expect((await ask(own, path)).status, path).toBe(404);
    expect((await ask(own, "/metrics", {}, "POST")).status).toBe(404);
    await relay.close();
    await expect(ask(own, "/metrics")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("need a port that is free", async () => {
    const { relay } = await withMetrics();
    const metricsPort = Number(new URL(relay.url).port);
    await expect(withMetrics({ metricsPort })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(`port ${metricsPort}: another program listens there`),
    });
  });

  it("are nowhere if nobody keeps them", async () => {
    for (const metricsPort of [[], [0]] as const) {
      const { relay } = await testRelay({ ...(metricsPort.length > 0 ? { metricsPort: 0 } : {}) });
      expect(relay.metricsUrl).toBeNull();
      expect((await ask(relay, "/metrics")).status).toBe(404);
    }
  });

  it("are worked out once for all who ask at the same time", async () => {
    const asked: ((text: string) => void)[] = [];
    const metricsText = () => new Promise<string>((resolve) => asked.push(resolve));
    const page = new MetricsPage(metricsText);
    const answers = [page.answer(), page.answer()];
    asked[0]?.("figures");
    expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(["figures", "figures"]);
    void page.answer();
    expect(asked).toHaveLength(2);
  });

  it("that cannot be worked out are 503, and end nothing", async () => {
    const metricsText = () => Promise.reject(new Error("no figures"));
    const { relay } = await testRelay({}, undefined, { metricsText });
    expect((await ask(relay, "/metrics")).status).toBe(503);
    expect((await ask(relay, "/__lbheartbeat__")).status).toBe(200);
  });
});

describe("behind a trusted proxy", () => {
  const through = (forwarded: string) => ({ headers: { "X-Forwarded-For": forwarded } });

  it("the other device is told the client's address, the log too", async () => {
    const { open, join, log } = await testRelay({ trustedProxy: "127.0.0.1" });
    const first = await open(through("198.51.100.7"));
    const second = await join(first, through("203.0.113.9, [2001:db8::7]:4711"));
    second.send("x");
    expect(JSON.parse(await first.next())).toMatchObject({ sender: { remote: "2001:db8::7" } });
    const remotes = log.lines.slice(1).map(({ fields }) => fields.remote);
    expect(remotes).toEqual(["198.51.100.7", "2001:db8::7"]);
  });

  it("several lines of the header are one list", async () => {
    const { open, join } = await testRelay({ trustedProxy: "127.0.0.1,198.51.100.7" });
    const first = await open();
    const lines = ["203.0.113.9", "198.51.100.7"] as unknown as string;
    const second = await join(first, { headers: { "X-Forwarded-For": lines } });
    second.send("x");
    expect(JSON.parse(await first.next())).toMatchObject({ sender: { remote: "203.0.113.9" } });
  });

  it("R8: a client cannot send so many other headers that the proxy's line is passed over", async () => {
    const { relay, log } = await testRelay({ trustedProxy: "127.0.0.1" });
    const fillers = Array.from({ length: 2_500 }, () => ["A", ""]).flat();
    const sent = Object.entries({ Host: "x", ...handshake(), "X-Forwarded-For": "192.0.2.66" }).flat();
    const answer = await ask(relay, "/v1/ws/", [...sent, ...fillers, "X-Forwarded-For", "203.0.113.9"]);
    expect(answer.status).toBe(101);
    expect(log.lines.at(1)?.fields.remote).toBe("203.0.113.9");
  });

  it("limits count the client's address", async () => {
    const { relay } = await testRelay({ trustedProxy: "127.0.0.1", connectRatePerIp: 1 });
    const from = async (address: string): Promise<number> =>
      (await ask(relay, "/v1/ws/AAAAAAAAAAAAAAAAAAAAAA", handshake({ "X-Forwarded-For": address }))).status;
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push(await from("203.0.113.9"));
    expect(statuses).toEqual([404, 404, 404, 429]);
    expect(await from("203.0.113.10")).toBe(404);
    expect(await from("10.0.0.1, 203.0.113.9")).toBe(429);
  });

  it("a malformed header is refused before anything else, and logged with the proxy's address", async () => {
    const { relay, log } = await testRelay({ trustedProxy: "127.0.0.1" });
    for (const path of ["/v1/ws/", "/v1/ws/AAAAAAAAAAAAAAAAAAAAAA", "/v1/ws/short", "/v1/ws/n/1"]) {
      const answer = await ask(relay, path, handshake({ "X-Forwarded-For": "203.0.113.9, \u00ff" }));
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { error: "bad_forwarded" }]);
      const fields = { status: 400, error: "bad_forwarded", remote: "127.0.0.1" };
      expect(log.lines.at(-1)).toEqual({ level: "info", event: "refused", fields });
    }
    expect(relay.stats().channels).toBe(0);
  });

  it("does not matter to health checks", async () => {
    const { relay } = await testRelay({ trustedProxy: "127.0.0.1" });
    expect((await ask(relay, "/__lbheartbeat__", { "X-Forwarded-For": "unknown" })).status).toBe(200);
  });
});

describe("without a trusted proxy", () => {
  it("nobody makes up an address", async () => {
    const { open, join } = await testRelay({ trustedProxy: "10.0.0.0/8" });
    const first = await open();
    const second = await join(first, { headers: { "X-Forwarded-For": "203.0.113.9" } });
    second.send("x");
    expect(JSON.parse(await first.next())).toMatchObject({ sender: { remote: "127.0.0.1" } });
  });
});

describe("with a database of places", () => {
  it("the other device is told where this one is, in this one's language", async () => {
    const { open, join } = await testRelay({ trustedProxy: "127.0.0.1", mmdb: DATABASE, defaultLang: "fr" });
    const first = await open();
    const from = async (address: string, language?: string): Promise<unknown> => {
      const headers = { "X-Forwarded-For": address, ...(language ? { "Accept-Language": language } : {}) };
      const channel = await open();
      const second = await join(channel, { headers });
      second.send("x");
      return (JSON.parse(await channel.next()) as { sender: unknown }).sender;
    };
    expect(await from("81.2.69.142", "de")).toEqual({
      remote: "81.2.69.142",
      city: "London",
      region: "Angleterre",
      country: "Vereinigtes Königreich",
    });
    expect(await from("81.2.69.142")).toMatchObject({ city: "Londres", country: "Royaume-Uni" });
    expect(await from("127.0.0.1")).toEqual({ remote: "127.0.0.1" });
    expect(first.first.channelid).toBeDefined();
  });

  it("it can be replaced while everybody stays, and a broken one is not taken", async () => {
    const path = join(folder, "places.mmdb");
    copyFileSync(DATABASE, path);
    const relay = await testRelay({ mmdb: path, trustedProxy: "127.0.0.1" });
    const place = async (): Promise<unknown> => {
      const first = await relay.open();
      const second = await relay.join(first, { headers: { "X-Forwarded-For": "81.2.69.142" } });
      second.send("x");
      return (JSON.parse(await first.next()) as { sender: { city?: unknown } }).sender.city;
    };
    const [staying, other] = await relay.pair();
    writeFileSync(path, "broken");
    await relay.relay.reload();
    expect(relay.log.lines.at(-1)).toMatchObject({
      level: "error",
      event: "reload_failed",
      fields: { setting: "mmdb", error: expect.stringMatching(/is no database/) },
    });
    expect(await place()).toBe("London");
    writeFileSync(path, renamed());
    await relay.relay.reload();
    expect(relay.log.lines.at(-1)).toEqual({ level: "info", event: "reloaded", fields: { setting: "mmdb" } });
    expect(await place()).toBe("Lundun");
    staying.send("still here");
    expect(await other.nextMessage()).toBe("still here");
  });

  it("that cannot be used, it does not start", async () => {
    await expect(testRelay({ mmdb: join(folder, "missing") })).rejects.toThrow(/does not exist/);
  });
});

/** The database with another name for London, of the same length. */
function renamed(): Buffer {
  const bytes = readFileSync(DATABASE);
  for (let at = bytes.indexOf("London"); at >= 0; at = bytes.indexOf("London", at)) bytes.write("Lundun", at);
  return bytes;
}

describe("the health check", () => {
  function subject() {
    const clock = new FakeClock();
    const limits = limitsOf(DEFAULT_SETTINGS);
    const backplane = new MemoryBackplane(limits, clock, systemRandom, new RecordingObserver());
    const answers: ((failing: string | undefined) => void)[] = [];
    backplane.failing = () => new Promise((resolve) => answers.push(resolve as never));
    return { clock, answers, health: new Health(clock, backplane) };
  }

  it("asks once for all who want to know, and again for the next", async () => {
    const { health, answers } = subject();
    const asked = [health.failing(), health.failing()];
    answers[0]?.("redis");
    expect(await Promise.all(asked)).toEqual(["redis", "redis"]);
    const again = health.failing();
    answers[1]?.(undefined);
    expect(await again).toBeUndefined();
    expect(answers).toHaveLength(2);
  });

  it("takes no answer within two seconds for a failure", async () => {
    const { health, clock } = subject();
    const asked = health.failing();
    clock.advance(2_000);
    expect(await asked).toBe("redis");
  });
});

describe("refusals that are not logged one by one", () => {
  it("are counted in a line of their own", async () => {
    const { relay, clock, log } = await testRelay();
    for (let count = 0; count < 65; count++) await ask(relay, "/v1/ws/short", handshake());
    clock.advance(1_250);
    expect(log.lines.at(-1)).toEqual({ level: "warn", event: "refusals_unlogged", fields: { count: 5 } });
  });
});

describe("the version", () => {
  it("is what the build says", async () => {
    const build = { source: "s", version: VERSION, commit: "c", build: "b" };
    const { relay } = await testRelay({}, undefined, { build });
    expect(JSON.parse((await ask(relay, "/__version__")).body)).toEqual(build);
  });
});

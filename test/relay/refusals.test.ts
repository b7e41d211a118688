/** Everything that is answered without a WebSocket. */
import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import { VERSION } from "../../src/lib/version.ts";
import { plainAnswer } from "../../src/relay/http-answers.ts";
import type { Relay } from "../../src/relay/server.ts";
import { parseTarget } from "../../src/relay/upgrade.ts";
import { ask, closeRelays, handshake, testRelay } from "./support.ts";

afterEach(closeRelays);

const UNKNOWN_ID = "AAAAAAAAAAAAAAAAAAAAAA";

const refusedLine = (status: number, error: string) => ({
  ...{ level: "info", event: "refused" },
  fields: { status, error, remote: "127.0.0.1" },
});

describe("a refused upgrade", () => {
  it.each([
    ["a malformed id", "/v1/ws/short", {}, 400, "malformed_id"],
    ["an id with padding", `/v1/ws/${UNKNOWN_ID}==`, {}, 400, "malformed_id"],
    ["an id whose last bits are not zero", "/v1/ws/AAAAAAAAAAAAAAAAAAAAAB", {}, 400, "malformed_id"],
    ["an id of 15 bytes", "/v1/ws/AAAAAAAAAAAAAAAAAAAA", {}, 400, "malformed_id"],
    ["a percent-encoded id", "/v1/ws/%41AAAAAAAAAAAAAAAAAAAAA", {}, 400, "malformed_id"],
    ["something behind the id", `/v1/ws/${UNKNOWN_ID}/`, {}, 400, "malformed_id"],
    ["an unknown id", `/v1/ws/${UNKNOWN_ID}`, {}, 404, "unknown_channel"],
    ["an unknown id with a token", `/v1/ws/${UNKNOWN_ID}?resume=x`, {}, 404, "unknown_channel"],
    ["a count that is none", `/v1/ws/${UNKNOWN_ID}?resume=x&received=y`, {}, 400, "bad_received"],
    ["a nameplate that was never given", "/v1/nameplates/7", {}, 404, "unknown_channel"],
    ["no nameplate", "/v1/nameplates/", {}, 404, "unknown_channel"],
    ["a nameplate that is none", "/v1/nameplates/%37/../8?9", {}, 404, "unknown_channel"],
    ["another path", "/elsewhere", {}, 404, "not_found"],
    ["the path without its last slash", "/v1/ws", {}, 404, "not_found"],
    ["another protocol", "/v1/ws/", { Upgrade: "h2c" }, 426, "upgrade_required"],
    ["another version", "/v1/ws/", { "Sec-WebSocket-Version": "8" }, 426, "upgrade_required"],
    ["no key", "/v1/ws/", { "Sec-WebSocket-Key": undefined }, 400, "bad_handshake"],
    ["a key of wrong length", "/v1/ws/", { "Sec-WebSocket-Key": "AAAA" }, 400, "bad_handshake"],
  ])(
    "R1: for %s has its status, one line of JSON and one of the log, and makes no channel",
    async (_name, path, headers, status, error) => {
      const { relay, log } = await testRelay();
      const answer = await ask(relay, path, handshake(headers));
      expect(answer.status).toBe(status);
      expect(answer.headers["content-type"]).toBe("application/json");
      expect(answer.body).not.toContain("\n");
      expect(JSON.parse(answer.body)).toEqual({ error, message: expect.stringMatching(/\.$/) });
      expect(relay.stats()).toEqual({ channels: 0, connections: 0, remembered: 0, heartbeats: 0 });
      expect(log.lines.slice(1)).toEqual([refusedLine(status, error)]);
    },
  );

  it("of another method makes no channel", async () => {
    const { relay } = await testRelay();
    expect((await ask(relay, "/v1/ws/", handshake(), "POST")).status).toBe(400);
    expect(relay.stats().channels).toBe(0);
  });

  it.each(["1.0", "0.9", "2.0"])("that is not HTTP/1.1 but %s makes no channel", async (version) => {
    const { relay } = await testRelay();
    const { hostname, port } = new URL(relay.url);
    const head = Object.entries(handshake()).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET /v1/ws/ HTTP/${version}\r\nHost: relay\r\n${head.join("")}\r\n`),
    );
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 400 /);
    socket.destroy();
    expect(relay.stats()).toMatchObject({ channels: 0, connections: 0 });
  });

  it("tells which version and protocol are spoken", async () => {
    const { relay } = await testRelay();
    const { headers } = await ask(relay, "/v1/ws/", handshake({ "Sec-WebSocket-Version": "12" }));
    expect(headers).toMatchObject({ upgrade: "websocket", "sec-websocket-version": "13" });
  });

  it("R2: for a full channel is 409, and the two in it notice nothing", async () => {
    const { relay, log, pair } = await testRelay();
    const [first, second] = await pair();
    expect((await ask(relay, `/v1/ws/${first.id}`, handshake())).status).toBe(409);
    expect(log.lines.at(-1)).toEqual(refusedLine(409, "channel_full"));
    first.send("still here");
    expect(await second.nextMessage()).toBe("still here");
  });

  it("R2: is 409 after one has left, and 410 once the channel has ended, 404 once that is forgotten", async () => {
    const { relay, clock, log, pair } = await testRelay();
    const [first, second] = await pair();
    const path = `/v1/ws/${first.id}`;
    second.socket.close(1000);
    await second.closed;
    expect((await ask(relay, path, handshake())).status).toBe(409);
    clock.advance(3_250);
    expect((await first.closed).code).toBe(4003);
    expect((await ask(relay, path, handshake())).status).toBe(410);
    expect(log.lines.at(-1)).toEqual(refusedLine(410, "channel_ended"));
    clock.advance(600_000);
    expect((await ask(relay, path, handshake())).status).toBe(404);
  });

  it("is 410 when the lifespan is over although nobody has noticed yet", async () => {
    const { relay, clock, open } = await testRelay({ connLifespan: 10, clientTimeout: 100 });
    const { id } = await open();
    clock.advance(10_000);
    expect(relay.stats().channels).toBe(1);
    expect((await ask(relay, `/v1/ws/${id}`, handshake())).status).toBe(410);
  });

  it("R6: past max-channels is 503 with Retry-After; running channels go on", async () => {
    const { relay, log, open, join } = await testRelay({ maxChannels: 2 });
    const first = await open();
    await open();
    const answer = await ask(relay, "/v1/ws/", handshake());
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ error: "relay_full" });
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    expect(log.lines.at(-1)).toEqual(refusedLine(503, "relay_full"));
    const second = await join(first);
    second.send("hello");
    expect(await first.nextMessage()).toBe("hello");
  });
});

describe("R1: any path", () => {
  it("is told apart by exactly 16 canonical bytes", () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 24 });
    fc.assert(
      fc.property(bytes, (id) => {
        const expected = id.length === 0 ? "open" : id.length === 16 ? "join" : "malformed";
        expect(parseTarget(`/v1/ws/${encodeBase64url(id)}`).type).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it("crashes nothing and makes no channel", async () => {
    const { relay } = await testRelay();
    const piece = fc.constantFrom(
      "v1",
      "ws",
      "/",
      "//",
      "?",
      "resume=",
      "%00",
      "%2f",
      "..",
      "A",
      "-",
      "_",
      "=",
      ";",
      "~",
    );
    const path = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`),
      fc.stringMatching(/^[!-~]{1,40}$/).map((text) => `/v1/ws/${text.replaceAll("#", "")}x`),
      fc.stringMatching(/^[A-Za-z0-9_-]{20,24}$/).map((text) => `/v1/ws/${text}`),
    );
    await fc.assert(
      fc.asyncProperty(path, async (each) => {
        const { type } = parseTarget(each);
        fc.pre(type !== "open");
        const { status } = await ask(relay, each, handshake());
        const expected = {
          ...{ malformed: [400], join: [404], resume: [404], plain: [404] },
          joinByNameplate: [404, 429],
        };
        expect(expected[type]).toContain(status);
      }),
      { numRuns: 2_000 },
    );
    expect(relay.stats()).toMatchObject({ channels: 0, connections: 0 });
  });
});

describe("without Upgrade", () => {
  it.each([
    ["GET", "/__heartbeat__", 200, { status: "ok", version: VERSION }],
    ["GET", "/__version__", 200, { source: "", version: VERSION, commit: "", build: "" }],
    ["GET", "/v1/ws/", 426, { error: "upgrade_required" }],
    ["GET", "/v1/anything", 426, { error: "upgrade_required" }],
    ["GET", "/", 404, { error: "not_found" }],
    ["GET", "/__heartbeat__/", 404, { error: "not_found" }],
    ["POST", "/__heartbeat__", 404, { error: "not_found" }],
  ])("%s %s is %i", async (method, path, status, body) => {
    const { relay, log } = await testRelay();
    const answer = await ask(relay, path, {}, method);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject(body);
    const line = "error" in body && { ...refusedLine(status, body.error), level: "debug" };
    expect(log.lines.slice(1)).toEqual(line ? [line] : []);
  });

  it("a check that fails itself is a failing check", async () => {
    const build = { source: "", version: VERSION, commit: "", build: "" };
    const failing = () => Promise.reject(new Error("x"));
    const answer = await plainAnswer("GET", "/__heartbeat__", { build, failing, metrics: undefined });
    const body = { status: "error", version: VERSION, failing: "backplane" };
    expect(answer).toMatchObject({ status: 503, body: JSON.stringify(body) });
  });

  it("the load balancer gets an empty 200", async () => {
    const { relay } = await testRelay();
    expect(await ask(relay, "/__lbheartbeat__")).toMatchObject({ status: 200, body: "" });
    expect(await ask(relay, "/__lbheartbeat__", {}, "HEAD")).toMatchObject({ status: 200, body: "" });
  });

  it("answers are the same to whoever offers HTTP/2 as well", async () => {
    const { relay } = await testRelay();
    const answer = await ask(relay, "/__heartbeat__", {
      Connection: "Upgrade, HTTP2-Settings",
      Upgrade: "h2c",
    });
    expect(answer).toMatchObject({ status: 200, body: JSON.stringify({ status: "ok", version: VERSION }) });
  });
});

describe("an upgrade behind other requests on its connection", () => {
  const upgrade = `GET /v1/ws/ HTTP/1.1\r\nHost: relay\r\n${Object.entries(handshake())
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
  const question = "GET /__heartbeat__ HTTP/1.1\r\nHost: relay\r\n\r\n";

  it("is cut if their answers, which would get into the WebSocket, have not left yet", async () => {
    const { relay } = await testRelay();
    await cutOff(relay, question + question + upgrade);
    expect(relay.stats()).toMatchObject({ channels: 0, connections: 0 });
  });

  it("is welcome once it has waited for them", async () => {
    const { relay } = await testRelay();
    const { hostname, port } = new URL(relay.url);
    const socket = connect(Number(port), hostname, () => socket.write(question));
    const answers = [String((await once(socket, "data"))[0])];
    socket.write(upgrade);
    answers.push(String((await once(socket, "data"))[0]));
    socket.destroy();
    expect(answers).toEqual([
      expect.stringMatching(/^HTTP\/1.1 200 /),
      expect.stringMatching(/^HTTP\/1.1 101 /),
    ]);
  });
});

describe("R4: a slow upgrade", () => {
  it.each([
    ["half a request", "GET /v1/ws/ HTTP/1.1\r\nHost: relay\r\nUpg"],
    ["nothing", ""],
  ])("that has sent %s in time is cut", async (_name, text) => {
    const { relay } = await testRelay({}, 50);
    const begun = performance.now();
    await cutOff(relay, text);
    // By itself, Node would cut it after a minute.
    expect(performance.now() - begun).toBeLessThan(40_000);
    expect(relay.stats()).toMatchObject({ channels: 0, connections: 0 });
  });
});

/** Resolves when the relay ends a connection on which just `text` was sent. */
function cutOff(relay: Relay, text: string): Promise<void> {
  const { hostname, port } = new URL(relay.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket
      .on("error", () => undefined)
      .on("close", () => {
        resolve();
      });
    socket.resume();
  });
}

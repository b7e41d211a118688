/**
 * What anybody may send to the relay's port, through Node's parser and all the way to a seat in a channel or a refusal:
 * each request has one answer at most, whoever is refused is let go, and nothing is left of anybody who has gone.
 */
import { isRefusal } from "../../../src/relay/backplane.ts";
import { MemoryBackplane } from "../../../src/relay/backplane-memory.ts";
import { TrustedProxies } from "../../../src/relay/client-address.ts";
import { ConnectionCount } from "../../../src/relay/connection-count.ts";
import type { Connection } from "../../../src/relay/connection.ts";
import { DeadlineWheel } from "../../../src/relay/deadline-wheel.ts";
import { ENDINGS } from "../../../src/relay/endings.ts";
import { Front } from "../../../src/relay/front.ts";
import { plainAnswer } from "../../../src/relay/http-answers.ts";
import { limitsOf } from "../../../src/relay/limits.ts";
import { NOWHERE } from "../../../src/relay/places.ts";
import { route } from "../../../src/relay/routes.ts";
import { parseSettings } from "../../../src/relay/settings.ts";
import { Telemetry } from "../../../src/relay/telemetry.ts";
import { UpgradeHandler } from "../../../src/relay/upgrade-handler.ts";
import { clientFrame } from "../../relay/client-frames.ts";
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { checkAnswers } from "./relay/answers.ts";
import { QuickClock } from "./relay/quick-clock.ts";
import { Wire } from "./relay/wire.ts";

const ADDRESSES = ["192.0.2.7", "203.0.113.9", "::ffff:192.0.2.1", "2001:db8::5", undefined];
const SETTINGS = parseSettings({ maxMessage: 400, maxData: 2_000 });
const PROXIES = new TrustedProxies(["192.0.2.0/24", "2001:db8::/32"]);
const BUILD = { source: "", version: "1", commit: "", build: "" };
/** Longer than anything is remembered. */
const LATER = 10_000_000;
/** Of the event loop: an answer takes two. */
const TURNS = 3;
const MOST_PIECES = 4;
/** The one that others may join. */
const ID = Buffer.alloc(16, 7).toString("base64url");
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

const request = (target: string, ...more: string[]): Buffer =>
  Buffer.from([`GET ${target} HTTP/1.1`, "Host: relay", ...more, "", ""].join("\r\n"));
const HANDSHAKE = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  `Sec-WebSocket-Key: ${KEY}`,
];
const sent = (how: readonly number[], ...bytes: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(how), ...bytes]);
const PLAIN = [0, 0, 0];
/** A channel is there already, the first seat of it left for now. */
const WITH_CHANNEL = [1, 1, 0];

export const target: Target = {
  subjects: [
    "client-address",
    "front",
    "handshake",
    "http-answers",
    "owed-answers",
    "refusals",
    "routes",
    "sender",
    "upgrade",
  ].map((name) => `src/relay/${name}`),
  maxLength: 18_000,
  seeds: [
    sent(PLAIN, request("/v1/ws/", ...HANDSHAKE)),
    sent(PLAIN, request("/v1/ws/?nameplate=1", ...HANDSHAKE), clientFrame({ opcode: 1, payload: "hello" })),
    sent(WITH_CHANNEL, request(`/v1/ws/${ID}`, ...HANDSHAKE, "X-Forwarded-For: 203.0.113.9, 192.0.2.7")),
    sent(WITH_CHANNEL, request(`/v1/ws/${ID}?resume=first&received=0`, ...HANDSHAKE)),
    sent([2, 2, 3], request("/v1/nameplates/1", ...HANDSHAKE, "User-Agent: Browser/1")),
    sent([3, 0x0c, 0], request("/v1/ws/", ...HANDSHAKE)),
    sent(PLAIN, request("/__version__"), request("/v1/ws/", ...HANDSHAKE)),
    sent(PLAIN, request("/__heartbeat__"), request("/x", "Connection: close")),
    sent(PLAIN, request("/__lbheartbeat__", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings")),
    sent(
      PLAIN,
      Buffer.from(
        "POST /v1/ws/ HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      ),
    ),
    sent(
      PLAIN,
      Buffer.from("PUT /x HTTP/1.1\r\nHost: r\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok"),
    ),
    sent(PLAIN, Buffer.from("HEAD /__version__ HTTP/1.1\r\nHost: r\r\n\r\nGET / HTTP/1.0\r\n\r\n")),
    sent(PLAIN, request("/x", "Expect: wonders"), Buffer.from("GET /x HTTP/1.1\r\nHost}")),
    sent(PLAIN, request("/v1/ws/", ...HANDSHAKE, `Cookie: ${"x".repeat(17_000)}`)),
    sent(PLAIN, Buffer.from("CONNECT relay:443 HTTP/1.1\r\nHost: relay\r\n\r\n")),
    sent(PLAIN, Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
  ],
  words: [
    "\r\n",
    "\r\n\r\n",
    "Expect: 100-continue\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "Upgrade: h2c\r\n",
    "X-Forwarded-For: ",
    "[2001:db8::1]:443",
    `/v1/ws/${ID}`,
    "?resume=first",
    "HEAD ",
    "HTTP/1.0",
    clientFrame({ opcode: 8, payload: "" }),
    clientFrame({ opcode: 1, payload: "hello" }),
  ],
  async run(input) {
    const reader = new InputReader(input);
    const relay = new SmallRelay(ADDRESSES[reader.below(ADDRESSES.length)], reader.uint8());
    const pieces = 1 + reader.below(MOST_PIECES);
    await relay.serve(reader.rest(), pieces);
  },
};

const turns = async (): Promise<void> => {
  for (let left = TURNS; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
};

/** All of a relay but the port that it listens on, and one connection to it. */
class SmallRelay {
  readonly #clock = new QuickClock();
  readonly #errors: string[] = [];
  readonly #telemetry = new Telemetry(
    { write: (level, event) => level === "error" && this.#errors.push(event) },
    this.#clock,
  );
  readonly #connections = new ConnectionCount(this.#clock);
  readonly #heartbeats = new DeadlineWheel<Connection>();
  readonly #random = (length: number): Uint8Array => new Uint8Array(length).fill(this.#asked++);
  readonly #backplane = new MemoryBackplane(limitsOf(SETTINGS), this.#clock, this.#random, this.#telemetry);
  readonly #wire: Wire;
  readonly #how: number;
  readonly #methods: string[] = [];
  #asked = 1;

  /** `how`: one bit for a channel that is there, two for how the client goes, one each for what is shut. */
  constructor(address: string | undefined, how: number) {
    this.#wire = new Wire(address);
    this.#how = how;
  }

  async serve(bytes: Uint8Array, pieces: number): Promise<void> {
    if ((this.#how & 1) !== 0) await this.#openChannel();
    this.#front().emit("connection", this.#wire);
    const size = Math.ceil(bytes.length / pieces);
    for (let start = 0; start < bytes.length; start += size) {
      this.#wire.push(Buffer.from(bytes.subarray(start, start + size)));
      if (pieces > 1) await turns();
    }
    await turns();
    this.#checkAnswers(Buffer.from(bytes).toString("latin1"));
    await this.#goAway();
    this.#checkNothingLeft();
  }

  #front() {
    const front = new Front(undefined, 10_000).server;
    const plain = { build: BUILD, failing: () => this.#backplane.failing(), metrics: undefined };
    const answer = (method: string | undefined, path: string) => plainAnswer(method, path, plain);
    const context = {
      backplane: this.#backplane,
      clock: this.#clock,
      telemetry: this.#telemetry,
      connections: this.#connections,
      heartbeats: this.#heartbeats,
      heartbeat: SETTINGS.heartbeat * 1_000,
      clientTimeout: SETTINGS.clientTimeout * 1_000,
      slowConsumer: SETTINGS.slowConsumer,
      largestMessage: SETTINGS.maxMessage,
      tooLarge: ENDINGS.maxMessage,
    };
    const upgrades = new UpgradeHandler({
      context,
      random: this.#random,
      proxies: PROXIES,
      places: NOWHERE,
      door: { opens: (this.#how & 8) === 0, joins: (this.#how & 16) === 0 },
      plainAnswer: answer,
    });
    const note = (asked: { method?: string | undefined }): void =>
      void this.#methods.push(asked.method ?? "");
    front.on("request", note).on("upgrade", note);
    route(front, {
      upgrades,
      proxies: PROXIES,
      clock: this.#clock,
      telemetry: this.#telemetry,
      plainAnswer: answer,
    });
    return front;
  }

  async #openChannel(): Promise<void> {
    const asked = { address: "192.0.2.1", token: "first", id: ID, nameplate: true };
    const admission = await this.#backplane.open(asked);
    if (isRefusal(admission)) throw new Error("no seat");
    this.#backplane.lose(admission);
  }

  #checkAnswers(received: string): void {
    const { statuses, isLast } = checkAnswers(this.#wire.answers, this.#methods, received);
    // What is no HTTP at all is told so, once, though there was no request.
    check(statuses.length <= this.#methods.length + 1, "more answers than requests");
    if (isLast) check(this.#wire.isLetGo, "it is refused and yet not let go");
    check(this.#connections.value <= (statuses.at(-1) === 101 ? 1 : 0), "a WebSocket without an answer");
  }

  async #goAway(): Promise<void> {
    const how = (this.#how >>> 1) & 3;
    if (how === 0) {
      this.#wire.push(null);
      await turns();
      check(this.#wire.isLetGo, "it is not let go though it has hung up");
    }
    this.#wire.destroy(how === 1 ? new Error("connection reset") : undefined);
    await turns();
  }

  #checkNothingLeft(): void {
    check(this.#connections.value === 0 && this.#heartbeats.size === 0, "a connection is left");
    for (let left = 2; left > 0; left--) {
      this.#clock.advance(LATER);
      this.#backplane.sweep();
      this.#telemetry.sweep(this.#clock.now());
    }
    check(this.#backplane.channels === 0 && this.#backplane.remembered === 0, "a channel is left");
    check(this.#errors.length === 0, `errors in the log: ${this.#errors.join()}`);
  }
}

/** A relay on loopback whose time stands still until a test moves it, and clients that remember what they got. */
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import type { ClientOptions } from "ws";
import { WebSocket } from "ws";
import { systemRandom } from "../../src/lib/random.ts";
import type { BackplaneObserver, ChannelSummary } from "../../src/relay/backplane.ts";
import type { LogFields, LogLevel, RelayEvent, RelayLog } from "../../src/relay/log.ts";
import type { Relay, RelayOptions } from "../../src/relay/server.ts";
import { startRelay } from "../../src/relay/server.ts";
import type { GivenSettings } from "../../src/relay/settings.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import { FakeClock } from "./fake-clock.ts";

export { FakeClock } from "./fake-clock.ts";

export interface LogLine {
  level: LogLevel;
  event: RelayEvent;
  fields: LogFields;
}

export class RecordingLog implements RelayLog {
  readonly lines: LogLine[] = [];
  readonly #waiting: { event: RelayEvent; resolve: (line: LogLine) => void }[] = [];

  write(level: LogLevel, event: RelayEvent, fields: LogFields): void {
    const line = { level, event, fields };
    this.lines.push(line);
    const index = this.#waiting.findIndex((waiting) => waiting.event === event);
    if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(line);
  }

  /** The next line of that event. */
  next(event: RelayEvent): Promise<LogLine> {
    return new Promise((resolve) => this.#waiting.push({ event, resolve }));
  }
}

/** Notes what happens behind a backplane. */
export class RecordingObserver implements BackplaneObserver {
  readonly summaries: ChannelSummary[] = [];
  /** Sizes of accepted messages. */
  readonly messages: number[] = [];
  foreigners = 0;
  /** Calls to the store that failed. */
  failures = 0;

  ended(summary: ChannelSummary): void {
    this.summaries.push(summary);
  }

  relayed(bytes: number): void {
    this.messages.push(bytes);
  }

  called(_milliseconds: number, failed: boolean): void {
    if (failed) this.failures++;
  }

  foreign(): void {
    this.foreigners++;
  }
}

export interface TestRelay {
  relay: Relay;
  clock: FakeClock;
  log: RecordingLog;
  /** Opens a channel. */
  open(options?: ClientOptions): Promise<TestClient>;
  /** Joins the channel of another client, or of an id. */
  join(channel: TestClient | string, options?: ClientOptions): Promise<TestClient>;
  /** Takes a client's seat again, with the token of its first message; `query` is added to that. */
  resume(client: TestClient, query?: string, options?: ClientOptions): Promise<TestClient>;
  /** Opens a channel and joins it. */
  pair(): Promise<[TestClient, TestClient]>;
}

const started: Relay[] = [];

/** Every test comes from one address, and its time stands still. */
const NO_ADDRESS_LIMITS: GivenSettings = { maxChannelsPerIp: 0, connectRatePerIp: 0 };

export async function testRelay(
  given: GivenSettings = {},
  upgradeTimeout = 10_000,
  extra: Partial<RelayOptions> = {},
): Promise<TestRelay> {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const settings = parseSettings({ host: "127.0.0.1", port: 0, ...NO_ADDRESS_LIMITS, ...given });
  const relay = await startRelay({ settings, clock, random: systemRandom, log, upgradeTimeout, ...extra });
  started.push(relay);
  const open = (options?: ClientOptions): Promise<TestClient> =>
    TestClient.connect(`${relay.url}/v1/ws/`, options);
  const join = (channel: TestClient | string, options?: ClientOptions): Promise<TestClient> =>
    TestClient.connect(`${relay.url}/v1/ws/${typeof channel === "string" ? channel : channel.id}`, options);
  const resume = (client: TestClient, query = "", options?: ClientOptions): Promise<TestClient> =>
    TestClient.connect(`${relay.url}${client.resumePath}${query}`, options);
  const pair = async (): Promise<[TestClient, TestClient]> => {
    const first = await open();
    return [first, await join(first)];
  };
  return { relay, clock, log, open, join, resume, pair };
}

/** For `afterEach`. */
export async function closeRelays(): Promise<void> {
  for (const client of TestClient.all.splice(0)) client.socket.terminate();
  await Promise.all(started.splice(0).map((relay) => relay.close()));
}

/** A client that has got its first message. */
export class TestClient {
  static readonly all: TestClient[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  first: Record<string, unknown> = {};
  upgrade: IncomingMessage | undefined;
  /** Everything received since and not yet taken with {@link next}. */
  readonly received: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];
  /** What came, in order, the first message included. */
  readonly arrivals: ("message" | "ping")[] = [];
  #pinged: () => void = () => undefined;
  /** Resolves when it has been pinged for the first time. */
  readonly pinged = new Promise<void>((resolve) => (this.#pinged = resolve));

  private constructor(url: string, options: ClientOptions) {
    TestClient.all.push(this);
    this.socket = new WebSocket(url, options);
    this.socket.on("upgrade", (response) => (this.upgrade = response));
    this.socket.on("error", () => undefined);
    this.socket.on("ping", () => {
      this.arrivals.push("ping");
      this.#pinged();
    });
    this.socket.on("message", (message) => {
      this.arrivals.push("message");
      const text = (message as Buffer).toString();
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.received.push(text);
      else waiting(text);
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  static async connect(url: string, options: ClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(url, { perMessageDeflate: false, ...options });
    const gone = client.closed.then(({ code }): never => {
      throw new Error(`closed with ${code} before the first message`);
    });
    client.first = JSON.parse(await Promise.race([client.next(), gone])) as Record<string, unknown>;
    gone.catch(() => undefined);
    return client;
  }

  get id(): string {
    return String(this.first.channelid);
  }

  /** Where its seat is taken again. */
  get resumePath(): string {
    return `/v1/ws/${this.id}?resume=${String(this.first.resume)}`;
  }

  send(text: string): void {
    this.socket.send(text);
  }

  /** The next message, as text. */
  next(): Promise<string> {
    const text = this.received.shift();
    return text === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(text);
  }

  /** The next envelope's message. */
  async nextMessage(): Promise<unknown> {
    return (JSON.parse(await this.next()) as { message: unknown }).message;
  }

  /** Cuts the connection, as a network does. */
  cut(): void {
    this.socket.terminate();
  }

  /** Resolves when the relay has dealt with everything sent so far. Counts as a sign of life. */
  async settled(): Promise<void> {
    const answered = new Promise((resolve) => this.socket.once("pong", resolve));
    this.socket.ping();
    await answered;
  }
}

/** The opening handshake's headers, with others added or (as undefined) left out. */
export function handshake(headers: Record<string, string | undefined> = {}): Record<string, string> {
  const all: Record<string, string | undefined> = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    ...headers,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

/**
 * Sends one request and returns the answer; an upgrade is answered by hanging up and told as status 101. A list of
 * headers, name after value, is sent as it is.
 */
export function ask(
  relay: Relay,
  path: string,
  headers: Record<string, string> | readonly string[] = {},
  method = "GET",
  localAddress = "127.0.0.1",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(relay.url);
    const asked = request({ hostname, port, path, method, headers, localAddress, agent: false });
    asked.on("error", reject);
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: 101, headers: response.headers, body: "" });
    });
    asked.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asked.end();
  });
}

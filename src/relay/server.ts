/**
 * The channel server: HTTP for health and refusals, WebSockets for participants. The rules live behind the backplane;
 * this file connects it to sockets and to the clock.
 */
import type { IncomingMessage, Server } from "node:http";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import type { Server as SocketServer } from "ws";
import { CHANNEL_ID_BYTES } from "../channel/wire.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import { VERSION } from "../lib/version.ts";
import { MemoryBackplane } from "./backplane-memory.ts";
import type { Admission, Backplane, ChannelSummary } from "./backplane.ts";
import { isRefusal } from "./backplane.ts";
import type { ConnectionContext } from "./connection.ts";
import { Connection } from "./connection.ts";
import { DeadlineWheel, SLOT } from "./deadline-wheel.ts";
import type { BuildFacts } from "./http-answers.ts";
import { plainAnswer, refusalAnswer, respond, respondOnSocket } from "./http-answers.ts";
import { limitsOf, payloadLimit } from "./limits.ts";
import { addressUrl, listen } from "./listen.ts";
import type { RelayLog } from "./log.ts";
import { shortId } from "./log.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";
import type { RelaySocket } from "./relay-socket.ts";
import { createSocketServer } from "./relay-socket.ts";
import { clientAddress, describeSender } from "./sender.ts";
import type { RelaySettings } from "./settings.ts";
import { handshakeProblem, parseTarget } from "./upgrade.ts";

/** Milliseconds from the start of a request to the end of its headers; slower ones are cut with 408. */
const UPGRADE_TIMEOUT = 10_000;

export interface RelayOptions {
  readonly settings: RelaySettings;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: RelayLog;
  /** What `/__version__` tells; the version alone by default. */
  readonly build?: BuildFacts;
  /** Milliseconds, 10 000 by default. Counted by Node, not by `clock`. */
  readonly upgradeTimeout?: number;
}

export interface RelayStats {
  readonly channels: number;
  /** WebSockets, closing ones included. */
  readonly connections: number;
  /** Ended channels whose ids are still remembered. */
  readonly remembered: number;
  /** Connections that wait for their next heartbeat. */
  readonly heartbeats: number;
}

export interface Relay {
  /** Where it listens, as `ws://<address>:<port>`. */
  readonly url: string;
  /**
   * Opens no new channels, lets open ones finish for that many seconds (the setting `drain` by default), then closes.
   * Resolves when everything is closed.
   */
  drain(seconds?: number): Promise<void>;
  /** Tells everybody 1001 and stops. Resolves when every connection is gone, which takes at most some seconds. */
  close(): Promise<void>;
  stats(): RelayStats;
}

/** Starts a relay. Throws {@link FxaPairError} `usage` if it cannot listen where the settings say. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const server = new RelayServer(options);
  await server.start();
  return server;
}

class RelayServer implements Relay {
  url = "";
  readonly #options: RelayOptions;
  readonly #build: BuildFacts;
  readonly #http: Server;
  readonly #sockets: SocketServer<typeof RelaySocket>;
  readonly #backplane: Backplane;
  readonly #context: ConnectionContext;
  readonly #heartbeats = new DeadlineWheel<Connection>();
  #connections = 0;
  #draining = false;
  #closed: Promise<void> | undefined;
  #cancelTick: CancelTimer = () => undefined;
  /** Called when the last connection is gone, while somebody waits for that. */
  #emptied: () => void = () => undefined;

  constructor(options: RelayOptions) {
    const { settings, clock, log, upgradeTimeout = UPGRADE_TIMEOUT } = options;
    this.#options = options;
    this.#build = options.build ?? { source: "", version: VERSION, commit: "", build: "" };
    this.#backplane = new MemoryBackplane(limitsOf(settings), clock, this);
    const payload = payloadLimit(settings);
    this.#sockets = createSocketServer(payload.bytes);
    this.#context = {
      backplane: this.#backplane,
      clock,
      log,
      heartbeats: this.#heartbeats,
      heartbeat: settings.heartbeat * 1000,
      clientTimeout: settings.clientTimeout * 1000,
      slowConsumer: settings.slowConsumer,
      tooLarge: payload.ending,
      gone: () => {
        this.#connections--;
        if (this.#connections === 0) this.#emptied();
      },
    };
    this.#http = createServer({
      headersTimeout: upgradeTimeout,
      requestTimeout: upgradeTimeout,
      connectionsCheckingInterval: Math.min(1_000, upgradeTimeout),
    });
    this.#http.on("request", (request, response) => {
      const path = parseTarget(request.url ?? "").path;
      void plainAnswer(request.method, path, this.#build, () => this.#backplane.failing()).then((answer) => {
        respond(response, answer);
      });
    });
    this.#http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        log.write("error", "upgrade_failed", { error: error instanceof Error ? error.message : "unknown" });
        socket.destroy();
      });
    });
  }

  async start(): Promise<void> {
    const { host, port } = this.#options.settings;
    this.url = addressUrl(await listen(this.#http, host, port));
    this.#tick();
    this.#options.log.write("info", "listening", { url: this.url });
  }

  stats(): RelayStats {
    return {
      channels: this.#backplane.channels,
      connections: this.#connections,
      remembered: this.#backplane.remembered,
      heartbeats: this.#heartbeats.size,
    };
  }

  async drain(seconds = this.#options.settings.drain): Promise<void> {
    if (!this.#draining) {
      this.#draining = true;
      this.#options.log.write("info", "draining", { seconds, channels: this.#backplane.channels });
      await this.#empty(seconds * 1000);
    }
    await this.close();
  }

  close(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  /** @internal A channel is over; told by the backplane. */
  ended({ id, ending, participants, exchanges, bytes, duration }: ChannelSummary): void {
    this.#options.log.write("info", "channel_ended", {
      channel: shortId(id),
      code: ending.code,
      reason: ending.reason,
      participants,
      messages: exchanges,
      bytes,
      duration: Math.round(duration),
    });
  }

  async #stop(): Promise<void> {
    this.#draining = true;
    this.#cancelTick();
    // Before the WebSockets, so that nobody comes back to a server that is going away.
    const stopped = new Promise<void>((resolve) => {
      this.#http.close(() => {
        resolve();
      });
    });
    await this.#backplane.close();
    await this.#empty(Infinity);
    this.#http.closeAllConnections();
    await stopped;
    this.#options.log.write("info", "stopped", {});
  }

  /** Waits until no connection is left, or that many milliseconds. */
  #empty(milliseconds: number): Promise<void> {
    if (this.#connections === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = milliseconds === Infinity ? undefined : this.#options.clock.after(milliseconds, resolve);
      this.#emptied = () => {
        cancel?.();
        resolve();
      };
    });
  }

  /** The one timer: heartbeats, lifespans, everything that time brings. */
  #tick(): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#backplane.sweep();
    for (const connection of this.#heartbeats.take(now)) connection.beat(now);
    this.#cancelTick = clock.after(SLOT - (now % SLOT), () => {
      this.#tick();
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Without a listener, a socket that breaks before it has become a WebSocket would end the process.
    socket.on("error", destroyOnError);
    const target = parseTarget(request.url ?? "");
    if (target.type === "plain") {
      // Also `Upgrade: h2c`, which clients add to plain requests.
      const failing = (): Promise<string | undefined> => this.#backplane.failing();
      respondOnSocket(socket, await plainAnswer(request.method, target.path, this.#build, failing));
      return;
    }
    const problem = target.type === "malformed" ? REFUSALS.malformedId : handshakeProblem(request);
    const answer: Admission | Refusal =
      problem ?? (await this.#admit(target.type === "join" ? target.id : undefined));
    if (isRefusal(answer)) this.#refuse(answer, request, socket);
    else this.#accept(answer, request, socket, head);
  }

  /** Takes a seat: in the channel of that id, or else in a new one. */
  async #admit(id: string | undefined): Promise<Admission | Refusal> {
    if (this.#closed !== undefined) return REFUSALS.draining;
    if (id !== undefined) return this.#backplane.join(id);
    if (this.#draining) return REFUSALS.draining;
    return this.#backplane.open(encodeBase64url(this.#options.random(CHANNEL_ID_BYTES)));
  }

  #refuse(refusal: Refusal, request: IncomingMessage, socket: Duplex): void {
    const { status, error } = refusal;
    this.#options.log.write("info", "refused", { status, error, remote: clientAddress(request) ?? null });
    respondOnSocket(socket, refusalAnswer(refusal));
  }

  #accept(admission: Admission, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { id, seat } = admission;
    const remote = clientAddress(request);
    // We speak no subprotocol. Without the header the library neither picks one nor refuses a malformed list.
    delete request.headers["sec-websocket-protocol"];
    const made: RelaySocket[] = [];
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => made.push(webSocket));
    const [webSocket] = made;
    if (webSocket === undefined) {
      // The client was gone before it got its answer.
      this.#backplane.leave(id, seat);
      return;
    }
    socket.off("error", destroyOnError);
    this.#connections++;
    const event = seat === 0 ? "channel_opened" : "participant_joined";
    this.#options.log.write("info", event, { channel: shortId(id), remote: remote ?? null, seat });
    new Connection(this.#context, webSocket, admission, describeSender(request, remote)).begin();
  }
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}

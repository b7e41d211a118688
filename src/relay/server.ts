/**
 * The channel server: HTTP for health and refusals, WebSockets for participants. The rules live behind the backplane;
 * this file starts and stops everything and keeps the one timer.
 */
import type { IncomingMessage, Server } from "node:http";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import { VERSION } from "../lib/version.ts";
import { startBackplane } from "./backplane-choice.ts";
import type { Backplane, BackplaneObserver, ChannelSummary } from "./backplane.ts";
import { ConnectionCount } from "./connection-count.ts";
import type { Connection, ConnectionContext } from "./connection.ts";
import { DeadlineWheel, SLOT } from "./deadline-wheel.ts";
import type { BuildFacts, HttpAnswer } from "./http-answers.ts";
import { plainAnswer, respond } from "./http-answers.ts";
import { payloadLimit } from "./limits.ts";
import { addressUrl, listen } from "./listen.ts";
import type { RelayLog } from "./log.ts";
import { shortId } from "./log.ts";
import { createSocketServer } from "./relay-socket.ts";
import { pooledRandom } from "./random-pool.ts";
import type { Refusal } from "./refusals.ts";
import { clientAddress } from "./sender.ts";
import type { RelaySettings } from "./settings.ts";
import { UpgradeHandler } from "./upgrade-handler.ts";
import { parseTarget } from "./upgrade.ts";

/** Milliseconds from a connection's start to the end of a request's headers; slower ones are cut. */
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
   * Called again, it closes at once. Resolves when everything is closed.
   */
  drain(seconds?: number): Promise<void>;
  /** Tells everybody 1001 and stops. Resolves when every connection is gone, which takes at most some seconds. */
  close(): Promise<void>;
  stats(): RelayStats;
}

/**
 * Starts a relay. Throws {@link FxaPairError} `usage` if it cannot listen where the settings say, or the store that they
 * name cannot be used.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const backplane = await startBackplane(options, observe(options.log));
  const server = new RelayServer(options, backplane);
  try {
    await server.start();
  } catch (error) {
    await backplane.close();
    throw error;
  }
  return server;
}

function observe(log: RelayLog): BackplaneObserver {
  return {
    ended(summary) {
      logEnd(log, summary);
    },
    relayed() {
      // Nobody counts it.
    },
    called() {
      // Nobody counts it.
    },
    foreign() {
      // Nobody counts it.
    },
  };
}

class RelayServer implements Relay {
  url = "";
  readonly #options: RelayOptions;
  readonly #http: Server;
  readonly #backplane: Backplane;
  readonly #connections: ConnectionCount;
  readonly #heartbeats = new DeadlineWheel<Connection>();
  readonly #door = { opens: true, joins: true };
  #closed: Promise<void> | undefined;
  #cancelTick: CancelTimer = () => undefined;

  constructor(options: RelayOptions, backplane: Backplane) {
    this.#options = options;
    this.#backplane = backplane;
    this.#connections = new ConnectionCount(options.clock);
    this.#http = createHttpServer(options.upgradeTimeout ?? UPGRADE_TIMEOUT);
    this.#route();
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
      connections: this.#connections.value,
      remembered: this.#backplane.remembered,
      heartbeats: this.#heartbeats.size,
    };
  }

  async drain(seconds = this.#options.settings.drain): Promise<void> {
    if (this.#door.opens) {
      this.#door.opens = false;
      this.#options.log.write("info", "draining", { seconds, channels: this.#backplane.channels });
      await this.#finished(seconds * 1000);
    }
    await this.close();
  }

  /** Resolves when nobody is connected nor expected back, or when the time is over. */
  async #finished(milliseconds: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + milliseconds;
    for (;;) {
      await this.#connections.whenEmpty(deadline - clock.now());
      if (this.#backplane.channels === 0 || clock.now() >= deadline) return;
      await new Promise<void>((resolve) => clock.after(SLOT, resolve));
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  async #stop(): Promise<void> {
    this.#door.opens = false;
    this.#door.joins = false;
    this.#cancelTick();
    const stopped = new Promise((resolve) => this.#http.close(resolve));
    await this.#backplane.close();
    await this.#connections.whenEmpty();
    this.#http.closeAllConnections();
    await stopped;
    this.#options.log.write("info", "stopped", {});
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

  #route(): void {
    const {
      build = { source: "", version: VERSION, commit: "", build: "" },
      random,
      settings,
    } = this.#options;
    const failing = (): Promise<string | undefined> => this.#backplane.failing();
    const answer = (method: string | undefined, path: string): Promise<HttpAnswer> =>
      plainAnswer(method, path, build, failing);
    const upgrades = new UpgradeHandler({
      context: this.#connectionContext(),
      sockets: createSocketServer(payloadLimit(settings).bytes),
      random: pooledRandom(random),
      door: this.#door,
      plainAnswer: answer,
    });
    this.#http.on("request", (request, response) => {
      void answer(request.method, parseTarget(request.url ?? "").path).then((found) => {
        if (found.refusal !== undefined) this.#logRefusal(found.refusal, request);
        respond(response, found);
      });
    });
    this.#http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void upgrades.handle(request, socket, head);
    });
  }

  /** For whoever looks closely: strangers ask for anything, and it concerns no channel. */
  #logRefusal({ status, error }: Refusal, request: IncomingMessage): void {
    const remote = clientAddress(request) ?? null;
    this.#options.log.write("debug", "refused", { status, error, remote });
  }

  #connectionContext(): ConnectionContext {
    const { settings, clock, log } = this.#options;
    return {
      backplane: this.#backplane,
      clock,
      log,
      connections: this.#connections,
      heartbeats: this.#heartbeats,
      heartbeat: settings.heartbeat * 1000,
      clientTimeout: settings.clientTimeout * 1000,
      slowConsumer: settings.slowConsumer,
      tooLarge: payloadLimit(settings).ending,
    };
  }
}

function createHttpServer(upgradeTimeout: number): Server {
  return createServer({
    // Also that of the headers, as no request here has a body.
    requestTimeout: upgradeTimeout,
    // How often Node looks for slow ones; by default every 30 s only.
    connectionsCheckingInterval: Math.min(1_000, upgradeTimeout),
  });
}

function logEnd(log: RelayLog, summary: ChannelSummary): void {
  const { id, ending, participants, exchanges, bytes, duration } = summary;
  log.write("info", "channel_ended", {
    channel: shortId(id),
    code: ending.code,
    reason: ending.reason,
    participants,
    messages: exchanges,
    bytes,
    duration: Math.round(duration),
  });
}

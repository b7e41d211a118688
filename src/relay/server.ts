/**
 * The channel server: HTTP for health and refusals, WebSockets for participants. The rules live behind the backplane;
 * this file starts and stops everything and keeps the one timer.
 */
import type { CancelTimer, Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import { VERSION } from "../lib/version.ts";
import { startBackplane } from "./backplane-choice.ts";
import type { Backplane } from "./backplane.ts";
import { TrustedProxies } from "./client-address.ts";
import { ConnectionCount } from "./connection-count.ts";
import type { Connection, ConnectionContext } from "./connection.ts";
import { DeadlineWheel, SLOT } from "./deadline-wheel.ts";
import { FilesInUse } from "./files-in-use.ts";
import { Front } from "./front.ts";
import { Health } from "./health.ts";
import type { BuildFacts, HttpAnswer } from "./http-answers.ts";
import { METRICS_PATH, plainAnswer } from "./http-answers.ts";
import { payloadLimit } from "./limits.ts";
import { addressUrl, listen } from "./listen.ts";
import type { RelayLog } from "./log.ts";
import { MetricsPage, MetricsServer } from "./metrics-page.ts";
import { pooledRandom } from "./random-pool.ts";
import { route } from "./routes.ts";
import type { RelaySettings } from "./settings.ts";
import type { Figures } from "./telemetry.ts";
import { Telemetry } from "./telemetry.ts";
import { UpgradeHandler } from "./upgrade-handler.ts";

/** Milliseconds from a connection's start to the end of a request's headers; slower ones are cut. */
const UPGRADE_TIMEOUT = 10_000;

const PLAIN_BUILD: BuildFacts = { source: "", version: VERSION, commit: "", build: "" };

export interface RelayOptions {
  readonly settings: RelaySettings;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: RelayLog;
  /** The figures that are kept; none by default. */
  readonly figures?: Figures;
  /** The figures that are served, in Prometheus' text format 0.0.4; none by default. */
  readonly metricsText?: () => Promise<string>;
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
  /** Where it listens, as `ws://<address>:<port>`, or `wss:`. */
  readonly url: string;
  /** Where the figures are; null if there are none. */
  readonly metricsUrl: string | null;
  /**
   * Opens no new channels, lets open ones finish for that many seconds (the setting `drain` by default), then closes.
   * Called again, it closes at once. Resolves when everything is closed.
   */
  drain(seconds?: number): Promise<void>;
  /** Tells everybody 1001 and stops. Resolves when every connection is gone, which takes at most some seconds. */
  close(): Promise<void>;
  /** Reads certificate and database again, without a break for anybody. Failures are told to the log. */
  reload(): Promise<void>;
  stats(): RelayStats;
}

/**
 * Starts a relay. Throws {@link FxaPairError} `usage` if it cannot listen where the settings say, or use the files or the
 * store that they name.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { settings, log, clock, figures } = options;
  const files = await FilesInUse.open(settings);
  const telemetry = new Telemetry(log, clock, figures);
  const backplane = await startBackplane(options, telemetry);
  const server = new RelayServer(options, { files, telemetry, backplane });
  try {
    await server.start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

interface Parts {
  readonly files: FilesInUse;
  readonly telemetry: Telemetry;
  readonly backplane: Backplane;
}

class RelayServer implements Relay {
  url = "";
  metricsUrl: string | null = null;
  readonly #options: RelayOptions;
  readonly #files: FilesInUse;
  readonly #telemetry: Telemetry;
  readonly #backplane: Backplane;
  readonly #front: Front;
  /** On a port of its own. */
  readonly #metricsServer: MetricsServer | undefined;
  readonly #connections: ConnectionCount;
  readonly #heartbeats = new DeadlineWheel<Connection>();
  readonly #door = { opens: true, joins: true };
  #closed: Promise<void> | undefined;
  #cancelTick: CancelTimer = () => undefined;

  constructor(options: RelayOptions, { files, telemetry, backplane }: Parts) {
    const { settings, clock, figures, metricsText, upgradeTimeout = UPGRADE_TIMEOUT } = options;
    this.#options = options;
    this.#files = files;
    this.#telemetry = telemetry;
    this.#backplane = backplane;
    this.#connections = new ConnectionCount(clock);
    this.#front = new Front(files.certificate, upgradeTimeout);
    figures?.watch(() => this.stats());
    const page = metricsText && new MetricsPage(metricsText);
    const isSeparate = settings.metricsPort !== null;
    this.#metricsServer = isSeparate && page ? new MetricsServer(page) : undefined;
    this.#route(isSeparate ? undefined : page);
  }

  async start(): Promise<void> {
    const { host, port, metricsPort } = this.#options.settings;
    const isSecure = this.#files.certificate !== undefined;
    const address = await listen(this.#front.server, host, port);
    this.url = addressUrl(isSecure ? "wss" : "ws", address);
    if (this.#metricsServer !== undefined) {
      const metricsAddress = await this.#metricsServer.listen(host, metricsPort ?? 0);
      this.metricsUrl = addressUrl("http", metricsAddress) + METRICS_PATH;
    } else if (this.#options.metricsText !== undefined) {
      this.metricsUrl = addressUrl(isSecure ? "https" : "http", address) + METRICS_PATH;
    }
    this.#tick();
    this.#telemetry.listening(this.url, this.metricsUrl);
  }

  async reload(): Promise<void> {
    await this.#files.reload(this.#telemetry);
    this.#front.renew(this.#files.certificate);
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
      this.#telemetry.draining(seconds, this.#backplane.channels);
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
    const stopped = new Promise((resolve) => this.#front.server.close(resolve));
    await this.#backplane.close();
    await this.#connections.whenEmpty();
    this.#front.cutAll();
    await stopped;
    await this.#metricsServer?.close();
    if (this.url !== "") this.#telemetry.stopped();
  }

  /** The one timer: heartbeats, lifespans, everything that time brings. */
  #tick(): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#backplane.sweep();
    this.#telemetry.sweep(now);
    for (const connection of this.#heartbeats.take(now)) connection.beat(now);
    this.#cancelTick = clock.after(SLOT - (now % SLOT), () => {
      this.#tick();
    });
  }

  #route(publicMetrics: MetricsPage | undefined): void {
    const { build = PLAIN_BUILD, random, settings, clock } = this.#options;
    const health = new Health(clock, this.#backplane);
    const proxies = new TrustedProxies(settings.trustedProxy);
    const facts = { build, failing: () => health.failing(), metrics: publicMetrics?.answer };
    const answer = (method: string | undefined, path: string): Promise<HttpAnswer> =>
      plainAnswer(method, path, facts);
    const upgrades = new UpgradeHandler({
      context: this.#connectionContext(),
      random: pooledRandom(random),
      proxies,
      places: this.#files,
      door: this.#door,
      plainAnswer: answer,
    });
    route(this.#front.server, { upgrades, proxies, clock, telemetry: this.#telemetry, plainAnswer: answer });
  }

  #connectionContext(): ConnectionContext {
    const { settings, clock } = this.#options;
    const { bytes: largestMessage, ending: tooLarge } = payloadLimit(settings);
    return {
      backplane: this.#backplane,
      clock,
      telemetry: this.#telemetry,
      connections: this.#connections,
      heartbeats: this.#heartbeats,
      heartbeat: settings.heartbeat * 1000,
      clientTimeout: settings.clientTimeout * 1000,
      slowConsumer: settings.slowConsumer,
      largestMessage,
      tooLarge,
    };
  }
}

/**
 * One connection to one server of the store: commands in order, each answered in order, and publications. The only file
 * that knows the client library. What the library would do by itself (connecting again, queueing what cannot be sent,
 * following a cluster) is switched off: a connection that breaks is over, and `store.ts` opens another.
 */
import type { RedisClientOptions } from "@redis/client";
import { RedisClient } from "@redis/client";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import type { Endpoint, RedisAddress } from "./address.ts";
import { formatEndpoint } from "./address.ts";
import { StoreError } from "./store-error.ts";

/** Milliseconds for connecting and signing in. */
const CONNECT_TIMEOUT = 3_000;

/** Commands without an answer at most: many times what clients of one relay can ask for within the time limit. */
const MAX_PENDING = 200_000;

/** Takes a publication. Must not throw. */
export type PublicationListener = (text: string, name: string) => void;

/** What is used of the library's client. */
interface Client {
  sendCommand(args: readonly string[], options?: { timeout: number }): Promise<unknown>;
  sSubscribe(names: string[], listener: PublicationListener): Promise<void>;
  sUnsubscribe(names: string[], listener: PublicationListener): Promise<void>;
  destroy(): void;
}

/** The library's own limit would cost a timer a command: {@link ServerConnection.waited} looks at all of them. */
const NO_TIMEOUT = { timeout: 0 };

export class ServerConnection {
  readonly endpoint: Endpoint;
  readonly #client: Client;
  /** Commands without an answer. */
  #pending = 0;
  /** Commands answered so far. */
  #answers = 0;
  #seen = { answers: 0, waited: 0 };
  #closed = false;

  private constructor(endpoint: Endpoint, client: Client) {
    this.endpoint = endpoint;
    this.#client = client;
  }

  /**
   * Connects and signs in. `onClosed` is told once if the connection breaks later, `onMoved` if the server stops
   * serving something subscribed to.
   *
   * @throws StoreError
   */
  static async open(
    endpoint: Endpoint,
    address: RedisAddress,
    clock: Clock,
    events: { onClosed(error: Error): void; onMoved(): void },
  ): Promise<ServerConnection> {
    const client = new RedisClient(clientOptions(endpoint, address));
    let ready = false;
    // Without a listener, an error would end the process. While connecting, `connect` rejects as well.
    client.on("error", (error: Error) => {
      if (ready) events.onClosed(error);
    });
    client.on("sharded-channel-moved", () => {
      events.onMoved();
    });
    try {
      await within(clock, CONNECT_TIMEOUT, client.connect(), () => {
        throw new Error("ETIMEDOUT");
      });
    } catch (error) {
      client.destroy();
      throw StoreError.of(error, formatEndpoint(endpoint));
    }
    ready = true;
    return new ServerConnection(endpoint, client);
  }

  /**
   * Sends a command behind all earlier ones.
   *
   * @throws StoreError if the server answers with an error, or the connection is closed before it answers
   */
  send(command: readonly string[]): Promise<unknown> {
    return this.#counted(this.#client.sendCommand(command, NO_TIMEOUT));
  }

  /** Resolves when everything published under that name from now on will come to the listener. */
  subscribe(name: string, listener: PublicationListener): Promise<void> {
    return this.#counted(this.#client.sSubscribe([name], listener));
  }

  unsubscribe(name: string, listener: PublicationListener): Promise<void> {
    return this.#counted(this.#client.sUnsubscribe([name], listener));
  }

  /**
   * Adds the milliseconds since the last call of this to those for which the server has owed an answer without giving
   * any, and returns them. What this process has slept through is for the caller to leave out.
   */
  waited(milliseconds: number): number {
    const answers = this.#answers;
    const owing = this.#pending > 0 && this.#seen.answers === answers;
    this.#seen = { answers, waited: owing ? this.#seen.waited + milliseconds : 0 };
    return this.#seen.waited;
  }

  /** Cuts the connection; everything without an answer is rejected. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.destroy();
  }

  #counted<T>(answer: Promise<T>): Promise<T> {
    this.#pending++;
    return answer.then(
      (value) => {
        this.#answered();
        return value;
      },
      (error: unknown) => {
        this.#answered();
        throw StoreError.of(error, formatEndpoint(this.endpoint));
      },
    );
  }

  #answered(): void {
    this.#pending--;
    this.#answers++;
  }
}

function clientOptions({ host, port }: Endpoint, address: RedisAddress): RedisClientOptions {
  const { user, password, database, tls } = address;
  const socket = { host, port, connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: false as const };
  return {
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    database,
    socket: tls ? { ...socket, tls: true, rejectUnauthorized: true } : socket,
    name: "fxa-pair",
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_PENDING,
    disableClientInfo: true,
    maintNotifications: "disabled",
  };
}

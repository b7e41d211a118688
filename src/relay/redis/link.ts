/**
 * The way to one primary of the store: a connection for calls, in order, and one for publications. (One for both would
 * do in RESP3, but the library then takes an unsubscription on the server's own account for the answer to a call.)
 */
import * as v from "valibot";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import type { Endpoint, RedisAddress } from "./address.ts";
import { formatEndpoint } from "./address.ts";
import type { PublicationListener } from "./connection.ts";
import { ServerConnection } from "./connection.ts";
import type { FunctionName } from "./library.ts";
import { LIBRARY, libraryFunction } from "./library.ts";
import { StoreError } from "./store-error.ts";

/** Milliseconds that the server may owe an answer: it may pause for a couple of seconds, as when it saves. */
export const ANSWER_LIMIT = 3_000;

/** Milliseconds between two checks that count at most: if they are further apart, it is this process that slept. */
const LONGEST_STEP = 500;

/** Milliseconds between looks at whether the connection for publications is alive, which has no answers of its own. */
const PING_INTERVAL = 1_000;

export interface LinkEvents {
  readonly publication: PublicationListener;
  /** The link is no more. Told once, unless it was {@link Link.close}d. `since`: the last sign of life. */
  closed(link: Link, reason: string, since: number): void;
  /** Something is served elsewhere now. */
  misplaced(): void;
  /** A call is over. */
  called(milliseconds: number, failed: boolean): void;
}

export class Link {
  readonly endpoint: Endpoint;
  readonly #clock: Clock;
  readonly #events: LinkEvents;
  readonly #calls: ServerConnection;
  readonly #publications: ServerConnection;
  #pinged: number;
  #checked: number;
  #closed = false;
  #loading = false;
  #made = 0;

  private constructor(
    endpoint: Endpoint,
    clock: Clock,
    events: LinkEvents,
    connections: readonly [ServerConnection, ServerConnection],
  ) {
    this.endpoint = endpoint;
    this.#clock = clock;
    this.#events = events;
    [this.#calls, this.#publications] = connections;
    this.#checked = this.#pinged = clock.now();
  }

  /**
   * Connects to a primary and loads the functions there.
   *
   * @throws StoreError also if the server is not a primary, or does not allow what is needed
   */
  static async open(
    endpoint: Endpoint,
    address: RedisAddress,
    clock: Clock,
    events: LinkEvents,
  ): Promise<Link> {
    const opened: { link: Link | undefined } = { link: undefined };
    const told = {
      onClosed: (error: Error) => opened.link?.fail(StoreError.of(error, "").message),
      onMoved: () => {
        events.misplaced();
      },
    };
    const calls = await ServerConnection.open(endpoint, address, clock, told);
    try {
      // A server may fall silent also between two answers.
      await within(clock, ANSWER_LIMIT, prepare(calls, address), () => {
        throw StoreError.passing("no answer", formatEndpoint(endpoint));
      });
      const publications = await ServerConnection.open(endpoint, address, clock, told);
      opened.link = new Link(endpoint, clock, events, [calls, publications]);
      return opened.link;
    } catch (error) {
      calls.close();
      throw StoreError.of(error, formatEndpoint(endpoint));
    }
  }

  /** Calls so far. */
  get made(): number {
    return this.#made;
  }

  /**
   * Calls a function, behind all earlier calls.
   *
   * @throws StoreError
   */
  call(name: FunctionName, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    this.#made++;
    const started = this.#clock.now();
    const command = ["FCALL", libraryFunction(name), String(keys.length), ...keys, ...args.map(String)];
    return this.#calls.send(command).then(
      (answer) => {
        this.#events.called(this.#clock.now() - started, false);
        return answer;
      },
      (error: unknown) => {
        this.#events.called(this.#clock.now() - started, true);
        throw this.#noticed(StoreError.of(error, formatEndpoint(this.endpoint)));
      },
    );
  }

  /** Milliseconds since 1970 by the server's clock. */
  async time(): Promise<number> {
    const answer: unknown = await this.#calls.send(["TIME"]);
    const [seconds, microseconds] = Array.isArray(answer) ? answer.map(Number) : [];
    if (!Number.isSafeInteger(seconds) || !Number.isSafeInteger(microseconds)) {
      throw StoreError.passing("TIME is not answered", formatEndpoint(this.endpoint));
    }
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  }

  async ping(): Promise<void> {
    await this.#calls.send(["PING"]);
  }

  /** Asks for something else, such as where the cluster's slots are. */
  ask(command: readonly string[]): Promise<unknown> {
    return this.#calls.send(command);
  }

  /** Resolves when everything that is published under that name from now on will be heard of. */
  async subscribe(name: string): Promise<void> {
    try {
      await this.#publications.subscribe(name, this.#events.publication);
    } catch (error) {
      throw this.#noticed(StoreError.of(error, formatEndpoint(this.endpoint)));
    }
  }

  unsubscribe(name: string): void {
    // If it fails, the connection is no more, and the subscription with it.
    this.#publications.unsubscribe(name, this.#events.publication).catch(() => undefined);
  }

  /** Resolves when everything published before has been heard of. */
  async heard(): Promise<void> {
    await this.#publications.send(["PING"]);
  }

  /** Cuts a link whose server owes an answer for too long. Called several times a second. */
  check(now: number): void {
    if (now - this.#pinged >= PING_INTERVAL) {
      this.#pinged = now;
      this.heard().catch(() => undefined);
    }
    const step = Math.min(now - this.#checked, LONGEST_STEP);
    this.#checked = now;
    const waited = Math.max(this.#calls.waited(step), this.#publications.waited(step));
    if (waited >= ANSWER_LIMIT) this.fail("no answer", now - waited);
  }

  /** The link has broken. */
  fail(reason: string, since = this.#clock.now()): void {
    if (this.#closed) return;
    this.close();
    this.#events.closed(this, reason, since);
  }

  /** Cuts the connections; what waits for an answer is rejected. */
  close(): void {
    this.#closed = true;
    this.#calls.close();
    this.#publications.close();
  }

  #noticed(error: StoreError): StoreError {
    if (error.misplaced) this.#events.misplaced();
    if (/function not found/i.test(error.message)) this.#loadAgain();
    return error;
  }

  /** Somebody has deleted the functions. */
  #loadAgain(): void {
    if (this.#loading) return;
    this.#loading = true;
    loadLibrary(this.#calls)
      .catch(() => undefined)
      .finally(() => {
        this.#loading = false;
      });
  }
}

/** What `HELLO` tells of a server, beside other things. */
const helloSchema = v.object({ mode: v.string(), role: v.string() });

async function prepare(connection: ServerConnection, address: RedisAddress): Promise<void> {
  await checkServer(connection, address);
  await loadLibrary(connection);
}

/** Whether it is a primary, and part of a cluster or not as the address says. */
async function checkServer(connection: ServerConnection, { kind }: RedisAddress): Promise<void> {
  const server = formatEndpoint(connection.endpoint);
  const told = v.safeParse(helloSchema, await connection.send(["HELLO"]));
  if (!told.success) throw StoreError.refusal("it does not answer HELLO as Redis 7 or Valkey does", server);
  const { mode, role } = told.output;
  if (mode === "sentinel") throw StoreError.refusal("it is a sentinel", server);
  if (mode === "cluster" && kind !== "cluster") throw StoreError.refusal("it is part of a cluster", server);
  if (role !== "master") throw StoreError.passing("it is not a primary just now", server);
}

/** Loads the functions unless they are there. */
async function loadLibrary(connection: ServerConnection): Promise<void> {
  try {
    await connection.send(["FUNCTION", "LOAD", LIBRARY]);
  } catch (error) {
    const { message, refused, server } = StoreError.of(error, formatEndpoint(connection.endpoint));
    if (/already exists/i.test(message)) return;
    if (refused) throw StoreError.refusal(`it does not allow FUNCTION LOAD (${message})`, server);
    throw error;
  }
}

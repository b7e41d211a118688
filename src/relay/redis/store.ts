/**
 * The store as a whole: which link serves which hash slot just now. Keeps the links up, finds new primaries when old
 * ones are gone, and says since when a slot cannot be reached. Has no timer of its own: `sweep` moves it on.
 */
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import type { Endpoint, RedisAddress } from "./address.ts";
import { formatEndpoint } from "./address.ts";
import { ServerConnection } from "./connection.ts";
import { SLOTS } from "./keys.ts";
import type { LinkEvents } from "./link.ts";
import { ANSWER_LIMIT, Link } from "./link.ts";
import { StoreError } from "./store-error.ts";
import type { Primary } from "./topology.ts";
import { findPrimaries } from "./topology.ts";

/** Milliseconds between attempts to reach what is gone. */
const RETRY_INTERVAL = 250;

/** Milliseconds between looks at who serves what, in case nobody has told. */
const LOOK_INTERVAL = 30_000;

export interface StoreEvents extends Pick<LinkEvents, "publication" | "called"> {
  /** Something that is to be done before a new link serves. Rejects if the link is of no use. */
  connecting(link: Link): Promise<void>;
  /** Some slots are served by another link than before, or by none. */
  changed(): void;
  /** A server is gone, or cannot be reached, told once until it is back. */
  lost(server: string, reason: string): void;
  found(server: string): void;
}

/** A primary, and the link to it if there is one. */
interface Reach {
  readonly endpoint: Endpoint;
  link: Link | undefined;
  /** Since when there is no link. */
  lostSince: number;
}

export class Store {
  readonly #address: RedisAddress;
  readonly #clock: Clock;
  readonly #events: StoreEvents;
  /** By the text of its endpoint. */
  #reaches = new Map<string, Reach>();
  #bySlot: (Reach | undefined)[] = [];
  #looking: Promise<void> | undefined;
  #nextLook = 0;
  #looks = 0;
  #silent = new Set<string>();
  #closed = false;

  constructor(address: RedisAddress, clock: Clock, events: StoreEvents) {
    this.#address = address;
    this.#clock = clock;
    this.#events = events;
  }

  /**
   * Connects for the first time. A store that cannot be reached is looked for later.
   *
   * @throws StoreError if it was reached and refuses
   */
  async start(): Promise<void> {
    const failures = await this.#look();
    const refusal = failures.find(({ refused }) => refused);
    if (refusal !== undefined) {
      this.close();
      throw refusal;
    }
    this.#tellLost(failures);
  }

  /** The link that serves a slot. */
  linkOf(slot: number): Link | undefined {
    return this.#bySlot[slot]?.link;
  }

  /** Whether a slot has been out of reach for longer than a pause of the server may be. */
  isLost(slot: number): boolean {
    const reach = this.#bySlot[slot];
    if (reach?.link !== undefined) return false;
    return reach === undefined || this.#clock.now() - reach.lostSince >= ANSWER_LIMIT;
  }

  /** Whether every slot is served. */
  get whole(): boolean {
    for (let slot = 0; slot < SLOTS; slot++) if (this.#bySlot[slot]?.link === undefined) return false;
    return true;
  }

  get links(): Link[] {
    return [...this.#reaches.values()].flatMap(({ link }) => link ?? []);
  }

  /** Moves things on; called several times a second. */
  sweep(): void {
    const now = this.#clock.now();
    for (const link of this.links) link.check(now);
    if (now >= this.#nextLook) void this.#lookAgain();
  }

  close(): void {
    this.#closed = true;
    for (const link of this.links) link.close();
    this.#reaches.clear();
    this.#bySlot = [];
  }

  #lookAgain(): Promise<void> {
    this.#looking ??= this.#look()
      .then((failures) => {
        this.#tellLost(failures);
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Finds the primaries and connects to those without a link. Returns what failed; never rejects. */
  async #look(): Promise<StoreError[]> {
    this.#nextLook = Infinity;
    const started = this.#clock.now();
    const failures = await this.#reach().catch((error: unknown) => [StoreError.of(error, "")]);
    const missing = failures.length > 0 || !this.whole;
    const now = this.#clock.now();
    // Without a link nobody is asked anything else that could fail.
    if (!this.#closed) {
      failures.forEach(() => {
        this.#events.called(now - started, true);
      });
    }
    this.#nextLook = now + (missing ? RETRY_INTERVAL : LOOK_INTERVAL);
    return failures;
  }

  async #reach(): Promise<StoreError[]> {
    const known = this.links.map(({ endpoint }) => endpoint);
    const ask = (endpoint: Endpoint, command: readonly string[]) => this.#ask(endpoint, command);
    const primaries = await findPrimaries(this.#address, known, this.#looks++, ask);
    this.#arrange(primaries);
    const missing = [...this.#reaches.values()].filter(({ link }) => link === undefined);
    const failures = await Promise.all(missing.map((reach) => this.#connect(reach)));
    return failures.flatMap((failure) => failure ?? []);
  }

  /** Takes over who serves what. Links to servers that serve nothing any more are closed. */
  #arrange(primaries: readonly Primary[]): void {
    if (this.#closed) return;
    const before = this.#reaches;
    const bySlot = [...this.#bySlot];
    this.#reaches = new Map();
    let changed = false;
    for (const { endpoint, slots } of primaries) {
      const name = formatEndpoint(endpoint);
      const lostSince = before.size === 0 ? -Infinity : this.#clock.now();
      const reach = before.get(name) ?? { endpoint, link: undefined, lostSince };
      this.#reaches.set(name, reach);
      for (const [from, to] of slots) {
        for (let slot = from; slot <= to; slot++) {
          if (bySlot[slot] === reach) continue;
          // What was out of reach stays so until the new server is reached.
          const old = bySlot[slot];
          if (old?.link === undefined && reach.link === undefined && old !== undefined) {
            reach.lostSince = Math.min(reach.lostSince, old.lostSince);
          }
          bySlot[slot] = reach;
          changed = true;
        }
      }
    }
    this.#bySlot = bySlot;
    for (const [name, { link }] of before) if (!this.#reaches.has(name)) link?.close();
    if (changed) this.#events.changed();
  }

  async #connect(reach: Reach): Promise<StoreError | undefined> {
    try {
      const link = await Link.open(reach.endpoint, this.#address, this.#clock, this.#linkEvents(reach));
      const late = (): never => {
        throw StoreError.passing("no answer", formatEndpoint(reach.endpoint));
      };
      await within(this.#clock, ANSWER_LIMIT, this.#events.connecting(link), late).catch((error: unknown) => {
        link.close();
        throw error;
      });
      if (this.#closed || this.#reaches.get(formatEndpoint(reach.endpoint)) !== reach) {
        link.close();
        return undefined;
      }
      reach.link = link;
      this.#tellFound(formatEndpoint(reach.endpoint));
      this.#events.changed();
      return undefined;
    } catch (error) {
      return StoreError.of(error, formatEndpoint(reach.endpoint));
    }
  }

  #linkEvents(reach: Reach): LinkEvents {
    return {
      publication: this.#events.publication,
      called: this.#events.called,
      closed: (link, reason, since) => {
        if (reach.link !== link) return;
        reach.link = undefined;
        reach.lostSince = since;
        this.#nextLook = this.#clock.now();
        this.#tellLost([StoreError.passing(reason, formatEndpoint(reach.endpoint))]);
        this.#events.changed();
      },
      misplaced: () => {
        this.#nextLook = Math.min(this.#nextLook, this.#clock.now() + RETRY_INTERVAL);
      },
    };
  }

  /** Asks a member through its link, or a server without one through a connection for that alone. */
  async #ask(endpoint: Endpoint, command: readonly string[]): Promise<unknown> {
    const link = this.#reaches.get(formatEndpoint(endpoint))?.link;
    if (link !== undefined && this.#address.kind === "cluster") return link.ask(command);
    const connection = await this.#visit(endpoint);
    const late = (): never => {
      throw StoreError.passing("no answer", formatEndpoint(endpoint));
    };
    return within(this.#clock, ANSWER_LIMIT, connection.send(command), late).finally(() => {
      connection.close();
    });
  }

  /** Sentinels may know the credentials of the servers they watch, or have none. */
  async #visit(endpoint: Endpoint): Promise<ServerConnection> {
    const events = { onClosed: () => undefined, onMoved: () => undefined };
    const address = { ...this.#address, database: 0 };
    try {
      return await ServerConnection.open(endpoint, address, this.#clock, events);
    } catch (error) {
      const anonymous = { ...address, user: undefined, password: undefined };
      const retry = address.kind === "sentinel" && address.password !== undefined;
      if (!retry || !StoreError.of(error, "").refused) throw error;
      return ServerConnection.open(endpoint, anonymous, this.#clock, events);
    }
  }

  #tellLost(failures: readonly StoreError[]): void {
    for (const { server, message } of failures) {
      if (this.#silent.has(server) || this.#closed) continue;
      this.#silent.add(server);
      this.#events.lost(server, message);
    }
  }

  /** A server is back, or takes the place of one that is no longer asked. */
  #tellFound(server: string): void {
    const told = this.#silent.size;
    for (const lost of this.#silent)
      if (lost === server || !this.#reaches.has(lost)) this.#silent.delete(lost);
    if (this.#silent.size < told) this.#events.found(server);
  }
}

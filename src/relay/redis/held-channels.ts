/** The channels that this node has a part in: finds them, wakes them, brings them back, and watches their other nodes. */
import type { BackplaneObserver } from "../backplane.ts";
import { DeadlineWheel } from "../deadline-wheel.ts";
import type { Ending } from "../endings.ts";
import type { OverAnswer, StateAnswer } from "./answers.ts";
import { GRACE } from "./channel-state.ts";
import { channelOfKey } from "./keys.ts";
import type { LimitCalls } from "./limit-calls.ts";
import type { Link } from "./link.ts";
import type { DeadNode, Liveness } from "./liveness.ts";
import type { ChannelOwner } from "./local-channel.ts";
import { LocalChannel } from "./local-channel.ts";
import type { MessageLimits } from "./local-seats.ts";
import { CALL_WEIGHT } from "./outbox.ts";
import { parseEvent } from "./publications.ts";
import type { Store } from "./store.ts";
import { StoreError } from "./store-error.ts";
import type { StoreTime } from "./store-time.ts";

/** Bytes that may wait for the store in a channel at most, however much its limits allow. */
const MOST_WAITING = 8_388_608;

/** Attempts to bring a channel back while the store is there, several a second, before everybody is sent away. */
const MOST_FAILURES = 12;

/** Channels that are brought back at a time. */
const RESTORED_AT_ONCE = 1_000;

/** Milliseconds until a channel that time does not end is kept once more: long before the store would forget it. */
const KEEP_INTERVAL = GRACE / 3;

export interface HeldChannelsOptions {
  readonly node: string;
  readonly limits: MessageLimits;
  /** Milliseconds for which a lost seat is kept. */
  readonly resumeWindow: number;
  readonly store: Store;
  readonly time: StoreTime;
  readonly liveness: Liveness;
  readonly limitCalls: LimitCalls;
  readonly observer: BackplaneObserver;
}

export class HeldChannels implements ChannelOwner {
  readonly node: string;
  readonly limits: MessageLimits;
  readonly relayLimits: readonly string[];
  readonly mostWaiting: number;
  readonly #options: HeldChannelsOptions;
  readonly #channels = new Map<string, LocalChannel>();
  /** Those in which somebody was seated here. */
  readonly #taken = new Set<LocalChannel>();
  readonly #deadlines = new DeadlineWheel<LocalChannel>();
  /** Those to be brought back, with how often that has failed. */
  readonly #stalled = new Map<LocalChannel, number>();
  readonly #restoring = new Map<LocalChannel, Promise<void>>();
  readonly #watched = new Map<LocalChannel, readonly string[]>();
  #relinked = false;

  constructor(options: HeldChannelsOptions) {
    this.#options = options;
    const { node, limits } = options;
    const { maxMessage, maxData, maxExchanges } = limits;
    this.node = node;
    this.limits = limits;
    this.relayLimits = [maxMessage, maxData, maxExchanges].map(limitText);
    const bytes = 4 * Math.max(maxData, 65_536);
    this.mostWaiting = Math.min(MOST_WAITING, bytes + 2 * CALL_WEIGHT * maxExchanges);
  }

  /** Channels in which somebody is seated here, or is kept a seat. */
  get size(): number {
    return this.#taken.size;
  }

  /** Channels of which anything is held here. */
  get all(): IterableIterator<LocalChannel> {
    return this.#channels.values();
  }

  get(id: string): LocalChannel | undefined {
    return this.#channels.get(id);
  }

  /** The channel of an id, held from now on for whoever asks for a seat. */
  hold(id: string, link: Link): LocalChannel {
    const held = this.#channels.get(id);
    if (held !== undefined) return held;
    const channel = new LocalChannel(id, this, link);
    channel.keepAt = this.now() + KEEP_INTERVAL;
    this.#channels.set(id, channel);
    return channel;
  }

  /** Whether a channel waits to be brought back. */
  isStalled(channel: LocalChannel): boolean {
    return this.#stalled.has(channel) || channel.link !== this.#options.store.linkOf(channel.slot);
  }

  /** Brings a channel back that was stalled. Rejects if that is impossible just now; then it is tried again later. */
  async bringBack(channel: LocalChannel): Promise<void> {
    const running = this.#restoring.get(channel);
    if (running !== undefined) return running;
    const link = this.#options.store.linkOf(channel.slot);
    if (link === undefined) throw StoreError.passing("no link", "");
    const failures = this.#stalled.get(channel) ?? 0;
    this.#stalled.delete(channel);
    const restoring = channel
      .restore(link)
      .catch((error: unknown) => {
        if (this.#isHeld(channel)) this.#stalled.set(channel, failures + 1);
        throw error;
      })
      .finally(() => {
        this.#restoring.delete(channel);
      });
    this.#restoring.set(channel, restoring);
    return restoring;
  }

  /** Takes what was published under a name. */
  publication(text: string, name: string): void {
    const channel = this.#channels.get(channelOfKey(name));
    if (channel === undefined) return;
    const event = parseEvent(text);
    if (event === undefined) this.foreign();
    else channel.receive(event);
  }

  /** Some channels are reached by other links than before. */
  relinked(): void {
    this.#relinked = true;
  }

  /** A node is dead: its seats are lost. */
  loseNode({ node, since }: DeadNode): void {
    for (const [channel, nodes] of this.#watched) if (nodes.includes(node)) channel.loseNode(node, since);
  }

  /** Lets time have its effects; called several times a second. */
  sweep(): void {
    if (this.#relinked) this.#lookForLinks();
    this.#restore();
    for (const channel of this.#deadlines.take(this.now())) {
      // Nobody is here any more, and the store forgets by itself.
      if (channel.suspended) channel.abandon();
      else if (this.#stalled.has(channel)) this.#deadlines.schedule(channel, this.now() + 1_000);
      else channel.due();
    }
  }

  /** Tells everybody here that it is over for now, and lets their seats be lost. */
  dismissAll(ending: Ending): void {
    for (const channel of [...this.#channels.values()]) channel.dismissAll(ending);
  }

  // For the channels.

  now(): number {
    return this.#options.time.now();
  }

  accepted(bytes: number): void {
    this.#options.observer.relayed(bytes);
  }

  over({ id }: LocalChannel, { summary, address, nameplate }: OverAnswer): void {
    this.#options.limitCalls.release(id, address, nameplate);
    this.#options.observer.ended({ id, ...summary });
  }

  kept(channel: LocalChannel, { expiresAt, address, nameplate }: StateAnswer): void {
    const now = this.now();
    channel.keepAt = now + KEEP_INTERVAL;
    this.changed(channel);
    const until = now + this.#options.resumeWindow + GRACE;
    if (expiresAt === 0) this.#options.limitCalls.keep(channel.id, address, nameplate, until);
  }

  foreign(): void {
    this.#options.observer.foreign();
  }

  stalled(channel: LocalChannel): void {
    if (this.#isHeld(channel) && !this.#stalled.has(channel)) this.#stalled.set(channel, 0);
  }

  changed(channel: LocalChannel): void {
    if (!this.#isHeld(channel)) return;
    const { snapshot, ended, taken } = channel;
    if (ended || snapshot === undefined) {
      this.#deadlines.cancel(channel);
    } else {
      const deadline = snapshot.deadline === 0 ? Infinity : snapshot.deadline;
      this.#deadlines.schedule(channel, Math.min(deadline, channel.keepAt));
    }
    if (taken) this.#taken.add(channel);
    else this.#taken.delete(channel);
    this.#watch(channel);
  }

  released(channel: LocalChannel): void {
    if (!this.#isHeld(channel)) return;
    this.#channels.delete(channel.id);
    this.#taken.delete(channel);
    this.#stalled.delete(channel);
    this.#deadlines.cancel(channel);
    this.#unwatch(channel);
    channel.link.unsubscribe(channel.keys[0]);
  }

  /** Whether it has not been let go of. */
  #isHeld(channel: LocalChannel): boolean {
    return this.#channels.get(channel.id) === channel;
  }

  #lookForLinks(): void {
    this.#relinked = false;
    for (const channel of this.#channels.values()) {
      if (channel.link !== this.#options.store.linkOf(channel.slot)) this.stalled(channel);
    }
  }

  #restore(): void {
    const { store } = this.#options;
    for (const [channel, failures] of [...this.#stalled]) {
      const link = store.linkOf(channel.slot);
      if (link === undefined ? store.isLost(channel.slot) : failures >= MOST_FAILURES) channel.suspend();
      if (link === undefined || this.#restoring.size >= RESTORED_AT_ONCE) continue;
      this.bringBack(channel).catch(() => undefined);
    }
  }

  #watch(channel: LocalChannel): void {
    const nodes = new Set<string>();
    if (!channel.ended) {
      for (const { state, node } of channel.snapshot?.seats ?? []) {
        if (state === "connected" && node !== this.node) nodes.add(node);
      }
    }
    for (const node of nodes) this.#options.liveness.watch(node);
    this.#unwatch(channel);
    if (nodes.size > 0) this.#watched.set(channel, [...nodes]);
  }

  #unwatch(channel: LocalChannel): void {
    for (const node of this.#watched.get(channel) ?? []) this.#options.liveness.unwatch(node);
    this.#watched.delete(channel);
  }
}

/** A limit as Lua reads it. */
function limitText(limit: number): string {
  return String(Math.min(limit, Number.MAX_SAFE_INTEGER));
}

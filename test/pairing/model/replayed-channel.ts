/** What stands in for the clock and the channel where a way through the model is gone once more. */
import { EventQueue } from "../../../src/channel/event-queue.ts";
import type { ChannelEvent, PairingChannel } from "../../../src/channel/channel.ts";
import type { CancelTimer, Clock } from "../../../src/lib/clock.ts";
import { FLOW_INPUTS } from "./inputs.ts";
import { MESSAGES } from "./pairing-model.ts";
import type { Frame } from "./world.ts";

/** Milliseconds by which the timers that end a flow are known; no others are as long. */
export const TIMEOUT = 777_000;

/** A clock that stands still; its timers go off when told to. */
export class Timers implements Clock {
  readonly #open = new Map<() => void, number>();
  now = () => 0;
  wallTime = () => 0;

  after(milliseconds: number, action: () => void): CancelTimer {
    const own = () => {
      action();
    };
    this.#open.set(own, milliseconds);
    return () => this.#open.delete(own);
  }

  fire(isMeant: (milliseconds: number) => boolean): void {
    for (const [action, milliseconds] of [...this.#open]) {
      if (isMeant(milliseconds)) {
        this.#open.delete(action);
        action();
      }
    }
  }
}

interface Sent {
  readonly frame: Frame;
  readonly document: string;
}

/** One side's channel, by the rules of the model's relay. */
export class ReplayedChannel implements PairingChannel {
  readonly id = "";
  readonly key = new Uint8Array(32);
  readonly expiresAt = null;
  readonly queue = new EventQueue<ChannelEvent>();
  connection: "up" | "away" | "gone" = "up";
  together = false;
  inbound: Sent[] = [];
  outbox: Sent[] = [];
  peer: ReplayedChannel | undefined;
  /** The pairing is complete here: from then on the way says when it closes. */
  isComplete = false;
  mayClose = { silently: false, wholly: false };
  #silent = false;
  #wantsToSayBye = false;
  #onLeave: (() => void) | undefined;
  #onFlush: (() => void)[] = [];

  events = () => this.queue;

  send(document: string): void {
    this.put({ frame: MESSAGES[String(JSON.parse(document).message)]!, document });
  }

  put(sent: Sent): void {
    if (this.connection === "gone" || (this.#silent && sent.frame !== "bye")) return;
    if (this.connection === "away") this.outbox.push(sent);
    else this.peer?.receive(sent);
  }

  receive(sent: Sent): void {
    if (this.connection !== "gone") this.inbound.push(sent);
  }

  flushed(): Promise<void> {
    if (this.connection === "up") return Promise.resolve();
    return new Promise((resolve) => this.#onFlush.push(resolve));
  }

  back(): void {
    this.connection = "up";
    for (const sent of this.outbox.splice(0)) this.put(sent);
    for (const resolve of this.#onFlush.splice(0)) resolve();
  }

  closeNotify(): void {
    if (this.#silent) return;
    if (this.isComplete && !this.mayClose.silently) {
      this.#wantsToSayBye = true;
      return;
    }
    this.#silent = true;
    if (this.together) this.put({ frame: "bye", document: "" });
  }

  sayBye(): void {
    this.mayClose.silently = true;
    if (this.#wantsToSayBye) this.closeNotify();
  }

  close(): Promise<void> {
    this.queue.end();
    if (!this.isComplete || this.mayClose.wholly || this.connection === "gone") {
      this.leave();
      return Promise.resolve();
    }
    return new Promise((resolve) => (this.#onLeave = resolve));
  }

  /** The relay tells the other side, after all that was sent before. */
  leave(): void {
    if (this.connection !== "gone") {
      this.connection = "gone";
      this.inbound = [];
      this.outbox = [];
      this.peer?.receive({ frame: "left", document: "" });
    }
    this.#onLeave?.();
  }

  /** At once if that is all that is waited for, else as soon as the flow closes. */
  leaveAtLast(): void {
    this.mayClose.wholly = true;
    if (this.#onLeave !== undefined) this.leave();
  }
}

/** Hands the next frame on its way to that side over; it must be this one. */
export function receive(channel: ReplayedChannel, frame: string): void {
  const sent = channel.inbound.shift();
  if (sent?.frame !== frame) throw new Error(`there is ${String(sent?.frame)}`);
  switch (sent.frame) {
    case "finished":
      channel.together = true;
      channel.queue.push({ type: "connected" });
      return;
    case "bye":
      channel.queue.push({ type: "peerClosed" });
      return;
    case "alert":
      channel.leave();
      channel.queue.push(FLOW_INPUTS.tampered);
      return;
    case "left":
      channel.leave();
      channel.queue.push(FLOW_INPUTS.left);
      return;
    case "request":
    case "metadata":
    case "code":
    case "confirmation":
      channel.queue.push({ ...FLOW_INPUTS.request, text: sent.document });
      return;
  }
}

/** The last of what was on its way to the other side is lost with the connection. */
export function cutOff(channel: ReplayedChannel, lost: number): void {
  const { peer } = channel;
  if (peer !== undefined) peer.inbound = peer.inbound.slice(0, peer.inbound.length - lost);
  channel.leave();
  channel.queue.push(FLOW_INPUTS.lost);
}

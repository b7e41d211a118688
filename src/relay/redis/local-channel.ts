/**
 * What one node has of a channel: the participants that are connected here, the calls on their way to the store, and the
 * events on their way from it. The rules are the store's; here, only what they say is done.
 */
import type { Admission, Message, Participant } from "../backplane.ts";
import type { Scheduled } from "../deadline-wheel.ts";
import { UNSCHEDULED } from "../deadline-wheel.ts";
import type { Ending } from "../endings.ts";
import { ENDINGS } from "../endings.ts";
import type { ChannelAnswer, OverAnswer, SeatedAnswer, StateAnswer } from "./answers.ts";
import { readChannelAnswer } from "./answers.ts";
import { ChannelCalls } from "./channel-calls.ts";
import { EventOrder } from "./event-order.ts";
import { channelKeys, slotOf } from "./keys.ts";
import type { Link } from "./link.ts";
import type { MessageLimits } from "./local-seats.ts";
import { countMessage, LocalSeats } from "./local-seats.ts";
import type { ChannelCall } from "./outbox.ts";
import type { ChannelEvent, SeatSnapshot, Snapshot } from "./publications.ts";
import { formatBody } from "./publications.ts";

/** What a channel needs of its node. None of the methods may throw. */
export interface ChannelOwner {
  /** This node's name. */
  readonly node: string;
  readonly limits: MessageLimits;
  /** The same as `relay` of the store wants them. */
  readonly relayLimits: readonly string[];
  /** Bytes of memory that may wait for the store in one channel. */
  readonly mostWaiting: number;
  /** The store's time, in whole milliseconds. */
  now(): number;
  accepted(bytes: number): void;
  over(channel: LocalChannel, answer: OverAnswer): void;
  /** {@link LocalChannel.due} is answered: the store keeps the channel for a while from now. */
  kept(channel: LocalChannel, answer: StateAnswer): void;
  foreign(): void;
  /** {@link LocalChannel.restore} is to be called. */
  stalled(channel: LocalChannel): void;
  /** What is known of the channel's seats and time has changed. */
  changed(channel: LocalChannel): void;
  /** Nothing is left here of the channel. */
  released(channel: LocalChannel): void;
}

export class LocalChannel implements Scheduled {
  wheelSlot = UNSCHEDULED;
  readonly id: string;
  readonly keys: readonly [string, string];
  readonly slot: number;
  /** When {@link due} is to be called even if time ends nothing, in the store's time. */
  keepAt = 0;
  readonly #owner: ChannelOwner;
  readonly #calls = new ChannelCalls(this);
  readonly #order = new EventOrder();
  readonly #seats = new LocalSeats();
  #link: Link;
  #subscribed: Promise<void>;
  #snapshot: Snapshot | undefined;
  #requests = 0;
  #uncertain = false;
  #suspended = false;
  #ended = false;

  constructor(id: string, owner: ChannelOwner, link: Link) {
    this.id = id;
    this.keys = channelKeys(id);
    this.slot = slotOf(this.keys[0]);
    this.#owner = owner;
    this.#link = link;
    this.#subscribed = link.subscribe(this.keys[0]);
    // Whoever needs it hears of its failure; nobody may.
    this.#subscribed.catch(() => undefined);
  }

  get link(): Link {
    return this.#link;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether everybody here was sent away, as the store could not be reached, and cannot be yet. */
  get suspended(): boolean {
    return this.#suspended;
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Whether anybody is, or was lately, seated here. */
  get taken(): boolean {
    return !this.#ended && this.#snapshot !== undefined;
  }

  /** Resolves when events are heard of. */
  get subscribed(): Promise<void> {
    return this.#subscribed;
  }

  /** Somebody asks for a seat: {@link admit} or {@link refuse} follows. */
  expect(): void {
    this.#requests++;
    this.#order.remember();
  }

  /** Somebody has got a seat. */
  admit({ seat, connection, seen, snapshot, missed }: SeatedAnswer): void {
    const since = snapshot.sequence;
    const later = this.#order.recentSince(since).filter((message) => message.seat !== seat);
    const occupant = [...missed, ...later.map(({ body }) => body)];
    const ending = this.#ended ? ENDINGS.tryLater : undefined;
    this.#seats.put(seat, {
      ...{ connection, since, occupant, ending },
      ...{ sent: seen, bytes: 0, exceeded: false },
    });
    this.#answeredRequest();
    this.#know(snapshot);
    if (!this.#order.begun) this.#goOn(snapshot);
  }

  /** Nobody has got a seat; or, if that is `uncertain`, the store must be asked. */
  refuse(uncertain: boolean): void {
    this.#answeredRequest();
    if (uncertain) {
      this.#uncertain = true;
      this.#calls.hold();
      this.#owner.stalled(this);
    }
    this.#release();
  }

  attach(admission: Admission, participant: Participant): void {
    const comesBack = admission.connection > 0 && this.#seats.of(admission)?.ending === undefined;
    if (comesBack) this.#calls.attach(admission);
    this.#seats.attach(admission, participant);
    this.#release();
  }

  relay(admission: Admission, message: Message, bytes: number): void {
    const local = this.#seats.of(admission);
    if (local === undefined || this.#ended) return;
    const { limits, relayLimits, mostWaiting } = this.#owner;
    if (!countMessage(local, bytes, limits)) return;
    // What is too long anyway need not travel.
    const travels = bytes > limits.maxMessage ? "" : formatBody(message);
    this.#calls.relay(admission, { number: local.sent, body: travels, bytes }, relayLimits);
    if (this.#calls.weight > mostWaiting) this.suspend();
  }

  alive(admission: Admission): void {
    if (this.#seats.of(admission) !== undefined) this.#calls.alive(admission);
  }

  leave(admission: Admission): void {
    if (this.#seats.empty(admission) !== undefined) this.#calls.leave(admission);
  }

  lose(admission: Admission): void {
    const emptied = this.#seats.empty(admission);
    if (emptied !== undefined) this.#calls.lose(admission, !Array.isArray(emptied.occupant));
  }

  /** Ends the channel for everybody; others hear of it as of any event, since the store may know a later connection. */
  end(admission: Admission, ending: Ending): void {
    if (this.#ended || this.#seats.of(admission) === undefined) return;
    this.#calls.finish(ending, admission);
    this.#seats.dismiss(admission.seat, ending);
  }

  /** A node gives no sign of life since then: its seats are lost. */
  loseNode(node: string, since: number): void {
    if (!this.#ended) this.#calls.loseNode(node, since);
  }

  /** Time may have had an effect. */
  due(): void {
    if (!this.#ended) this.#calls.due();
  }

  /** The store cannot be reached: everybody here is to try later, and their seats are lost. */
  suspend(): void {
    if (this.#ended || this.#suspended) return;
    this.#suspended = true;
    this.#calls.keepOnly("leave", "lose", "finish");
    this.#owner.stalled(this);
    this.dismissAll(ENDINGS.tryLater);
  }

  /** Tells everybody here that it is over for now; their seats are lost. */
  dismissAll(ending: Ending): void {
    for (const [seat, { connection, occupant }] of this.#seats.all) {
      this.#calls.lose({ seat, connection }, !Array.isArray(occupant));
    }
    this.#seats.dismissAll(ending);
  }

  /** Forgets the channel, which the store no longer has or cannot be asked about. */
  abandon(): void {
    this.#calls.keepOnly();
    this.#uncertain = false;
    this.#finish(ENDINGS.tryLater);
    this.#release();
  }

  /** Takes an event from the store. */
  receive(event: ChannelEvent): void {
    if (this.#ended) return;
    const turn = this.#order.accept(event);
    if (turn === "now") this.#apply(event);
    if (turn !== "gap") return;
    this.#calls.hold();
    this.#owner.stalled(this);
  }

  /** Subscribes through a link, hears what was missed, then makes the calls again that were not answered. */
  async restore(link: Link): Promise<void> {
    this.#order.pause();
    this.#calls.hold();
    if (this.#link !== link) {
      this.#link = link;
      this.#subscribed = link.subscribe(this.keys[0]);
      this.#subscribed.catch(() => undefined);
    }
    await this.#subscribed;
    const args = [this.#order.latest, this.#owner.now()];
    const answer = readChannelAnswer(await link.call("catch_up", this.keys, args));
    if (this.#link !== link) return;
    this.#uncertain = this.#suspended = false;
    this.#catchUp(answer);
    this.#calls.resend();
    this.#release();
  }

  // For the calls.

  now(): number {
    return this.#owner.now();
  }

  transmit(call: ChannelCall): Promise<unknown> {
    return this.#link.call(call.name, this.keys, call.args);
  }

  stalled(): void {
    this.#owner.stalled(this);
  }

  answered(call: ChannelCall, answer: ChannelAnswer): void {
    const { type } = answer;
    if (type === "accepted") this.#owner.accepted(call.bytes);
    // Those here hear of it as everybody else does, behind the messages before it.
    if (type === "over") this.#owner.over(this, answer);
    if (type === "state") {
      this.#know(answer.snapshot);
      this.#owner.kept(this, answer);
    }
    if (type === "foreign") this.#owner.foreign();
    if (type === "foreign" || type === "unknown") this.#finish(ENDINGS.tryLater);
    if (this.#calls.empty) this.#release();
  }

  #catchUp(answer: ChannelAnswer): void {
    if (answer.type === "ended") this.#finish(answer.ending);
    else if (answer.type === "state") this.#resume(answer);
    else {
      if (answer.type === "foreign") this.#owner.foreign();
      this.abandon();
    }
  }

  #resume({ snapshot, messages }: StateAnswer): void {
    const missing = this.#order.missing(snapshot, messages);
    if (missing === undefined) {
      // The store has forgotten what it had told, or does not hold what it had told: nobody can go on from here.
      this.#calls.finish(ENDINGS.tryLater);
      this.#finish(ENDINGS.tryLater);
      return;
    }
    for (const message of missing) this.#seats.deliver(message);
    this.#know(snapshot);
    this.#goOn(snapshot);
  }

  #goOn(snapshot: Snapshot): void {
    for (const event of this.#order.goOn(snapshot)) {
      if (this.#ended) return;
      const turn = this.#order.accept(event);
      if (turn === "now") this.#apply(event);
      if (turn !== "gap") continue;
      // The store, asked just now, knows of no event before it.
      this.#owner.foreign();
      this.#order.refuse(event);
    }
  }

  #apply(event: ChannelEvent): void {
    if (event.type === "message") this.#seats.deliver(event);
    else if (event.type === "seats") this.#know(event.snapshot);
    else this.#finish(event.ending);
  }

  /** Takes over what the store says of the seats, unless something later is known. */
  #know(snapshot: Snapshot): void {
    if (this.#ended || snapshot.sequence < (this.#snapshot?.sequence ?? 0)) return;
    this.#snapshot = snapshot;
    for (const [number, seat] of snapshot.seats.entries()) this.#compare(number, seat);
    this.#owner.changed(this);
    this.#release();
  }

  /** A seat as the store knows it, against the one here. */
  #compare(number: number, { state, connection, node }: SeatSnapshot): void {
    const local = this.#seats.at(number);
    const here = state === "connected" && node === this.#owner.node;
    if (local === undefined) {
      // Somebody was seated by a call that was never answered.
      const orphaned = here && this.#requests === 0 && this.#calls.empty;
      if (orphaned) this.#calls.lose({ seat: number, connection }, false);
    } else if (connection > local.connection) {
      this.#seats.dismiss(number, ENDINGS.replaced);
    } else if (connection === local.connection && !here) {
      // This node was thought to be dead.
      this.#seats.dismiss(number, ENDINGS.tryLater);
    }
  }

  #finish(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#seats.dismissAll(ending);
    this.#owner.changed(this);
    this.#release();
  }

  #answeredRequest(): void {
    if (--this.#requests === 0) this.#order.forget();
  }

  /** Lets go of the channel if nothing is left of it here. */
  #release(): void {
    if (this.#requests > 0 || this.#uncertain || !this.#calls.empty || this.#seats.taken) return;
    const { node } = this.#owner;
    const kept = this.#snapshot?.seats.some((seat) => seat.node === node && seat.state !== "left") ?? false;
    if (this.#ended || !kept) this.#owner.released(this);
  }
}

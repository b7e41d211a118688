/** The backplane of a relay that is one process: everything in this process's memory, delivered at once. */
import type { Clock } from "../lib/clock.ts";
import type { Admission, Backplane, BackplaneObserver, Participant } from "./backplane.ts";
import { isRefusal } from "./backplane.ts";
import type { Ending } from "./endings.ts";
import { ENDINGS } from "./endings.ts";
import type { Refusal } from "./refusals.ts";
import type { RegistryLimits } from "./registry.ts";
import { ChannelRegistry } from "./registry.ts";

/** Who sits there; a list of what waits for somebody admitted but not yet attached; nobody, for one who left. */
type Seat = Participant | string[] | undefined;

export class MemoryBackplane implements Backplane {
  readonly #registry: ChannelRegistry;
  readonly #clock: Clock;
  readonly #observer: BackplaneObserver;
  readonly #seats = new Map<string, Seat[]>();

  constructor(limits: RegistryLimits, clock: Clock, observer: BackplaneObserver) {
    this.#registry = new ChannelRegistry(limits);
    this.#clock = clock;
    this.#observer = observer;
  }

  get channels(): number {
    return this.#registry.size;
  }

  get remembered(): number {
    return this.#registry.remembered;
  }

  open(id: string): Promise<Admission | Refusal> {
    const answer = this.#registry.open(id, this.#clock.now());
    if (!isRefusal(answer)) this.#seats.set(id, [[]]);
    return Promise.resolve(answer);
  }

  join(id: string): Promise<Admission | Refusal> {
    const answer = this.#registry.join(id, this.#clock.now());
    if (!isRefusal(answer)) this.#seats.get(id)?.push([]);
    return Promise.resolve(answer);
  }

  attach(id: string, seat: number, participant: Participant): void {
    const seats = this.#seats.get(id);
    if (seats === undefined) {
      participant.end(this.#registry.endingOf(id) ?? ENDINGS.goingAway);
      return;
    }
    const waiting = seats[seat];
    seats[seat] = participant;
    if (!Array.isArray(waiting)) return;
    for (const envelope of waiting) if (seats[seat] === participant) participant.deliver(envelope);
  }

  relay(id: string, seat: number, envelope: string, bytes: number): void {
    const ending = this.#registry.count(id, bytes, this.#clock.now());
    if (ending !== undefined) {
      this.end(id, ending);
      return;
    }
    const seats = this.#seats.get(id) ?? [];
    for (let other = 0; other < seats.length; other++) {
      if (other === seat) continue;
      const recipient = seats[other];
      if (Array.isArray(recipient)) recipient.push(envelope);
      else recipient?.deliver(envelope);
    }
  }

  leave(id: string, seat: number): void {
    const seats = this.#seats.get(id);
    if (seats === undefined) return;
    seats[seat] = undefined;
    const ending = this.#registry.leave(id, seat, this.#clock.now());
    if (ending !== undefined) this.end(id, ending);
  }

  end(id: string, ending: Ending): void {
    const summary = this.#registry.end(id, ending, this.#clock.now());
    if (summary === undefined) return;
    const seats = this.#seats.get(id) ?? [];
    this.#seats.delete(id);
    // Emptied first: a delivery that brings the end on (a slow consumer) must be the last one.
    for (const participant of seats.splice(0)) if (!Array.isArray(participant)) participant?.end(ending);
    this.#observer.ended(summary);
  }

  sweep(): void {
    for (const { id, ending } of this.#registry.due(this.#clock.now())) this.end(id, ending);
  }

  failing(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    for (const id of this.#registry.ids()) this.end(id, ENDINGS.goingAway);
    return Promise.resolve();
  }
}

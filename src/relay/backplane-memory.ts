/** The backplane of a relay that is one process: everything in this process's memory, delivered at once. */
import type { Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import type {
  Admission,
  Backplane,
  BackplaneObserver,
  JoinRequest,
  Message,
  NameplateRequest,
  OpenRequest,
  Participant,
  ResumeRequest,
} from "./backplane.ts";
import { isRefusal } from "./backplane.ts";
import type { Ending } from "./endings.ts";
import { ENDINGS } from "./endings.ts";
import type { Refusal } from "./refusals.ts";
import type { RegistryLimits } from "./registry.ts";
import { ChannelRegistry } from "./registry.ts";

/** Who sits there; a list of what waits for somebody admitted but not yet attached; nobody, while the seat is empty. */
type Occupant = Participant | Message[] | undefined;

export class MemoryBackplane implements Backplane {
  readonly #registry: ChannelRegistry;
  readonly #clock: Clock;
  readonly #observer: BackplaneObserver;
  /** By channel and seat. */
  readonly #occupants = new Map<string, Occupant[]>();

  constructor(limits: RegistryLimits, clock: Clock, random: RandomSource, observer: BackplaneObserver) {
    this.#registry = new ChannelRegistry(limits, random);
    this.#clock = clock;
    this.#observer = observer;
  }

  get channels(): number {
    return this.#registry.size;
  }

  get remembered(): number {
    return this.#registry.remembered;
  }

  open(request: OpenRequest): Promise<Admission | Refusal> {
    const answer = this.#registry.open(request, this.#clock.now());
    if (!isRefusal(answer)) this.#occupants.set(answer.id, [[]]);
    return Promise.resolve(answer);
  }

  join(request: JoinRequest): Promise<Admission | Refusal> {
    return Promise.resolve(this.#seated(this.#registry.join(request, this.#clock.now())));
  }

  joinByNameplate(request: NameplateRequest): Promise<Admission | Refusal> {
    return Promise.resolve(this.#seated(this.#registry.joinByNameplate(request, this.#clock.now())));
  }

  resume(request: ResumeRequest): Promise<Admission | Refusal> {
    const answer = this.#registry.resume(request, this.#clock.now());
    if ("status" in answer) return Promise.resolve(answer);
    const { admission, missed } = answer;
    const occupants = this.#occupants.get(admission.id) ?? [];
    const replaced = occupants[admission.seat];
    occupants[admission.seat] = [...missed];
    if (!Array.isArray(replaced)) replaced?.end(ENDINGS.replaced);
    return Promise.resolve(admission);
  }

  attach(admission: Admission, participant: Participant): void {
    const { id, seat } = admission;
    const occupants = this.#occupants.get(id);
    if (occupants === undefined) {
      participant.end(this.#registry.endingOf(id) ?? ENDINGS.goingAway);
      return;
    }
    if (!this.#registry.attach(admission)) {
      participant.end(ENDINGS.replaced);
      return;
    }
    const waiting = occupants[seat];
    occupants[seat] = participant;
    if (!Array.isArray(waiting)) return;
    for (const message of waiting) if (occupants[seat] === participant) participant.deliver(message);
  }

  relay(admission: Admission, message: Message, bytes: number): void {
    const accepted = this.#registry.accept(admission, message, bytes, this.#clock.now());
    if (accepted === false) return;
    if (accepted !== true) {
      this.#end(admission.id, accepted);
      return;
    }
    this.#observer.relayed(bytes);
    const occupants = this.#occupants.get(admission.id) ?? [];
    for (let seat = 0; seat < occupants.length; seat++) {
      if (seat === admission.seat) continue;
      const occupant = occupants[seat];
      if (Array.isArray(occupant)) occupant.push(message);
      else occupant?.deliver(message);
    }
  }

  alive(admission: Admission): void {
    this.#registry.confirm(admission);
  }

  leave(admission: Admission): void {
    this.#empty(admission, this.#registry.leave(admission, this.#clock.now()));
  }

  lose(admission: Admission): void {
    this.#empty(admission, this.#registry.lose(admission, this.#clock.now()));
  }

  end(admission: Admission, ending: Ending): void {
    if (this.#registry.isSeated(admission)) this.#end(admission.id, ending);
  }

  sweep(): void {
    for (const { id, ending } of this.#registry.due(this.#clock.now())) this.#end(id, ending);
  }

  failing(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    for (const id of this.#registry.ids()) this.#end(id, ENDINGS.goingAway);
    return Promise.resolve();
  }

  #end(id: string, ending: Ending): void {
    const summary = this.#registry.end(id, ending, this.#clock.now());
    if (summary === undefined) return;
    const occupants = this.#occupants.get(id) ?? [];
    this.#occupants.delete(id);
    // Emptied first: a delivery that brings the end on (a slow consumer) must be the last one.
    for (const occupant of occupants.splice(0)) if (!Array.isArray(occupant)) occupant?.end(ending);
    this.#observer.ended(summary);
  }

  #seated(answer: Admission | Refusal): Admission | Refusal {
    if (!isRefusal(answer)) this.#occupants.get(answer.id)?.push([]);
    return answer;
  }

  /** Empties a seat, unless it is another connection's by now. */
  #empty({ id, seat }: Admission, emptied: Ending | boolean): void {
    if (emptied === false) return;
    const occupants = this.#occupants.get(id);
    if (occupants !== undefined) occupants[seat] = undefined;
    if (emptied !== true) this.#end(id, emptied);
  }
}

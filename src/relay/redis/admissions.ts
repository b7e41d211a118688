/** Who gets a seat: asks the store what the limits of addresses say, then for the seat. */
import { createHash } from "node:crypto";
import type {
  Admission,
  BackplaneObserver,
  JoinRequest,
  NameplateRequest,
  OpenRequest,
  ResumeRequest,
} from "../backplane.ts";
import type { Refusal } from "../refusals.ts";
import { REFUSALS } from "../refusals.ts";
import type { RegistryLimits } from "../registry.ts";
import type { ChannelAnswer } from "./answers.ts";
import { readChannelAnswer } from "./answers.ts";
import { GRACE } from "./channel-state.ts";
import type { HeldChannels } from "./held-channels.ts";
import { channelKeys, slotOf } from "./keys.ts";
import type { ChannelFunction } from "./library.ts";
import type { LimitCalls } from "./limit-calls.ts";
import type { LocalChannel } from "./local-channel.ts";
import type { Store } from "./store.ts";
import type { StoreTime } from "./store-time.ts";

export interface AdmissionsOptions {
  readonly limits: RegistryLimits;
  readonly store: Store;
  readonly time: StoreTime;
  readonly limitCalls: LimitCalls;
  readonly held: HeldChannels;
  readonly observer: BackplaneObserver;
}

/** A call for a seat: the function, and its arguments for the store's time. */
interface SeatCall {
  readonly name: ChannelFunction;
  /** Whether nobody else knows of the channel yet, so that no event can be missed. */
  readonly fresh?: boolean;
  args(now: number): readonly (string | number)[];
}

export class Admissions {
  readonly #options: AdmissionsOptions;
  /** Channels about to be opened. */
  #opening = 0;
  #closed = false;

  constructor(options: AdmissionsOptions) {
    this.#options = options;
  }

  /** Nobody is admitted any more. */
  close(): void {
    this.#closed = true;
  }

  /** In two round trips; three with a nameplate. */
  async open(request: OpenRequest): Promise<Admission | Refusal> {
    const { limits, held, time } = this.#options;
    if (!time.known) return REFUSALS.unavailable;
    const room = held.size + this.#opening < limits.maxChannels;
    if (room) this.#opening++;
    try {
      return await this.#open(request, room);
    } catch {
      return REFUSALS.unavailable;
    } finally {
      if (room) this.#opening--;
    }
  }

  /** In two round trips. */
  async join({ id, address, token }: JoinRequest): Promise<Admission | Refusal> {
    const { limitCalls } = this.#options;
    return limitCalls.knownRefusal(address) ?? this.#join(id, token, limitCalls.request(address));
  }

  /** In four round trips: the number of joins, the channel of the nameplate, its events, and the seat. */
  async joinByNameplate({ nameplate, address, token }: NameplateRequest): Promise<Admission | Refusal> {
    const { limitCalls } = this.#options;
    try {
      const refusal = await limitCalls.requestByNameplate(address);
      if (refusal !== undefined) return refusal;
      const id = await limitCalls.claimNameplate(nameplate);
      if (id === undefined) return REFUSALS.unknown;
      const answer = await this.#join(id, token, undefined);
      // Why there is no seat stays untold.
      const told = "seat" in answer || answer.status === REFUSALS.unavailable.status;
      return told ? answer : REFUSALS.unknown;
    } catch {
      return REFUSALS.unavailable;
    }
  }

  /** In two round trips. */
  async resume(request: ResumeRequest): Promise<Admission | Refusal> {
    const { id, address, token, presented, received = "" } = request;
    const { held, limitCalls } = this.#options;
    const known = limitCalls.knownRefusal(address);
    if (known !== undefined) return known;
    const { node } = held;
    const answer = await this.#ask(id, limitCalls.request(address), {
      name: "resume",
      args: (now) => [digest(presented), digest(token), node, now, received],
    });
    return this.#admission(id, token, answer, "");
  }

  async #open(request: OpenRequest, room: boolean): Promise<Admission | Refusal> {
    const { id, address, token } = request;
    const { limitCalls, limits, time, held } = this.#options;
    const { lifespan, resumeWindow } = limits;
    const limited = Number.isFinite(lifespan);
    const until = time.now() + (limited ? lifespan : resumeWindow + GRACE);
    const group = await limitCalls.requestChannel(address, id, until, room);
    if (typeof group !== "string") return group;
    if (!room) return REFUSALS.relayFull;
    let plate = "";
    let admission: Admission | Refusal = REFUSALS.unavailable;
    try {
      if (request.nameplate) plate = await limitCalls.takeNameplate(id, until);
      const answer = await this.#ask(id, undefined, {
        name: "open",
        fresh: true,
        args: (now) => [
          ...[digest(token), held.node, now, limited ? now + lifespan : 0, resumeWindow, group, plate],
        ],
      });
      admission = this.#admission(id, token, answer, plate);
    } finally {
      if (!("seat" in admission)) limitCalls.release(id, group, plate);
    }
    return admission;
  }

  async #join(
    id: string,
    token: string,
    request: Promise<Refusal | undefined> | undefined,
  ): Promise<Admission | Refusal> {
    const { held, limits } = this.#options;
    const answer = await this.#ask(id, request, {
      name: "join",
      args: (now) => [digest(token), held.node, now, limits.seats],
    });
    return this.#admission(id, token, answer, "");
  }

  /** Asks for a seat, unless the request is refused. Never rejects. */
  async #ask(
    id: string,
    request: Promise<Refusal | undefined> | undefined,
    { name, fresh = false, args }: SeatCall,
  ): Promise<ChannelAnswer | Refusal> {
    // Whoever is refused sooner leaves it to itself.
    request?.catch(() => undefined);
    const { store, time, held } = this.#options;
    const link = store.linkOf(slotOf(channelKeys(id)[0]));
    if (link === undefined || !time.known || this.#closed) return REFUSALS.unavailable;
    const channel = held.hold(id, link);
    channel.expect();
    let asked = false;
    try {
      const refusal = (await request) ?? (fresh ? undefined : await this.#unready(channel));
      if (refusal !== undefined) {
        channel.refuse(false);
        return refusal;
      }
      asked = true;
      const called = channel.link.call(name, channel.keys, args(time.now()));
      const [answered] = await Promise.all([called, channel.subscribed]);
      const answer = readChannelAnswer(answered);
      this.#note(channel, answer);
      return answer;
    } catch {
      channel.refuse(asked);
      return REFUSALS.unavailable;
    }
  }

  /** Waits until events of the channel are heard of. Returns a refusal if it is over instead. */
  async #unready(channel: LocalChannel): Promise<Refusal | undefined> {
    if (this.#options.held.isStalled(channel)) await this.#options.held.bringBack(channel);
    await channel.subscribed;
    return channel.ended ? REFUSALS.ended : undefined;
  }

  #note(channel: LocalChannel, answer: ChannelAnswer): void {
    if (answer.type === "seated") {
      channel.admit(answer);
      return;
    }
    if (answer.type === "over") this.#options.held.over(channel, answer);
    if (answer.type === "foreign") this.#options.observer.foreign();
    channel.refuse(false);
  }

  #admission(
    id: string,
    token: string,
    answer: ChannelAnswer | Refusal,
    nameplate: string,
  ): Admission | Refusal {
    if ("status" in answer) return answer;
    if (answer.type !== "seated") return refusalOf(answer);
    const { seat, connection, seen, expiresIn } = answer;
    return {
      ...{ id, seat, connection, seen },
      resume: this.#options.limits.resumeWindow === 0 ? undefined : token,
      expiresIn: expiresIn === 0 ? null : expiresIn,
      nameplate: nameplate === "" ? undefined : nameplate,
    };
  }
}

const REASONS: Readonly<Partial<Record<ChannelAnswer["type"], Refusal>>> = {
  unknown: REFUSALS.unknown,
  foreign: REFUSALS.unknown,
  ended: REFUSALS.ended,
  over: REFUSALS.ended,
  full: REFUSALS.full,
  token: REFUSALS.wrongToken,
  received: REFUSALS.badReceived,
};

function refusalOf({ type }: ChannelAnswer): Refusal {
  return REASONS[type] ?? REFUSALS.unavailable;
}

/** What the store keeps of a token: whoever reads the store cannot take a seat with it. */
function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64url").slice(0, 22);
}

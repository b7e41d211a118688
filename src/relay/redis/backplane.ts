/** The backplane of a relay that is many processes around one store (Redis 7 or Valkey). */
import { encodeBase64url } from "../../lib/base64url.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RandomSource } from "../../lib/random.ts";
import { within } from "../../lib/within.ts";
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
} from "../backplane.ts";
import type { Ending } from "../endings.ts";
import { ENDINGS } from "../endings.ts";
import type { RelayLog } from "../log.ts";
import type { Refusal } from "../refusals.ts";
import type { RegistryLimits } from "../registry.ts";
import type { Endpoint, RedisAddress } from "./address.ts";
import { Admissions } from "./admissions.ts";
import { readLimitAnswer } from "./answers.ts";
import { HeldChannels } from "./held-channels.ts";
import { NODES_KEY, slotOf } from "./keys.ts";
import { LimitCalls } from "./limit-calls.ts";
import type { Link } from "./link.ts";
import { ANSWER_LIMIT } from "./link.ts";
import { Liveness } from "./liveness.ts";
import { Store } from "./store.ts";
import { StoreError } from "./store-error.ts";
import { StoreTime } from "./store-time.ts";

/** Milliseconds for an answer to whether the store is well. */
const HEALTH_LIMIT = 1_000;

/** Milliseconds for telling the store, at the end, that everybody here is lost. */
const CLOSE_LIMIT = 1_000;

export interface RedisBackplaneOptions {
  readonly address: RedisAddress;
  readonly limits: RegistryLimits;
  /** Milliseconds; a node that dies is noticed within two. */
  readonly heartbeat: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly observer: BackplaneObserver;
  readonly log: RelayLog;
  /** Asks for a server's time in milliseconds since 1970; its own by default. */
  readonly storeTime?: (server: Endpoint) => Promise<number>;
}

export class RedisBackplane implements Backplane {
  /** None: the store remembers them. */
  readonly remembered = 0;
  readonly #options: RedisBackplaneOptions;
  readonly #store: Store;
  readonly #time: StoreTime;
  readonly #liveness: Liveness;
  readonly #limitCalls: LimitCalls;
  readonly #held: HeldChannels;
  readonly #admissions: Admissions;
  readonly #node: string;
  #closed = false;

  private constructor(options: RedisBackplaneOptions) {
    const { address, limits, heartbeat, clock, random, observer, log } = options;
    this.#options = options;
    this.#node = encodeBase64url(random(9));
    this.#time = new StoreTime(clock);
    this.#liveness = new Liveness(heartbeat);
    this.#store = new Store(address, clock, {
      publication: (text, name) => {
        this.#held.publication(text, name);
      },
      called: (milliseconds, failed) => {
        observer.called(milliseconds, failed);
      },
      // Any time is better than none, until the one is asked that tells it to all.
      connecting: (link) => (this.#time.known ? link.ping() : this.#setTime(link)),
      changed: () => {
        this.#held.relinked();
      },
      lost: (server, reason) => {
        log.write("error", "redis_lost", { server, reason });
      },
      found: (server) => {
        log.write("info", "redis_found", { server });
      },
    });
    const store = this.#store;
    const time = this.#time;
    const { connectRate, channelsPerAddress, resumeWindow } = limits;
    this.#limitCalls = new LimitCalls({
      ...{ connectRate, channelsPerAddress, random },
      now: () => time.now(),
      linkOf: (slot) => store.linkOf(slot),
      foreign: () => {
        observer.foreign();
      },
    });
    const common = { store, time, limits, limitCalls: this.#limitCalls, observer };
    this.#held = new HeldChannels({ ...common, node: this.#node, resumeWindow, liveness: this.#liveness });
    this.#admissions = new Admissions({ ...common, held: this.#held });
  }

  /**
   * Connects to the store. One that cannot be reached is looked for until it can; meanwhile nobody is admitted.
   *
   * @throws StoreError if the store refuses: wrong credentials, too old, commands not allowed that every relay needs
   */
  static async start(options: RedisBackplaneOptions): Promise<RedisBackplane> {
    const backplane = new RedisBackplane(options);
    await backplane.#store.start();
    try {
      await backplane.#tryOut();
    } catch (error) {
      if (!StoreError.of(error, "").refused) return backplane;
      backplane.#store.close();
      throw error;
    }
    return backplane;
  }

  get channels(): number {
    return this.#held.size;
  }

  open(request: OpenRequest): Promise<Admission | Refusal> {
    return this.#admissions.open(request);
  }

  join(request: JoinRequest): Promise<Admission | Refusal> {
    return this.#admissions.join(request);
  }

  joinByNameplate(request: NameplateRequest): Promise<Admission | Refusal> {
    return this.#admissions.joinByNameplate(request);
  }

  resume(request: ResumeRequest): Promise<Admission | Refusal> {
    return this.#admissions.resume(request);
  }

  attach(admission: Admission, participant: Participant): void {
    const channel = this.#held.get(admission.id);
    if (channel !== undefined) channel.attach(admission, participant);
    else participant.end(this.#closed ? ENDINGS.goingAway : ENDINGS.tryLater);
  }

  relay(admission: Admission, message: Message, bytes: number): void {
    this.#held.get(admission.id)?.relay(admission, message, bytes);
  }

  alive(admission: Admission): void {
    this.#held.get(admission.id)?.alive(admission);
  }

  leave(admission: Admission): void {
    this.#held.get(admission.id)?.leave(admission);
  }

  lose(admission: Admission): void {
    this.#held.get(admission.id)?.lose(admission);
  }

  end(admission: Admission, ending: Ending): void {
    this.#held.get(admission.id)?.end(admission, ending);
  }

  sweep(): void {
    if (this.#closed) return;
    this.#store.sweep();
    const link = this.#store.linkOf(slotOf(NODES_KEY));
    // If there is no answer the link is gone, or soon will be; the next one is asked.
    if (link !== undefined && this.#time.isDue(link)) this.#setTime(link).catch(() => undefined);
    if (this.#time.known && this.#liveness.isDue(this.#options.clock.now())) void this.#beat();
    this.#limitCalls.forget();
    this.#held.sweep();
  }

  async failing(): Promise<string | undefined> {
    const { clock } = this.#options;
    const well = this.#time.known && this.#store.whole;
    const answers = Promise.all([...this.#store.links.map((link) => link.ping()), this.#sign([])]);
    answers.catch(() => undefined);
    if (!well) return "redis";
    const late = (): never => {
      throw new Error("no answer");
    };
    return within(clock, HEALTH_LIMIT, answers, late).then(
      () => undefined,
      () => "redis",
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#admissions.close();
    this.#held.dismissAll(ENDINGS.goingAway);
    await within(this.#options.clock, CLOSE_LIMIT, this.settled(), () => undefined).catch(() => undefined);
    this.#store.close();
  }

  /** Resolves when everything asked of the store has been answered, and everything it has told before was heard. */
  async settled(): Promise<void> {
    for (let before = -1; before !== this.#calls;) {
      before = this.#calls;
      const { links } = this.#store;
      await Promise.all(links.map((link) => link.ping()));
      await Promise.all(links.map((link) => link.heard()));
    }
  }

  get #calls(): number {
    return this.#store.links.reduce((sum, link) => sum + link.made, 0);
  }

  #setTime(link: Link): Promise<void> {
    const { storeTime } = this.#options;
    return this.#time.set(link, () => storeTime?.(link.endpoint) ?? link.time());
  }

  /** Rejects if the store does not let a relay do what each does all the time. */
  async #tryOut(): Promise<void> {
    const link = this.#store.linkOf(slotOf(NODES_KEY));
    if (link === undefined) return;
    const time = this.#time.isDue(link) ? this.#setTime(link) : undefined;
    const tried = Promise.all([time, this.#sign([]), link.subscribe(NODES_KEY)]).then(() => undefined);
    await within(this.#options.clock, ANSWER_LIMIT, tried, () => undefined);
    link.unsubscribe(NODES_KEY);
  }

  async #beat(): Promise<void> {
    if (!this.#time.known) return;
    try {
      const dead = await this.#liveness.beat(this.#options.clock.now(), (peers) => this.#sign(peers));
      for (const node of dead) this.#held.loseNode(node);
    } catch {
      // Nobody can be told dead now.
    }
  }

  /** Gives a sign of life, and returns the latest ones of others. */
  async #sign(peers: readonly string[]): Promise<readonly (number | undefined)[]> {
    const link = this.#store.linkOf(slotOf(NODES_KEY));
    if (link === undefined) throw new Error("no link");
    const args = [this.#node, this.#time.now(), ...peers];
    const answer = readLimitAnswer(await link.call("beat", [NODES_KEY], args));
    if (answer.type === "foreign") this.#options.observer.foreign();
    if (answer.type !== "beats") throw new Error("no beats");
    return answer.beats;
  }
}

/** One relay under test: its nodes, its time, and who sits in its channels. */
import { afterEach, beforeEach } from "vitest";
import { encodeBase64url } from "../../../src/lib/base64url.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { systemRandom } from "../../../src/lib/random.ts";
import type {
  Admission,
  Backplane,
  BackplaneObserver,
  Message,
  Participant,
} from "../../../src/relay/backplane.ts";
import { isRefusal } from "../../../src/relay/backplane.ts";
import type { Ending } from "../../../src/relay/endings.ts";
import type { Refusal } from "../../../src/relay/refusals.ts";
import type { RegistryLimits } from "../../../src/relay/registry.ts";
import { FakeClock, RecordingObserver } from "../support.ts";

/** One implementation under test. */
export interface BackplaneSubject {
  /**
   * The nodes of a relay, one or more, with nothing in it yet. Those who open channels are on the first, those who join
   * on the last.
   */
  start(
    limits: RegistryLimits,
    clock: Clock,
    observer: BackplaneObserver,
  ): Promise<readonly [Backplane, ...Backplane[]]>;
  /** Resolves when everything asked of the nodes so far has had its effects. */
  settled(): Promise<void>;
}

export const LIMITS: RegistryLimits = {
  seats: 2,
  lifespan: 300_000,
  maxExchanges: 24,
  maxData: 65_536,
  maxMessage: 24_576,
  resumeWindow: 60_000,
  maxChannels: 100,
  connectRate: Infinity,
  channelsPerAddress: Infinity,
};

/** A fresh id or token. */
export const fresh = (): string => encodeBase64url(systemRandom(16));

/** A participant that notes what it is told, in order. */
class Witness implements Participant {
  readonly heard: (string | Ending)[] = [];

  deliver({ text }: Message): void {
    this.heard.push(text);
  }

  end(ending: Ending): void {
    this.heard.push(ending);
  }
}

/** One connection of a seat: what it may do, and what it was told. */
export class Seated {
  readonly admission: Admission;
  readonly #node: Backplane;
  readonly #witness = new Witness();
  readonly #world: World;

  constructor(world: World, node: Backplane, admission: Admission) {
    this.#world = world;
    this.#node = node;
    this.admission = admission;
  }

  get id(): string {
    return this.admission.id;
  }

  /** The token in its first message. */
  get token(): string {
    return this.admission.resume ?? "";
  }

  get heard(): readonly (string | Ending)[] {
    return this.#witness.heard;
  }

  async attach(): Promise<this> {
    this.#node.attach(this.admission, this.#witness);
    await this.#world.settled();
    return this;
  }

  /** Sends messages, each with its length for its size unless told otherwise. */
  async says(texts: readonly string[], bytes?: number): Promise<void> {
    for (const text of texts) this.#node.relay(this.admission, { text, sender: "" }, bytes ?? text.length);
    await this.#world.settled();
  }

  async isAlive(): Promise<void> {
    this.#node.alive(this.admission);
    await this.#world.settled();
  }

  async leaves(): Promise<void> {
    this.#node.leave(this.admission);
    await this.#world.settled();
  }

  async isLost(): Promise<void> {
    this.#node.lose(this.admission);
    await this.#world.settled();
  }

  async endsAll(ending: Ending): Promise<void> {
    this.#node.end(this.admission, ending);
    await this.#world.settled();
  }
}

interface Asked {
  address?: string;
  token?: string;
}

export class World {
  readonly clock = new FakeClock();
  readonly observer = new RecordingObserver();
  readonly #subject: BackplaneSubject;
  #nodes: readonly Backplane[] = [];

  constructor(subject: BackplaneSubject) {
    this.#subject = subject;
  }

  async start(limits: Partial<RegistryLimits> = {}): Promise<void> {
    await this.close();
    this.#nodes = await this.#subject.start({ ...LIMITS, ...limits }, this.clock, this.observer);
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()));
  }

  settled(): Promise<void> {
    return this.#subject.settled();
  }

  /** Where channels are opened. */
  get here(): Backplane {
    return this.#nodes[0]!;
  }

  /** Where they are joined. */
  get there(): Backplane {
    return this.#nodes.at(-1)!;
  }

  /** Lets time pass, and the nodes notice it at its end. */
  async passes(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds);
    for (const node of this.#nodes) node.sweep();
    await this.settled();
  }

  asksToOpen(asked: Asked & { nameplate?: boolean } = {}): Promise<Admission | Refusal> {
    const request = { address: "192.0.2.1", token: fresh(), nameplate: false, ...asked };
    return this.here.open({ ...request, id: fresh() });
  }

  asksToJoin(id: string, asked: Asked = {}): Promise<Admission | Refusal> {
    return this.there.join({ address: "192.0.2.2", token: fresh(), ...asked, id });
  }

  asksByNameplate(nameplate: string, asked: Asked = {}): Promise<Admission | Refusal> {
    return this.there.joinByNameplate({ address: "192.0.2.2", token: fresh(), ...asked, nameplate });
  }

  asksToResume(
    id: string,
    presented: string,
    asked: Asked & { received?: number; node?: Backplane } = {},
  ): Promise<Admission | Refusal> {
    const { node = this.here, received, ...others } = asked;
    return node.resume({ address: "192.0.2.3", token: fresh(), ...others, id, presented, received });
  }

  async open(asked: Asked & { nameplate?: boolean } = {}): Promise<Seated> {
    return this.#seated(this.here, await this.asksToOpen(asked)).attach();
  }

  async join(id: string): Promise<Seated> {
    return this.#seated(this.there, await this.asksToJoin(id)).attach();
  }

  async pair(): Promise<[Seated, Seated]> {
    const first = await this.open();
    return [first, await this.join(first.id)];
  }

  /** Takes a seat again, on the first node unless told otherwise, and does not attach. */
  async admitAgain(
    lost: Seated,
    { received, node = this.here }: { received?: number; node?: Backplane } = {},
  ): Promise<Seated> {
    const asked = { node, ...(received === undefined ? {} : { received }) };
    return this.#seated(node, await this.asksToResume(lost.id, lost.token, asked));
  }

  async resume(lost: Seated, asked: { received?: number; node?: Backplane } = {}): Promise<Seated> {
    return (await this.admitAgain(lost, asked)).attach();
  }

  /** An admission as somebody who can take part; throws if it is a refusal. */
  admitted(node: Backplane, answer: Admission | Refusal): Seated {
    return this.#seated(node, answer);
  }

  #seated(node: Backplane, answer: Admission | Refusal): Seated {
    if (isRefusal(answer)) throw new Error(answer.message);
    return new Seated(this, node, answer);
  }
}

/** A relay that is started afresh before each test of the enclosing block. */
export function freshWorld(subject: BackplaneSubject, limits: Partial<RegistryLimits> = {}): () => World {
  let world = new World(subject);
  beforeEach(async () => {
    world = new World(subject);
    await world.start(limits);
  });
  afterEach(() => world.close());
  return () => world;
}
